"""Conditions: ways to make a generator's input from a photo. The union is their registry."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field

from s2f_core.data.conditions.drawing import Drawing
from s2f_core.data.conditions.edges import Edges
from s2f_core.data.conditions.face_mesh import Mesh
from s2f_core.data.conditions.given import GivenInputs
from s2f_core.data.conditions.gray import Gray
from s2f_core.data.conditions.hed import Hed
from s2f_core.data.conditions.mixture import Mixture
from s2f_core.data.conditions.noise import Noise
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.conditions.pose import Pose
from s2f_core.data.conditions.quantised import QuantisedPhoto
from s2f_core.data.conditions.shaded import Shaded
from s2f_core.data.conditions.stylised import StylisedPhoto
from s2f_core.data.conditions.xdog import XDoG
from s2f_core.data.tables import OWN_INPUTS, Table, build

log = logging.getLogger(__name__)

Condition = Annotated[
    Edges
    | Pencil
    | Hed
    | XDoG
    | Gray
    | QuantisedPhoto
    | StylisedPhoto
    | Drawing
    | Shaded
    | Pose
    | Mesh
    | Mixture
    | Noise
    | GivenInputs,
    Field(discriminator="type"),
]


def convert(photos: Table, condition: Condition, out: Path, assets: Path) -> Table:
    """Write the inputs that a condition makes of photos, as a table with the same ids and groups.

    ``assets`` is the folder of fetched weights. A photo without an input, such as a face mesh of a
    photo without a face, becomes a rejected row.
    """
    if condition.type not in {"given", "noise"} and (photos.folder / OWN_INPUTS).is_dir():
        log.warning(
            "%s: the source's own sketches are not used: only the condition 'given' uses them, and "
            "this is '%s'",
            out,
            condition.type,
        )
    return build(
        out,
        condition.open(photos, assets),
        label=condition.type,
        key=condition.model_dump_json(),
        code=__name__,
        section=condition,
    )
