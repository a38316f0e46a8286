"""The MLflow process: its responses, and the death of it or of the stage."""

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
from s2f_core.tracking import store_check
from s2f_core.tracking.process import BusyError

ROOT = Path(__file__).parents[2]

client = mlflow_project.client


def _log_run() -> str:
    with tracking.training_run("edges", {}, {}) as run:
        run.log(1, {"loss": 1.0})
    return run.id


@pytest.mark.parametrize("error", [BusyError, RuntimeError])
def test_a_busy_store_is_retried(
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    """A locked database or a dead process loses no value and does not end the training."""
    monkeypatch.setattr(tracking, "FLUSH_SECONDS", -1)
    with tracking.training_run("edges", {}, {}) as run:

        def busy(*_args: object) -> None:
            raise error("locked")

        with monkeypatch.context() as patch:
            patch.setattr(run, "_request", busy)
            run.log(1, {"loss": 2.0})
            run._writer.join()
        assert "try again with 1 values: locked" in caplog.text
        run.log(2, {"loss": 1.0})
    assert len(client.get_metric_history(run.id, "loss")) == 2


def test_a_slow_store_does_not_delay_logging(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and tags logged in the meantime are stored at the end."""
    monkeypatch.setattr(tracking, "FLUSH_SECONDS", -1)
    store_responds = threading.Event()
    with tracking.training_run("edges", {}, {}) as run:
        request = run._request

        def slowly(*arguments: Any) -> Any:
            store_responds.wait()
            return request(*arguments)

        monkeypatch.setattr(run, "_request", slowly)
        for step in range(3):
            run.log(step, {"loss": 1.0})
        run.tag("health", "poor")
        run.tag("health", "good")
        assert client.get_metric_history(run.id, "loss") == []
        store_responds.set()
    assert [point.step for point in client.get_metric_history(run.id, "loss")] == [0, 1, 2]
    assert client.get_run(run.id).data.tags["health"] == "good"


def test_errors_are_classified() -> None:
    """Busy stores, unusable stores, and bugs, whose message has the traceback."""
    from mlflow.exceptions import MlflowException
    from mlflow.protos.databricks_pb2 import TEMPORARILY_UNAVAILABLE

    def classify(error: Exception) -> tuple[str, str]:
        return store_check.classify_error(error, "sqlite:////x/mlflow.db")

    where = "MLflow at /x/mlflow.db"
    assert classify(UserError("so")) == ("user", "so")
    busy = MlflowException("locked\n[SQL: INSERT …]", error_code=TEMPORARILY_UNAVAILABLE)
    assert classify(busy) == ("busy", f"{where}: locked")
    away = MlflowException("API request failed")
    away.__context__ = requests.ConnectionError(
        "Pool(): Max retries (Caused by X('Pool(): refused'))"
    )
    assert classify(away) == ("busy", f"{where}: refused")
    assert classify(MlflowException("too old")) == ("user", f"{where}: too old")
    assert classify(OSError("no space"))[0] == "user"
    try:
        math.sqrt(-1)
    except ValueError as error:
        result = classify(error)
    assert result[0] == "bug"
    assert "math.sqrt(-1)" in result[1]


def test_an_unusable_store_is_named_in_the_error(client: Any, tmp_path: Path) -> None:
    """The database's folder is a file; requests to another store still work."""
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"MLflow at .*file"):
        tracking._mlflow.call(f"sqlite:///{tmp_path}/file/mlflow.db", "end", "0", "FINISHED")
    with pytest.raises(UserError, match=r"MLflow at .*: Run with id=0 not found"):
        tracking._mlflow.call(tracking.store_uri(), "end", "0", "FINISHED")


def test_a_response_to_an_interrupted_request_is_skipped(client: Any) -> None:
    """Ctrl-C may come before the response is read; the run still ends as KILLED."""

    def interrupted() -> None:
        with tracking.training_run("edges", {}, {}):
            process = tracking._mlflow.start(tracking.store_uri())
            assert process.stdin is not None
            print(f'[-1, "{tracking.store_uri()}", "end", ["gone", "KILLED"]]', file=process.stdin)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert runs(client)[0].info.status == "KILLED"


@pytest.mark.slow
def test_a_dead_process_is_reported_and_restarted(client: Any) -> None:
    """The pending request fails; the next one succeeds."""
    tracking._mlflow.start(tracking.store_uri()).kill()
    with pytest.raises(RuntimeError, match=r"exit status -9"):
        _log_run()
    assert client.get_run(_log_run()).info.status == "FINISHED"


@pytest.mark.slow
def test_the_process_ends_when_the_stage_is_killed(client: Any) -> None:
    """SIGKILL gives the stage no chance to close it."""
    code = (
        "import os, signal\n"
        "from s2f_core.tracking import client as tracking\n"
        "print(tracking._mlflow.start(tracking.store_uri()).pid, flush=True)\n"
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
def test_two_processes_can_create_the_store_at_once(tmp_path: Path) -> None:
    """Parallel stages on a fresh clone write to one experiment without errors."""
    code = (
        "from s2f_core.tracking.client import training_run\n"
        "with training_run('edges', {'a': 1}, {}) as run: run.log(1, {'loss': 1.0})"
    )
    # No mlflow in the environment: use neither the user's server nor an existing store.
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "DVC"))}
    environment |= {"DVC_ROOT": str(tmp_path), "PYTHONPATH": str(ROOT)}
    processes = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=90)
        assert (process.returncode, errors.decode()) == (0, "")
