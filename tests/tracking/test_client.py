"""Runs end up in one MLflow store, whole, under the right status, and only once."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path
from typing import Any

import mlflow_project
import pytest
from mlflow_project import runs

from s2f_core.common.errors import UserError
from s2f_core.tracking import client as tracking

PARAMS = {"lr": 2e-4, "gan": {"kind": "pix2pix", "layers": [1, 2]}, "max_steps": None}

client = mlflow_project.client


def _train(resume: str | None = None, params: dict[str, Any] | None = None) -> str:
    with tracking.training_run("edges", params or PARAMS, {"variant": "edges"}, resume) as run:
        run.log(1, {"loss": 2.0})
        run.log(2, {"loss": 1.0})
    return run.id


def test_the_store_is_the_original_repository_of_a_temporary_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC_ROOT wins over the working directory, and .dvc is looked for upwards without it."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    inside = tmp_path / "deep" / "down"
    inside.mkdir(parents=True)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(inside)
    monkeypatch.setenv("DVC_ROOT", "/original")
    assert tracking.store() == "sqlite:////original/mlflow.db"
    monkeypatch.delenv("DVC_ROOT")
    assert tracking.store() == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example")
    assert tracking.store() == "http://tracking.example"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere/runs.db")
    assert tracking.store() == f"sqlite:///{tmp_path}/elsewhere/runs.db"


def test_a_run_holds_its_parameters_tags_and_every_value(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nested parameters are flattened; DVC's variables become tags; nothing waits at the end."""
    monkeypatch.setenv("DVC_STAGE", "train@edges")
    run = client.get_run(_train())
    assert run.info.status == "FINISHED"
    assert run.data.params == {
        "lr": "0.0002",
        "gan.kind": "pix2pix",
        "gan.layers": "[1, 2]",
        "max_steps": "null",
    }
    assert run.data.tags["DVC_STAGE"] == "train@edges"
    assert run.data.tags["variant"] == "edges"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0)]


def test_values_that_are_not_finite_are_kept(client: Any) -> None:
    """A diverged training shows as such and breaks nothing."""
    with tracking.training_run("edges", {}, {}) as run:
        run.log(1, {"a": math.nan, "b": math.inf})
    values = client.get_run(run.id).data.metrics
    assert math.isnan(values["a"])
    assert values["b"] > 1e300


def test_more_values_than_one_request_may_hold(client: Any) -> None:
    """A long buffer and a long list of parameters are written in pieces."""
    with tracking.training_run("edges", {f"p{i}": i for i in range(150)}, {}) as run:
        for step in range(1200):
            run.log(step, {"loss": step})
    assert len(client.get_metric_history(run.id, "loss")) == 1200
    assert len(client.get_run(run.id).data.params) == 150


def test_a_long_parameter_is_cut_and_still_resumes(client: Any) -> None:
    """Cut on both sides alike, it does not look changed."""
    params = {"prompt": "x" * 10_000}
    first = _train(params=params)
    assert _train(resume=first, params=params) == first


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")],
)
def test_the_status_tells_how_a_run_ended(
    client: Any, error: type[BaseException], status: str
) -> None:
    """An exception passes through, and the values logged before it are kept."""

    def fail() -> None:
        with tracking.training_run("edges", {}, {}) as run:
            run.log(1, {"loss": 3.0})
            raise error

    with pytest.raises(error):
        fail()
    assert runs(client)[0].info.status == status
    assert runs(client)[0].data.metrics == {"loss": 3.0}


def test_sigterm_ends_a_run_as_killed(client: Any) -> None:
    """DVC and batch systems stop a training so; the handler found before is put back."""
    before = signal.getsignal(signal.SIGTERM)

    def killed() -> None:
        with tracking.training_run("edges", {}, {}):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit, match="143"):
        killed()
    assert runs(client)[0].info.status == "KILLED"
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_resumed_run_is_the_same_run_and_repeats_no_step(client: Any) -> None:
    """Steps between the last checkpoint and the interruption are not logged twice."""
    first = _train()
    with tracking.training_run("edges", PARAMS, {}, resume=first) as run:
        run.log(2, {"loss": 1.0})
        run.log(3, {"loss": 0.5})
    assert run.id == first
    assert [p.step for p in client.get_metric_history(first, "loss")] == [1, 2, 3]
    assert client.get_run(first).info.status == "FINISHED"
    assert len(runs(client)) == 1


def test_resuming_with_other_parameters_says_which(client: Any) -> None:
    """MLflow's parameters never change, so the message names key, old and new."""
    first = _train()
    with pytest.raises(UserError, match=r"lr was 0\.0002, is 0\.1"):
        _train(resume=first, params={**PARAMS, "lr": 0.1})


def test_resuming_a_run_that_is_gone_begins_a_new_one(client: Any) -> None:
    """The store may have been deleted, or the training begun on another machine."""
    first = _train()
    client.delete_run(first)
    again = _train(resume=first)
    assert again != first
    assert client.get_run(again).data.tags["restored"] == "true"


def test_artifacts_land_beside_the_store(client: Any, tmp_path: Path) -> None:
    """Files and folders, under the folder asked for."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "grid.png").write_bytes(b"picture")
    with tracking.training_run("edges", {}, {}) as run:
        run.artifact(tmp_path / "out" / "grid.png", "model")
        run.artifact(tmp_path / "out")
        with pytest.raises(UserError, match=r"missing\.pt does not exist"):
            run.artifact(tmp_path / "missing.pt")
    kept = client.get_run(run.id).info.artifact_uri
    assert "mlartifacts" in kept
    for folder in ("model", "out"):
        assert [f.path for f in client.list_artifacts(run.id, folder)] == [f"{folder}/grid.png"]


def test_evaluation_writes_into_the_training_it_belongs_to(client: Any) -> None:
    """One row in MLflow holds how a variant was trained and how well it does."""
    training = _train()
    with tracking.evaluation_run(training, "edges", "edges", {"study": "one"}) as run:
        run.log(0, {"fid": 50.0})
    found = client.get_run(training)
    assert run.id == training
    assert found.data.metrics == {"loss": 1.0, "fid": 50.0}
    assert found.data.tags["study"] == "one"


def test_another_evaluation_is_one_child_run_however_often_it_is_made(client: Any) -> None:
    """A second evaluation replaces the figures of the first."""
    training = _train()
    for fid in (60.0, 40.0):
        with tracking.evaluation_run(training, "edges-on-noise", "edges", {}) as run:
            run.log(0, {"fid": fid})
    child = client.get_run(run.id)
    assert len(runs(client)) == 2
    assert child.data.tags["mlflow.parentRunId"] == training
    assert child.data.metrics == {"fid": 40.0}
    assert child.info.status == "FINISHED"


def test_a_model_restored_by_dvc_is_evaluated_without_its_training(client: Any) -> None:
    """The run id that came with the model means nothing to this machine's store."""
    for _ in range(2):
        with tracking.evaluation_run("0" * 32, "edges", "edges", {}) as run:
            run.log(0, {"fid": 50.0})
    assert len(runs(client)) == 1
    assert client.get_run(run.id).data.tags["restored"] == "true"
