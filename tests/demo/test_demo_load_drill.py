"""The load drill: the demo passes it, and it fails on a worse server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import demo_load_drill
import pytest
import tiny_demo
from demo_load_report import Limits, broken_promises
from tiny_demo import running_server

from s2f_core.common.images import Pixels
from s2f_core.demo.models import DemoModel
from s2f_core.demo.queue import FairQueue

DRILL = Path(demo_load_drill.__file__)

root, models = tiny_demo.root, tiny_demo.models


def _run(out: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    """Run the drill as a process; return its exit code, its report and its errors."""
    process = subprocess.run(
        [sys.executable, DRILL, "--out", out, *options],
        cwd=out.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    report = json.loads(out.read_text()) if out.exists() else {}
    return process.returncode, report, process.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_demo_passes_a_short_drill(tmp_path: Path) -> None:
    """All fifty clients get pictures; slow connections are closed, oversized bodies rejected."""
    status, report, errors = _run(tmp_path / "load.json", "--seconds", "20")
    assert status == 0, errors
    assert report["honest"]["clients"] == 50
    assert report["honest"]["least"] > 0
    closed = {kind for kind, row in report["kinds"].items() if "closed" in row["outcomes"]}
    assert {"slow: headers", "slow: body", "slow: asks nothing"} <= closed
    assert set(report["kinds"]["oversized"]["outcomes"]) == {"413"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_drill_fails_on_limits_that_nothing_meets(tmp_path: Path) -> None:
    """Memory that shrinks by 10 GiB, and a least share above the median."""
    limits = ["--memory-growth", "-10000", "--fair-share", "1.5"]
    options = ["--seconds", "3", "--clients", "8", *limits]
    status, report, errors = _run(tmp_path / "load.json", *options)
    assert status == 1
    assert [promise.partition(" ")[0] for promise in report["broken"]] == ["an", "memory"]
    assert errors.count("broken promise: ") == 2


@pytest.fixture
def quick_drill(monkeypatch: pytest.MonkeyPatch) -> None:
    """No warming up, no hostile clients, and no waiting."""
    monkeypatch.setattr(demo_load_drill, "WARM_UP", 0.0)
    monkeypatch.setattr(demo_load_drill, "QUIET_TIMEOUT", 0.2)
    monkeypatch.setattr(demo_load_drill, "hostile_clients", lambda _clients: [])


def _drill(address: str, clients: int = 4) -> list[str]:
    """Run the drill for a second in this process; return the broken promises."""
    host, _, port = address.removeprefix("http://").partition(":")
    report = asyncio.run(demo_load_drill.drill((host, int(port)), os.getpid(), clients, 1.0, 0))
    return broken_promises({**report, "log": ""}, Limits(memory_growth=1e6))


@pytest.mark.usefixtures("quick_drill")
def test_drill_detects_wrong_pictures(
    root: Path, models: dict[str, DemoModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that returns pictures of other drawings after the twentieth."""
    picture, drawings = DemoModel.picture, list[Pixels | None]()

    def mixed_up(self: DemoModel, drawing: Pixels | None, seed: int, **options: Any) -> Pixels:
        drawings.append(drawing)
        shown = drawing if len(drawings) < 20 else drawings[0]
        return picture(self, shown, seed, **options)

    with running_server(root, models) as address:
        assert not [each for each in _drill(address) if "pictures" in each]
        drawings.clear()
        monkeypatch.setattr(DemoModel, "picture", mixed_up)
        broken = " ".join(_drill(address))
    assert "pictures were wrong" in broken
    assert "other pictures at the end" in broken


@pytest.mark.usefixtures("quick_drill")
def test_drill_detects_errors_and_an_unfair_queue(
    root: Path, models: dict[str, DemoModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that fails one client's requests."""
    run = FairQueue.run
    count = 0

    async def unfair(self: FairQueue, client: str, *rest: Any) -> Any:
        nonlocal count
        count += 1
        if client == "honest-0" and count > 15:
            raise RuntimeError("not you")
        return await run(self, client, *rest)

    monkeypatch.setattr(FairQueue, "run", unfair)
    with running_server(root, models) as address:
        broken = " ".join(_drill(address))
    assert "status 500: {'honest'" in broken
    assert "an honest client got only" in broken
