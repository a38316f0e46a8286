"""Runs are logged to one MLflow store, completely, with the right status, and once."""

from __future__ import annotations

import math
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


def test_temporary_runs_use_the_store_of_the_original_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DVC_ROOT comes first; without it, the nearest folder upwards that has .dvc."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    inside = tmp_path / "deep" / "down"
    inside.mkdir(parents=True)
    (tmp_path / ".dvc").mkdir()
    monkeypatch.chdir(inside)
    monkeypatch.setenv("DVC_ROOT", "/original")
    assert tracking.store_uri() == "sqlite:////original/mlflow.db"
    monkeypatch.delenv("DVC_ROOT")
    assert tracking.store_uri() == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example")
    assert tracking.store_uri() == "http://tracking.example"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///elsewhere/runs.db")
    assert tracking.store_uri() == f"sqlite:///{tmp_path}/elsewhere/runs.db"


def test_a_run_has_parameters_tags_and_all_values(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nested parameters are flattened, DVC's variables become tags, and no value is lost."""
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


def test_values_that_are_not_finite_are_left_out(client: Any) -> None:
    """They would be no JSON in MLflow's answers; the others are logged."""
    with tracking.training_run("edges", {}, {}) as run:
        run.log(1, {"a": math.nan, "b": math.inf, "c": 3.0})
    assert client.get_run(run.id).data.metrics == {"c": 3.0}


def test_values_beyond_the_request_limit_are_split(client: Any) -> None:
    """Values and parameters are written in several requests."""
    with tracking.training_run("edges", {f"p{i}": i for i in range(150)}, {}) as run:
        for step in range(1200):
            run.log(step, {"loss": step})
    assert len(client.get_metric_history(run.id, "loss")) == 1200
    assert len(client.get_run(run.id).data.params) == 150


def test_a_truncated_parameter_does_not_prevent_resuming(client: Any) -> None:
    """The new value is truncated before it is compared."""
    params = {"prompt": "x" * 10_000}
    first = _train(params=params)
    assert _train(resume=first, params=params) == first


@pytest.mark.parametrize(
    ("error", "status"),
    [(ValueError, "FAILED"), (KeyboardInterrupt, "KILLED"), (SystemExit, "KILLED")],
)
def test_the_status_follows_the_exception(
    client: Any, error: type[BaseException], status: str
) -> None:
    """The exception propagates, and the values logged before it are stored."""

    def fail() -> None:
        with tracking.training_run("edges", {}, {}) as run:
            run.log(1, {"loss": 3.0})
            raise error

    with pytest.raises(error):
        fail()
    assert runs(client)[0].info.status == status
    assert runs(client)[0].data.metrics == {"loss": 3.0}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_as_killed(client: Any, number: signal.Signals) -> None:
    """DVC and batch systems send SIGTERM, a closed terminal SIGHUP."""
    before = signal.getsignal(number)

    def killed() -> None:
        with tracking.training_run("edges", {}, {}):
            signal.raise_signal(number)

    with pytest.raises(SystemExit, match=str(128 + number)):
        killed()
    assert runs(client)[0].info.status == "KILLED"
    after = signal.signal(number, before)
    assert after is (signal.SIG_IGN if number == signal.SIGHUP else before)


def test_a_resumed_run_logs_no_step_twice(client: Any) -> None:
    """Steps between the last checkpoint and the interruption are already in the store."""
    first = _train()
    with tracking.training_run("edges", PARAMS, {}, resume=first) as run:
        run.log(2, {"loss": 1.0})
        run.log(3, {"loss": 0.5})
    assert run.id == first
    assert [p.step for p in client.get_metric_history(first, "loss")] == [1, 2, 3]
    assert client.get_run(first).info.status == "FINISHED"
    assert len(runs(client)) == 1


def test_resuming_with_changed_parameters_is_an_error(client: Any) -> None:
    """The message names the key and both values."""
    first = _train()
    with pytest.raises(UserError, match=r"lr was 0\.0002, is 0\.1"):
        _train(resume=first, params={**PARAMS, "lr": 0.1})


def test_a_deleted_run_is_replaced_on_resume(client: Any) -> None:
    """The new run is tagged ``restored``."""
    first = _train()
    client.delete_run(first)
    again = _train(resume=first)
    assert again != first
    assert client.get_run(again).data.tags["restored"] == "true"


def test_artifacts_are_stored_beside_the_database(client: Any, tmp_path: Path) -> None:
    """Files and folders go to the requested folder."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "grid.png").write_bytes(b"picture")
    with tracking.training_run("edges", {}, {}) as run:
        run.artifact(tmp_path / "out" / "grid.png", "model")
        run.artifact(tmp_path / "out")
        with pytest.raises(UserError, match=r"missing\.pt does not exist"):
            run.artifact(tmp_path / "missing.pt")
    artifact_uri = client.get_run(run.id).info.artifact_uri
    assert "mlartifacts" in artifact_uri
    for folder in ("model", "out"):
        assert [f.path for f in client.list_artifacts(run.id, folder)] == [f"{folder}/grid.png"]


def test_the_evaluation_of_a_variant_logs_to_its_training_run(client: Any) -> None:
    """One row in MLflow has a variant's training and its figures."""
    training = _train()
    with tracking.evaluation_run(training, "edges", "edges", {"study": "one"}) as run:
        run.log(0, {"fid": 50.0})
    logged = client.get_run(training)
    assert run.id == training
    assert logged.data.metrics == {"loss": 1.0, "fid": 50.0}
    assert logged.data.tags["study"] == "one"


def test_a_repeated_second_evaluation_uses_one_child_run(client: Any) -> None:
    """The later figures replace the earlier ones."""
    training = _train()
    for fid in (60.0, 40.0):
        with tracking.evaluation_run(training, "edges-on-noise", "edges", {}) as run:
            run.log(0, {"fid": fid})
    child = client.get_run(run.id)
    assert len(runs(client)) == 2
    assert child.data.tags["mlflow.parentRunId"] == training
    assert child.data.metrics == {"fid": 40.0}
    assert child.info.status == "FINISHED"


def test_an_evaluation_works_without_its_training_run(client: Any) -> None:
    """DVC restored the model; this store never held its training run."""
    for _ in range(2):
        with tracking.evaluation_run("0" * 32, "edges", "edges", {}) as run:
            run.log(0, {"fid": 50.0})
    assert len(runs(client)) == 1
    assert client.get_run(run.id).data.tags["restored"] == "true"
