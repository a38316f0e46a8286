"""A registered model answers as the evaluation's outputs do, wherever it is loaded."""

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
import requests
import servers
import torch
from fixtures import MakeTable

from s2f_core.common.code_digest import imported_files
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model, to_model
from s2f_core.data.licences import licence, page
from s2f_core.data.selection import Translation
from s2f_core.data.tables import read
from s2f_core.networks.checkpoint import load_model
from s2f_core.networks.edsr import EDSRSection
from s2f_core.networks.upscalers.edsr import EDSR_FILE, save_model
from s2f_core.tracking import client as tracking
from s2f_core.tracking.downloads import download
from s2f_core.tracking.log_evaluation import record, sheet, trained_in
from s2f_core.tracking.pyfunc import EXAMPLE, Translator, pack
from s2f_core.tracking.registry import NEEDS

ROOT = Path(__file__).parents[2]
CELEBA = {"source": "celeba-1k", "path": "data/assets/celeba-1k", "limit": None}
DOMAINS = {
    "path": "data/assets",
    "a": {"path": "data/assets/quickdraw"},
    "b": {"path": "data/assets/celeba-1k"},
}
NOISE = {"generator": {"type": "dcgan"}, "in_channels": 8, "size": 32}

client = mlflow_project.client


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """Tables, and a model of half their size."""
    root = tmp_path / "data"
    mlflow_project.tables(root, make_table, faces)
    mlflow_project.model(root, "tiny")
    return root


def _packed(data: Path, asked: Translation) -> Translator:
    folder = data.parent / "packed"
    pack(folder, asked, asked.data.pairs(data, "test"), data)
    return Translator(folder)


def _versions(client: Any, name: str) -> list[Any]:
    return list(client.search_model_versions(f"name = '{name}'"))


def test_it_answers_as_the_evaluation_does(data: Path) -> None:
    """To the byte, for all inputs at once as for one by one."""
    asked = mlflow_project.evaluated(data, "tiny", "tiny")
    made = read(data / "translations" / "tiny" / "tiny").images(range(10))
    pairs = asked.data.pairs(data, "test")
    inputs = pairs.inputs.images(pairs.inputs.positions(pairs.ids))
    served = _packed(data, asked)
    assert (served.predict(inputs) == made).all()
    alone = [served.predict(inputs[row : row + 1]) for row in range(10)]
    assert np.abs(np.concatenate(alone).astype(int) - made).max() <= 1
    assert (np.load(served.folder / EXAMPLE) == inputs[:1]).all()


def test_an_upscaler_that_learned_brings_its_weights(data: Path) -> None:
    """The packed folder is all that is read."""
    section = EDSRSection(blocks=1, channels=4)
    file = data / EDSR_FILE
    save_model(file, section, section.build().state_dict(), self_ensemble=False)
    asked = mlflow_project.evaluated(data, "sharper", "tiny", upscaler="edsr")
    made = read(data / "translations" / "tiny" / "sharper").images(range(10))
    pairs = asked.data.pairs(data, "test")
    served = _packed(data, asked)
    file.unlink()
    assert (served.predict(pairs.inputs.images(pairs.inputs.positions(pairs.ids))) == made).all()


def test_noise_is_given_as_vectors(data: Path) -> None:
    """Floats in [-1, 1], as the table's bytes are seen by a network."""
    mlflow_project.model(data, "noise", "noise", **NOISE)
    asked = mlflow_project.evaluated(data, "noise", "noise", condition="noise", kind="samples")
    served = _packed(data, asked)
    vectors = np.load(served.folder / EXAMPLE)
    assert served.served.takes == (8,)
    assert vectors.dtype == np.float32
    _, generator = load_model(data / "models" / "noise" / "a-to-b.pt")
    with torch.inference_mode():
        expected = from_model(generator(torch.from_numpy(vectors)[..., None, None]))
    assert (served.predict(vectors) == expected).all()
    pairs = asked.data.pairs(data, "test")
    first = to_model(torch.from_numpy(pairs.inputs.images(pairs.inputs.positions(pairs.ids[:1]))))
    assert (vectors == first[..., 0, 0].numpy()).all()


