"""What every stage shares: how its one command is run and how an error reaches a person."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable

import typer

from s2f_core.common.errors import UserError

# What no code can help: no room, a quota, a limit to a file's size, no right, a read-only disk.
MACHINES = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS}


def build(*commands: Callable[..., None]) -> typer.Typer:
    """The command line of one stage, or of several as sub-commands."""
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

    A :class:`UserError` is printed without a traceback and exits with 1, and so is what the system
    refuses: a disk that is full, a folder that may not be written to, memory that is not there.
    """
    logging.basicConfig(format="%(message)s")
    logging.getLogger("s2f_core").setLevel(logging.INFO)
    try:
        build(*commands)()
    except UserError as error:
        sys.exit(f"error: {error}")
    except OSError as error:
        if error.errno not in MACHINES:
            raise
        sys.exit(f"error: {error.filename or 'a file'} cannot be used: {error.strerror}")
    except MemoryError as error:
        sys.exit(f"error: there is no memory left: {error}; fewer workers need less (S2F_WORKERS)")
