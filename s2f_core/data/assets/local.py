"""Sources on this machine: ``file:`` paths, and a mirror folder in place of the network.

With ``S2F_MIRROR`` set to a folder nothing is downloaded. Its layout is::

    <host>/<path>            the file of https://<host>/<path>; a query is dropped, except an id:
    <host>/<path>/<id>       the file of https://<host>/<path>?id=<id>
    pypi/NAME-VERSION*.whl   wheels, named as by "pip download"
    npm/NAME-VERSION.tgz     tarballs, named as by "npm pack" (@scope/name: scope-name)
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from urllib.request import url2pathname

from s2f_core.common.errors import UserError
from s2f_core.data.assets.packages import parse_package


def mirror_folder() -> Path | None:
    """Return the mirror folder, or None to use the network.

    Raises UserError if S2F_MIRROR is set and not a folder.
    """
    value = os.environ.get("S2F_MIRROR")
    if not value:
        return None
    if not Path(value).is_dir():
        raise UserError(f"S2F_MIRROR={value} is not a folder")
    return Path(value)


def mirrored_url(url: str, mirror: Path) -> Path:
    """Return the mirror's file for an address; raises UserError if there is none."""
    parts = urlsplit(url)
    path = mirror / (parts.hostname or "") / unquote(parts.path).lstrip("/")
    path = path.joinpath(*parse_qs(parts.query).get("id", []))
    if ".." in path.relative_to(mirror).parts:
        raise UserError(f"the address {url} leaves the mirror {mirror}")
    return _require_file(path, "the mirror (S2F_MIRROR) has no")


def mirrored_package(scheme: str, package: str, mirror: Path) -> Path:
    """Return the mirror's file of a pypi or npm package; raises UserError if there is none."""
    name, version = parse_package(scheme, package)
    # pip and npm write -, _, ., / and capitals of one name in different ways.
    prefix = _normalised(f"{name.lstrip('@')}-{version}-")
    folder = mirror / scheme
    for path in sorted(folder.glob("*")):
        if _normalised(path.name).startswith(prefix):
            return path
    raise UserError(f"the mirror (S2F_MIRROR) has no {folder / f'{name}-{version}'}*")


def local_file(address: str) -> Path:
    """Return the file of ``file:relative``, ``file:/absolute`` or ``file:///absolute``.

    Raises UserError if it does not exist.
    """
    rest = address.removeprefix("file:")
    path = Path(url2pathname(rest[2:]) if rest.startswith("///") else rest)
    return _require_file(path.expanduser(), "there is no file")


def _normalised(name: str) -> str:
    return re.sub(r"[-_./]+", "-", name).lower()


def _require_file(path: Path, problem: str) -> Path:
    if not path.is_file():
        raise UserError(f"{problem} {path}")
    return path
