"""A page on which a person looks through a role's images and marks what to keep or drop."""

from __future__ import annotations

import base64
import io
import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize
from s2f_core.data.curation.lists import read_decisions
from s2f_core.data.curation.measures import measure
from s2f_core.data.tables import Table
from s2f_core.report.theme import styles

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
EDGE = 96  # pixels a side of a picture on the page
QUALITY = 80  # of its JPEG: some 3 kB


def write(table: Table, split: Path, listed: Path, role: str, out: Path, limit: int) -> None:
    """Write the page ``out`` of a role's images.

    ``split`` is the role's split.parquet, ``listed`` the list of earlier decisions, which the page
    goes on from. At most ``limit`` images are shown, first those that are left out or decided on,
    then the least sharp. Raises UserError where there is no split, or the list is not right.
    """
    if table.shape[-1] not in {1, 3}:
        raise UserError(f"{table.folder}: {table.shape[-1]} channels are no picture to look at")
    known = read_decisions(listed, set(table.index["id"]))
    rows = _rows(table, split)
    marked = (rows["reason"].notna() | rows["id"].isin(known)).to_numpy()
    order = np.lexsort((rows["sharpness"], ~marked))
    shown = np.sort(order[:limit])
    if len(shown) < len(rows):
        log.warning("%s shows %d of %d images: --limit asks for more", out, len(shown), len(rows))
    data = {
        "role": role,
        "images": _images(table, rows, shown),
        "decisions": {
            name: ["keep" if decision.keep else "drop", decision.note]
            for name, decision in known.items()
        },
    }
    html = _render(role, listed, data, len(rows), table.index)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".unfinished")
    unfinished.write_text(html, encoding="utf-8")
    unfinished.replace(out)


def _rows(table: Table, split: Path) -> pd.DataFrame:
    """Of each image id, split, reason, twin, sharpness and face, as far as they are known."""
    try:
        known = pd.read_parquet(split)
    except OSError:
        raise UserError(f"{split} does not exist: run the split stage first") from None
    columns = ["id", "split", "reason", "twin", "sharpness", "face"]
    rows = table.accepted[["id"]].merge(known.reindex(columns=columns), on="id", how="left")
    if rows["sharpness"].isna().all():  # a role that is not curated
        rows["sharpness"] = measure(table, None).sharpness.round(1)
    return rows


def _images(table: Table, rows: pd.DataFrame, shown: npt.NDArray[np.int64]) -> list[dict[str, Any]]:
    """What the page's script shows of these images; a key that is not known is left out."""
    found = []
    for place in shown:
        row = rows.iloc[place].dropna().to_dict()
        found.append({**row, "picture": _picture(table.image(int(place)))})
    return found


def _picture(image: Pixels) -> str:
    """A JPEG of 96 pixels a side, base64."""
    small = resize(image, EDGE)
    buffer = io.BytesIO()
    pixels = small[..., 0] if small.shape[-1] == 1 else small
    Image.fromarray(pixels).save(buffer, "JPEG", quality=QUALITY)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _render(role: str, listed: Path, data: dict[str, Any], count: int, index: pd.DataFrame) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    rejected = index[index["rejected"].notna()]
    return environment.get_template("page.html").render(
        role=role,
        listed=listed.as_posix(),
        count=count,
        shown=len(data["images"]),
        edge=EDGE,
        rejected=rejected["rejected"].value_counts().items(),
        css=styles(HERE / "style.css"),
        script=Markup((HERE / "script.js").read_text(encoding="utf-8")),  # noqa: S704 -- likewise
        data=Markup(text.replace("<", "\\u003c")),  # noqa: S704 -- no tag can end in it
    )
