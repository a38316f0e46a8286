"""Small tables and settings that the tests share."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from fixtures import MakeTable, split_pairs

from s2f_core.common.images import Pixels
from s2f_core.data.pairs import Pairs
from s2f_core.data.tables import Domain, Table, build
from s2f_core.training.variant import Settings


@pytest.fixture(autouse=True)
def _private_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or fills the user's own cache."""
    monkeypatch.setenv("S2F_CACHE", str(tmp_path / "cache"))


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """Tiny networks are faster, and results the same on any machine, with one thread."""
    torch.set_num_threads(1)


@pytest.fixture
def faces() -> Pixels:
    """Forty smooth coloured pictures, uint8 [40, 32, 32, 3], each different."""
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:1:32j, 0:1:32j]
    waves = [
        np.sin(random.uniform(1, 6) * x + random.uniform(1, 6) * y + random.uniform(0, 6))
        for _ in range(120)
    ]
    stacked = np.stack(waves).reshape(40, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.asarray((stacked + 1) * 127.5).astype(np.uint8)


@pytest.fixture
def make_table(tmp_path: Path) -> MakeTable:
    """Writes images uint8 [n, H, W, C] as a table with ids 000, 001 and so on."""

    def make(name: str, images: Pixels, **columns: list[str]) -> Table:
        names = [f"{row:03d}" for row in range(len(images))]
        rows = pd.DataFrame({"id": names, "source": names, **columns})
        return build(tmp_path / name, Domain(rows, images.__getitem__), label=name)

    return make


@pytest.fixture
def negative_pairs(make_table: MakeTable, faces: Pixels) -> Pairs:
    """Thirty pictures as targets, and as inputs their negatives."""
    inputs = make_table("inputs", 255 - faces)
    return Pairs(inputs, make_table("targets", faces), [f"{row:03d}" for row in range(30)])


@pytest.fixture
def splits(make_table: MakeTable, faces: Pixels) -> dict[str, Pairs]:
    """Grey pictures to their colours: thirty to train on, ten to validate."""
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    return split_pairs(make_table("inputs", grey), make_table("targets", faces))


@pytest.fixture
def noise_splits(make_table: MakeTable, faces: Pixels) -> dict[str, Pairs]:
    """Noise vectors of eight numbers to colour pictures, thirty and ten."""
    noise = np.random.default_rng(1).integers(0, 256, (40, 1, 1, 8)).astype(np.uint8)
    return split_pairs(make_table("noise", noise), make_table("pictures", faces))


@pytest.fixture
def unpaired_splits(make_table: MakeTable, faces: Pixels) -> dict[str, Pairs]:
    """Eighteen and six grey pictures of their own; thirty and ten colour pictures."""
    grey = 255 - faces[:24].mean(axis=3, keepdims=True).astype(np.uint8)
    drawings = [f"drawing-{row}" for row in range(24)]
    inputs, targets = make_table("drawings", grey, id=drawings), make_table("photos", faces)
    names = [f"{row:03d}" for row in range(40)]
    return {
        "train": Pairs(inputs, targets, drawings[:18] + names[:30]),
        "val": Pairs(inputs, targets, drawings[18:] + names[30:]),
    }


@pytest.fixture
def settings() -> Settings:
    """A tiny pix2pix of 32 px images."""
    return Settings.model_validate(
        {
            "name": "tiny",
            "seed": 0,
            "lr": 1e-3,
            "width": 4,
            "max_steps": 12,
            "precision": "32-true",
            "variant": {
                "data": {"role": "faces", "background": "kept", "condition": "pencil"},
                "generator": {"type": "unet", "norm": "instance"},
                "discriminator": {"type": "patchgan", "layers": 2, "norm": "instance"},
                "objective": {"type": "pix2pix"},
                "recipe": {
                    "epochs": 10,
                    "batch": 4,
                    "lr_d_ratio": 0.5,
                    "jitter": 1.117,
                    "flip": True,
                    "validations": 3,
                },
            },
        }
    )
