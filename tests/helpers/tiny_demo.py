"""A demo of tiny untrained models and their training data, on a real port."""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import requests
import torch
import uvicorn
from PIL import Image

from s2f_core.common.images import Pixels
from s2f_core.data.tables import Domain, build
from s2f_core.demo.models import DemoModel, open_models
from s2f_core.demo.server import build_app, server_config
from s2f_core.networks.checkpoint import Description, save_model

PNG = {"content-type": "image/png"}
RAW = {"content-type": "application/octet-stream"}
SIDE = 16
ROWS = 30  # of which the last ten are the test split
GENERATORS: dict[str, dict[str, Any]] = {
    "lines": {"type": "unet", "depth": 2, "norm": "none", "dropout": 0},
    "noisy": {
        "type": "unet",
        "depth": 2,
        "norm": "none",
        "dropout": 0,
        "noise": "input",
        "palette": True,
    },
    "samples": {"type": "dcgan", "norm": "none"},
}
PALETTES = (",".join(["#102030"] * 4), ",".join(["#f0e0d0"] * 4), "#00ff00,#0000ff,#ff0000,#808080")


def tiny_description(name: str, **changes: Any) -> Description:
    """The description of one of the tiny generators, of 16 px, with some keys changed."""
    takes_noise = name == "samples"
    keys: dict[str, Any] = {
        "variant": name,
        "role": "faces",
        "condition": "noise" if takes_noise else "pencil",
        "background": "kept",
        "generator": GENERATORS[name],
        "size": SIDE,
        "width": 4,
        "in_channels": 8 if takes_noise else 1,
        "out_channels": 3,
        "direction": "a-to-b",
        "drawn_at": 128,
        "versions": {"s2f": "0", "torch": "0"},
    }
    keys |= changes
    if keys["generator"].get("palette"):
        keys["palettes"] = PALETTES
    return Description.model_validate(keys)


def make_data_folder(root: Path) -> Path:
    """Write a data folder with three models, thirty sketches of crosses and a split."""
    for seed, name in enumerate(GENERATORS):
        torch.manual_seed(seed)
        description = tiny_description(name)
        network = description.build()
        for weights in network.parameters():
            torch.nn.init.normal_(weights, std=0.3)
        save_model(root / "models" / name / "a-to-b.pt", description, network.state_dict())
    sketches = np.stack([cross_image(SIDE, SIDE / 2 + row % 3) for row in range(ROWS)])[..., :1]
    ids = [f"{row:03d}" for row in range(ROWS)]
    rows = pd.DataFrame({"id": ids, "source": ids})
    for name, images in (("kept", np.repeat(sketches, 3, axis=3)), ("kept-pencil", sketches)):
        build(root / "faces" / name, Domain(rows, images.__getitem__), label=name)
    parts = ["train"] * 20 + ["test"] * 10
    pd.DataFrame({"id": ids, "split": parts}).to_parquet(root / "faces" / "split.parquet")
    return root


def add_drawing_model(root: Path) -> None:
    """Add a model for people's drawings, "mixed", to a data folder, and its data.

    It is told palettes. Each photo has two inputs, a thin and a thick cross. Twelve drawings by
    people, which ``params.yaml`` beside the folder names, are crosses ever further to the right.
    """
    name, kinds = "mixed", [{"type": "edges"}, {"type": "pencil"}]
    drawing = {"type": "mixture", "of": kinds}
    description = tiny_description(
        "lines",
        variant=name,
        condition="sketches",
        drawing=drawing,
        generator={**GENERATORS["lines"], "palette": True},
    )
    network = description.build()
    torch.manual_seed(len(GENERATORS))
    for weights in network.parameters():
        torch.nn.init.normal_(weights, std=0.3)
    save_model(root / "models" / name / "a-to-b.pt", description, network.state_dict())

    def crosses(row: int) -> Pixels:
        return np.stack([cross_image(SIDE, SIDE / 2 + row % 3, width) for width in (1, 3)])[..., :1]

    ids = [f"{row:03d}" for row in range(ROWS)]
    rows = pd.DataFrame({"id": ids, "source": ids})
    build(root / "faces" / "kept-sketches", Domain(rows, crosses), label="sketches")
    build(root / "people" / "kept", Domain(rows[:12], lambda row: cross_image(SIDE, row)), label="")
    (root.parent / "params.yaml").write_text(
        "gap: {role: faces, conditions: [pencil], people: people}\n"
        "variants: {mixed: {recipe: {epochs: 1, frame: {zoom: [0.8, 1.7]}}}}\n"
    )


def cross_image(side: int, centre: float, width: int = 1) -> Pixels:
    """Two black lines over a white canvas that cross at ``centre``, uint8 [side, side, 3]."""
    image = np.full((side, side, 3), 255, np.uint8)
    place = int(centre)
    cv2.line(image, (0, place), (side - 1, place), (0, 0, 0), width)
    cv2.line(image, (place, 0), (place, side - 1), (0, 0, 0), width)
    return image


@contextmanager
def running_server(root: Path, models: dict[str, DemoModel] | None = None) -> Iterator[str]:
    """The address of a server that runs in a thread until the block ends."""
    app = build_app(open_models([], root) if models is None else models, root, "127.0.0.1")
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(server_config(app))
    thread = threading.Thread(target=server.run, args=[[listener]])
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@cache
def _exported_models(folder: Path) -> tuple[Path, dict[str, DemoModel]]:
    """A data folder with three tiny models, and the exported models; once for all tests."""
    root = make_data_folder(folder / "data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("S2F_CACHE", str(folder / "cache"))
        models = open_models([], root)
        for model in models.values():
            _ = model.session
    return root, models


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three tiny models."""
    return _exported_models(tmp_path_factory.getbasetemp() / "tiny-demo")[0]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, DemoModel]:
    """The exported models by name."""
    return _exported_models(tmp_path_factory.getbasetemp() / "tiny-demo")[1]


@pytest.fixture(scope="module")
def server(root: Path, models: dict[str, DemoModel]) -> Iterator[str]:
    """The address of a server of all three models."""
    with running_server(root, models) as address:
        yield address


class PausedModels:
    """Models that set ``started`` and then wait for ``resume``; ``count``: pictures begun."""

    def __init__(self) -> None:
        self.started, self.resume, self.count = threading.Event(), threading.Event(), 0


@pytest.fixture
def paused_models(monkeypatch: pytest.MonkeyPatch) -> PausedModels:
    """Make all models wait before they compute a picture."""
    paused, picture = PausedModels(), DemoModel.picture

    def paused_picture(
        self: DemoModel, drawing: Pixels | None, seed: int, **options: Any
    ) -> Pixels:
        paused.count += 1
        paused.started.set()
        paused.resume.wait(10)
        return picture(self, drawing, seed, **options)

    monkeypatch.setattr(DemoModel, "picture", paused_picture)
    return paused


def post_image(
    server: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    **parameters: str | int,
) -> requests.Response:
    """Send an image, by default a PNG of client "ana", to an endpoint."""
    parameters = {"client": "ana", **parameters}
    return requests.post(
        f"{server}/api/{path}", body, params=parameters, headers=PNG | (headers or {}), timeout=30
    )


def get_api(server: str, path: str, **parameters: str | int) -> requests.Response:
    """Send a GET request to an endpoint."""
    return requests.get(f"{server}/api/{path}", params=parameters, timeout=30)


def decoded(response: requests.Response) -> Pixels:
    """The picture of a successful response."""
    assert response.status_code == 200, response.text
    return np.asarray(Image.open(io.BytesIO(response.content)))
