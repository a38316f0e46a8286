"""Faults of the machine: folders, disks, memory, a locked store, clocks."""

from __future__ import annotations

import ast
import errno
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pandas as pd
import pytest
import torch
from tiny_asset import BODY, Fetcher, single_file_asset

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.data.assets import Source
from s2f_core.data.tables import Domain
from s2f_core.networks import checkpoint
from s2f_core.tracking import client as tracking
from stages import app

ROOT = Path(__file__).parents[2]
NOBODY = 65534
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - another disk than that of the tests

client = mlflow_project.client


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder with a file, for a while, into which this process may not write, even as root."""
    with tempfile.TemporaryDirectory() as name:
        folder, root = Path(name), os.geteuid() == 0
        checkpoint.save(folder / "old.pt", {"done": 1})
        folder.chmod(0o555)
        if root:
            os.seteuid(NOBODY)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


def test_a_read_only_folder_is_refused(read_only: Path, faces: Pixels) -> None:
    """Its files stay as they are, and the error names it."""
    with pytest.raises(UserError, match=r"old\.pt cannot be written: .*Permission denied"):
        checkpoint.save(read_only / "old.pt", {"done": 2})
    rows = pd.DataFrame({"id": ["a", "b"]})
    with pytest.raises(PermissionError, match=str(read_only)):
        tables.build(read_only / "kept", Domain(rows, faces.__getitem__), label="kept")
    assert checkpoint.load(read_only / "old.pt") == {"done": 1}
    assert [file.name for file in read_only.iterdir()] == ["old.pt"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_faults_of_the_machine_are_printed_in_one_line(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line names the file; there is no traceback."""

    def stage() -> None:
        raise OSError(number, os.strerror(number), "data/faces/kept")

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(SystemExit, match=f"error: data/faces/kept .*: {os.strerror(number)}"):
        app.run(stage)


def test_out_of_memory_is_printed_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line says how to use less memory."""

    def stage() -> None:
        np.empty(2**60, np.uint8)

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(SystemExit, match=r"error: .*Unable to allocate 1\.00 EiB.*S2F_WORKERS"):
        app.run(stage)


# Builds a table under a limit on additional memory.
LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np, pandas as pd
from s2f_core.data.tables import Domain, build

def build_table(name, count):
    rows = pd.DataFrame({"id": [f"{row:05d}" for row in range(count)]})
    image = lambda row: np.full((90, 90, 3), row % 256, np.uint8)
    build(Path(sys.argv[1]) / name, Domain(rows, image), label="made")

build_table("small", 256)
status = Path("/proc/self/status").read_text()
now = 1024 * int(status.partition("VmData:")[2].split()[0])
resource.setrlimit(resource.RLIMIT_DATA, (now + 100 * 2**20, -1))
build_table("large", 64 * 128)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits this")
def test_a_table_is_built_in_half_its_own_memory(tmp_path: Path) -> None:
    """200 MB of images are built with 100 MB of memory."""
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    large = sum(file.stat().st_size for file in (tmp_path / "large").iterdir())
    assert large > 180 * 2**20
    shutil.rmtree(tmp_path / "large")


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other errors are not caught."""

    def stage() -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(OSError, match="Bad file descriptor"):
        app.run(stage)


def test_the_cache_may_be_on_another_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are copied, since a rename across disks fails."""
    if not SHARED_MEMORY.is_dir() or SHARED_MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk")
    cache = Path(tempfile.mkdtemp(dir=SHARED_MEMORY))
    try:
        fetch = Fetcher(tmp_path, monkeypatch)
        monkeypatch.setenv("S2F_CACHE", str(cache))
        (tmp_path / "given.bin").write_bytes(BODY)
        fetch(single_file_asset(Source(f"file:{tmp_path / 'given.bin'}", len(BODY))))
        assert (fetch.folder / "tiny.bin").read_bytes() == BODY
        assert [file.read_bytes() for file in cache.rglob("*-tiny.bin")] == [BODY]
    finally:
        shutil.rmtree(cache)


def test_a_locked_store_does_not_delay_logging(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values logged while another process locks MLflow's database are in the store at the end."""
    monkeypatch.setattr(tracking, "FLUSH_SECONDS", -1)
    with tracking.training_run("edges", {}, {}) as run:
        other = sqlite3.connect("mlflow.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        for step in range(3):
            run.log(step, {"loss": float(step)})
        other.execute("ROLLBACK")
        other.close()
    history = client.get_metric_history(run.id, "loss")
    assert sorted(point.value for point in history) == [0.0, 1.0, 2.0]


def test_durations_use_the_monotonic_clock() -> None:
    """The wall clock jumps; only MLflow's time stamps may use it."""
    files = set()
    for file in (*ROOT.glob("s2f_core/**/*.py"), *ROOT.glob("stages/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.time":
                files.add(str(file.relative_to(ROOT)))
    assert files == {"s2f_core/tracking/client.py", "s2f_core/tracking/mlflow_store.py"}


def test_weight_files_are_closed_after_reading(tmp_path: Path) -> None:
    """A damaged state can be replaced at once by a valid one."""
    file = tmp_path / "state.pt"
    file.write_bytes(b"PK")
    with pytest.raises(UserError, match="is damaged"):
        checkpoint.load(file)
    checkpoint.save(file, {"weights": torch.zeros(3)})
    assert checkpoint.load(file)["weights"].tolist() == [0.0, 0.0, 0.0]
