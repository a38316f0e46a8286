"""Text files that are deeply nested, expand without end, have odd numbers, or name code."""

from __future__ import annotations

import json
from pathlib import Path

from bad_pictures import Make


def _alias_bomb() -> str:
    lines = ["a0: &a0 [ha, ha]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    return "\n".join([*lines, "seed: *a11", "lr: *a11"])


def _merge_bomb() -> str:
    lines = ["a0: &a0 {x: 1}"]
    lines += [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 40)]
    return "\n".join([*lines, "seed: *a39"])


def _annotations(**person: object) -> str:
    """COCO annotations of one person with these values."""
    usual = {
        "id": 1,
        "image_id": 1,
        "bbox": [1, 1, 40, 40],
        "keypoints": [9, 9, 2] * 17,
        "iscrowd": 0,
    }
    picture = {"id": 1, "file_name": "1.jpg", "width": 48, "height": 48}
    return json.dumps({"images": [picture], "annotations": [{**usual, **person}]})


def _emoji(text: str) -> str:
    keys = ("hexcode", "group", "subgroups", "annotation", "skintone_base_hexcode")
    return json.dumps([{**dict.fromkeys(keys, text), "group": "objects", "subgroups": "time"}])


def _python_tag(folder: Path) -> bytes:
    return f"seed: !!python/object/apply:os.mkdir ['{folder}/tagged']".encode()


TEXTS: dict[str, Make] = {
    "laughs.yaml": lambda _: _alias_bomb().encode(),
    "merges.yaml": lambda _: _merge_bomb().encode(),
    "itself.yaml": lambda _: b"seed: &a [*a]",
    "call.yaml": _python_tag,
    "deep.yaml": lambda _: b"seed: " + b"[" * 5000,
    "latin.yaml": lambda _: "seed: ä".encode("latin-1"),
    "date.yaml": lambda _: b"seed: 2024-13-45",
    "binary.yaml": lambda _: b"seed: !!binary 'x'",
    "null.yaml": lambda _: b"seed: \x00",
    "keys.yaml": lambda _: b"{[a, b]: 1, {c: 2}: 3}",
    "deep.json": lambda _: b"[" * 100_000 + b"]" * 100_000,
    "digits.json": lambda _: b"[" + b"9" * 6000 + b"]",
    "nan.json": lambda _: json.dumps([float("nan"), float("inf"), -1e308]).encode(),
    "nan.ndjson": lambda _: b'{"word": "cat", "recognized": true, "drawing": [[[NaN], [1]]]}\n',
    "long.ndjson": lambda _: b"[" + b"0," * 2**20 + b"0]\n",
    "deep.ndjson": lambda _: b'{"drawing": ' + b"[" * 50_000 + b"\n",
    "keypoints.json": lambda _: _annotations().encode(),
    "far.json": lambda _: _annotations(bbox=[1, 1, 1e308, 1e308]).encode(),
    "large.json": lambda _: _annotations(id=10**400, image_id=10**400).encode(),
    "numbers.json": lambda _: _annotations(keypoints=[float("nan")] * 51).encode(),
    "nested.json": lambda _: _annotations(keypoints=[[1] * 51] * 2, bbox={"a": 1}).encode(),
    "emoji.json": lambda _: _emoji("../../x").encode(),
    "half.json": lambda _: _emoji("\ud800").encode(),
    "list.txt": lambda _: b"000001.jpg 0\n000002.jpg 7\n",
    "paths.txt": lambda _: b"../../etc/passwd 1\na/b/c 2\n",
    "bytes.txt": lambda _: bytes(range(256)) * 9,
}
