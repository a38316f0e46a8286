"""Write the page on which a person says of each picture whether it is real or generated."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from s2f_core.common.atomic import write_text
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize, to_rgb
from s2f_core.data.selection import Translation
from s2f_core.report.survey.keys import PageId, key_digest
from s2f_core.report.survey.sample import (
    SurveyPicture,
    load_pixels,
    sample_pictures,
    select_translations,
)
from s2f_core.report.theme.templates import render_page

HERE = Path(__file__).parent
EDGE = 256  # pixels a side of a picture on the page, at least
MAX_LIMIT = 60_000  # milliseconds


def write_page(
    translations: Mapping[str, Translation],
    names: Sequence[str],
    data: Path,
    out: Path,
    *,
    each: int | None = None,
    seed: int = 0,
    limit: int = 0,
) -> PageId:
    """Write the page ``out`` and, beside it, key.csv, which maps keys to pictures.

    ``names`` are translations, tables or roles; see :func:`select_translations`. The page shows
    ``each`` pictures of every translation and as many real ones in all; None means about a hundred
    altogether. ``limit`` is the time in milliseconds after which a picture disappears (0: never).
    Raises UserError for an unknown name, a missing table and a number out of range.
    """
    if not 0 <= limit <= MAX_LIMIT:
        raise UserError(f"a limit of {limit} ms: must be 1 to {MAX_LIMIT:,}, or 0 for none")
    selected = select_translations(translations, names, data)
    pictures, table = sample_pictures(selected, data, each, seed)
    images = load_pixels(pictures, data)
    edge = max(EDGE, *(image.shape[0] for image in images.values()))
    count = sum(picture.translation == pictures[0].translation for picture in pictures)
    page = PageId(table, seed, count, limit, key_digest([picture.key for picture in pictures]))
    page_data = {
        "page": str(page),
        "limit": limit,
        "images": [
            {"key": key, "picture": _webp(image, edge)}
            for key, image in sorted(images.items(), key=lambda pair: pair[0])
        ],
    }
    html = render_page(HERE, ["forms.css"], page_data, count=len(images), edge=edge, limit=limit)
    write_text(out, html)
    _write_key(out.with_name("key.csv"), pictures)
    return page


def _webp(image: Pixels, edge: int) -> str:
    """Encode as a lossless WebP of ``edge`` pixels a side, base64; all pictures alike."""
    pixels = to_rgb(image if image.shape[0] == edge else resize(image, edge))
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True, method=1, quality=0)  # quick
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _write_key(path: Path, pictures: Sequence[SurveyPicture]) -> None:
    with path.open("w", encoding="utf-8", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(["image", "truth", "translation", "id"])
        for picture in sorted(pictures, key=lambda picture: picture.key):
            truth = "generated" if picture.translation else "real"
            lines.writerow([picture.key, truth, picture.translation, picture.image])
