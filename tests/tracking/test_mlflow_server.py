"""Several machines write to one MLflow server with a PostgreSQL database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pytest
import servers
from clones import clean_environment
from doc_blocks import named_blocks, parse_commands

from s2f_core.data.tables import read
from s2f_core.tracking import client as tracking
from s2f_core.tracking.log_evaluation import log_evaluation
from s2f_core.tracking.mlflow_store import connect
from s2f_core.tracking.process import BusyError, StoreProcess

ROOT = Path(__file__).parents[2]

data, project = mlflow_project.data, mlflow_project.project

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """A PostgreSQL database that runs during the tests of this file."""
    with servers.postgres_database() as uri:
        yield uri


def _server(database: str, folder: Path) -> servers.Server:
    """The server as the documentation starts it, with its files in ``folder``."""
    port = servers.free_port()
    replacements = {
        "postgresql://mlflow:PASSWORD@localhost:5432/mlflow": database,
        "/srv/mlflow": folder / "artifacts",
        "5000": port,
    }
    block = named_blocks("how-to/several-machines.md", "console")["server"]
    (command,) = parse_commands(block, replacements)
    return servers.mlflow_server(command, port, folder / "mlflow.log")


@pytest.fixture(scope="module")
def address(database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running server."""
    server = _server(database, tmp_path_factory.mktemp("server"))
    with server.running():
        yield f"http://127.0.0.1:{server.port}"


@pytest.fixture
def client(address: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of the server; this process logs to that server too."""
    import mlflow

    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    return mlflow.MlflowClient(tracking_uri=address)


TRAINING = """
import sys
from pathlib import Path
from s2f_core.tracking.client import training_run
name, file = sys.argv[1:]
with training_run(name, {"lr": 1e-3, "gan": {"kind": name}}, {"variant": name}) as run:
    for step in range(1500):
        run.log(step, {"loss": 1 / (step + 1)})
    run.artifact(Path(file), "model")
    print(run.id)
"""


@pytest.mark.slow
def test_two_machines_can_train_at_once(address: str, tmp_path: Path) -> None:
    """Each has its own run with parameters, all values, and unchanged files."""
    environment = clean_environment() | {"MLFLOW_TRACKING_URI": address, "PYTHONPATH": str(ROOT)}
    processes = {}
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        file = tmp_path / name / "a-to-b.pt"
        file.write_bytes(name.encode() * 500_000)
        processes[name] = subprocess.Popen(
            [sys.executable, "-c", TRAINING, name, file],
            env=environment,
            cwd=file.parent,
            stdout=subprocess.PIPE,
            text=True,
        )
    ids = {name: process.communicate()[0].strip() for name, process in processes.items()}
    client, experiment = connect(address)
    for name, run_id in ids.items():
        run = client.get_run(run_id)
        assert (run.info.status, run.info.experiment_id) == ("FINISHED", experiment)
        assert run.data.params == {"lr": "0.001", "gan.kind": name}
        assert len(client.get_metric_history(run_id, "loss")) == 1500
        artifact = Path(client.download_artifacts(run_id, "model/a-to-b.pt", str(tmp_path)))
        assert artifact.read_bytes() == (tmp_path / name / "a-to-b.pt").read_bytes()
        assert sorted(path.name for path in (tmp_path / name).iterdir()) == ["a-to-b.pt"]


@pytest.mark.slow
def test_backfill_writes_to_a_server_once(client: Any, project: Path) -> None:
    """Run, figures, pictures and model are created once; the model loads by its name."""
    uri = client.tracking_uri
    environment = clean_environment() | {"MLFLOW_TRACKING_URI": uri, "PYTHONPATH": str(ROOT)}

    def python(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, env=environment, cwd=project, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    assert "2 logged" in python("-m", "stages.backfill")
    assert "0 logged" in python("-m", "stages.backfill")
    (version,) = client.search_model_versions("name = 'tiny'")
    run = client.get_run(version.run_id)
    assert run.data.tags["s2f.run_id"] == mlflow_project.RUN
    assert {"train/g_l1", "val/ssim", "test/kid"} <= set(run.data.metrics)
    assert [file.path for file in client.list_artifacts(version.run_id, "images")]
    environment["PYTHONPATH"] = ""
    output = python(
        "-P",
        "-c",
        "import json, mlflow\n"
        "model = mlflow.pyfunc.load_model('models:/tiny/1')\n"
        "print(json.dumps(model.predict(model.input_example).tolist()))",
    )
    expected = read(project / "data" / "translations" / "tiny" / "tiny").images([0])
    assert (np.asarray(json.loads(output.splitlines()[-1])) == expected).all()


@pytest.mark.slow
def test_a_repeated_evaluation_makes_no_second_version(client: Any, project: Path) -> None:
    """Only other weights make one; the tags are those of the last evaluation."""
    data = project / "data"
    for folder in ("translations", "evaluations"):
        (data / folder / "tiny" / "tiny").rename(data / folder / "tiny" / "again")
    for _ in range(2):
        log_evaluation("again", "tiny", data, mlflow_project.CELEBA)
    (version,) = client.search_model_versions("name = 'again'")
    assert version.tags["test/kid"] == "0.5"
    mlflow_project.save_untrained(data, "tiny", width=6)
    log_evaluation("again", "tiny", data, mlflow_project.CELEBA)
    assert len(client.search_model_versions("name = 'again'")) == 2


@pytest.mark.slow
def test_a_restarted_server_loses_no_values(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values logged during the outage are written afterwards."""
    server = _server(database, tmp_path)
    uri = f"http://127.0.0.1:{server.port}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr(tracking, "_mlflow", StoreProcess())
    training = ExitStack()
    with server.running():
        run = training.enter_context(tracking.training_run("restarted", {}, {}))
        run.log(1, {"loss": 2.0})
        run.flush()
    run.log(2, {"loss": 1.0})
    run.tag("health", "good")
    with pytest.raises(BusyError, match=r"Connection refused|the connection broke off"):
        run.flush()
    with server.running():
        training.close()
        client, _ = connect(uri)
        assert [point.step for point in client.get_metric_history(run.id, "loss")] == [1, 2]
        assert client.get_run(run.id).info.status == "FINISHED"
        assert client.get_run(run.id).data.tags["health"] == "good"
    tracking._mlflow.close()
