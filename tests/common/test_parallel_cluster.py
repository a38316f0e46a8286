"""The Dask cluster of docs/how-to/several-machines.md makes the same tables as threads."""

from __future__ import annotations

from pathlib import Path

import pytest
import servers
from doc_blocks import named_blocks, parse_commands
from fixtures import MakeTable

from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.data.conditions import convert
from s2f_core.data.conditions.pencil import Pencil

PAGE = "how-to/several-machines.md"


@pytest.mark.slow
def test_a_documented_cluster_makes_the_same_table(
    tmp_path: Path, make_table: MakeTable, faces: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Byte for byte."""
    monkeypatch.setattr(tables, "SHARD", 8)
    photos = make_table("photos", faces)
    port = servers.free_port()
    replacements = {"10.0.0.1": "127.0.0.1", "8786": port}
    blocks = named_blocks(PAGE, "console")
    names = ("scheduler", "worker")
    commands = {name: parse_commands(blocks[name], replacements)[0] for name in names}
    scheduler = servers.installed_server(commands["scheduler"], port, tmp_path / "scheduler.log")
    worker = servers.installed_server(commands["worker"], port, tmp_path / "worker.log")
    convert(photos, Pencil(type="pencil"), tmp_path / "here", tmp_path)
    with scheduler.running(), worker.running():
        monkeypatch.setenv("S2F_DASK", f"tcp://127.0.0.1:{port}")
        convert(photos, Pencil(type="pencil"), tmp_path / "there", tmp_path)
    files = sorted((tmp_path / "here").iterdir())
    assert len(files) == 5 + 3
    for file in files:
        assert file.read_bytes() == (tmp_path / "there" / file.name).read_bytes(), file.name
    assert "Register worker" in (tmp_path / "scheduler.log").read_text()