def test_the_sheet_has_input_output_and_target(data: Path) -> None:
    """Four triples a row; outputs alone where the input is noise."""
    asked = mlflow_project.evaluated(data, "tiny", "tiny")
    shown = sheet(asked.data.pairs(data, "test"), read(data / "translations" / "tiny" / "tiny"))
    assert shown.shape == (3 * 130 - 2, 12 * 130 - 2, 3)
    mlflow_project.model(data, "noise", "noise", **NOISE)
    asked = mlflow_project.evaluated(data, "noise", "noise", condition="noise", kind="samples")
    shown = sheet(asked.data.pairs(data, "test"), read(data / "translations" / "noise" / "noise"))
    assert shown.shape == (3 * 130 - 2, 4 * 130 - 2, 3)


def test_all_that_a_served_model_imports_is_among_its_requirements() -> None:
    """Apart from what only a training, a cluster or the store needs; MLflow itself loads it."""
    found = {
        name.split(".")[0]
        for file in imported_files(ROOT, "s2f_core.tracking.pyfunc")
        if file.suffix == ".py"
        for node in ast.walk(ast.parse((ROOT / file).read_text()))
        for name in _imported(node)
    }
    outside = found - sys.stdlib_module_names - {"s2f_core"}
    called = {"cv2": "opencv-python", "PIL": "pillow", "yaml": "pyyaml"}
    not_served = {"distributed", "filelock", "requests", "spandrel", "torchvision"}
    assert {called.get(name, name) for name in outside - not_served} | {"mlflow"} == set(NEEDS)


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []


def test_licences_are_those_of_what_was_fetched() -> None:
    """Of both domains; a folder of one's own is named."""
    assert licence(CELEBA).startswith("celeba-1k: CelebA: non-commercial research only")
    assert [part.split(":")[0] for part in licence(DOMAINS).split("; ")] == [
        "quickdraw",
        "celeba-1k",
    ]
    assert page(DOMAINS).startswith("https://")
    assert licence({"path": "my/pictures"}) == "none stated: my/pictures"
    assert page({"path": "my/pictures"}) == ""


def test_an_evaluation_is_one_run_with_figures_pictures_data_and_a_model(
    client: Any, data: Path
) -> None:
    """Of the figures only those that there are; the model's page has them too."""
    mlflow_project.evaluated(data, "tiny", "tiny")
    record("tiny", "tiny", data, CELEBA)
    (run,) = mlflow_project.runs(client)
    assert run.data.metrics == {"test/kid": 0.5, "test/ssim": 0.25}
    assert run.data.tags["upscaler"] == "bicubic"
    kept = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert kept >= {"evaluation.json", "images"}
    assert [file.path for file in client.list_artifacts(run.info.run_id, "images")] == [
        "images/test.jpg"
    ]
    used = {
        entry.tags[0].value: json.loads(entry.dataset.profile)["inputs"]
        for entry in run.inputs.dataset_inputs
    }
    assert used == {"test": 10, "training": 30}
    (version,) = _versions(client, "tiny")
    assert version.run_id == run.info.run_id
    assert version.tags["licence"] == licence(CELEBA)
    assert version.tags["test/kid"] == "0.5"
    model_id = version.source.removeprefix("models:/")
    logged = client.get_logged_model(model_id)
    assert {metric.key: metric.value for metric in logged.metrics} == run.data.metrics


def test_figures_of_validation_images_are_not_the_tests(client: Any, data: Path) -> None:
    """Nor those that the training logged on the way."""
    file = data / "faces" / "split.parquet"
    rows = pd.read_parquet(file)
    rows.loc[:3, "split"] = "val"
    rows.to_parquet(file)
    mlflow_project.evaluated(data, "tiny", "tiny", split="val")
    record("tiny", "tiny", data, CELEBA)
    (run,) = mlflow_project.runs(client)
    assert run.data.metrics == {"validation/kid": 0.5, "validation/ssim": 0.25}
    used = {entry.tags[0].value for entry in run.inputs.dataset_inputs}
    assert used == {"validation", "training"}
    (sheet,) = client.list_artifacts(run.info.run_id, "images")
    assert sheet.path == "images/validation.jpg"


def test_a_version_is_new_where_the_weights_are(client: Any, data: Path) -> None:
    """An evaluation made again changes the tags of the version that is there."""
    mlflow_project.evaluated(data, "tiny", "tiny")
    record("tiny", "tiny", data, CELEBA)
    record("tiny", "tiny", data, DOMAINS)
    (version,) = _versions(client, "tiny")
    assert version.tags["licence"] == licence(DOMAINS)
    mlflow_project.model(data, "tiny", width=6)
    record("tiny", "tiny", data, CELEBA)
    assert sorted(int(version.version) for version in _versions(client, "tiny")) == [1, 2]


