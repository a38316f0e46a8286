"""Faults of `dvc repro`: Ctrl-C, two at once, read-only links as outputs."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from clones import BIN, POINTS, clean_environment, points_clone, run, stages_run
from stage_kills import ONE_THREAD, Checksums, checksums

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TRAIN = f"train@{POINTS}"
OUTPUTS = [Path("data/models") / POINTS, Path("metrics"), Path("data/points")]
ANOTHER_DISK = Path("/dev/shm")  # noqa: S108 - it is one, on Linux


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with one trained variant of generated points."""
    folder = points_clone(tmp_path_factory.mktemp("clone") / "s2f")
    run(folder, "dvc", "repro")
    return folder


def _begin(clone: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [BIN / "dvc", "repro", *arguments],
        cwd=clone,
        env=clean_environment() | ONE_THREAD,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def _checksums(clone: Path) -> Checksums:
    return {name: value for out in OUTPUTS for name, value in checksums(clone, out).items()}


def _steps(clone: Path, steps: int) -> None:
    params = yaml.safe_load((clone / "params.yaml").read_text())
    params["max_steps"] = steps
    params["variants"][POINTS]["recipe"]["epochs"] = steps
    (clone / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def test_ctrl_c_saves_and_the_next_repro_resumes(clone: Path) -> None:
    """The result has the same bytes as an uninterrupted training."""
    _steps(clone, 3000)
    training = _begin(clone)
    assert training.stdout is not None
    output = ""
    while "pixel_difference" not in output and "ssim" not in output and "variety" not in output:
        piece = training.stdout.read(64)
        assert piece, output
        output += piece
    os.killpg(training.pid, signal.SIGINT)
    output += training.communicate()[0]
    assert training.returncode != 0
    assert "saved: the same command continues it" in output
    # DVC runs a stage by $SHELL: bash becomes the stage, dash stays and ends by the signal itself
    assert re.search(r"exited with (130|-2)\b", output)
    (state,) = (clone / ".s2f" / "training").glob("*.pt")

    assert stages_run(run(clone, "dvc", "repro")) == {TRAIN}
    assert not state.exists()
    resumed = _checksums(clone)
    run(clone, "dvc", "repro", "--force", "--no-run-cache", "--single-item", TRAIN)
    assert _checksums(clone) == resumed


def test_two_repros_at_once_leave_whole_outputs(clone: Path) -> None:
    """One of them may fail because the other holds the lock."""
    run(clone, "dvc", "repro")
    before = _checksums(clone)
    both = [_begin(clone, "--force", "--no-run-cache", TRAIN) for _ in range(2)]
    output = [process.communicate()[0] for process in both]
    ends = [process.returncode for process in both]
    assert 0 in ends, output
    for code, text in zip(ends, output, strict=True):
        assert code == 0 or "lock" in text or "busy" in text, text
    assert "up to date" in run(clone, "dvc", "repro")
    assert _checksums(clone) == before


@pytest.fixture(params=["hardlink", "symlink"])
def linked(clone: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The clone with links for outputs: hard ones, or symbolic ones to a cache on another disk."""
    cache = tmp_path / "cache"
    if request.param == "symlink" and ANOTHER_DISK.is_dir():
        cache = Path(tempfile.mkdtemp(dir=ANOTHER_DISK)) / "cache"
    folder = tmp_path / "s2f"
    shutil.copytree(clone, folder, symlinks=True)
    shutil.copytree(clone / ".dvc" / "cache", cache)
    run(folder, "dvc", "cache", "dir", "--local", str(cache))
    run(folder, "dvc", "config", "--local", "cache.type", request.param)
    run(folder, "dvc", "checkout", "--relink")
    yield folder
    shutil.rmtree(cache)


def test_no_stage_writes_through_a_link(linked: Path) -> None:
    """Two further trainings leave the read-only links' targets unchanged."""
    run(linked, "dvc", "repro")
    model = linked / "data/models" / POINTS / "a-to-b.pt"
    assert model.is_symlink() or model.stat().st_nlink > 1
    before = _checksums(linked)
    for steps in (5, 6):
        _steps(linked, steps)
        assert stages_run(run(linked, "dvc", "repro")) == {TRAIN}
        assert _checksums(linked) != before
    cache = Path(run(linked, "dvc", "cache", "dir").strip().splitlines()[-1])
    cached = [file for file in (cache / "files" / "md5").rglob("*") if file.is_file()]
    assert len(cached) > 10
    for file in cached:
        name = file.parent.name + file.name.removesuffix(".dir")
        assert hashlib.md5(file.read_bytes()).hexdigest() == name  # noqa: S324 - DVC's own
