"""A user's folder: what it is read as, and its table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from archives import encode_image, picture

from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.folder import Folder
from s2f_core.data.tables import Table

RED = picture("red")
COUNT = 3


@dataclass(frozen=True)
class Contents:
    """The layout, and the rows of the sketches (``a``) and of the photos."""

    layout: str | None
    a: pd.DataFrame
    b: pd.DataFrame


def open_folder(path: Path, **keys: object) -> Contents:
    """Return the layout and rows of a folder, without making a table."""
    section = Folder.model_validate({"source": "folder", "path": "unused", **keys})
    contents = section.open(path, 32, path)
    own_inputs = contents.own_inputs
    a = pd.DataFrame() if own_inputs is None else own_inputs.rows
    return Contents(contents.layout, a, contents.images.rows)


def folder_table(path: Path, tmp_path: Path, **keys: object) -> Table:
    """Return the table of a folder, of 32 pixels a side, at ``tmp_path / "out"``."""
    section = Folder.model_validate({"source": "folder", "path": "unused", **keys})
    return prepare(section, path, 32, tmp_path / "out", tmp_path)


def red_files(*folders: str, count: int = COUNT) -> dict[str, bytes]:
    """Return so many red pictures in each of the folders."""
    return {f"{folder}/{n}.png": RED for folder in folders for n in range(count)}


def drawn_strip(width: int = 128, height: int = 64) -> bytes:
    """A drawing in black on white at the left, a colourful photo at the right."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[::8, : width // 2] = 0
    pixels[:, width // 2 :] = (200, 40, 40)
    return encode_image(pixels)
