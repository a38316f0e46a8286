"""What every stage shares: how its one command is run and how an error reaches a person."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import typer

from s2f_core.errors import UserError


def run(*commands: Callable[..., None]) -> None:
    """Run the command line of one stage, or of several as sub-commands.

    A :class:`UserError` is printed without a traceback and exits with 1.
    """
    logging.basicConfig(format="%(message)s")
    logging.getLogger("s2f_core").setLevel(logging.INFO)
    app = typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,  # rich costs a third of a second, more than all else --help does
    )
    for command in commands:
        app.command()(command)
    try:
        app()
    except UserError as error:
        sys.exit(f"error: {error}")
