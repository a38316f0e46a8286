"""The stages as commands: the whole chain on a tiny project, and error messages."""

import gzip
import io
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from clones import studies, translation_names, with_variants
from lpips_weights import write_weights
from PIL import Image

from s2f_core.common import yaml_file
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.metrics import faces, feature_extractor
from s2f_core.metrics.types import Values
from s2f_core.tracking.mlflow_store import connect
from stages.background import background
from stages.condition import condition
from stages.dataset import dataset
from stages.evaluate import evaluate
from stages.fetch import fetch
from stages.report import report
from stages.split import split
from stages.train import train

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with small parameters, and archives of sixty photos and doodles."""
    settings = yaml.safe_load((ROOT / "params.yaml").read_text())
    settings = with_variants(settings, "cyclegan-resnet", "surfaces-fc")
    settings.update(image_size=32, width=4, max_steps=6, precision="32-true")
    settings["data"]["points"]["examples"] = 200
    settings["defaults"]["recipe"]["validations"] = 2
    settings["defaults"]["discriminator"]["layers"] = 1
    for variant in settings["variants"].values():
        if "type" not in variant.get("discriminator", {"type": None}):
            variant["discriminator"].pop("layers", None)
    settings["variants"]["resnet"]["generator"].update(downs=2, blocks=1)
    settings["variants"]["cyclegan-resnet"]["generator"].update(blocks=1)
    settings["variants"]["cyclegan-resnet"]["discriminator"]["layers"] = 3
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    assets = tmp_path / "data" / "assets" / "celeba-1k"
    assets.mkdir(parents=True)
    random = np.random.default_rng(0)
    with zipfile.ZipFile(assets / "celeba-1k.zip", "w") as archive:
        for number in range(60):
            blocks = random.integers(0, 255, (6, 6, 3), dtype=np.uint8)
            buffer = io.BytesIO()
            Image.fromarray(blocks).resize((178, 218)).save(buffer, "JPEG")
            archive.writestr(f"{number:06d}.jpg", buffer.getvalue())
    doodles = tmp_path / "data" / "assets" / "quickdraw"
    doodles.mkdir()
    with zipfile.ZipFile(doodles / "quickdraw.zip", "w") as archive:
        for name in ("face", "smiley face"):
            lines = random.integers(0, 2, (30, 784)).tolist()
            text = "\n".join(json.dumps(line) for line in lines)
            archive.writestr(f"{name}.ndjson.gz", gzip.compress(text.encode()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    (tmp_path / ".dvc").mkdir()
    yaml_file.read_yaml.cache_clear()
    return tmp_path


def _few_features(self: feature_extractor.FeatureExtractor, images: Pixels) -> Values:
    """A stand-in for the real network, whose weights a quick test does not fetch."""
    wide = np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
    return np.asarray(wide.reshape(len(wide), 2, 16, 2, 16, 3).mean(axis=(2, 4)).reshape(-1, 12))


def _no_faces(self: faces.FacePoints, images: Pixels) -> Values:
    """A stand-in for the face detector that detects no face."""
    return np.full((len(images), 2 * faces.POINTS), np.nan)


def test_the_stages_lead_from_an_archive_to_a_page(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All stages in DVC's order, but fetch and background, which need the network and weights."""
    monkeypatch.setattr(feature_extractor.FeatureExtractor, "_compute", _few_features)
    monkeypatch.setattr(faces.FacePoints, "_compute", _no_faces)
    for file in (
        "inception/inception.pt",
        "efficientnet-lite0/efficientnet-lite0.pth",
        "face-recognition/face-recognition.zip",
        "mediapipe/mediapipe.zip",
    ):
        weights = project / "data" / "assets" / file
        weights.parent.mkdir()
        weights.write_bytes(b"not read here")
    write_weights(project / "data" / "assets" / "lpips" / "lpips.zip", "alex")
    settings = yaml.safe_load((project / "params.yaml").read_text())
    variants = ["pix2pix-pencil", "resnet", "cyclegan-resnet", "surfaces-fc"]
    settings["variants"] = {name: settings["variants"][name] for name in variants}
    settings["translations"] = {name: settings["translations"][name] for name in variants}
    del settings["translations"]["resnet"]["resnet-edsr"]
    translations = translation_names(settings)
    (project / "studies.yaml").write_text(studies(translations))
    shutil.copytree(ROOT / "studies", project / "studies")
    (project / "params.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))

    inputs = {"faces": "pencil", "drawn-faces": "given", "points": "noise"}
    for role, name in inputs.items():
        dataset(role)
        split(role)
        condition(role, "kept", name)
    for name in variants:
        train(name)
    for name in variants:
        evaluate(name)
    report()

    metrics = json.loads((project / "metrics" / "resnet.json").read_text())["resnet-bicubic"]
    assert 0 < metrics["pixel_difference"] < 1
    assert metrics["lpips"] > 0
    assert "identity" not in metrics  # no face is found
    board = pd.read_csv(project / "metrics" / "leaderboard.csv")
    assert set(translations) <= set(board["name"])
    page = (project / "report" / "studies" / "P1.html").read_text()
    assert "Sketch to Face with Resolution-Assisted GANs" in page
    assert "142.44" in page

    client, experiment = connect(f"sqlite:///{project / 'mlflow.db'}")
    runs = {run.info.run_name: run.data for run in client.search_runs([experiment])}
    assert set(runs) == {*variants, "resnet-bicubic", "cyclegan-resnet-back"}
    assert runs["resnet-bicubic"].metrics["test/fid"] == pytest.approx(metrics["fid"])
    assert runs["pix2pix-pencil"].params["variant.recipe.batch"] == "4"
    assert runs["pix2pix-pencil"].metrics["train/d_out_real"] > 0


def test_missing_inputs_are_named(project: Path) -> None:
    """The message names the missing file."""
    with pytest.raises(UserError, match="data/faces/kept is not an image table"):
        condition("faces", "kept", "pencil")
    with pytest.raises(UserError, match="data/faces/kept-pencil is not an image table"):
        train("pix2pix-pencil")
    with pytest.raises(UserError, match=r"data/models/resnet/a-to-b\.pt does not exist"):
        evaluate("resnet")
    dataset("faces")
    with pytest.raises(UserError, match=r"data/assets/u2netp/u2netp\.onnx does not exist: run"):
        background("faces")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fetch("nothing"), "there is no asset 'nothing' .known: "),
        (lambda: dataset("cats"), "no 'cats' under data .known keys: faces"),
        (lambda: condition("faces", "kept", "crayon"), "no 'crayon' under conditions"),
        (lambda: train("pix3pix"), "no 'pix3pix' under variants .known keys: pix2pix"),
        (lambda: evaluate("nothing"), "no 'nothing' under variants"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(
    project: Path, call: object, message: str
) -> None:
    """The same for every stage that takes a name."""
    assert callable(call)
    with pytest.raises(UserError, match=message):
        call()


def test_an_invalid_value_is_refused_with_file_and_key(project: Path) -> None:
    """The message says what is allowed."""
    settings = yaml.safe_load((project / "params.yaml").read_text())
    (project / "params.yaml").write_text(yaml.safe_dump({**settings, "lr": 2.0}))
    with pytest.raises(UserError, match=r"params\.yaml: lr: Input should be less than or"):
        train("pix2pix-pencil")


def test_a_user_error_is_printed_without_a_traceback(tmp_path: Path) -> None:
    """The process exits with 1 and prints one line."""
    (tmp_path / "params.yaml").write_text("image_size: wide\ndata: {faces: {source: celeba-1k}}\n")
    process = subprocess.run(
        [sys.executable, "-m", "stages.dataset", "faces"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr.startswith(
        "error: params.yaml: image_size: Input should be a valid integer"
    )
    assert "Traceback" not in process.stderr
