"""Sources on this machine: ``file:`` paths, and a mirror folder that stands in for the network.

With ``S2F_MIRROR`` set to a folder nothing is downloaded; its layout is::

    <host>/<path>            what https://<host>/<path> gives; a query is left out, but for an id:
    <host>/<path>/<id>       what https://<host>/<path>?id=<id> gives
    pypi/NAME-VERSION*.whl   the wheels, as "pip download" names them
    npm/NAME-VERSION.tgz     the tarballs, as "npm pack" names them (@scope/name: scope-name)
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import url2pathname

from s2f_core.common.errors import UserError
from s2f_core.data.assets.packages import parse


def mirror() -> Path | None:
    """The mirror folder, or None where the network is to be used.

    Raises UserError where S2F_MIRROR names no folder.
    """
    given = os.environ.get("S2F_MIRROR")
    if not given:
        return None
    if not Path(given).is_dir():
        raise UserError(f"S2F_MIRROR={given} is not a folder")
    return Path(given)


def mirrored_url(url: str, folder: Path) -> Path:
    """The mirror's file for an address; raises UserError where it has none."""
    parts = urlsplit(url)
    path = folder / (parts.hostname or "") / unquote(parts.path).lstrip("/")
    path = path.joinpath(*parse_qs(parts.query).get("id", []))
    if ".." in path.relative_to(folder).parts:
        raise UserError(f"{url} leaves the mirror {folder}")
    return _existing(path, "the mirror (S2F_MIRROR) has no")


def mirrored_package(scheme: str, package: str, folder: Path) -> Path:
    """The mirror's file of a pypi or npm package; raises UserError where it has none."""
    name, version = parse(scheme, package)
    # pip and npm write -, _, ., / and capitals of one name in different ways.
    wanted = _plain(f"{name.lstrip('@')}-{version}-")
    place = folder / scheme
    found = [path for path in sorted(place.glob("*")) if _plain(path.name).startswith(wanted)]
    if not found:
        raise UserError(f"the mirror (S2F_MIRROR) has no {place / f'{name}-{version}'}*")
    return found[0]


def local_file(address: str) -> Path:
    """The file of ``file:relative``, ``file:/absolute`` or ``file:///absolute``.

    Raises UserError where it does not exist.
    """
    rest = address.removeprefix("file:")
    path = Path(url2pathname(rest[2:]) if rest.startswith("///") else rest)
    return _existing(path.expanduser(), "there is no file")


def _plain(name: str) -> str:
    return re.sub(r"[-_./]+", "-", name).lower()


def _existing(path: Path, problem: str) -> Path:
    if not path.is_file():
        raise UserError(f"{problem} {path}")
    return path
