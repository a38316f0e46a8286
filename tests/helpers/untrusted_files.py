"""The entry points for untrusted files: each takes a folder and bytes, and reads them."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bad_models import checkpoint
from bad_pictures import encode, gradient_image
from pydantic import TypeAdapter

import s2f_core
from s2f_core.common import config
from s2f_core.common.images import ImageError, decode
from s2f_core.data import tables
from s2f_core.data.assets import File, Source
from s2f_core.data.assets.archives import Limits, read_members
from s2f_core.data.assets.unpacking import unpack
from s2f_core.data.conditions.hed import EdgeDetector
from s2f_core.data.datasets import Dataset
from s2f_core.data.landmarks.tflite import TfliteNetwork
from s2f_core.demo.uploads import FORMATS
from s2f_core.inference import batch
from s2f_core.inference.options import Options
from s2f_core.inference.sources import find_sources
from s2f_core.inference.video import translate as translate_video
from s2f_core.metrics.efficientnet_lite0 import EFFICIENTNET_LITE0
from s2f_core.metrics.inception_v3 import INCEPTION
from s2f_core.networks.reference.load import Labels, import_checkpoint
from s2f_core.networks.upscalers.dat import enlarge

Entry = Callable[[Path, bytes], object]

SIZE = 16
PNG = encode(gradient_image(), "PNG")


def _write(folder: Path, name: str, data: bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def dataset(section: dict[str, Any], *paths: str) -> Entry:
    """Return an entry that opens a source with these files and makes all its images.

    The files have the given bytes, except those ending in ``=good``, which are a valid image.
    """

    def read(folder: Path, data: bytes) -> object:
        for path in paths:
            name, _, good = path.partition("=")
            _write(folder / "in", name, PNG if good else data)
        source = TypeAdapter[Any](Dataset).validate_python({"path": folder / "in", **section})
        contents = source.open(folder / "in", SIZE, folder / "assets")
        domains = (contents.images, contents.own_inputs)
        return [list(_images(domain)) for domain in domains if domain is not None]

    return read


def _images(domain: tables.Domain) -> Iterator[object]:
    """Yield the image of each row that a table would make, or the reason why there is none."""
    rows = domain.rows.reindex(columns=tables.COLUMNS).reset_index(drop=True)
    rows.astype("string").to_parquet(io.BytesIO())
    for row in np.flatnonzero(rows["rejected"].isna()):
        try:
            yield domain.make(int(row))
        except ImageError as reason:
            yield str(reason)


def _translate(folder: Path, data: bytes) -> object:
    model = _write(folder / "in", "good.pt", checkpoint())
    sources = find_sources([str(_write(folder / "in", "a.png", data))], io.BytesIO())
    return batch.translate(s2f_core.load(model), sources, Options(), folder / "out")


def _upload(_: Path, data: bytes) -> object:
    return [decode(data, formats=(kind,)) for kind in FORMATS.values()]


def _load_and_run(name: str) -> Entry:
    """Return an entry that loads a model of this file name and runs it."""

    def use(folder: Path, data: bytes) -> object:
        model = s2f_core.load(_write(folder / "in", name, data), folder / "data")
        return model(gradient_image())

    return use


def _load_folder(folder: Path, data: bytes) -> object:
    _write(folder / "in", "data/generator.pt", checkpoint())
    _write(folder / "in", "data/translation.json", data)
    return s2f_core.load(folder / "in", folder / "data")


def _import(folder: Path, data: bytes) -> object:
    labels = Labels("tiny", "given", "kept", SIZE)
    return import_checkpoint(_write(folder / "in", "G.pth", data), labels, folder / "out/x.pt")


def _table(name: str) -> Entry:
    def read(folder: Path, data: bytes) -> object:
        for place, content in {**_whole_table(), name: data}.items():
            _write(folder / "in", place, content)
        return tables.read(folder / "in").images([0]), tables.read_section(folder / "in")

    return read


@cache
def _whole_table() -> dict[str, bytes]:
    """The files of a valid table of one image."""
    rows = pd.DataFrame({"id": ["a"], "source": ["a"]})
    images = np.zeros((1, 4, 4, 3), np.uint8)
    with tempfile.TemporaryDirectory() as place:
        domain = tables.Domain(rows, images.__getitem__)
        table = tables.build(Path(place) / "table", domain, label="table")
        return {file.name: file.read_bytes() for file in table.folder.iterdir()}


def _read_archive(folder: Path, data: bytes) -> object:
    archive = _write(folder / "in", "given", data)
    limits = Limits(member=2**20, total=2**20)
    return [b"".join(one.chunks) for one in read_members(archive, limits=limits)]


def _unpack(folder: Path, data: bytes) -> object:
    download, target = _write(folder / "in", "given", data), folder / "out" / "made.zip"
    target.parent.mkdir()
    source = Source("file:given", len(data), "*", below="")
    unpack(File("made.zip", 2**10, "", (source,)), source, download, target)
    return target


def _params(folder: Path, data: bytes) -> object:
    file = _write(folder / "in", "params.yaml", data)
    return config.load(int, "seed", file=file), config.load(dict[str, float], file=file)


def _weights(name: str, read: Callable[[Path], object]) -> Entry:
    return lambda folder, data: read(_write(folder / "in", name, data))


BLACK = np.zeros((32, 32, 3), np.uint8)

ENTRIES: dict[str, Entry] = {
    "demo": _upload,
    "s2f translate": _translate,
    "s2f video": lambda folder, data: translate_video(
        s2f_core.load(_write(folder / "in", "good.pt", checkpoint())),
        _write(folder / "in", "a.mp4", data),
        folder / "out.mp4",
        Options(),
    ),
    "a model .pt": _load_and_run("a.pt"),
    "a model .onnx": _load_and_run("a.onnx"),
    "a packed translation": _load_folder,
    "s2f import-checkpoint": _import,
    "params.yaml": _params,
    "an archive": _read_archive,
    "fetch": _unpack,
    "a table's images": _table("images-00000.npy"),
    "a table's index": _table("index.parquet"),
    "a table's made.json": _table("made.json"),
    "folder": dataset({"source": "folder", "layout": "images"}, "a.png", "good.png=good"),
    "folder, strips": dataset({"source": "folder", "layout": "strips"}, "a.png"),
    "folder, pairs": dataset({"source": "folder"}, "A/a.png", "B/a.png=good"),
    "folder, a zip": dataset({"source": "folder"}, "given.zip", "good.png=good"),
    "strips": dataset({"source": "edges2shoes"}, "train/1_AB.jpg", "given.zip"),
    "celeba-1k": dataset({"source": "celeba-1k"}, "a.jpg"),
    "celeba, its lists": dataset(
        {"source": "celeba"},
        "img_align_celeba/000001.jpg=good",
        "list_eval_partition.txt",
        "identity_CelebA.txt",
    ),
    "imagenet-folder": dataset({"source": "imagenet-folder"}, "n1/a.JPEG", "n2/b.JPEG=good"),
    "sketchy": dataset(
        {"source": "sketchy"},
        "256x256/photo/tx_000000000000/apple/a.jpg",
        "256x256/sketch/tx_000000000000/apple/a-1.png",
    ),
    "domainnet, its lists": dataset(
        {"source": "domainnet", "a": "sketch", "b": "real"},
        "sketch/apple/a.jpg=good",
        "real/apple/a.jpg=good",
        "sketch_train.txt",
        "real_test.txt",
    ),
    "coco, annotations": dataset(
        {"source": "coco-persons", "min_height": 32},
        "annotations/person_keypoints_train2017.json",
        "train2017/1.jpg=good",
    ),
    "cifar10": dataset({"source": "cifar10", "batches": ["test"]}, "test_batch"),
    "openmoji, its list": dataset(
        {"source": "openmoji", "groups": ["objects"], "without": []}, "data/openmoji.json"
    ),
    "quickdraw, packed": dataset({"source": "quickdraw"}, "cat.ndjson.gz"),
    "quickdraw, bitmaps": dataset({"source": "quickdraw"}, "numpy_bitmap/cat.npy"),
    "quickdraw, strokes": dataset({"source": "quickdraw"}, "simplified/cat.ndjson"),
    "hed": _weights("hed.h5", lambda file: EdgeDetector(file)(BLACK)),
    "tflite": _weights("face.tflite", lambda file: TfliteNetwork(file)(BLACK)),
    "inception": _weights("inception.pt", INCEPTION.load),
    "classifier": _weights("lite0.pth", EFFICIENTNET_LITE0.load),
    "upscaler": _weights("dat-x2.pth", lambda file: enlarge(BLACK[None], 64, file)),
}
