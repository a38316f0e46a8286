"""How the generator's input is made. The union is the registry of conditions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from s2f_core.conditions.edges import Edges
from s2f_core.conditions.noise import Noise
from s2f_core.conditions.pencil import Pencil
from s2f_core.tables import Table, build

Condition = Annotated[Pencil | Edges | Noise, Field(discriminator="type")]


def convert(photos: Table, condition: Condition, out: Path) -> Table:
    """Write the condition of every photo as an image table with the same ids and groups."""
    return build(
        out,
        photos.accepted,
        lambda row: condition.apply(photos.images([row])[0]),
        describe=condition.type,
    )
