"""Download packages with the user's own pip and npm; nothing is installed or run."""

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

log = logging.getLogger(__name__)

SECONDS = 1800  # for one package
PYPI = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)==([A-Za-z0-9][A-Za-z0-9.!+_-]*)")
NPM = re.compile(r"((?:@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*)@([0-9][A-Za-z0-9.+-]*)")


def parse(scheme: str, package: str) -> tuple[str, str]:
    """Name and version of ``NAME==VERSION`` (pypi) or ``NAME@VERSION`` (npm).

    Raises UserError for anything else: a version is always given, and nothing that could be
    taken for an option reaches a command line.
    """
    match = (PYPI if scheme == "pypi" else NPM).fullmatch(package)
    if not match:
        allowed = "NAME==VERSION" if scheme == "pypi" else "NAME@VERSION"
        raise UserError(f"{scheme}:{package} is not {scheme}:{allowed}")
    return match[1], match[2]


def pypi(package: str, folder: Path, size: int, options: Sequence[str] = ()) -> Path:
    """Download the wheel of ``NAME==VERSION`` into the empty ``folder`` and return its path.

    Only wheels are taken: pip would run the code of a source distribution to learn its name.
    Raises UserError with pip's own reason, and DiskFullError (``size`` is the rough size in bytes).
    """
    parse("pypi", package)
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "--retries=2"]
    command += [f"--dest={folder}", *options, package]
    return _run("pip", command, package, folder, size)


def npm(package: str, folder: Path, size: int) -> Path:
    """Download the tarball of ``NAME@VERSION`` into the empty ``folder`` and return its path.

    Raises UserError where npm is not installed or fails, with its reason, and DiskFullError.
    """
    parse("npm", package)
    program = shutil.which("npm")
    if program is None:
        raise UserError("npm is not on the PATH: install Node.js, or set S2F_MIRROR")
    command = [program, "pack", package, f"--pack-destination={folder}", "--ignore-scripts"]
    # npm's own waits between attempts are 10 and 60 seconds; another source may do better.
    command += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    return _run("npm", command, package, folder, size)


def _run(program: str, command: list[str], package: str, folder: Path, size: int) -> Path:
    log.info("%s downloads %s (%.1f MB)", program, package, size / 1e6)
    try:
        done = subprocess.run(
            command,
            cwd=folder,  # "python -m pip" would take a pip.py of the current folder
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UserError(f"{program} was still not done after {SECONDS} seconds") from None
    except OSError as error:
        raise UserError(f"{program} cannot be run: {error}") from None
    if done.returncode:
        if "No space left on device" in done.stderr or "ENOSPC" in done.stderr:
            raise disk_full_error(folder, size, shutil.disk_usage(folder).free)
        raise UserError(f"{program} failed: {_reason(done.stderr)}")
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise UserError(f"{program} left {len(files)} files for {package}, not one")
    return files[0]


def _reason(stderr: str) -> str:
    """The last lines that the program itself calls errors, or else its last line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match("ERROR|npm (error|ERR!)", line)]
    errors = [line for line in errors if "complete log of this run" not in line]
    return " / ".join((errors or lines or ["it said nothing"])[-2:])[-500:]
