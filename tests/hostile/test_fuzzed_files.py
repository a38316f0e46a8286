"""Random values and bytes: a parser returns a value or explains the error."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from bad_archives import valid_file
from bad_models import checkpoint, graph
from bad_pictures import encode, gradient_image
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from untrusted_files import ENTRIES

from s2f_core.common.config import load
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, decode
from s2f_core.data.conditions import Condition
from s2f_core.data.datasets import Dataset, bitmaps, files
from s2f_core.training.variant import Variant

ROOT = Path(__file__).parents[2]
QUICK, LONG = 20, 500
COUNTS = pytest.mark.parametrize("count", [QUICK, pytest.param(LONG, marks=pytest.mark.slow)])
KINDS: dict[str, Any] = {
    "data": Dataset,
    "conditions": Condition,
    "variants": Variant,
}

numbers = st.one_of(st.integers(), st.floats(), st.integers(-300, 300))
plain = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=20))
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=9), inner, max_size=4)
    ),
    max_leaves=12,
)


def fuzzed(count: int, check: Callable[[Any], object], inputs: st.SearchStrategy[Any]) -> None:
    """Run ``check`` on so many inputs, the same each time; UserError and ImageError are answers."""

    @settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(inputs)
    def run(value: Any) -> None:
        try:
            check(value)
        except (UserError, ImageError) as error:
            if not str(error):
                raise AssertionError("refused without a reason") from error

    run()


def mutated(original: bytes) -> st.SearchStrategy[bytes]:
    """A file with some of its bytes changed, put in or cut off."""
    place = st.integers(0, len(original) - 1)
    change = st.tuples(place, st.binary(max_size=6), st.integers(0, 4))

    def apply(changes: list[tuple[int, bytes, int]], end: int | None) -> bytes:
        data = bytearray(original)
        for start, new, old in changes:
            data[start : start + old] = new
        return bytes(data[:end])

    end = st.one_of(st.none(), st.none(), place)
    return st.builds(apply, st.lists(change, min_size=1, max_size=5), end)


class Numbered:
    """A new folder for each input."""

    def __init__(self, base: Path) -> None:
        self.base, self.number = base, 0

    def __call__(self) -> Path:
        """The next one."""
        self.number += 1
        folder = self.base / str(self.number)
        folder.mkdir()
        return folder


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Numbered:
    """Folders; unpacked members are limited to a megabyte."""
    monkeypatch.setattr(files, "MAX_BYTES", 2**20)
    monkeypatch.setattr(bitmaps, "MAX_BYTES", 2**20)
    return Numbered(tmp_path)


@COUNTS
@pytest.mark.parametrize("kind", KINDS)
def test_changed_parameters_are_used_or_refused(kind: str, count: int, new: Numbered) -> None:
    """A section of params.yaml with another value or a new key."""
    original = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))[kind]

    def check(change: tuple[str, str, Any]) -> None:
        name, key, value = change
        file = new() / "params.yaml"
        section = {**original[name], key or next(iter(original[name])): value}
        file.write_text(yaml.safe_dump({kind: {name: section}}), encoding="utf-8")
        load(KINDS[kind], kind, name, file=file)

    keys = sorted({key for section in original.values() for key in section})
    some = st.one_of(st.sampled_from(keys), st.text(max_size=9))
    few = max(QUICK, count // 4)  # the schema of variants takes a tenth of a second to make
    fuzzed(few, check, st.tuples(st.sampled_from(sorted(original)), some, values))


@COUNTS
def test_parameter_files_of_any_bytes_are_used_or_refused(count: int, new: Numbered) -> None:
    """Text that may be YAML, and bytes that may be text."""
    marks = st.text("abc[]{}:,&*!<>|-?'\"%@`#\n \t0123.e\\", max_size=60).map(str.encode)
    fuzzed(count, lambda data: ENTRIES["params.yaml"](new(), data), st.one_of(marks, st.binary()))


def _coco(person: dict[str, Any], picture: dict[str, Any]) -> bytes:
    keys = ("id", "image_id", "bbox", "keypoints", "iscrowd")
    usual = dict(zip(keys, (1, 1, [1, 1, 40, 40], [9, 9, 2] * 17, 0), strict=True))
    images = [{"id": 1, "file_name": "1.jpg", "width": 48, "height": 48, **picture}]
    return json.dumps({"images": images, "annotations": [{**usual, **person}]}).encode()


box = st.lists(st.one_of(numbers, values), min_size=4, max_size=4)
people = st.fixed_dictionaries(
    {},
    optional={"id": values, "image_id": values, "bbox": st.one_of(box, values), "iscrowd": plain},
)
joints = st.lists(numbers, min_size=51, max_size=51).map(lambda numbers: {"keypoints": numbers})
photos = st.fixed_dictionaries(
    {}, optional={"id": values, "file_name": values, "width": numbers, "height": numbers}
)
strokes = st.lists(st.lists(st.lists(numbers, max_size=5), max_size=3), max_size=3)
TEXTS: dict[str, st.SearchStrategy[bytes]] = {
    "coco, annotations": st.builds(_coco, st.one_of(people, joints), photos),
    "quickdraw, strokes": st.one_of(strokes, values).map(
        lambda drawing: json.dumps({"drawing": drawing}).encode()
    ),
    "quickdraw, packed": st.binary(max_size=60),
    "quickdraw, bitmaps": st.builds(
        lambda shape, kind, rest: _npy(f"{{'descr': {kind!r}, {shape}}}", rest),
        st.sampled_from(["'shape': (1, 784), 'fortran_order': False", "'shape': 1", "()"]),
        st.one_of(st.just("|u1"), st.text(max_size=4)),
        st.binary(max_size=800),
    ),
    "openmoji, its list": values.map(lambda value: json.dumps(value).encode()),
    "celeba, its lists": st.lists(
        st.builds(lambda a, b: f"{a} {b}", st.sampled_from(["000001.jpg", "../a", "\x85"]), plain)
    ).map(lambda lines: "\n".join(lines).encode(errors="replace")),
    "domainnet, its lists": st.lists(
        st.builds(lambda a, b: f"{a} {b}", st.sampled_from(["sketch/apple/a.jpg", "real/"]), plain)
    ).map(lambda lines: "\n".join(lines).encode(errors="replace")),
    "a table's made.json": values.map(lambda value: json.dumps(value).encode()),
}


def _npy(header: str, rest: bytes) -> bytes:
    line = header.encode(errors="replace") + b"\n"
    return b"\x93NUMPY\x01\x00" + len(line).to_bytes(2, "little") + line + rest


@COUNTS
@pytest.mark.parametrize("entry", TEXTS)
def test_text_files_of_sources_are_used_or_refused(entry: str, count: int, new: Numbered) -> None:
    """Lists, lines and headers with any values."""
    fuzzed(count, lambda data: ENTRIES[entry](new(), data), TEXTS[entry])


@COUNTS
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "AVIF", "PPM"])
def test_damaged_images_are_used_or_rejected(kind: str, count: int) -> None:
    """Some bytes of an image are changed."""
    fuzzed(count, decode, mutated(encode(gradient_image(20, 20), kind)))


@COUNTS
@pytest.mark.parametrize(
    ("entry", "original"),
    [
        ("a model .pt", checkpoint()),
        ("a model .onnx", graph()),
        ("an archive", valid_file("zip")),
        ("an archive", valid_file("tar")),
        ("an archive", valid_file("tgz")),
        ("folder, a zip", valid_file("zip")),
        ("cifar10", valid_file("pickle")),
        ("s2f import-checkpoint", checkpoint()),
    ],
    ids=["pt", "onnx", "zip", "tar", "tgz", "folder", "cifar10", "pth"],
)
def test_damaged_files_are_used_or_refused(
    entry: str, original: bytes, count: int, new: Numbered
) -> None:
    """Some bytes of a model or an archive are changed."""
    fuzzed(count, lambda data: ENTRIES[entry](new(), data), mutated(original))


def test_the_unchanged_files_are_accepted(new: Numbered) -> None:
    """Otherwise the tests above would prove nothing."""
    for entry, original in (
        ("a model .pt", checkpoint()),
        ("a model .onnx", graph()),
        ("an archive", valid_file("zip")),
        ("an archive", valid_file("tgz")),
        ("cifar10", valid_file("pickle")),
        ("coco, annotations", _coco({}, {})),
    ):
        assert ENTRIES[entry](new(), original)
    assert io.BytesIO(encode(gradient_image(), "AVIF")).read(12)[4:] == b"ftypavif"
