"""Backfill restores MLflow runs from DVC's files, completely and once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import mlflow_project
import pytest

from s2f_core.tracking import client as tracking
from s2f_core.tracking.backfill import backfill
from s2f_core.tracking.log_evaluation import log_evaluation

ROLES = {"faces": {"path": "data/assets/celeba-1k"}}

client = mlflow_project.client
data = mlflow_project.data
finished = mlflow_project.project


@pytest.fixture
def project(finished: Path) -> Path:
    """A trained variant with two evaluations, as ``dvc pull`` brings them."""
    mlflow_project.write_evaluation(finished / "data", "tiny-again", "tiny")
    return finished


def _backfill(project: Path) -> list[str]:
    return list(backfill(project / "data", project / "metrics", ROLES))


def test_backfill_restores_training_and_evaluations(client: Any, project: Path) -> None:
    """Parameters, curves, figures, pictures and models come back; no commit is invented."""
    assert _backfill(project) == [
        f"tiny: the training of {mlflow_project.RUN}",
        "tiny: the evaluation of tiny",
        "tiny-again: the evaluation of tiny",
    ]
    by_name = {run.info.run_name: run for run in mlflow_project.runs(client)}
    assert set(by_name) == {"tiny", "tiny-again"}
    run = by_name["tiny"]
    assert run.data.params["variant.recipe.batch"] == "4"
    history = client.get_metric_history(run.info.run_id, "train/g_l1")
    assert [(point.step, point.value) for point in history] == [(10, 0.5), (30, 0.25)]
    assert run.data.metrics["val/ssim"] == 0.5
    assert run.data.metrics["test/kid"] == 0.5
    artifacts = {file.path for file in client.list_artifacts(run.info.run_id)}
    assert artifacts == {"model", "images", "training.json", "evaluation.json"}
    tags = run.data.tags
    assert (tags["backfilled"], tags["health"]) == ("true", "the discriminator has won at step 20")
    assert "mlflow.source.git.commit" not in tags
    assert (run.info.end_time - run.info.start_time) / 1000 == pytest.approx(60, abs=20)
    child = by_name["tiny-again"]
    assert child.data.tags["mlflow.parentRunId"] == run.info.run_id
    assert {model.name for model in client.search_registered_models()} == {"tiny", "tiny-again"}


def test_a_second_backfill_creates_nothing(client: Any, project: Path) -> None:
    """A later evaluation finds the run by the model's run_id."""
    _backfill(project)
    before = [(run.info.run_id, run.data.metrics) for run in mlflow_project.runs(client)]
    assert _backfill(project) == []
    log_evaluation("tiny", "tiny", project / "data", ROLES["faces"])
    assert [(run.info.run_id, run.data.metrics) for run in mlflow_project.runs(client)] == before


def test_existing_runs_stay_unchanged(client: Any, project: Path) -> None:
    """Only the missing second evaluation is created."""
    with tracking.training_run("tiny", {"lr": 1e-3}, {}) as original:
        original.log(10, {"train/g_l1": 0.5})
    (project / "data" / "models" / "tiny" / "run_id").write_text(f"{original.id}\n")
    log_evaluation("tiny", "tiny", project / "data", ROLES["faces"])
    before = client.get_run(original.id)
    assert _backfill(project) == ["tiny-again: the evaluation of tiny"]
    after = client.get_run(original.id)
    assert after.data.to_dictionary() == before.data.to_dictionary()


def test_a_training_is_restored_into_the_run_of_its_evaluation(client: Any, project: Path) -> None:
    """DVC restored the model and ran the evaluation: that is one run, not two."""
    log_evaluation("tiny", "tiny", project / "data", ROLES["faces"])
    (first_run,) = mlflow_project.runs(client)
    shutil.rmtree(project / "data" / "evaluations" / "tiny" / "tiny-again")
    assert _backfill(project) == [f"tiny: the training of {mlflow_project.RUN}"]
    (run,) = mlflow_project.runs(client)
    assert run.info.run_id == first_run.info.run_id
    assert {"test/kid", "train/g_l1", "val/ssim"} <= set(run.data.metrics)


def test_an_imported_model_gets_evaluations_only(client: Any, project: Path) -> None:
    """It has neither run_id nor training.json."""
    for file in ("run_id", "training.json"):
        (project / "data" / "models" / "tiny" / file).unlink()
    assert _backfill(project) == [
        "tiny: the evaluation of tiny",
        "tiny-again: the evaluation of tiny",
    ]
