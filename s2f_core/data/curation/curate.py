"""What is left out of every split, and why. The table stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.data.curation.lists import read_decisions
from s2f_core.data.curation.measures import Measures, measure
from s2f_core.data.curation.near_duplicates import find_duplicates
from s2f_core.data.landmarks.faces import FaceDetector
from s2f_core.data.tables import Table

Rows = npt.NDArray[np.int64]


class Curation(Section):
    """``curation: {roles: [faces], duplicates: 6, blur: null, face: null, lists: data/lists}``.

    Null asks for nothing.

    - ``roles``: whose images are looked at; those of others all stay.
    - ``duplicates``: of images that are alike the first stays. They are alike where at most so many
      of 64 bits of their perceptual hashes differ and their thumbnails correlate. A copy that is
      cropped or moved by more than some pixels is not found. What a source repeats within a group,
      such as a photo with several sketches, stays each time.
    - ``blur``: the least sharpness, the variance of the Laplacian of 8-bit grey at 128×128
      (Pech-Pacheco et al. 2000).
    - ``face``: the least share of the side that the largest face takes up; 0 asks for any face.
    - ``lists``: the folder of the lists that a person edited, ROLE.csv with the columns id,
      decision (keep or drop) and note. They beat every rule.
    """

    roles: tuple[str, ...] = Field((), description="Roles whose images are looked at.")
    duplicates: int | None = Field(
        6,
        ge=0,
        le=16,
        description=(
            "Most bits of 64 in which the perceptual hashes of two alike images "
            "differ; null keeps duplicates."
        ),
    )
    blur: float | None = Field(
        None,
        gt=0,
        description="Least sharpness: the variance of the Laplacian at 128 pixels; null is off.",
    )
    face: float | None = Field(
        None,
        ge=0,
        lt=1,
        description=(
            "Least share of the side that a face takes up; 0 asks for any face, null is off."
        ),
    )
    lists: Path = Field(
        Path("data/lists"),
        description="Folder of ROLE.csv: what a person keeps or drops, made by s2f review.",
    )


def curate(table: Table, curation: Curation, role: str, assets: Path) -> pd.DataFrame:
    """A row for each image of a role's table: what was measured, and why it is left out.

    Columns ``id``, ``reason`` (null where it stays), ``twin`` (the id of the image that it is a
    near duplicate of), ``phash`` (16 hexadecimal digits), ``sharpness`` and ``face`` (its share of
    the side; 0 where there is none, null where none is looked for).

    Raises UserError where a person's list is not right, or weights are missing.
    """
    listed = read_decisions(curation.lists / f"{role}.csv", set(table.index["id"]))
    found = measure(table, None if curation.face is None else FaceDetector(assets))
    ids = table.accepted["id"]
    kept = ids.isin({name for name, decision in listed.items() if decision.keep}).to_numpy()
    dropped = {name: decision.reason for name, decision in listed.items() if not decision.keep}
    reasons = _ruled(found, curation).mask(kept, None)
    reasons = ids.map(dropped).astype(object).where(ids.isin(dropped), reasons)
    twins = pd.Series(None, index=ids.index, dtype=object)
    if curation.duplicates is not None:
        # A copy of what is left out may stay, and what a person keeps stands for its copies.
        order = np.flatnonzero(reasons.isna())
        order = order[np.argsort(~kept[order], kind="stable")]
        first = find_duplicates(found.hashes[order], found.thumbnails[order], curation.duplicates)
        repeated = _repeated(table.accepted, order, order[first])
        copies = (first != np.arange(len(order))) & ~kept[order] & ~repeated
        reasons[order[copies]] = "near duplicate"
        twins[order[copies]] = ids[order[first[copies]]].to_numpy()
    return pd.DataFrame(
        {
            "id": ids,
            "reason": reasons,
            "twin": twins,
            "phash": [f"{value:016x}" for value in found.hashes],
            "sharpness": found.sharpness.round(1),
            "face": found.face.round(3),
        }
    )


def _repeated(rows: pd.DataFrame, one: Rows, other: Rows) -> npt.NDArray[np.bool_]:
    """Whether two rows are one image on purpose, such as a photo with several sketches."""
    left, right = (rows.iloc[places].reset_index(drop=True) for places in (one, other))
    same = (left["group"] == right["group"]) & (left["sha256"] == right["sha256"])
    return same.fillna(value=False).to_numpy(dtype=bool)


def _ruled(found: Measures, curation: Curation) -> pd.Series[str]:
    """Why the measures of an image leave it out, duplicates aside; null where they do not."""
    reasons = pd.Series(None, index=range(len(found.sharpness)), dtype=object)
    if curation.blur is not None:
        reasons[found.sharpness < curation.blur] = f"blurred: sharpness under {curation.blur:g}"
    if curation.face is not None:
        reasons[found.face < curation.face] = f"face under {curation.face:.0%} of the side"
        reasons[found.face == 0] = "no face found"
    return reasons
