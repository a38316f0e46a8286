"""Write the page on which a person marks the images of a role as kept or dropped."""

from __future__ import annotations

import base64
import io
import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from s2f_core.common.atomic import write_text
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize
from s2f_core.common.rejections import count_reasons
from s2f_core.data.curation.lists import read_decisions
from s2f_core.data.curation.measures import measure
from s2f_core.data.tables import Table
from s2f_core.report.theme.templates import render_page

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
EDGE = 96  # pixels a side of a picture on the page
QUALITY = 80  # of its JPEG: some 3 kB


def write_page(
    table: Table, split: Path, decisions_file: Path, role: str, out: Path, limit: int
) -> None:
    """Write the page ``out`` of a role's images.

    ``split`` is the role's split.parquet. ``decisions_file`` is the list of earlier decisions; the
    page starts from it. The page shows at most ``limit`` images: first those that are left out or
    decided by hand, then the least sharp. Raises UserError if the table holds no pictures, the
    split is missing or the list is malformed.
    """
    if table.shape[-1] not in {1, 3}:
        raise UserError(
            f"{table.folder}: images have {table.shape[-1]} channels; a page can show 1 or 3"
        )
    known = read_decisions(decisions_file, set(table.index["id"]))
    rows = _curation_rows(table, split)
    marked = (rows["reason"].notna() | rows["id"].isin(known)).to_numpy()
    order = np.lexsort((rows["sharpness"], ~marked))
    positions = np.sort(order[:limit])
    if len(positions) < len(rows):
        log.warning(
            "%s shows %d of %d images; --limit raises the number", out, len(positions), len(rows)
        )
    data = {
        "role": role,
        "images": _page_images(table, rows, positions),
        "decisions": {
            name: ["keep" if decision.keep else "drop", decision.note]
            for name, decision in known.items()
        },
    }
    rejected = table.index[table.index["rejected"].notna()]
    html = render_page(
        HERE,
        ["forms.css"],
        data,
        role=role,
        decisions_file=decisions_file.as_posix(),
        count=len(rows),
        shown=len(positions),
        edge=EDGE,
        rejected=count_reasons(rejected["rejected"]).items(),
    )
    write_text(out, html)


def _curation_rows(table: Table, split: Path) -> pd.DataFrame:
    """Return id, split, reason, twin, sharpness and face of every image, missing if unknown."""
    try:
        known = pd.read_parquet(split)
    except OSError:
        raise UserError(f"{split} does not exist: run the split stage first") from None
    columns = ["id", "split", "reason", "twin", "sharpness", "face"]
    rows = table.accepted[["id"]].merge(known.reindex(columns=columns), on="id", how="left")
    if rows["sharpness"].isna().all():  # a role that is not curated
        rows["sharpness"] = measure(table, None).sharpness.round(1)
    return rows


def _page_images(
    table: Table, rows: pd.DataFrame, positions: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Return the script's entry for each image: its known columns and its picture."""
    return [
        {**rows.iloc[position].dropna().to_dict(), "picture": _jpeg(table.image(int(position)))}
        for position in positions
    ]


def _jpeg(image: Pixels) -> str:
    """Encode as a JPEG of 96 pixels a side, base64."""
    small = resize(image, EDGE)
    buffer = io.BytesIO()
    pixels = small[..., 0] if small.shape[-1] == 1 else small
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return base64.b64encode(buffer.getvalue()).decode("ascii")
