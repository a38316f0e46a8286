"""The demo's server over HTTP, on a real port: pictures, bounds, and whom it answers."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import pytest
import requests
import tiny_demo
from tiny_demo import COUNT, SIDE, ask, cross, describe, get, pixels

from s2f_core.common import cache
from s2f_core.common.errors import UserError
from s2f_core.common.images import encode_png, from_model, to_model
from s2f_core.demo.models import opened
from s2f_core.demo.server import serve
from s2f_core.networks.checkpoint import load_model

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server


def test_a_picture_is_what_the_checkpoint_makes(server: str, root: Path) -> None:
    """Of a drawing four times as large, within the rounding of 8 bits; timed."""
    description, network = load_model(root / "models/lines/a-to-b.pt")
    page = cross(SIDE, 5)
    large = page.repeat(4, axis=0).repeat(4, axis=1)
    answer = ask(server, "picture", encode_png(large), model="lines")
    import torch

    with torch.inference_mode():
        made = from_model(network(to_model(torch.from_numpy(page[None, ..., :1]))))[0]
    assert made.shape == (description.size, description.size, 3)
    assert np.abs(pixels(answer).astype(int) - made).max() <= 1
    assert made.std() > 5
    assert "model;dur=" in answer.headers["server-timing"]


def test_pixels_are_a_drawing_too(server: str) -> None:
    """RGB values, as the page sends them, give what a PNG of them gives."""
    page = cross(SIDE, 5)
    raw = {"content-type": "application/octet-stream"}
    parameters = {"model": "lines", "client": "ana"}
    made = requests.post(
        f"{server}/api/picture", page.tobytes(), params=parameters, headers=raw, timeout=30
    )
    assert (pixels(made) == pixels(ask(server, "picture", encode_png(page), model="lines"))).all()


def test_a_seed_is_a_sample(server: str) -> None:
    """The same seed the same picture, another another, with a drawing and without."""
    for name, body in (("noisy", encode_png(cross(SIDE, 5))), ("samples", None)):
        one, same, other = (
            pixels(ask(server, "picture", body, model=name, seed=seed)) for seed in (3, 3, 4)
        )
        assert (one == same).all()
        assert (one != other).any()


def test_twice_as_large(server: str) -> None:
    """Bicubic; an upscaler that was not trained here says how it comes about."""
    body = encode_png(cross(SIDE, 5))
    large = pixels(ask(server, "picture", body, model="lines", upscale="bicubic"))
    assert large.shape == (2 * SIDE, 2 * SIDE, 3)
    answer = ask(server, "picture", body, model="lines", upscale="edsr")
    assert answer.status_code == 409
    assert "dvc repro upscaler" in answer.json()["error"]


def test_the_page_learns_what_there_is(server: str) -> None:
    """Models with their sheets; examples, habits and the mean of what one learned from."""
    told = requests.get(f"{server}/api/models", timeout=30).json()
    sheets = {model["name"]: (model["sheet"], model["noisy"]) for model in told["models"]}
    assert sheets == {
        "lines": ("lines", False), "noisy": ("lines", True), "samples": ("noise", True),
    }  # fmt: skip
    assert told["sheets"]["pose"]["paper"] == "#000000"
    assert told["upscales"] == ["none", "bicubic"]
    learned = get(server, "habits", model="lines").json()
    assert learned["examples"] == COUNT - 20
    assert learned["habits"]["pieces"] == {"low": 1, "middle": 1, "high": 1}
    example = get(server, "example", model="lines", number=0)
    assert pixels(example).shape == (SIDE, SIDE, 3)
    guide = get(server, "guide", model="lines")
    assert pixels(guide).min() == 0
    assert get(server, "guide", model="samples").status_code == 404


def test_a_photo_becomes_the_models_condition(server: str) -> None:
    """A pencil sketch of it, in one channel, of the pipeline's size."""
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    made = pixels(ask(server, "condition", encode_png(photo), model="lines"))
    assert made.shape == (128, 128)
    answer = ask(server, "condition", encode_png(photo), model="samples")
    assert answer.status_code == 409
    assert "'noise', were not made of photos" in answer.json()["error"]


def test_a_drawing_is_held_against_what_was_learned(server: str) -> None:
    """A thick, small cross."""
    page = np.full((SIDE, SIDE, 3), 255, np.uint8)
    page[1:9, 1:9] = cross(8, 4, 3)
    found = ask(server, "hints", encode_png(page), model="lines").json()["hints"]
    says = {hint["name"]: hint["says"] for hint in found}
    assert says["stroke_width"] == "take a thinner pen"
    assert says["span"] == "draw larger"
    assert says["pieces"] == ""


def test_types_are_what_browsers_ask_for(server: str) -> None:
    """Modules, styles and models; a runtime that was not fetched says how it is."""
    types = {
        "/": "text/html",
        "/browser": "text/html",
        "/page/main.js": "text/javascript",
        "/page/style.css": "text/css",
        "/models/lines.onnx": "application/octet-stream",
    }
    for path, kind in types.items():
        answer = requests.get(f"{server}{path}", timeout=30)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].partition(";")[0] == kind
    answer = requests.get(f"{server}/runtime/ort-wasm-simd-threaded.wasm", timeout=30)
    assert answer.status_code == 404
    assert "s2f fetch onnxruntime-web" in answer.json()["error"]


def test_a_checkpoint_is_exported_once(root: Path) -> None:
    """The file in the cache is found again by its content, wherever the checkpoint lies."""
    (model,) = opened([str(root / "models/lines/a-to-b.pt")], root).values()
    assert model.name == "lines"
    file = model.session.path
    before = file.stat().st_mtime_ns
    (again,) = opened(["lines"], root).values()
    assert again.session.path == file
    assert file.stat().st_mtime_ns == before
    assert file.parent == cache.cache_folder("onnx")
    (direct,) = opened([str(file)], root).values()
    assert direct.description == describe("lines", direction="a-to-b")


def test_names_that_are_none(root: Path, tmp_path: Path) -> None:
    """The message lists what there is; a folder without models says what makes them."""
    with pytest.raises(UserError, match=r"no model 'line' \(allowed: .*: lines, noisy, samples\)"):
        opened(["line"], root)
    with pytest.raises(UserError, match=r"no model 'gone\.onnx' \(allowed: "):
        opened(["gone.onnx"], root)
    with pytest.raises(UserError, match="has no model: dvc repro"):
        opened([], tmp_path)


def test_a_port_in_use_is_said(root: Path) -> None:
    """Before anything is served."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=rf"127\.0\.0\.1:{port} cannot be listened to"):
            serve(["lines"], root, port=port)
