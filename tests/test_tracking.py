"""Runs end up in one MLflow store, whole, under the right status, and only once."""

from __future__ import annotations

import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from s2f_core import tracking
from s2f_core.errors import UserError
from s2f_core.tracking import journal
from s2f_core.tracking.journal import EXPERIMENT, connect
from s2f_core.tracking.process import BusyError

PARAMS = {"lr": 2e-4, "gan": {"kind": "pix2pix", "layers": [1, 2]}, "max_steps": None}
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a schema and no runs: creating one takes seconds, copying it nothing."""
    folder = tmp_path_factory.mktemp("store with space")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("DVC_ROOT", str(folder))
        connect(tracking.store())
    return folder / "mlflow.db"


@pytest.fixture
def client(fresh_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of this test's own copy of the store."""
    from mlflow import MlflowClient

    shutil.copy(fresh_store, tmp_path / "mlflow.db")
    for name in ("MLFLOW_TRACKING_URI", *tracking.FROM_DVC):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return MlflowClient(tracking_uri=tracking.store())


def _train(resume: str | None = None, params: dict[str, Any] | None = None) -> str:
    with tracking.training_run("edges", params or PARAMS, {"variant": "edges"}, resume) as run:
        run.log(1, {"loss": 2.0})
        run.log(2, {"loss": 1.0})
    return run.id


def _runs(client: Any) -> list[Any]:
    experiment = client.get_experiment_by_name(EXPERIMENT)
    return list(client.search_runs([experiment.experiment_id]))


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
    assert _runs(client)[0].info.status == status
    assert _runs(client)[0].data.metrics == {"loss": 3.0}


def test_sigterm_ends_a_run_as_killed(client: Any) -> None:
    """DVC and batch systems stop a training so; the handler found before is put back."""
    before = signal.getsignal(signal.SIGTERM)

    def killed() -> None:
        with tracking.training_run("edges", {}, {}):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit, match="143"):
        killed()
    assert _runs(client)[0].info.status == "KILLED"
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
    assert len(_runs(client)) == 1


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
    assert len(_runs(client)) == 2
    assert child.data.tags["mlflow.parentRunId"] == training
    assert child.data.metrics == {"fid": 40.0}
    assert child.info.status == "FINISHED"


def test_a_model_restored_by_dvc_is_evaluated_without_its_training(client: Any) -> None:
    """The run id that came with the model means nothing to this machine's store."""
    for _ in range(2):
        with tracking.evaluation_run("0" * 32, "edges", "edges", {}) as run:
            run.log(0, {"fid": 50.0})
    assert len(_runs(client)) == 1
    assert client.get_run(run.id).data.tags["restored"] == "true"


def test_a_busy_store_is_tried_again(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holding the database loses no value and ends no training."""
    monkeypatch.setattr(tracking, "FLUSH_SECONDS", -1)
    with tracking.training_run("edges", {}, {}) as run:

        def busy(*_args: object) -> None:
            raise BusyError("locked")

        with monkeypatch.context() as patch:
            patch.setattr(run, "_ask", busy)
            run.log(1, {"loss": 2.0})
        run.log(2, {"loss": 1.0})
    assert len(client.get_metric_history(run.id, "loss")) == 2


def test_errors_are_told_apart() -> None:
    """A store to try again, one that cannot be used, and a bug, which shows where it happened."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    assert journal.explained(UserError("so")) == ("user", "so")
    busy = MlflowException("locked", error_code=TEMPORARILY_UNAVAILABLE)
    assert journal.explained(busy) == ("busy", "MLflow: locked")
    assert journal.explained(MlflowException("too old")) == ("user", "MLflow: too old")
    assert journal.explained(OSError("no space"))[0] == "user"
    try:
        math.sqrt(-1)
    except ValueError as error:
        told = journal.explained(error)
    assert told[0] == "bug"
    assert "math.sqrt(-1)" in told[1]


def test_a_store_that_cannot_be_used_is_named(client: Any, tmp_path: Path) -> None:
    """Where the database should lie there is a file that is no folder; the next store works."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"MLflow: .*file"):
        tracking._mlflow.ask(f"sqlite:///{tmp_path}/file/mlflow.db", "end", "0", "FINISHED")
    with pytest.raises(UserError, match=r"MLflow: Run with id=0 not found"):
        tracking._mlflow.ask(tracking.store(), "end", "0", "FINISHED")


def test_an_interrupted_question_does_not_shift_the_answers(client: Any) -> None:
    """Ctrl-C may come while an answer is on its way; the run is still ended as killed."""

    def interrupted() -> None:
        with tracking.training_run("edges", {}, {}):
            process = tracking._mlflow.start(tracking.store())
            assert process.stdin is not None
            print(f'[-1, "{tracking.store()}", "end", ["gone", "KILLED"]]', file=process.stdin)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert _runs(client)[0].info.status == "KILLED"


@pytest.mark.slow
def test_a_process_that_dies_is_an_error_and_started_anew(client: Any) -> None:
    """Who waits for its answer is told; the next to ask gets one."""
    tracking._mlflow.start(tracking.store()).kill()
    with pytest.raises(RuntimeError, match=r"ended: -9"):
        _train()
    assert client.get_run(_train()).info.status == "FINISHED"


@pytest.mark.slow
def test_it_ends_when_the_stage_is_killed(client: Any) -> None:
    """Also by a signal that nothing can answer."""
    code = (
        "import os, signal\n"
        "from s2f_core import tracking\n"
        "print(tracking._mlflow.start(tracking.store()).pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    stage = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=False,
    )
    assert stage.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 60
    while Path("/proc", stage.stdout.decode().strip()).exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
def test_two_processes_may_create_the_store_at_once(tmp_path: Path) -> None:
    """Parallel stages on a fresh clone do not trip each other, and write to one experiment."""
    code = (
        "from s2f_core.tracking import training_run\n"
        "with training_run('edges', {'a': 1}, {}) as run: run.log(1, {'loss': 1.0})"
    )
    # No mlflow in the environment: neither the user's own server nor a warm store is used.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "DVC"))}
    environment |= {"DVC_ROOT": str(tmp_path), "PYTHONPATH": str(ROOT)}
    started = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in started:
        _, errors = process.communicate(timeout=90)
        assert (process.returncode, errors.decode()) == (0, "")
