"""The command line that all stages share, and its error messages."""

from __future__ import annotations

import errno
import logging
import os
import sys
import warnings
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import typer

from s2f_core.common import project
from s2f_core.common.errors import UserError, is_out_of_memory
from s2f_core.common.garbage import collect_rarely
from s2f_core.common.redact import redact_output

# Faults of the machine: disk full, quota, file size limit, missing permission, read-only disk.
MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS}
# Faults of a path that was given: a folder, below a file, too long, links in a loop.
PATH_ERRORS = {errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}

# Commands with paths as arguments. They run in the user's folder, the others in the project's.
TAKE_PATHS = {
    "demo", "describe", "export", "import_checkpoint", "licences", "sweeps", "translate", "video",
}  # fmt: skip

log = logging.getLogger("s2f_core.stages")  # its level is INFO, as run sets it


def build(*commands: Callable[..., None]) -> typer.Typer:
    """Build the command line of one stage, or of several as sub-commands."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich costs a third of a second, more than all else --help does
    )
    for command in commands:
        app.command()(command if command.__name__ in TAKE_PATHS else _at_root(command))
    return app


def _at_root(command: Callable[..., None]) -> Callable[..., None]:
    """The command, run in the project's folder from wherever below it is called."""

    @wraps(command)
    def run_at_root(*args: object, **kwargs: object) -> None:
        root = project.root()
        if root != Path():
            os.chdir(root)
            log.info("project: %s", Path.cwd())
        command(*args, **kwargs)

    return run_at_root


def run(*commands: Callable[..., None]) -> None:
    """Run the command line of one stage, or of several as sub-commands.

    A :class:`UserError` is printed without a traceback, and the process exits with 1. So do faults
    of the machine: a full disk, a missing permission, too little memory. No output holds a password
    or a token, tracebacks included.
    """
    collect_rarely()
    redact_output()
    logging.basicConfig(format="%(message)s")
    logging.getLogger("s2f_core").setLevel(logging.INFO)
    warnings.filterwarnings("ignore", module=r"PIL\.")  # of broken metadata, which is not used
    try:
        _ensure_home()
        build(*commands)()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in MACHINE_ERRORS | PATH_ERRORS:
            raise
        sys.exit(f"error: {error.filename or 'a file'} cannot be used: {error.strerror}")
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        detail = f": {str(error).splitlines()[0]}" if str(error) else ""
        sys.exit(f"error: out of memory{detail}; tables need less with a lower S2F_WORKERS")


def _ensure_home() -> None:
    """Give a user without a home, as in a container, one in the project: libraries look for it."""
    try:
        Path.home()
    except RuntimeError:
        os.environ["HOME"] = str(project.root().absolute() / ".s2f" / "home")
