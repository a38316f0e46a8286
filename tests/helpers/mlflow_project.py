"""An MLflow store for each test, and the files of a trained and evaluated variant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from fixtures import MakeTable

from s2f_core.common.images import Pixels
from s2f_core.data.selection import Translation, VariantData
from s2f_core.evaluation.translate import translate_split
from s2f_core.networks.checkpoint import Description, save_model
from s2f_core.tracking import client as tracking
from s2f_core.tracking.mlflow_store import connect
from s2f_core.tracking.run_tags import DVC_VARIABLES
from s2f_core.tracking.store_check import EXPERIMENT
from s2f_core.training.variant import Settings

TRAIN, TEST = [f"{row:03d}" for row in range(30)], [f"{row:03d}" for row in range(30, 40)]
CELEBA = {"source": "celeba-1k", "path": "data/assets/celeba-1k", "limit": None}
RUN = "0123456789abcdef0123456789abcdef"  # the id of the training's run
FIGURES = {"kid": 0.5, "ssim": 0.25, "psnr": None}


@cache
def _empty_store(folder: Path) -> Path:
    """Create a store without runs; copying it is much faster than creating another."""
    place = folder / "store with space"
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("DVC_ROOT", str(place))
        connect(tracking.store_uri())
    return place / "mlflow.db"


@pytest.fixture
def client(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A client of this test's copy of the store."""
    import mlflow

    shutil.copy(_empty_store(tmp_path_factory.getbasetemp()), tmp_path / "mlflow.db")
    for name in ("MLFLOW_TRACKING_URI", *DVC_VARIABLES):
        monkeypatch.setenv(name, "")  # so that it is restored: MLflow sets the first itself
        monkeypatch.delenv(name)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(tracking.store_uri())
    yield mlflow.MlflowClient(tracking_uri=tracking.store_uri())
    mlflow.set_tracking_uri(before)


def runs(client: Any) -> list[Any]:
    """Return all runs of the store."""
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return list(client.search_runs([experiment.experiment_id]))


def run_names(client: Any) -> list[str]:
    """Return the sorted names of the store's runs."""
    return sorted(run.info.run_name for run in runs(client))


def write_tables(root: Path, make_table: MakeTable, faces: Pixels) -> None:
    """Write forty photos, ten of them test images, with pencil sketches and noise."""
    noise = np.random.default_rng(0).integers(0, 256, (40, 1, 1, 8)).astype(np.uint8)
    make_table("data/faces/kept", faces)
    make_table("data/faces/kept-pencil", faces.mean(axis=3, keepdims=True).astype(np.uint8))
    make_table("data/faces/kept-noise", noise)
    rows = pd.DataFrame({"id": TRAIN + TEST, "split": ["train"] * 30 + ["test"] * 10})
    rows.to_parquet(root / "faces" / "split.parquet")


def save_untrained(root: Path, name: str, condition: str = "pencil", **other: Any) -> None:
    """Save an untrained generator as the model of a variant."""
    description = Description.model_validate(
        {
            "variant": name,
            "condition": condition,
            "background": "kept",
            "generator": {"type": "unet", "norm": "instance"},
            "size": 16,
            "width": 4,
            "in_channels": 1,
            "out_channels": 3,
            "direction": "a-to-b",
            "drawn_at": 32,
            "versions": {"s2f": "0", "torch": "0"},
            **other,
        }
    )
    torch.manual_seed(1)
    save_model(root / "models" / name / "a-to-b.pt", description, description.build().state_dict())


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """The data folder of a project: tables, and a model of half their size."""
    root = tmp_path / "data"
    write_tables(root, make_table, faces)
    save_untrained(root, "tiny")
    return root


@pytest.fixture
def project(data: Path, settings: Settings) -> Path:
    """A project with a trained and evaluated variant, as ``dvc pull`` brings it."""
    root = data.parent
    write_training(data, root / "metrics", settings, RUN)
    write_evaluation(data, "tiny", "tiny")
    (root / "params.yaml").write_text(yaml.safe_dump({"data": {"faces": CELEBA}}))
    (root / "dvc.yaml").write_text("{}")
    return root


def write_training(root: Path, metrics: Path, settings: Settings, run_id: str) -> None:
    """Write the files of a training with three logged rows."""
    name, folder = settings.name, root / "models" / settings.name
    summary = {
        "settings": settings.model_dump(mode="json"),
        "seconds": 60.0,
        "health": ["the discriminator has won at step 20"],
    }
    (folder / "training.json").write_text(json.dumps(summary))
    (folder / "progress.png").write_bytes(b"picture")
    (folder / "run_id").write_text(run_id)
    for kind, text in {
        "curves": "step,g_l1,lr\n10,0.5,0.001\n20,,0.001\n30,0.25,0.0005\n",
        "validation": "step,ssim\n30,0.5\n",
    }.items():
        (metrics / kind).mkdir(parents=True, exist_ok=True)
        (metrics / kind / f"{name}.csv").write_text(text)


def write_evaluation(root: Path, name: str, variant: str, **other: Any) -> Translation:
    """Translate a split and write made-up scores; return the translation."""
    report: dict[str, Any] = {
        "variant": variant,
        "upscaler": "bicubic",
        "role": "faces",
        "background": "kept",
        "condition": "pencil",
        "classes": None,
        "transfer": False,
        "direction": "a-to-b",
        "split": "test",
        "kind": "pairs",
        **other,
        "figures": {"model": {score: {"value": value} for score, value in FIGURES.items()}},
    }
    translation = Translation(
        variant=variant,
        data=VariantData(role="faces", background="kept", condition=report["condition"]),
        transfer=report["transfer"],
        upscaler=report["upscaler"],
        mirror=report.get("mirror", False),
        scores=report["kind"],
        split=report["split"],
    )
    translate_split(
        root / "models" / variant / "a-to-b.pt",
        translation,
        root,
        root / "translations" / variant / name,
    )
    folder = root / "evaluations" / variant / name
    folder.mkdir(parents=True)
    (folder / "evaluation.json").write_text(json.dumps(report))
    return translation
