"""The page on which a person says of each picture whether it is real or generated."""

from __future__ import annotations

import base64
import csv
import io
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize, to_rgb
from s2f_core.data.selection import Translation
from s2f_core.report.survey import keys
from s2f_core.report.survey.page.drawn import Drawn, chosen, draw, pixels
from s2f_core.report.theme import styles

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
EDGE = 256  # pixels a side of a picture that is shown
LIMIT = 60_000  # milliseconds at most


def write(
    translations: Mapping[str, Translation],
    names: Sequence[str],
    data: Path,
    out: Path,
    *,
    each: int | None = None,
    seed: int = 0,
    limit: int = 0,
) -> keys.Page:
    """Write the page ``out`` and, beside it, key.csv, which says what is what.

    ``names`` are translations, tables or roles; see :func:`chosen`. ``each`` pictures are shown of
    every translation and as many real ones in all, a hundred altogether where it is not given.
    ``limit``: the milliseconds after which a picture disappears (0: never). Raises UserError where
    a name, a table or a number does not fit.
    """
    if not 0 <= limit <= LIMIT:
        raise UserError(f"a limit of {limit} ms: must be 1 to {LIMIT:,}, or 0 for none")
    pictures, table = draw(chosen(translations, names, data), data, each, seed)
    images = pixels(pictures, data)
    edge = max(EDGE, *(image.shape[0] for image in images.values()))
    count = sum(picture.translation == pictures[0].translation for picture in pictures)
    page = keys.Page(table, seed, count, limit, keys.digest([one.key for one in pictures]))
    shown = {
        "page": str(page),
        "limit": limit,
        "images": [
            {"key": name, "picture": _encoded(image, edge)}
            for name, image in sorted(images.items(), key=lambda pair: pair[0])
        ],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_suffix(".unfinished")
    unfinished.write_text(_render(shown, edge), encoding="utf-8")
    unfinished.replace(out)
    _write_key(out.with_name("key.csv"), pictures)
    return page


def _encoded(image: Pixels, edge: int) -> str:
    """A lossless WebP of ``edge`` pixels a side, base64: all pictures are encoded alike."""
    shown = to_rgb(image if image.shape[0] == edge else resize(image, edge))
    buffer = io.BytesIO()
    Image.fromarray(shown).save(buffer, "WEBP", lossless=True, method=1, quality=0)  # quick
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _render(shown: dict[str, object], edge: int) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    text = json.dumps(shown, separators=(",", ":"))
    images, limit = shown["images"], shown["limit"]
    return environment.get_template("page.html").render(
        count=len(images) if isinstance(images, list) else 0,
        edge=edge,
        limit=limit,
        css=styles(HERE / "style.css"),
        script=Markup((HERE / "script.js").read_text(encoding="utf-8")),  # noqa: S704 -- likewise
        data=Markup(text.replace("<", "\\u003c")),  # noqa: S704 -- no tag can end in it
    )


def _write_key(file: Path, pictures: Sequence[Drawn]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        lines = csv.writer(text)
        lines.writerow(["image", "truth", "translation", "id"])
        for one in sorted(pictures, key=lambda one: one.key):
            truth = "generated" if one.translation else "real"
            lines.writerow([one.key, truth, one.translation, one.image])
