"""The one exception that a person is meant to read."""

from __future__ import annotations

from collections.abc import Collection


class UserError(Exception):
    """Something outside the code is wrong: a parameter, a file, the network, the disk.

    The message says what was given, where, and what is allowed. A stage prints it without a
    traceback and exits with 1; anything else that is raised is a bug of ours.
    """


def list_names(names: Collection[str], most: int = 20) -> str:
    """Join names by commas for a message: at most the first ``most``, then how many there are."""
    shown = ", ".join(list(names)[:most])
    return f"{shown}, … ({len(names)} in all)" if len(names) > most else shown