def test_a_transfer_registers_nothing(client: Any, data: Path) -> None:
    """It is another translation's model on other data, and its run a child of that one's."""
    mlflow_project.evaluated(data, "tiny-tried", "tiny", transfer=True)
    record("tiny-tried", "tiny", data, CELEBA)
    assert mlflow_project.names(client) == ["tiny-tried"]
    assert client.search_registered_models() == []


def test_imported_models_are_told_apart(client: Any, data: Path) -> None:
    """They have no training; each gets a run of its own."""
    mlflow_project.model(data, "other")
    for name in ("tiny", "other", "tiny"):
        if not (data / "evaluations" / name).exists():
            mlflow_project.evaluated(data, name, name)
        record(name, name, data, CELEBA)
    assert trained_in(data, "tiny") == "imported tiny"
    assert mlflow_project.names(client) == ["other", "tiny"]


def test_a_model_that_is_missing_is_named(client: Any, data: Path) -> None:
    """Nothing is registered, and the run says that it failed, until it did not."""
    mlflow_project.evaluated(data, "tiny", "tiny")
    (data / "models" / "tiny" / "a-to-b.pt").unlink()
    with pytest.raises(UserError, match=r"models/tiny/a-to-b\.pt does not exist"):
        record("tiny", "tiny", data, CELEBA)
    assert mlflow_project.runs(client)[0].info.status == "FAILED"
    assert client.search_registered_models() == []
    mlflow_project.model(data, "tiny")
    record("tiny", "tiny", data, CELEBA)
    assert [run.info.status for run in mlflow_project.runs(client)] == ["FINISHED"]


@pytest.mark.slow
def test_it_is_loaded_in_a_process_that_knows_nothing_of_this_project(
    client: Any, data: Path, tmp_path: Path
) -> None:
    """With signature and example, by the code that came with it; other sizes are refused."""
    mlflow_project.evaluated(data, "tiny", "tiny")
    record("tiny", "tiny", data, CELEBA)
    made = read(data / "translations" / "tiny" / "tiny").images([0])
    code = (
        "import json, mlflow\n"
        "model = mlflow.pyfunc.load_model('models:/tiny/1')\n"
        "outputs = model.predict(model.input_example)\n"
        "from s2f_core.tracking import pyfunc as own\n"
        "try:\n"
        "    model.predict(model.input_example[:, 1:])\n"
        "except mlflow.exceptions.MlflowException as error:\n"
        "    said = str(error)\n"
        "signature = model.metadata.signature.to_dict()\n"
        "print(json.dumps([outputs.tolist(), own.__file__, said, signature]))"
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=elsewhere,
        env={**os.environ, "MLFLOW_TRACKING_URI": tracking.store(), "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        check=True,
    )
    outputs, file, said, signature = json.loads(done.stdout.splitlines()[-1])
    assert (np.asarray(outputs) == made).all()
    assert "mlartifacts" in file
    assert "(-1, 32, 32, 1)" in said
    takes, gives = (json.loads(signature[side])[0] for side in ("inputs", "outputs"))
    assert takes["tensor-spec"] == {"dtype": "uint8", "shape": [-1, 32, 32, 1]}
    assert gives["tensor-spec"] == {"dtype": "uint8", "shape": [-1, 32, 32, 3]}


@pytest.mark.slow
def test_it_is_served_over_http(client: Any, data: Path, tmp_path: Path) -> None:
    """By ``mlflow models serve``: the example comes back translated, another size is refused."""
    mlflow_project.evaluated(data, "tiny", "tiny")
    record("tiny", "tiny", data, CELEBA)
    made = read(data / "translations" / "tiny" / "tiny").images([0])
    (version,) = _versions(client, "tiny")
    request = (download(version.source) / "serving_input_example.json").read_text()
    server = servers.model_server(tracking.store(), "models:/tiny/1", tmp_path / "log")
    with server.running():
        address = f"http://127.0.0.1:{server.port}/invocations"
        headers = {"Content-Type": "application/json"}
        answer = requests.post(address, request, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text
        assert (np.asarray(answer.json()["predictions"]) == made).all()
        wrong = json.dumps({"inputs": [[[1, 2], [3, 4]]]})
        refused = requests.post(address, wrong, headers=headers, timeout=60)
        assert refused.status_code == 400
        assert "(-1, 32, 32, 1)" in refused.text
