"""A password in an address is in nothing that is printed or stored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mlflow_project
import numpy as np
import pytest
import servers
from clones import clean_environment
from PIL import Image

ROOT = Path(__file__).parents[2]
SECRET = "s3cr3t"  # noqa: S105 - no password of anything

data, finished = mlflow_project.data, mlflow_project.project

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def project(finished: Path) -> Path:
    """A trained and evaluated variant, and a drawing."""
    Image.fromarray(np.full((64, 64), 255, np.uint8)).save(finished / "drawing.png")
    return finished


def _outputs(project: Path, store: str) -> Iterator[str]:
    """The output of stages that write to the store and read from it, and their exit codes."""
    environment = clean_environment() | {
        "MLFLOW_TRACKING_URI": store,
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "HTTPS_PROXY": f"http://me:{SECRET}@127.0.0.1:9",
        "NO_PROXY": "127.0.0.1",
        "S2F_CACHE": str(project / "cache"),
        "S2F_MIRROR": "",
        "PYTHONPATH": str(ROOT),
    }
    for command in (
        ("backfill",),
        ("translate", "models:/tiny/1", "drawing.png", "--force"),
        ("fetch", "u2netp"),
    ):
        result = subprocess.run(
            [sys.executable, "-m", f"stages.{command[0]}", *command[1:]],
            env=environment,
            cwd=project,
            capture_output=True,
            text=True,
            check=False,
        )
        yield f"{command[0]}: {result.returncode}\n{result.stdout}{result.stderr}"


def _assert_no_secret(text: str) -> None:
    assert SECRET not in text
    assert "Traceback" not in text


@pytest.mark.slow
def test_a_password_is_neither_printed_nor_stored(project: Path) -> None:
    """With a server that answers, then with one that is away, then with a database."""
    folder, port = project / "server", servers.free_port()
    folder.mkdir()
    command = ["mlflow", "server", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db"]
    command += ["--serve-artifacts", "--artifacts-destination", str(folder / "artifacts")]
    command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    store = f"http://me:{SECRET}@127.0.0.1:{port}"
    with servers.mlflow_server(command, port, folder / "log").running():
        text = "".join(_outputs(project, store))
    assert f"2 logged to http://***@127.0.0.1:{port}" in text
    assert "translate: 0\n1 written to translated\n" in text
    assert "Downloading artifacts" not in text  # a bar is for a terminal
    assert "the proxy of HTTPS_PROXY or HTTP_PROXY does not answer: [Errno 111] Connection" in text
    _assert_no_secret(text)
    for away in (store, f"postgresql://me:{SECRET}@127.0.0.1:{port}/mlflow"):
        text = "".join(_outputs(project, away))
        assert text.count("Connection refused. Start it, correct MLFLOW_TRACKING_URI, or") == 2
        _assert_no_secret(text)
    files = [file for file in project.rglob("*") if file.is_file()]
    assert folder / "mlflow.db" in files
    assert not [file for file in files if SECRET.encode() in file.read_bytes()]
    assert SECRET not in str(files)
