"""The exception for errors that a user can fix."""

from __future__ import annotations

from collections.abc import Collection

OPENCV_NO_MEMORY = -4


class UserError(Exception):
    """Something outside the code is wrong: a parameter, a file, the network, the disk.

    The message says what was given, where, and what is allowed. A stage prints it without a
    traceback and exits with 1. Any other exception is a bug of the project.
    """


def list_names(names: Collection[str], most: int = 20) -> str:
    """Join names by commas for a message: at most the first ``most``, then their number."""
    listed = ", ".join(list(names)[:most])
    return f"{listed}, … ({len(names)} in all)" if len(names) > most else listed


def is_out_of_memory(error: BaseException) -> bool:
    """Whether numpy, PyTorch, on a GPU or not, or OpenCV found no memory."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in str(error)  # of PyTorch on a processor
        or getattr(error, "code", None) == OPENCV_NO_MEMORY
    )
