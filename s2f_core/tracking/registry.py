"""Registered models in MLflow: a self-contained folder, and a new version for new weights only.

``mlflow.pyfunc.log_model`` takes some seconds: it runs the model in this process, which has to
import torch, and looks through all installed packages. So this module writes the folder, with
MLflow's interface for custom flavours.
"""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

PACKAGE = Path(__file__).parents[1]
DIGEST = "s2f.digest"  # tag of a version: the sha256 of its data
REQUIREMENTS = (  # imports of a served model
    "joblib", "mlflow", "numpy", "opencv-python", "pandas", "pillow", "pydantic", "pyyaml", "torch",
    "tqdm",
)  # fmt: skip
EXAMPLE_FILE, SERVING_FILE = "input_example.json", "serving_input_example.json"


def register(
    client: Any,
    experiment: str,
    run_id: str,
    name: str,
    folder: Path,
    loader: str,
    tags: Mapping[str, str],
) -> str:
    """Register the model in ``folder/data`` as the newest version of ``name``; return its id.

    ``folder/data`` holds ``translation.json``, ``example.npy`` and the files that the module
    ``loader`` reads. The package, its requirements, the signature and an example are added to
    ``folder``. An existing version of equal files only gets the tags.
    """
    import mlflow

    mlflow.set_tracking_uri(client.tracking_uri)  # MLflow looks up the version's source there
    digest = _digest(folder / "data")
    _create_model(client, name)
    versions = client.search_model_versions(f"name = '{name}' and tags.`{DIGEST}` = '{digest}'")
    if versions:
        for key, value in tags.items():
            client.set_model_version_tag(name, versions[0].version, key, value)
        return str(versions[0].source).rpartition("/")[2]
    logged_model = client.create_logged_model(
        experiment, name=name, source_run_id=run_id, tags=dict(tags), model_type="s2f"
    )
    _write_files(folder, logged_model, run_id, loader)
    client.log_model_artifacts(logged_model.model_id, str(folder))
    client.finalize_logged_model(logged_model.model_id, "READY")
    new_version = client.create_model_version(
        name,
        f"models:/{logged_model.model_id}",
        run_id=run_id,
        model_id=logged_model.model_id,
        tags={**tags, DIGEST: digest},
    )
    link = json.dumps([{"name": name, "version": new_version.version}])
    client.set_logged_model_tags(logged_model.model_id, {"mlflow.modelVersions": link})
    return str(logged_model.model_id)


def _create_model(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _write_files(folder: Path, logged_model: Any, run_id: str, loader: str) -> None:
    """Write the files that MLflow expects beside the data."""
    from mlflow import pyfunc
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    section = json.loads((folder / "data" / "translation.json").read_text())
    example = np.load(folder / "data" / "example.npy")
    (folder / EXAMPLE_FILE).write_text(json.dumps(example.tolist()))
    (folder / SERVING_FILE).write_text(json.dumps({"inputs": example.tolist()}))
    shutil.copytree(
        PACKAGE, folder / "code" / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__")
    )
    packages = [*REQUIREMENTS, *(["spandrel"] if section["upscaler"] == "dat-x2" else [])]
    lines = [f"{package}=={version(package).partition('+')[0]}" for package in packages]
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n")
    environment = f"python: {platform.python_version()}\ndependencies:\n- -r requirements.txt\n"
    (folder / "python_env.yaml").write_text(environment)
    model = Model(
        artifact_path=logged_model.artifact_location,
        run_id=run_id,
        model_id=logged_model.model_id,
        signature=ModelSignature(
            Schema([TensorSpec(example.dtype, (-1, *section["takes"]))]),
            Schema([TensorSpec(np.dtype("uint8"), (-1, *section["gives"]))]),
        ),
        saved_input_example_info={
            "artifact_path": EXAMPLE_FILE,
            "serving_input_path": SERVING_FILE,
            "type": "ndarray",
        },
    )
    pyfunc.add_to_model(
        model, loader_module=loader, data="data", code="code", python_env="python_env.yaml"
    )
    model.save(str(folder / "MLmodel"))
