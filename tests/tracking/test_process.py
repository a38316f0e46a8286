"""MLflow's own process: what it answers, and what happens when it or the stage dies."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import mlflow_project
import pytest
import requests
from mlflow_project import runs

from s2f_core.common.errors import UserError
from s2f_core.tracking import client as tracking
from s2f_core.tracking import mlflow_store
from s2f_core.tracking.process import BusyError

ROOT = Path(__file__).parents[2]

client = mlflow_project.client


def _logged() -> str:
    with tracking.training_run("edges", {}, {}) as run:
        run.log(1, {"loss": 1.0})
    return run.id


@pytest.mark.parametrize("error", [BusyError, RuntimeError])
def test_a_busy_store_is_tried_again(
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    """A database that is held, or a process that died, loses no value and ends no training."""
    monkeypatch.setattr(tracking, "FLUSH_SECONDS", -1)
    with tracking.training_run("edges", {}, {}) as run:

        def busy(*_args: object) -> None:
            raise error("locked")

        with monkeypatch.context() as patch:
            patch.setattr(run, "_ask", busy)
            run.log(1, {"loss": 2.0})
            run._writer.join()
        assert "1 values wait: locked" in caplog.text
        run.log(2, {"loss": 1.0})
    assert len(client.get_metric_history(run.id, "loss")) == 2


def test_a_slow_store_delays_nothing(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is logged and tagged while it does not answer waits, and is there in the end."""
    monkeypatch.setattr(tracking, "FLUSH_SECONDS", -1)
    answers = threading.Event()
    with tracking.training_run("edges", {}, {}) as run:
        ask = run._ask

        def slowly(*arguments: Any) -> Any:
            answers.wait()
            return ask(*arguments)

        monkeypatch.setattr(run, "_ask", slowly)
        for step in range(3):
            run.log(step, {"loss": 1.0})
        run.tag("health", "poor")
        run.tag("health", "good")
        assert client.get_metric_history(run.id, "loss") == []
        answers.set()
    assert [point.step for point in client.get_metric_history(run.id, "loss")] == [0, 1, 2]
    assert client.get_run(run.id).data.tags["health"] == "good"


def test_errors_are_told_apart() -> None:
    """A store to try again, one that cannot be used, and a bug, which shows where it happened."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    assert mlflow_store.explained(UserError("so")) == ("user", "so")
    busy = MlflowException("locked", error_code=TEMPORARILY_UNAVAILABLE)
    assert mlflow_store.explained(busy) == ("busy", "MLflow: locked")
    away = MlflowException("no answer")
    away.__context__ = requests.ConnectionError("refused")
    assert mlflow_store.explained(away) == ("busy", "MLflow: no answer")
    assert mlflow_store.explained(MlflowException("too old")) == ("user", "MLflow: too old")
    assert mlflow_store.explained(OSError("no space"))[0] == "user"
    try:
        math.sqrt(-1)
    except ValueError as error:
        told = mlflow_store.explained(error)
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
    assert runs(client)[0].info.status == "KILLED"


@pytest.mark.slow
def test_a_process_that_dies_is_an_error_and_started_anew(client: Any) -> None:
    """Who waits for its answer is told; the next to ask gets one."""
    tracking._mlflow.start(tracking.store()).kill()
    with pytest.raises(RuntimeError, match=r"ended: -9"):
        _logged()
    assert client.get_run(_logged()).info.status == "FINISHED"


@pytest.mark.slow
def test_it_ends_when_the_stage_is_killed(client: Any) -> None:
    """Also by a signal that nothing can answer."""
    code = (
        "import os, signal\n"
        "from s2f_core.tracking import client as tracking\n"
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
        "from s2f_core.tracking.client import training_run\n"
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
