"""A demo of tiny untrained models, with what they would have learned from, on a real port."""

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
from s2f_core.demo.models import Model, opened
from s2f_core.demo.server import configured, made
from s2f_core.networks.checkpoint import Description, save_model

TYPE = {"content-type": "image/png"}
SIDE = 16
COUNT = 30
GENERATORS: dict[str, dict[str, Any]] = {
    "lines": {"type": "unet", "depth": 2, "norm": "none", "dropout": 0},
    "noisy": {"type": "unet", "depth": 2, "norm": "none", "dropout": 0, "noise": "input"},
    "samples": {"type": "dcgan", "norm": "none"},
}


def describe(name: str, **other: Any) -> Description:
    """Of one of the tiny generators, of 16 px."""
    noise = name == "samples"
    told = {
        "variant": name,
        "role": "faces",
        "condition": "noise" if noise else "pencil",
        "background": "kept",
        "generator": GENERATORS[name],
        "size": SIDE,
        "width": 4,
        "in_channels": 8 if noise else 1,
        "out_channels": 3,
    }
    return Description.model_validate({**told, **other})


def trained(root: Path) -> Path:
    """A data folder with three models, thirty sketches of crosses and a split."""
    for seed, name in enumerate(GENERATORS):
        torch.manual_seed(seed)
        description = describe(name)
        network = description.build()
        for weights in network.parameters():
            torch.nn.init.normal_(weights, std=0.3)
        save_model(root / "models" / name / "a-to-b.pt", description, network.state_dict())
    sketches = np.stack([cross(SIDE, SIDE / 2 + row % 3) for row in range(COUNT)])[..., :1]
    ids = [f"{row:03d}" for row in range(COUNT)]
    rows = pd.DataFrame({"id": ids, "source": ids})
    for name, images in (("kept", np.repeat(sketches, 3, axis=3)), ("kept-pencil", sketches)):
        build(root / "faces" / name, Domain(rows, images.__getitem__), label=name)
    parts = ["train"] * 20 + ["test"] * 10
    pd.DataFrame({"id": ids, "split": parts}).to_parquet(root / "faces" / "split.parquet")
    return root


def cross(side: int, at: float, width: int = 1) -> Pixels:
    """Two black lines over the sheet that meet at ``at``, uint8 [side, side, 3]."""
    page = np.full((side, side, 3), 255, np.uint8)
    place = int(at)
    cv2.line(page, (0, place), (side - 1, place), (0, 0, 0), width)
    cv2.line(page, (place, 0), (place, side - 1), (0, 0, 0), width)
    return page


@contextmanager
def served(root: Path, models: dict[str, Model] | None = None) -> Iterator[str]:
    """The address of a server in a thread; it ends with the block."""
    app = made(opened([], root) if models is None else models, root, "127.0.0.1")
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(configured(app))
    thread = threading.Thread(target=server.run, args=[[listening]])
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the server ended"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@cache
def _made(folder: Path) -> tuple[Path, dict[str, Model]]:
    """A data folder with three tiny models, and they, exported; once for all tests."""
    root = trained(folder / "data")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("S2F_CACHE", str(folder / "cache"))
        found = opened([], root)
        for model in found.values():
            _ = model.session
    return root, found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three tiny models."""
    return _made(tmp_path_factory.getbasetemp() / "tiny-demo")[0]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """The models, exported."""
    return _made(tmp_path_factory.getbasetemp() / "tiny-demo")[1]


@pytest.fixture(scope="module")
def server(root: Path, models: dict[str, Model]) -> Iterator[str]:
    """The address of a server of all three."""
    with served(root, models) as address:
        yield address


class Held:
    """Pictures that are ``begun``, by whoever was first, and wait until they may ``go`` on."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Held:
    """Have all models wait."""
    held, make = Held(), Model.picture

    def picture(self: Model, drawing: Pixels | None, seed: int) -> Pixels:
        held.begun.set()
        held.go.wait(10)
        return make(self, drawing, seed)

    monkeypatch.setattr(Model, "picture", picture)
    return held


def ask(
    server: str, path: str, body: bytes | None = None, **parameters: str | int
) -> requests.Response:
    """Send an image, as the page does."""
    parameters = {"client": "ana", **parameters}
    return requests.post(f"{server}/api/{path}", body, params=parameters, headers=TYPE, timeout=30)


def get(server: str, path: str, **parameters: str | int) -> requests.Response:
    """Ask for something."""
    return requests.get(f"{server}/api/{path}", params=parameters, timeout=30)


def pixels(answer: requests.Response) -> Pixels:
    """A picture that came."""
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)))
