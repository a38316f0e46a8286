"""Download packages with the user's own pip and npm, without installing or running them."""

from __future__ import annotations

import logging
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from s2f_core.common.atomic import disk_full_error
from s2f_core.common.errors import UserError
from s2f_core.common.network import connection_problem
from s2f_core.common.redact import redact

log = logging.getLogger(__name__)

TIMEOUT = 1800  # seconds, for one package
PYPI_PACKAGE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)")
NPM_PACKAGE = re.compile(
    r"((?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)@([0-9][A-Za-z0-9.+-]*)"
)


def parse_package(scheme: str, package: str) -> tuple[str, str]:
    """Return name and version of ``NAME==VERSION`` (pypi) or ``NAME@VERSION`` (npm).

    Raises UserError for anything else, so that the version is exact and no text that looks like an
    option reaches a command line.
    """
    match = (PYPI_PACKAGE if scheme == "pypi" else NPM_PACKAGE).fullmatch(package)
    if not match:
        allowed = "NAME==VERSION" if scheme == "pypi" else "NAME@VERSION"
        raise UserError(f"{scheme}:{package} is not {scheme}:{allowed}")
    return match[1], match[2]


def download_wheel(package: str, folder: Path, size: int, options: Sequence[str] = ()) -> Path:
    """Download the wheel of ``NAME==VERSION`` into the empty ``folder`` and return its path.

    Only wheels are accepted: pip would run the code of a source distribution to learn its name.
    Raises UserError with pip's own reason, and DiskFullError (``size`` is the approximate size in
    bytes).
    """
    parse_package("pypi", package)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "--retries=2"]
    command += [f"--dest={folder}", *options, package]
    return _run("pip", command, package, folder, size)


def download_npm_tarball(package: str, folder: Path, size: int) -> Path:
    """Download the tarball of ``NAME@VERSION`` into the empty ``folder`` and return its path.

    Raises UserError if npm is not installed or fails, with its reason, and DiskFullError.
    """
    parse_package("npm", package)
    program = shutil.which("npm")
    if program is None:
        raise UserError("npm is not on the PATH: install Node.js, or set S2F_MIRROR")
    command = [program, "pack", package, f"--pack-destination={folder}", "--ignore-scripts"]
    # npm's own waits between attempts are 10 and 60 seconds; another source may do better.
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    return _run("npm", command, package, folder, size)


def _run(program: str, command: list[str], package: str, folder: Path, size: int) -> Path:
    """Run a download command and return the one file that it leaves in ``folder``."""
    log.info("%s downloads %s (%.1f MB)", program, package, size / 1e6)
    try:
        result = subprocess.run(
            command,
            cwd=folder,  # "python -m pip" would take a pip.py of the current folder
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{program} did not finish within {TIMEOUT} seconds") from None
    except OSError as error:
        raise UserError(f"{program} cannot be run: {error}") from None
    if result.returncode:
        if "No space left on device" in result.stderr or "ENOSPC" in result.stderr:
            raise disk_full_error(folder, size, shutil.disk_usage(folder).free)
        raise UserError(f"{program} failed: {_error_lines(result.stderr)}")
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise UserError(f"{program} left {len(files)} files for {package}, expected 1")
    return files[0]


def _error_lines(stderr: str) -> str:
    """The lines that the program itself calls errors, or else its last line, without secrets.

    pip gives broken connections in warnings, and calls an error only that it found no package. npm
    begins with the error and ends with advice.
    """
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    broken = [line for line in lines if "connection broken by" in line]
    pip = [line for line in lines if line.startswith("ERROR")][-2:]
    npm = [line for line in lines if re.match(r"npm (error|ERR!)(?! code| syscall| errno)", line)]
    npm = [line for line in npm if "complete log of this run" not in line][:2]
    network = [connection_problem(ConnectionError(broken[-1]))] if broken else []
    reasons = network + (pip or npm or lines[-1:] or ["no message"])
    return redact(" / ".join(reasons))[:500]
