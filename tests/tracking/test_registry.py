"""A registered model gives the outputs of the evaluation wherever it is loaded."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pandas as pd
import pytest
import torch

from s2f_core.common.code_digest import imported_files
from s2f_core.common.errors import UserError
from s2f_core.common.images import from_model, to_model
from s2f_core.data.licences import licence, page
from s2f_core.data.selection import Translation
from s2f_core.data.tables import read
from s2f_core.networks.checkpoint import load_model
from s2f_core.networks.edsr import EDSRSection
from s2f_core.networks.upscalers.edsr import EDSR_FILE, save_model
from s2f_core.tracking import client as tracking
from s2f_core.tracking.log_evaluation import log_evaluation, render_sheet, training_run_id
from s2f_core.tracking.pyfunc import EXAMPLE_FILE, Translator, pack
from s2f_core.tracking.registry import REQUIREMENTS

ROOT = Path(__file__).parents[2]
DOMAINS = {
    "path": "data/assets",
    "a": {"path": "data/assets/quickdraw"},
    "b": {"path": "data/assets/celeba-1k"},
}
NOISE = {"generator": {"type": "dcgan"}, "in_channels": 8, "size": 32}

client = mlflow_project.client
data = mlflow_project.data


def _pack(data: Path, translation: Translation) -> Translator:
    folder = data.parent / "packed"
    pack(folder, translation, translation.data.pairs(data, "test"), data)
    return Translator(folder)


def _versions(client: Any, name: str) -> list[Any]:
    return list(client.search_model_versions(f"name = '{name}'"))


def test_predictions_equal_the_evaluated_outputs(data: Path) -> None:
    """The bytes are equal; one image at a time differs by 1 at most."""
    translation = mlflow_project.write_evaluation(data, "tiny", "tiny")
    expected = read(data / "translations" / "tiny" / "tiny").images(range(10))
    pairs = translation.data.pairs(data, "test")
    inputs = pairs.inputs.images(pairs.inputs.positions(pairs.ids))
    translator = _pack(data, translation)
    assert (translator.predict(inputs) == expected).all()
    alone = [translator.predict(inputs[row : row + 1]) for row in range(10)]
    assert np.abs(np.concatenate(alone).astype(int) - expected).max() <= 1
    assert (np.load(translator.folder / EXAMPLE_FILE) == inputs[:1]).all()


def test_a_packed_model_includes_the_upscaler_weights(data: Path) -> None:
    """Translating needs no file outside the packed folder."""
    section = EDSRSection(blocks=1, channels=4)
    file = data / EDSR_FILE
    save_model(file, section, section.build().state_dict(), self_ensemble=False)
    translation = mlflow_project.write_evaluation(data, "sharper", "tiny", upscaler="edsr")
    expected = read(data / "translations" / "tiny" / "sharper").images(range(10))
    pairs = translation.data.pairs(data, "test")
    translator = _pack(data, translation)
    file.unlink()
    assert (
        translator.predict(pairs.inputs.images(pairs.inputs.positions(pairs.ids))) == expected
    ).all()


def test_a_noise_model_takes_vectors(data: Path) -> None:
    """The vectors are floats in [-1, 1], equal to the network inputs of the table."""
    mlflow_project.save_untrained(data, "noise", "noise", **NOISE)
    translation = mlflow_project.write_evaluation(
        data, "noise", "noise", condition="noise", kind="samples"
    )
    translator = _pack(data, translation)
    vectors = np.load(translator.folder / EXAMPLE_FILE)
    assert translator.section.takes == (8,)
    assert vectors.dtype == np.float32
    _, generator = load_model(data / "models" / "noise" / "a-to-b.pt")
    with torch.inference_mode():
        expected = from_model(generator(torch.from_numpy(vectors)[..., None, None]))
    assert (translator.predict(vectors) == expected).all()
    pairs = translation.data.pairs(data, "test")
    first = to_model(torch.from_numpy(pairs.inputs.images(pairs.inputs.positions(pairs.ids[:1]))))
    assert (vectors == first[..., 0, 0].numpy()).all()


def test_the_sheet_shows_input_output_and_target(data: Path) -> None:
    """Four triples a row; outputs alone where the input is noise."""
    translation = mlflow_project.write_evaluation(data, "tiny", "tiny")
    image = render_sheet(
        translation.data.pairs(data, "test"), read(data / "translations" / "tiny" / "tiny")
    )
    assert image.shape == (3 * 130 - 2, 12 * 130 - 2, 3)
    mlflow_project.save_untrained(data, "noise", "noise", **NOISE)
    translation = mlflow_project.write_evaluation(
        data, "noise", "noise", condition="noise", kind="samples"
    )
    image = render_sheet(
        translation.data.pairs(data, "test"), read(data / "translations" / "noise" / "noise")
    )
    assert image.shape == (3 * 130 - 2, 4 * 130 - 2, 3)


def test_requirements_cover_all_imports_of_a_served_model() -> None:
    """Packages for trainings, clusters, detectors and the store are left out; MLflow loads it."""
    imported = {
        name.split(".")[0]
        for file in imported_files(ROOT, "s2f_core.tracking.pyfunc")
        if file.suffix == ".py"
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        for name in _imported_modules(node)
    }
    outside = imported - sys.stdlib_module_names - {"s2f_core"}
    packages = {"cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml"}
    not_served = {"ai_edge_litert", "distributed", "filelock", "pillow_heif", "requests"}
    not_served |= {"spandrel", "torchvision"}
    assert {packages.get(name, name) for name in outside - not_served} | {"mlflow"} == set(
        REQUIREMENTS
    )


def _imported_modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_the_licence_is_that_of_the_source_dataset() -> None:
    """It covers both domains; the user.s own folder is named."""
    assert licence(mlflow_project.CELEBA).startswith(
        "celeba-1k: CelebA: non-commercial research only"
    )
    assert [part.split(":")[0] for part in licence(DOMAINS).split("; ")] == [
        "quickdraw",
        "celeba-1k",
    ]
    assert page(DOMAINS).startswith("https://")
    assert licence({"path": "my/pictures"}) == "none stated: my/pictures"
    assert page({"path": "my/pictures"}) == ""


def test_an_evaluation_logs_figures_pictures_datasets_and_a_model(client: Any, data: Path) -> None:
    """Missing figures are left out; the registered model has the figures too."""
    mlflow_project.write_evaluation(data, "tiny", "tiny")
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    (run,) = mlflow_project.runs(client)
    assert run.data.metrics == {"test/kid": 0.5, "test/ssim": 0.25}
    assert run.data.tags["upscaler"] == "bicubic"
    artifacts = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert artifacts >= {"evaluation.json", "images"}
    assert [file.path for file in client.list_artifacts(run.info.run_id, "images")] == [
        "images/test.jpg"
    ]
    datasets = {
        entry.tags[0].value: json.loads(entry.dataset.profile)["inputs"]
        for entry in run.inputs.dataset_inputs
    }
    assert datasets == {"test": 10, "training": 30}
    (version,) = _versions(client, "tiny")
    assert version.run_id == run.info.run_id
    assert version.tags["licence"] == licence(mlflow_project.CELEBA)
    assert version.tags["test/kid"] == "0.5"
    model_id = version.source.removeprefix("models:/")
    logged = client.get_logged_model(model_id)
    assert {metric.key: metric.value for metric in logged.metrics} == run.data.metrics


def test_validation_figures_have_their_own_prefix(client: Any, data: Path) -> None:
    """The training logs its own validations under val/."""
    file = data / "faces" / "split.parquet"
    rows = pd.read_parquet(file)
    rows.loc[:3, "split"] = "val"
    rows.to_parquet(file)
    mlflow_project.write_evaluation(data, "tiny", "tiny", split="val")
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    (run,) = mlflow_project.runs(client)
    assert run.data.metrics == {"validation/kid": 0.5, "validation/ssim": 0.25}
    datasets = {entry.tags[0].value for entry in run.inputs.dataset_inputs}
    assert datasets == {"validation", "training"}
    (sheet,) = client.list_artifacts(run.info.run_id, "images")
    assert sheet.path == "images/validation.jpg"


def test_only_new_weights_make_a_new_version(client: Any, data: Path) -> None:
    """A repeated evaluation changes the tags of the existing version."""
    mlflow_project.write_evaluation(data, "tiny", "tiny")
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    log_evaluation("tiny", "tiny", data, DOMAINS)
    (version,) = _versions(client, "tiny")
    assert version.tags["licence"] == licence(DOMAINS)
    mlflow_project.save_untrained(data, "tiny", width=6)
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    assert sorted(int(version.version) for version in _versions(client, "tiny")) == [1, 2]


def test_a_transfer_registers_no_model(client: Any, data: Path) -> None:
    """It uses the model of another translation; its run is a child run."""
    mlflow_project.write_evaluation(data, "tiny-tried", "tiny", transfer=True)
    log_evaluation("tiny-tried", "tiny", data, mlflow_project.CELEBA)
    assert mlflow_project.run_names(client) == ["tiny-tried"]
    assert client.search_registered_models() == []


def test_imported_models_get_separate_runs(client: Any, data: Path) -> None:
    """They have no training run to write to."""
    mlflow_project.save_untrained(data, "other")
    for name in ("tiny", "other", "tiny"):
        if not (data / "evaluations" / name).exists():
            mlflow_project.write_evaluation(data, name, name)
        log_evaluation(name, name, data, mlflow_project.CELEBA)
    assert training_run_id(data, "tiny") == "imported tiny"
    assert mlflow_project.run_names(client) == ["other", "tiny"]


def test_a_missing_model_file_is_named_in_the_error(client: Any, data: Path) -> None:
    """Nothing is registered and the run has failed until the evaluation succeeds."""
    mlflow_project.write_evaluation(data, "tiny", "tiny")
    (data / "models" / "tiny" / "a-to-b.pt").unlink()
    with pytest.raises(UserError, match=r"models/tiny/a-to-b\.pt does not exist"):
        log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    assert mlflow_project.runs(client)[0].info.status == "FAILED"
    assert client.search_registered_models() == []
    mlflow_project.save_untrained(data, "tiny")
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    assert [run.info.status for run in mlflow_project.runs(client)] == ["FINISHED"]


@pytest.mark.slow
def test_a_registered_model_loads_without_this_project(
    client: Any, data: Path, tmp_path: Path
) -> None:
    """It uses its own code, signature and example; other sizes are refused."""
    mlflow_project.write_evaluation(data, "tiny", "tiny")
    log_evaluation("tiny", "tiny", data, mlflow_project.CELEBA)
    expected = read(data / "translations" / "tiny" / "tiny").images([0])
    code = (
        "import json, mlflow\n"
        "model = mlflow.pyfunc.load_model('models:/tiny/1')\n"
        "outputs = model.predict(model.input_example)\n"
        "from s2f_core.tracking import pyfunc as own\n"
        "try:\n"
        "    model.predict(model.input_example[:, 1:])\n"
        "except mlflow.exceptions.MlflowException as error:\n"
        "    message = str(error)\n"
        "signature = model.metadata.signature.to_dict()\n"
        "print(json.dumps([outputs.tolist(), own.__file__, message, signature]))"
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    process = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=elsewhere,
        env={**os.environ, "MLFLOW_TRACKING_URI": tracking.store_uri(), "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        check=True,
    )
    outputs, file, message, signature = json.loads(process.stdout.splitlines()[-1])
    assert (np.asarray(outputs) == expected).all()
    assert "mlartifacts" in file
    assert "(-1, 32, 32, 1)" in message
    takes, gives = (json.loads(signature[side])[0] for side in ("inputs", "outputs"))
    assert takes["tensor-spec"] == {"dtype": "uint8", "shape": [-1, 32, 32, 1]}
    assert gives["tensor-spec"] == {"dtype": "uint8", "shape": [-1, 32, 32, 3]}
