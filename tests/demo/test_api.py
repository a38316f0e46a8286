"""The endpoints over HTTP on a real port."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
import requests
import tiny_demo
import torch
from tiny_demo import (
    ROWS,
    SIDE,
    PausedModels,
    cross_image,
    decoded,
    get_api,
    post_image,
    running_server,
)

from s2f_core.common.images import encode_png, from_model, to_model
from s2f_core.demo import api
from s2f_core.demo.models import DemoModel
from s2f_core.networks.checkpoint import load_model

root, models, server = tiny_demo.root, tiny_demo.models, tiny_demo.server
paused_models = tiny_demo.paused_models


def test_picture_equals_the_checkpoints_output(server: str, root: Path) -> None:
    """For a drawing four times as large, within the rounding of 8 bits."""
    description, network = load_model(root / "models/lines/a-to-b.pt")
    drawing = cross_image(SIDE, 5)
    large = drawing.repeat(4, axis=0).repeat(4, axis=1)
    response = post_image(server, "picture", encode_png(large), model="lines")
    with torch.inference_mode():
        output = network(to_model(torch.from_numpy(drawing[None, ..., :1])))
    expected = from_model(output)[0]
    assert expected.shape == (description.size, description.size, 3)
    assert np.abs(decoded(response).astype(int) - expected).max() <= 1
    assert expected.std() > 5
    assert "model;dur=" in response.headers["server-timing"]


def test_seed_decides_the_picture(server: str) -> None:
    """Of a model that takes a drawing and noise, and of one that takes noise alone."""
    for name, body in (("noisy", encode_png(cross_image(SIDE, 5))), ("samples", None)):
        one, same, other = (
            decoded(post_image(server, "picture", body, model=name, seed=seed))
            for seed in (3, 3, 4)
        )
        assert (one == same).all()
        assert (one != other).any()


def test_upscale_doubles_the_size(server: str) -> None:
    """An upscaler that was not trained names the command that trains it."""
    body = encode_png(cross_image(SIDE, 5))
    large = decoded(post_image(server, "picture", body, model="lines", upscale="bicubic"))
    assert large.shape == (2 * SIDE, 2 * SIDE, 3)
    response = post_image(server, "picture", body, model="lines", upscale="edsr")
    assert response.status_code == 409
    assert "dvc repro upscaler" in response.json()["error"]


def test_mirror_averages_over_the_mirrored_drawing(server: str) -> None:
    """The drawing and its mirror image give mirrored pictures; noise has no mirror mean."""
    drawing = cross_image(SIDE, 5)
    bodies = [encode_png(image) for image in (drawing, np.ascontiguousarray(drawing[:, ::-1]))]
    for model in ("lines", "noisy"):
        means, pictures = (
            [
                decoded(post_image(server, "picture", body, model=model, mirror=mirror))
                for body in bodies
            ]
            for mirror in (True, False)
        )
        assert (means[0] == means[1][:, ::-1]).all()
        mean = (pictures[0].astype(float) + pictures[1][:, ::-1]) / 2
        assert np.abs(means[0] - mean).max() <= 1
    response = post_image(server, "picture", model="samples", mirror=True)
    assert response.status_code == 409
    assert response.json()["error"].startswith("mirror: samples makes images from noise")
    models = requests.get(f"{server}/api/models", timeout=30).json()["models"]
    assert {model["name"]: model["canMirror"] for model in models} == {
        "lines": True,
        "noisy": True,
        "samples": False,
    }


def test_models_lists_models_canvases_and_upscalers(server: str) -> None:
    """EDSR is missing where it was not trained."""
    content = requests.get(f"{server}/api/models", timeout=30).json()
    rows = {model["name"]: (model["canvas"], model["takesNoise"]) for model in content["models"]}
    assert rows == {
        "lines": ("lines", False), "noisy": ("lines", True), "samples": ("noise", True),
    }  # fmt: skip
    assert content["canvases"]["pose"]["background"] == "#000000"
    assert content["upscalers"] == ["none", "bicubic"]


def test_training_data_has_examples_ranges_and_a_mean(server: str) -> None:
    """A model of noise has no mean input."""
    content = get_api(server, "training-data", model="lines").json()
    assert (content["examples"], content["examplesByPeople"]) == (ROWS - 20, False)
    assert content["ranges"]["pieces"] == {"low": 1, "median": 1, "high": 1}
    example = get_api(server, "example", model="lines", number=0)
    assert decoded(example).shape == (SIDE, SIDE, 3)
    assert decoded(get_api(server, "mean-input", model="lines")).min() == 0
    assert get_api(server, "mean-input", model="samples").status_code == 404


def test_photo_becomes_the_models_condition(server: str) -> None:
    """A pencil sketch in one channel, of the pipeline's size."""
    photo = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    sketch = decoded(post_image(server, "condition", encode_png(photo), model="lines"))
    assert sketch.shape == (128, 128)
    response = post_image(server, "condition", encode_png(photo), model="samples")
    assert response.status_code == 409
    assert "'noise', were not made of photos" in response.json()["error"]


