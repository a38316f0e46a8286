"""Decide which images of a table are left out of every split, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.common.entry_names import Name
from s2f_core.data.curation.lists import read_decisions
from s2f_core.data.curation.measures import Measures, measure
from s2f_core.data.curation.near_duplicates import find_duplicates
from s2f_core.data.landmarks.faces import FaceDetector
from s2f_core.data.tables import Table

Rows = npt.NDArray[np.int64]


class Curation(Section):
    """``curation: {roles: [faces], duplicates: 6, blur: null, face: null, lists: data/lists}``.

    - ``duplicates``: the first of several alike images stays. Two images are alike if few bits of
      their perceptual hashes differ and their thumbnails correlate. A copy that is cropped or moved
      by more than some pixels is not detected. An image that a source repeats within a group, such
      as a photo with several sketches, stays each time.
    - ``blur``: sharpness is the variance of the Laplacian of 8-bit grey at 128×128 (Pech-Pacheco et
      al. 2000).
    - ``face``: the largest face counts.
    - ``lists``: ROLE.csv has the columns id, decision (keep or drop) and note. A person's decision
      overrules every rule.
    """

    roles: tuple[Name, ...] = Field(
        (), description="Roles whose images are curated; all images of other roles stay."
    )
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
        le=1e9,
        description="Lowest sharpness: the variance of the Laplacian at 128 pixels; null is off.",
    )
    face: float | None = Field(
        None,
        ge=0,
        lt=1,
        description=("Smallest face as a share of the side; 0 requires any face, null is off."),
    )
    lists: Path = Field(
        Path("data/lists"),
        description="Folder of ROLE.csv: images that a person keeps or drops, made by s2f review.",
    )


def curate(table: Table, curation: Curation, role: str, assets: Path) -> pd.DataFrame:
    """Measure every image of a role's table and decide which are left out: one row an image.

    The columns are ``id``, ``reason`` (null if the image stays), ``twin`` (the id of the image that
    it is a near duplicate of), ``phash`` (16 hexadecimal digits), ``sharpness`` and ``face`` (the
    face's share of the side; 0 if there is none, null without a rule for faces).

    Raises UserError if a person's list is invalid, or if weights are missing.
    """
    decisions = read_decisions(curation.lists / f"{role}.csv", set(table.index["id"]))
    measures = measure(table, None if curation.face is None else FaceDetector(assets))
    ids = table.accepted["id"]
    keep = ids.isin({name for name, decision in decisions.items() if decision.keep}).to_numpy()
    drop = {name: decision.reason for name, decision in decisions.items() if not decision.keep}
    reasons = _apply_rules(measures, curation).mask(keep, None)
    reasons = ids.map(drop).astype(object).where(ids.isin(drop), reasons)
    twins = pd.Series(None, index=ids.index, dtype=object)
    if curation.duplicates is not None:
        # A copy of an image that is left out may stay. Images that a person keeps come first, so
        # that their copies are left out.
        order = np.flatnonzero(reasons.isna())
        order = order[np.argsort(~keep[order], kind="stable")]
        hashes, thumbnails = measures.hashes[order], measures.thumbnails[order]
        first = find_duplicates(hashes, thumbnails, curation.duplicates)
        on_purpose = _are_repeats(table.accepted, order, order[first])
        copies = (first != np.arange(len(order))) & ~keep[order] & ~on_purpose
        reasons[order[copies]] = "near duplicate"
        twins[order[copies]] = ids[order[first[copies]]].to_numpy()
    return pd.DataFrame(
        {
            "id": ids,
            "reason": reasons,
            "twin": twins,
            "phash": [f"{value:016x}" for value in measures.hashes],
            "sharpness": measures.sharpness.round(1),
            "face": measures.face.round(3),
        }
    )


def _are_repeats(rows: pd.DataFrame, rows_a: Rows, rows_b: Rows) -> npt.NDArray[np.bool_]:
    """Whether each two rows repeat an image on purpose, such as a photo with several sketches."""
    first, second = (rows.iloc[places].reset_index(drop=True) for places in (rows_a, rows_b))
    same = (first["group"] == second["group"]) & (first["sha256"] == second["sha256"])
    return same.fillna(value=False).to_numpy(dtype=bool)


def _apply_rules(measures: Measures, curation: Curation) -> pd.Series[str]:
    """The reason why the rules for blur and faces leave an image out; null if they do not."""
    reasons = pd.Series(None, index=range(len(measures.sharpness)), dtype=object)
    if curation.blur is not None:
        reasons[measures.sharpness < curation.blur] = f"blurred: sharpness under {curation.blur:g}"
    if curation.face is not None:
        reasons[measures.face < curation.face] = f"face under {curation.face:.0%} of the side"
        reasons[measures.face == 0] = "no face found"
    return reasons
