"""Tiny archives in the published layouts of the photo sources, and helpers to read their tables."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from loopback import Site, serve
from PIL import Image

from s2f_core.common.images import Pixels
from s2f_core.data.assets import CATALOGUE, fetch
from s2f_core.data.tables import Table, read

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


def picture(
    colour: str = "red", size: tuple[int, int] = (64, 64), kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    """An image file of one colour; ``size`` is width and height."""
    return encode_image(np.full((*size[::-1], 3), COLOURS[colour], np.uint8), kind, mode)


def encode_image(pixels: Pixels, kind: str = "PNG", mode: str = "RGB") -> bytes:
    """The file of an image [H, W, 3]."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def colour_names(table: Table, *, tolerance: int = 6) -> list[str]:
    """The colour name of each image of a table; "?" if it has none or several."""
    return [_colour_name(table.image(row), tolerance) for row in range(len(table))]


def _colour_name(image: Pixels, tolerance: int) -> str:
    for name, colour in COLOURS.items():
        if (np.abs(image.astype(int) - colour) <= tolerance).all():
            return name
    return "?"


def reasons(table: Table) -> dict[str, str]:
    """The reason of each rejected row of a table, by id."""
    rejected = table.index[table.index["rejected"].notna()]
    return dict(zip(rejected["id"], rejected["rejected"], strict=True))


def own_inputs(table: Table) -> Table:
    """The table of a source's own inputs."""
    return read(table.folder / "given")


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files into a folder, like an unpacked archive."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def make_zip(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def make_tar(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def fetch_from_loopback(
    name: str, served: Mapping[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Fetch the asset ``name``, whose downloads are ``served`` on loopback by its files' names."""
    monkeypatch.setenv("S2F_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("S2F_MIRROR", raising=False)
    site = Site({f"/{filename}": data for filename, data in served.items()})
    with serve(site):
        asset = CATALOGUE[name]
        files = []
        for file in asset.files:
            address = f"{site.url}/{file.filename}"
            length = len(served[file.filename])
            source = replace(
                file.sources[0], address=address, download=length, options=(), checksum=""
            )
            files.append(replace(file, size=10 * length, checksum="", sources=(source,)))
        monkeypatch.setitem(CATALOGUE, name, replace(asset, files=tuple(files)))
        return fetch(name, tmp_path / "assets" / name, sleep=lambda _seconds: None)


def celeba_files(photos: Mapping[str, bytes], identities: str, partition: str) -> dict[str, bytes]:
    """The three files of CelebA."""
    return {
        "img_align_celeba.zip": make_zip(
            {f"img_align_celeba/{name}": data for name, data in photos.items()}
        ),
        "identity_CelebA.txt": identities.encode(),
        "list_eval_partition.txt": partition.encode(),
    }


def cifar10_archive(batches: Mapping[str, tuple[Sequence[int], npt.NDArray[np.uint8]]]) -> bytes:
    """CIFAR-10's tar.gz: labels and pictures [n, 32, 32, 3] of the batches given, or none."""
    nothing: tuple[Sequence[int], npt.NDArray[np.uint8]] = ([], np.zeros((0, 32, 32, 3), np.uint8))
    names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]
    files = {
        f"cifar-10-batches-py/{name}": cifar_batch(name, *batches.get(name, nothing))
        for name in names
    }
    return make_tar({"cifar-10-batches-py/readme.html": b"<html>", **files})


def cifar_batch(name: str, labels: Sequence[int], images: npt.NDArray[np.uint8]) -> bytes:
    """A batch, opcode by opcode as Python 2 pickled the published ones (protocol 2)."""
    pixels = images.transpose(0, 3, 1, 2).reshape(len(images), 3072)
    numbers = b"".join(b"K" + bytes([label]) for label in labels)
    filenames = b"".join(_pickled_text(f"{row}.png".encode()) for row in range(len(labels)))
    return (
        b"\x80\x02}q\x01("
        + _pickled_text(b"batch_label")
        + _pickled_text(name.encode())
        + _pickled_text(b"labels")
        + (b"](" + numbers + b"e")
        + _pickled_text(b"data")
        + cifar_array(pixels.shape, pixels.tobytes())
        + _pickled_text(b"filenames")
        + (b"](" + filenames + b"e")
        + b"u."
    )


def cifar_array(shape: tuple[int, ...], data: bytes, kind: bytes = b"u1") -> bytes:
    """How Python 2 pickled a numpy array."""
    sides = b"".join(b"J" + struct.pack("<i", side) for side in shape)
    return (
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01"
        + (b"(" + sides + b"t")
        + (b"cnumpy\ndtype\n" + _pickled_text(kind) + b"K\x00K\x01\x87R")
        + b"(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        + (b"\x89T" + struct.pack("<i", len(data)) + data + b"tb")
    )


def _pickled_text(data: bytes) -> bytes:
    return b"U" + bytes([len(data)]) + data


def coco_archives(
    photos: Mapping[str, bytes], annotations: Mapping[str, object]
) -> dict[str, bytes]:
    """COCO's two zips, including annotation files that are not used."""
    content = json.dumps(annotations).encode()
    return {
        "train2017.zip": make_zip({f"train2017/{name}": data for name, data in photos.items()}),
        "annotations_trainval2017.zip": make_zip(
            {
                "annotations/instances_train2017.json": b"{}",
                "annotations/person_keypoints_train2017.json": content,
                "annotations/person_keypoints_val2017.json": b"{}",
            }
        ),
    }
