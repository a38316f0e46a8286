"""The project that the working directory is in: its folder has ``params.yaml`` and ``dvc.yaml``."""

from __future__ import annotations

from pathlib import Path

from s2f_core.common.errors import UserError

FILES = ("params.yaml", "dvc.yaml")


def find_root() -> Path | None:
    """Return the nearest project at or above the working directory, relative to it; else None.

    Relative, so that paths below it stay short in messages: ``.``, ``..``, ``../..``. Raises
    UserError where the working directory has been removed.
    """
    try:
        current = Path.cwd()
    except FileNotFoundError:
        raise UserError("the working directory no longer exists: cd to another one") from None
    for height, folder in enumerate((current, *current.parents)):
        if all((folder / name).is_file() for name in FILES):
            return Path(*[".."] * height)
    return None


def root() -> Path:
    """Return the project's folder, relative; outside any project the working directory."""
    return find_root() or Path()


def data_folder() -> Path:
    """Return the project's data folder, which holds its models and weights."""
    return root() / "data"


def outside_message() -> str:
    """Return the message for a command that needs a project and is run outside any."""
    return f"{Path.cwd()} is in no project: neither it nor a folder above has {' and '.join(FILES)}"