def test_hints_compare_a_drawing_with_the_training_inputs(server: str) -> None:
    """A thick, small cross."""
    drawing = np.full((SIDE, SIDE, 3), 255, np.uint8)
    drawing[1:9, 1:9] = cross_image(8, 4, 3)
    rows = post_image(server, "hints", encode_png(drawing), model="lines").json()["hints"]
    advice = {hint["name"]: hint["advice"] for hint in rows}
    assert advice["stroke_width"] == "use a thinner pen"
    assert advice["size"] == "draw larger"
    assert advice["pieces"] == ""
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    answer = post_image(server, "hints", encode_png(black), model="lines").json()
    assert answer["warning"].startswith("Nearly all of the canvas is ink")


def test_a_photographed_drawing_becomes_dark_lines_on_white(server: str) -> None:
    """Of any proportions; coloured paper is no word, light ink is told."""
    for paper, ink, notes in (
        ((240, 214, 92), 20, ""),
        ((30, 32, 30), 240, "light ink on dark paper was inverted"),
    ):
        picture = np.full((90, 160, 3), paper, np.uint8)
        picture[40:44, 30:120] = ink
        response = post_image(server, "drawing", encode_png(picture))
        cleaned = decoded(response)
        assert cleaned.shape == (90, 160)
        assert cleaned[41:43, 40:110].max() < 60
        assert cleaned[:20].min() == 255
        assert response.headers["s2f-notes"] == notes


@pytest.mark.parametrize(
    ("parameters", "status", "message"),
    [
        ({"model": "../lines"}, 404, "(models: lines, noisy, samples)"),
        ({"model": "lines", "seed": -1}, 422, "seed: "),
        ({"model": "lines", "upscale": "x9"}, 422, "upscale: "),
        ({"model": "lines", "client": "a b"}, 422, "client: "),
        ({}, 422, "model: "),
    ],
)
def test_invalid_parameters_are_named(
    server: str, parameters: dict[str, Any], status: int, message: str
) -> None:
    """An unknown model gets the list of models."""
    response = post_image(server, "picture", encode_png(cross_image(SIDE, 5)), **parameters)
    assert response.status_code == status
    assert message in response.json()["error"]


def test_full_queue_answers_503_at_once(
    root: Path,
    models: dict[str, DemoModel],
    paused_models: PausedModels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One request runs; of the second client the newer waits; the third client gets 503."""
    monkeypatch.setattr(api, "THREADS", 1)
    monkeypatch.setattr(api, "QUEUE_CAPACITY", 1)
    body = encode_png(cross_image(SIDE, 5))
    statuses: Queue[tuple[str, int]] = Queue()

    def start(client: str) -> threading.Thread:
        def run() -> None:
            response = post_image(address, "picture", body, model="lines", client=client)
            statuses.put((client, response.status_code))

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with running_server(root, models) as address:
        threads = [start("ana")]
        paused_models.started.wait(10)
        threads += [start("bo"), start("bo")]
        assert statuses.get(timeout=10) == ("bo", 409)  # so the other one waits
        response = post_image(address, "picture", body, model="lines", client="cy")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        paused_models.resume.set()
        for thread in threads:
            thread.join(10)
        last = sorted([statuses.get(timeout=1), statuses.get(timeout=1)])
        assert last == [("ana", 200), ("bo", 200)]


def test_request_of_a_closed_connection_is_not_computed(
    root: Path,
    models: dict[str, DemoModel],
    paused_models: PausedModels,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It leaves the queue, so that a queue of one place has room for the next client."""
    monkeypatch.setattr(api, "THREADS", 1)
    monkeypatch.setattr(api, "QUEUE_CAPACITY", 1)
    body = cross_image(SIDE, 5).tobytes()
    with running_server(root, models) as address:
        url = urlsplit(address)
        for client in ("running", "closed"):
            connection = socket.create_connection((url.hostname, url.port), 30)
            head = (
                f"POST /api/picture?model=lines&client={client} HTTP/1.1\r\nHost: localhost\r\n"
                f"Content-Type: application/octet-stream\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            connection.sendall(head.encode() + body)
            if client == "running":
                assert paused_models.started.wait(10)
                running = connection
        _wait_for_status(address, body, 503)
        connection.close()
        threading.Timer(0.5, paused_models.resume.set).start()
        _wait_for_status(address, body, 200)
        assert running.recv(15) == b"HTTP/1.1 200 OK"
        running.close()
    assert paused_models.count == 2  # "running" and the last request


def _wait_for_status(address: str, body: bytes, status: int) -> None:
    """Repeat a request until it gets a status; fails after a hundred tries."""
    for _ in range(100):
        response = post_image(address, "picture", body, tiny_demo.RAW, model="lines", client="cy")
        if response.status_code == status:
            return
    pytest.fail(f"no status {status}")
