"""The command line that all stages share, and its error messages."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable

import typer

from s2f_core.common.errors import UserError

# Faults of the machine: disk full, quota, file size limit, missing permission, read-only disk.
MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS}


def build(*commands: Callable[..., None]) -> typer.Typer:
    """Build the command line of one stage, or of several as sub-commands."""
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich costs a third of a second, more than all else --help does
    )
    for command in commands:
        app.command()(command)
    return app


def run(*commands: Callable[..., None]) -> None:
    """Run the command line of one stage, or of several as sub-commands.

    A :class:`UserError` is printed without a traceback, and the process exits with 1. So do faults
    of the machine: a full disk, a missing permission, too little memory.
    """
    logging.basicConfig(format="%(message)s")
    logging.getLogger("s2f_core").setLevel(logging.INFO)
    try:
        build(*commands)()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in MACHINE_ERRORS:
            raise
        sys.exit(f"error: {error.filename or 'a file'} cannot be used: {error.strerror}")
    except MemoryError as error:
        sys.exit(f"error: out of memory: {error}; set S2F_WORKERS to a lower number")
