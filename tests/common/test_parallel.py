"""The data stages' work, on threads and on a cluster, gives the same bytes."""

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from distributed import Client, LocalCluster
from fixtures import MakeTable

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels
from s2f_core.common.parallel import map_on_cores
from s2f_core.data import tables
from s2f_core.data.conditions import convert
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.tables import Domain, build


def _make(row: int) -> Pixels:
    if row % 5 == 4:
        raise ImageError("damaged", "every fifth")
    return np.full((4, 4, 1), row, np.uint8)


def test_a_cluster_makes_the_same_tables_as_threads(
    tmp_path: Path, make_table: MakeTable, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dataset and a condition on two workers."""
    monkeypatch.setattr(tables, "SHARD", 8)
    rows = pd.DataFrame({"id": [f"{row:02d}" for row in range(40)]})
    photos = make_table("photos", faces)
    pencil = Pencil(type="pencil")

    def work(folder: Path) -> list[Path]:
        build(folder / "made", Domain(rows, _make), label="made")
        convert(photos, pencil, folder / "pencil", folder)
        return sorted(file for file in folder.rglob("*") if file.is_file())

    files = work(tmp_path / "threads")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, scheduler_port=0
    ) as cluster:
        monkeypatch.setenv("S2F_DASK", cluster.scheduler_address)
        cluster_files = work(tmp_path / "cluster")
    assert len(files) == len(cluster_files) == (5 + 2) + (5 + 3)  # a condition also has made.json
    for one, other in zip(files, cluster_files, strict=True):
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes(), one


class _Deadly:
    """Makes images until one, at which the process it runs in is killed, once."""

    def __init__(self, killed: Path) -> None:
        self.killed = killed

    def __call__(self, row: int) -> Pixels:
        if row == 20 and not self.killed.exists():
            self.killed.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return _make(row)


@pytest.mark.slow
def test_a_killed_worker_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another worker does its shard, and the table is the same."""
    monkeypatch.setattr(tables, "SHARD", 8)
    rows = pd.DataFrame({"id": [f"{row:02d}" for row in range(40)]})
    build(tmp_path / "threads", Domain(rows, _make), label="made")
    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, scheduler_port=0
    ) as cluster:
        with Client(cluster) as client:
            client.wait_for_workers(2)
        monkeypatch.setenv("S2F_DASK", cluster.scheduler_address)
        build(tmp_path / "cluster", Domain(rows, _Deadly(tmp_path / "killed")), label="made")
    assert (tmp_path / "killed").exists()
    for file in sorted((tmp_path / "threads").iterdir()):
        assert file.read_bytes() == (tmp_path / "cluster" / file.name).read_bytes(), file.name


@pytest.mark.parametrize("threads", ["0", "-2", "many", "99999999999"])
def test_an_invalid_number_of_threads_is_refused(
    threads: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what is allowed."""
    monkeypatch.setenv("S2F_WORKERS", threads)
    with pytest.raises(UserError, match=f"S2F_WORKERS={threads} is not a number of threads"):
        build(tmp_path / "t", Domain(pd.DataFrame({"id": ["a"]}), _make), label="t")


def test_an_unreachable_scheduler_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait without end."""
    monkeypatch.setenv("S2F_DASK", "nowhere")
    with pytest.raises(UserError, match="S2F_DASK=nowhere: the scheduler cannot be reached"):
        build(tmp_path / "t", Domain(pd.DataFrame({"id": ["a"]}), _make), label="t")


def test_each_item_is_computed_on_one_core() -> None:
    """Results keep the order; afterwards, also after an error, torch has its threads again."""
    count = torch.get_num_threads()
    items = list(range(20))
    assert map_on_cores(lambda item: (item, torch.get_num_threads()), items) == [
        (item, 1) for item in items
    ]
    assert torch.get_num_threads() == count
    with pytest.raises(ZeroDivisionError):
        map_on_cores(lambda item: 1 / item, items)
    assert torch.get_num_threads() == count
