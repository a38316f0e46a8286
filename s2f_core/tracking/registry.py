"""MLflow's registered models: a folder that loads anywhere, and a version for new weights only.

``mlflow.pyfunc.log_model`` runs the model in this process, which has to import torch for it, and
looks through all installed packages: some seconds. So the folder is written here, by the calls that
MLflow gives to flavours of one's own.
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

CODE = Path(__file__).parents[1]
DIGEST = "s2f.digest"  # tag of a version: the sha256 of what it is made from
NEEDS = (  # what the code of a served model imports
    "joblib", "mlflow", "numpy", "opencv-python", "pandas", "pillow", "pydantic", "pyyaml", "torch",
    "tqdm",
)  # fmt: skip
EXAMPLE, SERVING = "input_example.json", "serving_input_example.json"


def register(
    client: Any,
    experiment: str,
    run_id: str,
    name: str,
    folder: Path,
    loader: str,
    tags: Mapping[str, str],
) -> str:
    """Keep the model in ``folder/data`` and make it the newest version under ``name``; its id.

    ``folder/data`` has ``translation.json``, ``example.npy`` and what the module ``loader`` reads;
    the rest of the folder is written here: this code, the requirements, signature and example.
    Where a version of the very same files is there, it only gets the tags.
    """
    import mlflow

    mlflow.set_tracking_uri(client.tracking_uri)  # where it looks up the version's source
    digest = _digest(folder / "data")
    _create(client, name)
    found = client.search_model_versions(f"name = '{name}' and tags.`{DIGEST}` = '{digest}'")
    if found:
        for key, value in tags.items():
            client.set_model_version_tag(name, found[0].version, key, value)
        return str(found[0].source).rpartition("/")[2]
    logged = client.create_logged_model(
        experiment, name=name, source_run_id=run_id, tags=dict(tags), model_type="s2f"
    )
    _write(folder, logged, run_id, loader)
    client.log_model_artifacts(logged.model_id, str(folder))
    client.finalize_logged_model(logged.model_id, "READY")
    made = client.create_model_version(
        name,
        f"models:/{logged.model_id}",
        run_id=run_id,
        model_id=logged.model_id,
        tags={**tags, DIGEST: digest},
    )
    linked = json.dumps([{"name": name, "version": made.version}])
    client.set_logged_model_tags(logged.model_id, {"mlflow.modelVersions": linked})
    return str(logged.model_id)


def _create(client: Any, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{file.relative_to(folder).as_posix()}\0".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _write(folder: Path, logged: Any, run_id: str, loader: str) -> None:
    """All that MLflow expects beside the data."""
    from mlflow import pyfunc
    from mlflow.models import Model, ModelSignature
    from mlflow.types import Schema, TensorSpec

    served = json.loads((folder / "data" / "translation.json").read_text())
    example = np.load(folder / "data" / "example.npy")
    (folder / EXAMPLE).write_text(json.dumps(example.tolist()))
    (folder / SERVING).write_text(json.dumps({"inputs": example.tolist()}))
    shutil.copytree(CODE, folder / "code" / CODE.name, ignore=shutil.ignore_patterns("__pycache__"))
    needs = [*NEEDS, *(["spandrel"] if served["upscaler"] == "dat-x2" else [])]
    lines = [f"{need}=={version(need).partition('+')[0]}" for need in needs]
    (folder / "requirements.txt").write_text("\n".join(lines) + "\n")
    environment = f"python: {platform.python_version()}\ndependencies:\n- -r requirements.txt\n"
    (folder / "python_env.yaml").write_text(environment)
    model = Model(
        artifact_path=logged.artifact_location,
        run_id=run_id,
        model_id=logged.model_id,
        signature=ModelSignature(
            Schema([TensorSpec(example.dtype, (-1, *served["takes"]))]),
            Schema([TensorSpec(np.dtype("uint8"), (-1, *served["gives"]))]),
        ),
        saved_input_example_info={
            "artifact_path": EXAMPLE,
            "serving_input_path": SERVING,
            "type": "ndarray",
        },
    )
    pyfunc.add_to_model(
        model, loader_module=loader, data="data", code="code", python_env="python_env.yaml"
    )
    model.save(str(folder / "MLmodel"))
