"""Functions and classes behind the fixtures of ``conftest.py``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from s2f_core.data.pairs import Pairs
from s2f_core.data.tables import Table
from s2f_core.training.variant import Settings

MakeTable = Callable[..., Table]


def split_pairs(inputs: Table, targets: Table) -> dict[str, Pairs]:
    """Split the forty rows of two tables into thirty to train on and ten to validate."""
    names = [f"{row:03d}" for row in range(40)]
    return {"train": Pairs(inputs, targets, names[:30]), "val": Pairs(inputs, targets, names[30:])}


class SilentRun:
    """A stand-in for an MLflow run that records only its tags."""

    id = "run"

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def log(self, step: int, values: dict[str, float]) -> None:
        """Ignore values."""

    def tag(self, name: str, value: str) -> None:
        """Record a tag."""
        self.tags[name] = value

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Ignore a file."""


def modify(settings: Settings, variant: dict[str, Any], **top: Any) -> Settings:
    """Replace sections of the variant and top-level values; merge ``recipe`` key by key."""
    dumped = settings.model_dump()
    recipe = {**dumped["variant"]["recipe"], **variant.get("recipe", {})}
    merged = {**dumped["variant"], **variant, "recipe": recipe}
    return Settings.model_validate({**dumped, **top, "variant": merged})
