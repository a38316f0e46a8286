"""A store that goes away during a run loses nothing, and hides no other error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow_project
import pytest

from s2f_core.common.errors import UserError
from s2f_core.tracking import client as tracking
from s2f_core.tracking import process
from s2f_core.tracking.downloads import download
from s2f_core.tracking.process import BusyError
from s2f_core.training.loop import Training
from s2f_core.training.run import _log_saved_rows

client = mlflow_project.client
AGAIN = "away. Nothing is lost: run the stage again, and it logs what is missing"


@pytest.fixture
def requests(client: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods that a store which goes away after the start of the run is asked for."""
    methods: list[str] = []
    call = tracking._mlflow.call

    def away(store: str, method: str, *arguments: object) -> Any:
        if method == "begin_training":
            return call(store, method, *arguments)
        methods.append(method)
        raise BusyError("MLflow at http://***@host: away")

    monkeypatch.setattr(tracking._mlflow, "call", away)
    return methods


def _run(body: Callable[[tracking.Run], object]) -> None:
    with tracking.training_run("edges", {}, {}) as run:
        run.log(1, {"loss": 1.0})
        body(run)


def test_the_end_of_a_run_says_to_run_the_stage_again(requests: list[str]) -> None:
    """One request, since each takes minutes."""
    with pytest.raises(BusyError, match=AGAIN):
        _run(lambda _run: None)
    assert requests == ["log_metrics"]


def test_a_file_that_cannot_be_logged_says_so_too(requests: list[str], tmp_path: Path) -> None:
    """Nothing more is asked of the store."""
    (tmp_path / "a-to-b.pt").touch()
    with pytest.raises(BusyError, match=AGAIN):
        _run(lambda run: run.artifact(tmp_path / "a-to-b.pt"))
    assert requests == ["log_artifact"]


def test_an_error_of_the_stage_comes_first(
    requests: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The store's is a warning."""

    def fail(_run: object) -> None:
        raise UserError("out of memory")

    with pytest.raises(UserError, match=r"^out of memory$"):
        _run(fail)
    assert "stays as it is: MLflow at http://***@host: away" in caplog.text


def test_a_resumed_training_logs_the_rows_that_the_store_lacks(client: Any) -> None:
    """It saved them with its state while the store was away."""
    with tracking.training_run("edges", {}, {}) as first:
        first.log(10, {"train/g_l1": 3.0})
    rows: list[dict[str, float]] = [{"step": 10, "g_l1": 3.0}, {"step": 20, "g_l1": 2.0}]
    training: Training = SimpleNamespace(  # type: ignore[assignment]
        history=SimpleNamespace(rows=rows),
        validation=SimpleNamespace(rows=[{"step": 20, "ssim": 0.5}]),
    )
    with tracking.training_run("edges", {}, {}, first.id) as run:
        _log_saved_rows(training, run)
    history = client.get_metric_history(first.id, "train/g_l1")
    assert [(point.step, point.value) for point in history] == [(10, 3.0), (20, 2.0)]
    assert client.get_run(first.id).data.metrics["val/ssim"] == 0.5


def test_a_long_wait_is_told(
    client: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """MLflow itself tries for minutes."""
    monkeypatch.setattr(process, "NOTICE_SECONDS", 0.0)
    tracking.metric_names("none", "edges", "edges")
    assert f"MLflow at {Path('mlflow.db').absolute()} has not answered yet" in caplog.text


def test_the_store_is_on_no_command_line(client: Any) -> None:
    """Everybody on a machine can read it, and the address may hold a password."""
    tracking.metric_names("none", "edges", "edges")
    running = tracking._mlflow.start(tracking.store_uri())
    assert "mlflow.db" not in str(running.args)


def test_reading_creates_no_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A fresh clone has logged nothing yet."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    with pytest.raises(UserError, match=r"mlflow\.db does not exist: no run is logged yet"):
        download("models:/faces/1")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_model_is_one_line(client: Any, tmp_path: Path) -> None:
    """The message names the address and the store."""
    with pytest.raises(UserError) as raised:
        download("models:/faces/1")
    text = str(raised.value)
    assert text.startswith(f"cannot download models:/faces/1: MLflow at {tmp_path}/mlflow.db: ")
    assert "\n" not in text
