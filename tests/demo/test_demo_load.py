"""The load drill itself: it finds nothing in the demo, and finds what a worse server does."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import load
import pytest
import tiny_demo
from tiny_demo import served

from s2f_core.common.images import Pixels
from s2f_core.demo import queue
from s2f_core.demo.models import Model

DRILL = Path(load.__file__)

root, models = tiny_demo.root, tiny_demo.models


def _run(out: Path, *options: str) -> tuple[int, dict[str, Any], str]:
    done = subprocess.run(
        [sys.executable, DRILL, "--out", out, *options],
        cwd=out.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(out.read_text()) if out.exists() else {}, done.stderr


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_withstands_a_short_drill(tmp_path: Path) -> None:
    """All fifty draw, nobody's place is taken, and what cannot be kept is named."""
    status, told, said = _run(tmp_path / "load.json", "--seconds", "20")
    assert status == 0, said
    assert told["honest"]["clients"] == 50
    assert told["honest"]["least"] > 0
    closed = {kind for kind, row in told["kinds"].items() if "closed" in row["answers"]}
    assert {"slow: headers", "slow: body", "slow: asks nothing"} <= closed
    assert set(told["kinds"]["oversized"]["answers"]) == {"413"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_promise_that_cannot_be_kept_is_broken(tmp_path: Path) -> None:
    """More memory has to be there afterwards than before, and nobody may get less than most."""
    limits = ["--memory", "-10000", "--fair", "1.5"]
    status, told, said = _run(tmp_path / "load.json", "--seconds", "3", "--clients", "8", *limits)
    assert status == 1
    assert [promise.partition(" ")[0] for promise in told["broken"]] == ["the", "memory"]
    assert said.count("broken: ") == 2


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No warming up, nobody else, and no waiting."""
    monkeypatch.setattr(load, "WARM", 0.0)
    monkeypatch.setattr(load, "QUIET", 0.2)
    monkeypatch.setattr(load, "others", lambda _crowd: [])


def _promises(address: str, clients: int = 4) -> list[str]:
    host, _, port = address.removeprefix("http://").partition(":")
    told = asyncio.run(load.drill((host, int(port)), os.getpid(), clients, 1.0, 0))
    return load.broken({**told, "said": ""}, 1e6, 0.5)


@pytest.mark.usefixtures("hurried")
def test_a_wrong_picture_is_seen(
    root: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that mixes its clients' drawings up once they are many."""
    make, seen = Model.picture, list[Pixels | None]()

    def mixed(self: Model, drawing: Pixels | None, seed: int) -> Pixels:
        seen.append(drawing)
        return make(self, drawing if len(seen) < 20 else seen[0], seed)

    with served(root, models) as address:
        assert not [each for each in _promises(address) if "pictures" in each]
        seen.clear()
        monkeypatch.setattr(Model, "picture", mixed)
        broken = " ".join(_promises(address))
    assert "pictures were wrong" in broken
    assert "other pictures at the end" in broken


@pytest.mark.usefixtures("hurried")
def test_an_error_and_an_unfair_desk_are_seen(
    root: Path, models: dict[str, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a server that fails now and then, and has favourites."""
    make = queue.Desk.do
    count = 0

    async def partial(self: queue.Desk, client: str, *rest: Any) -> Any:
        nonlocal count
        count += 1
        if client == "honest-0" and count > 15:
            raise RuntimeError("not you")
        return await make(self, client, *rest)

    monkeypatch.setattr(queue.Desk, "do", partial)
    with served(root, models) as address:
        broken = " ".join(_promises(address))
    assert "500 was answered: {'honest'" in broken
    assert "the least served" in broken
