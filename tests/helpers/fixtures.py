"""What tests make their data and settings with; ``conftest.py`` has the fixtures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from s2f_core.data.pairs import Pairs
from s2f_core.data.tables import Table
from s2f_core.training.variant import Settings

MakeTable = Callable[..., Table]


def parted(inputs: Table, targets: Table) -> dict[str, Pairs]:
    """The forty pictures of two tables in thirty to train on and ten to validate."""
    names = [f"{row:03d}" for row in range(40)]
    return {"train": Pairs(inputs, targets, names[:30]), "val": Pairs(inputs, targets, names[30:])}


class SilentRun:
    """An MLflow run that keeps its tags and nothing else."""

    id = "run"

    def __init__(self) -> None:
        self.tags: dict[str, str] = {}

    def log(self, step: int, values: dict[str, float]) -> None:
        """Take values."""

    def tag(self, name: str, value: str) -> None:
        """Take a tag."""
        self.tags[name] = value

    def artifact(self, path: Path, folder: str | None = None) -> None:
        """Take a file."""


def varied(settings: Settings, variant: dict[str, Any], **top: Any) -> Settings:
    """Settings with parts of the variant, and top-level values, replaced; a recipe is merged."""
    dumped = settings.model_dump()
    recipe = {**dumped["variant"]["recipe"], **variant.get("recipe", {})}
    merged = {**dumped["variant"], **variant, "recipe": recipe}
    return Settings.model_validate({**dumped, **top, "variant": merged})
