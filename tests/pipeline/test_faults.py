"""What goes wrong around the code: folders, disks, a locked store, clocks."""

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


def test_a_folder_that_may_only_be_read(read_only: Path, faces: Pixels) -> None:
    """Nothing is written, what is there stays, and the error names the place."""
    with pytest.raises(UserError, match=r"old\.pt cannot be written: .*Permission denied"):
        checkpoint.save(read_only / "old.pt", {"done": 2})
    rows = pd.DataFrame({"id": ["a", "b"]})
    with pytest.raises(PermissionError, match=str(read_only)):
        tables.build(read_only / "kept", Domain(rows, faces.__getitem__), label="kept")
    assert checkpoint.load(read_only / "old.pt") == {"done": 1}
    assert [file.name for file in read_only.iterdir()] == ["old.pt"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EDQUOT])
def test_what_the_system_refuses_reaches_a_person(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any stage, in one line with the place, and not as a traceback."""

    def stage() -> None:
        raise OSError(number, os.strerror(number), "data/faces/kept")

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(SystemExit, match=f"error: data/faces/kept .*: {os.strerror(number)}"):
        app.run(stage)


def test_memory_that_is_not_there_reaches_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, with what needs less of it."""

    def stage() -> None:
        np.empty(2**60, np.uint8)

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(SystemExit, match=r"error: .*Unable to allocate 1\.00 EiB.*S2F_WORKERS"):
        app.run(stage)


# A table is made under a limit of the system to what the process may have beside what it has.
LIMITED = """
import resource, sys
from pathlib import Path
import numpy as np, pandas as pd
from s2f_core.data.tables import Domain, build

def made(name, count):
    rows = pd.DataFrame({"id": [f"{row:05d}" for row in range(count)]})
    image = lambda row: np.full((90, 90, 3), row % 256, np.uint8)
    build(Path(sys.argv[1]) / name, Domain(rows, image), label="made")

made("small", 256)
status = Path("/proc/self/status").read_text()
now = 1024 * int(status.partition("VmData:")[2].split()[0])
resource.setrlimit(resource.RLIMIT_DATA, (now + 100 * 2**20, -1))
made("large", 64 * 128)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits this")
def test_a_table_is_made_in_half_its_own_memory(tmp_path: Path) -> None:
    """200 MB of images with 100 MB to do it in."""
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    large = sum(file.stat().st_size for file in (tmp_path / "large").iterdir())
    assert large > 180 * 2**20
    shutil.rmtree(tmp_path / "large")


def test_a_bug_is_shown_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is not the system's keeps its traceback."""

    def stage() -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(sys, "argv", ["stage"])
    with pytest.raises(OSError, match="Bad file descriptor"):
        app.run(stage)


def test_a_cache_on_another_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file is renamed across disks: both places get theirs whole."""
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


def test_a_locked_store_delays_nothing(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process holds MLflow's database; what was logged meanwhile is there in the end."""
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


def test_no_duration_is_read_off_the_wall_clock() -> None:
    """That clock jumps; only MLflow's stamps, which are dates, are taken from it."""
    found = set()
    for file in (*ROOT.glob("s2f_core/**/*.py"), *ROOT.glob("stages/*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "time.time":
                found.add(str(file.relative_to(ROOT)))
    assert found == {"s2f_core/tracking/client.py", "s2f_core/tracking/mlflow_store.py"}


def test_a_file_of_weights_is_not_left_open(tmp_path: Path) -> None:
    """A damaged state can be replaced at once, and by what is whole."""
    file = tmp_path / "state.pt"
    file.write_bytes(b"PK")
    with pytest.raises(UserError, match="is damaged"):
        checkpoint.load(file)
    checkpoint.save(file, {"weights": torch.zeros(3)})
    assert checkpoint.load(file)["weights"].tolist() == [0.0, 0.0, 0.0]
