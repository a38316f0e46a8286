"""Drawings of faces to try models on: pictures, SVG files and image tables."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import resvg_py

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels, decode, to_rgb
from s2f_core.data import tables
from s2f_core.data.datasets.folder_tree import IMAGE_EXTENSIONS
from s2f_core.inference.pictures import pixels

DRAWINGS = Path("docs/drawings")  # twenty, drawn for this purpose
SVG, SIDE = ".svg", 256  # pixels of the longer side of a drawn SVG file


def read_drawings(folder: Path) -> list[Pixels]:
    """Return the drawings of a folder or an image table, each uint8 [H, W, 3].

    Of a folder these are all pictures and SVG files at any depth, by name. A picture that cannot be
    read is left out and named on standard error. Raises UserError where none is left.
    """
    if (folder / "index.parquet").is_file():
        table = tables.read(folder)
        return list(to_rgb(table.images(np.arange(len(table)))))
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder (allowed: folders of drawings, image tables)")
    files = [file for file in sorted(folder.rglob("*")) if _is_drawing(file)]
    drawings = []
    for file in files:
        try:
            drawings.append(draw_svg(file) if file.suffix.lower() == SVG else pixels(file))
        except (ImageError, UserError) as reason:
            print(f"{file} is left out: {reason}", file=sys.stderr)
    if not drawings:
        allowed = " ".join((SVG, *IMAGE_EXTENSIONS))
        raise UserError(f"{folder} has no drawing that can be read (allowed: {allowed})")
    return drawings


def _is_drawing(file: Path) -> bool:
    return file.is_file() and file.suffix.lower() in (SVG, *IMAGE_EXTENSIONS)


def draw_svg(file: Path, side: int = SIDE) -> Pixels:
    """Return an SVG file as uint8 [H, W, 3] on white, ``side`` wide; raises ImageError."""
    try:
        text = file.read_text(encoding="utf-8")
        return decode(
            bytes(resvg_py.svg_to_bytes(svg_string=text, width=side, skip_system_fonts=True))
        )
    except (OSError, ValueError):
        raise ImageError("not an SVG drawing") from None
