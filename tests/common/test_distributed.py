"""Several processes train as one does, and a training outlives one of them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from backbone_weights import write_narrow_assets
from distributed_job import run_job
from fixtures import MakeTable, modify
from torch import Tensor

from s2f_core.common.images import Pixels
from s2f_core.training.variant import Settings

ROOT = Path(__file__).parents[2]
JOB = ROOT / "tests" / "helpers" / "distributed_job.py"
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "helpers")]),
    "CUDA_VISIBLE_DEVICES": "",
    "S2F_TIMEOUT": "60",
}
# Of every value logged in eight steps, float32 rounding to 6e-8. Where the rounding of a sum tips
# a ReLU a gradient jumps, and runs drift apart, the faster the larger the steps (Adam's are of the
# full rate also where a gradient is nothing but rounding). So the steps are small here.
TOLERANCE = 1e-5
KINKED = 0.1  # of a gradient's norm after the first step
STEADY = {"optimiser": "sgd", "momentum": 0.9}

# All that could differ between one process and two, at least once.
FORMS: dict[str, dict[str, Any]] = {
    "pix2pix": {},
    "batch norm, dropout, spectral norm, features": {
        "generator": {"type": "resnet", "blocks": 1, "dropout": 0.5, "norm": "batch"},
        "discriminator": {"type": "patchgan", "layers": 2, "norm": "batch", "spectral": True},
        "objective": {"type": "pix2pix", "lambda_features": 10},
    },
    "R1, noise, augmentation, averages, accumulation": {
        "generator": {"type": "unet", "noise": "both", "norm": "group"},
        "objective": {"type": "pix2pix", "adversarial": "hinge", "r1": 1},
        "recipe": {
            "ema": 0.9,
            "noise": 0.2,
            "augment": ["colour", "translation", "cutout"],
            "clip": 1.0,
            "accumulate": 2,
            "schedule": {"type": "plateau"},
        },
    },
    "projected beside patches, perceptual": {
        "discriminator": {
            "type": "several",
            "of": [{"type": "patchgan", "layers": 2}, {"type": "projected", "channels": 8}],
        },
        "objective": {
            "type": "pix2pix",
            "adversarial": "hinge",
            "updates": "simultaneous",
            "lambda_perceptual": 20,
        },
    },
    "cyclegan, unpaired, its pool, sketched": {
        "data": {"role": "faces", "background": "kept", "condition": "given"},
        "objective": {"type": "cyclegan", "pool": 5},
        "recipe": {"best": "last", "sketch": {"jitter": [0, 2], "thickness": [-1, 2]}},
    },
    "unconditional, wgan-gp": {
        "generator": {"type": "dcgan"},
        "discriminator": {"type": "dcgan", "norm": "instance"},
        "objective": {"type": "unconditional", "adversarial": "wgan-gp"},
        "recipe": {"best": "last", "gd_ratio": 0.5, "jitter": 1.0},
    },
}


@pytest.fixture
def make_job(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_table: MakeTable,
    faces: Pixels,
    settings: Settings,
) -> Any:
    """A training on one of three pairs of tables, as JSON tells another process.

    Backbones read narrow weights from the working folder.
    """
    write_narrow_assets(tmp_path / "data" / "assets")
    monkeypatch.chdir(tmp_path)
    grey = faces.mean(axis=3, keepdims=True).astype("uint8")
    names, drawings = [f"{row:03d}" for row in range(40)], [f"drawing-{row}" for row in range(24)]
    make_table("noise", grey[:, :1, :8].transpose(0, 1, 3, 2).reshape(40, 1, 1, 8))
    make_table("grey", grey)
    make_table("drawings", 255 - grey[:24], id=drawings)
    make_table("photos", faces)

    def make(form: dict[str, Any], steps: int = 20, **more: Any) -> dict[str, Any]:
        recipe = {**STEADY, **form.get("recipe", {})}
        changed = modify(settings, {**form, "recipe": recipe}, max_steps=steps, lr=1e-5)
        vector = changed.variant.objective.takes == "vector"
        unpaired = changed.variant.data.condition == "given"
        return {
            "settings": changed.model_dump(mode="json"),
            "inputs": str(tmp_path / ("noise" if vector else "drawings" if unpaired else "grey")),
            "targets": str(tmp_path / "photos"),
            "train": names[:30] + (drawings[:18] if unpaired else []),
            "val": names[30:] + (drawings[18:] if unpaired else []),
            "states": str(tmp_path / "states"),
            **more,
        }

    return make


def _run_on_two(folder: Path, jobs: dict[str, Any]) -> tuple[subprocess.CompletedProcess[str], Any]:
    """Run jobs on two processes; return torchrun's result and each process's outcome by job."""
    folder.mkdir(exist_ok=True)
    (folder / "jobs.json").write_text(json.dumps(jobs))
    result = subprocess.run(
        [*TORCHRUN, str(JOB), str(folder / "jobs.json")],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    outcomes = {
        name: [torch.load(file) for file in sorted(folder.glob(f"{name}.?.pt"))] for name in jobs
    }
    return result, outcomes


def _close(one: list[dict[str, float]], other: list[dict[str, float]]) -> None:
    assert [row.keys() for row in one] == [row.keys() for row in other]
    for row, same in zip(one, other, strict=True):
        for name, value in row.items():
            kinked = name.startswith("grad_norm") and row["step"] > 1
            tolerance = KINKED if kinked else TOLERANCE
            assert value == pytest.approx(same[name], rel=tolerance, abs=tolerance), (row, name)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_train_like_one(tmp_path: Path, make_job: Any) -> None:
    """Losses, gradient norms and scores agree; the processes agree to the last bit."""
    jobs = {f"{n}": make_job(form, 8) for n, form in enumerate(FORMS.values())}
    result, outcomes = _run_on_two(tmp_path / "two", jobs)
    assert result.returncode == 0, result.stderr
    for name, job in jobs.items():
        one = run_job({**job, "states": str(tmp_path / "alone")})
        first, second = outcomes[name]
        _close(first["curves"], one["curves"])
        _close(first["scores"], one["scores"])
        assert first["curves"] == second["curves"]
        assert first["scores"] == second["scores"]
        assert _equal(first["gan"], second["gan"])
        for player, state in one["gan"].items():
            for kind in state.keys() - {"optimizer"}:  # weights, their average, a pool's images
                tensor, expected = first["gan"][player][kind], state[kind]
                torch.testing.assert_close(tensor, expected, rtol=TOLERANCE, atol=TOLERANCE)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor):
        return torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    return bool(one == other)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_job_with_a_killed_process_can_be_resumed(tmp_path: Path, make_job: Any) -> None:
    """On two processes to the last bit, on one nearly so."""
    form = FORMS["cyclegan, unpaired, its pool, sketched"]
    straight = make_job(form, states=str(tmp_path / "straight"))
    job = make_job(form)
    jobs = {"straight": straight, "killed": {**job, "trouble": (1, 12, "killed")}}
    result, outcomes = _run_on_two(tmp_path / "first", jobs)
    assert result.returncode != 0
    assert "Signal 9 (SIGKILL) received" in result.stderr
    assert outcomes["killed"] == []
    shutil.copytree(tmp_path / "states", tmp_path / "copy")

    second, second_outcomes = _run_on_two(tmp_path / "again", {"killed": job})
    assert second.returncode == 0, second.stderr
    for process in range(2):
        outcome = second_outcomes["killed"][process]
        assert (outcome["resumed"], outcome["began"]) == ("run", 12)
        assert _equal(outcome["gan"], outcomes["straight"][process]["gan"])
        assert outcome["curves"] == outcomes["straight"][process]["curves"]
    alone = run_job({**job, "states": str(tmp_path / "copy")})
    assert alone["began"] == 12
    _close(alone["curves"], outcomes["straight"][0]["curves"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_remaining_process_reports_a_lost_one(tmp_path: Path, make_job: Any) -> None:
    """As on another machine than the one that died, where no torchrun ends it first."""
    file = tmp_path / "jobs.json"
    file.write_text(json.dumps({"killed": make_job({}, trouble=(1, 2, "killed"))}))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    processes = [
        subprocess.Popen(
            [sys.executable, str(JOB), str(file)],
            env={**ENVIRONMENT, **_environment(rank, port)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    message = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [1, -signal.SIGKILL], message
    assert "process 0 of 2 lost its connection to another process" in message[0]


def _environment(rank: int, port: int) -> dict[str, str]:
    """The environment variables that torchrun sets."""
    ranks = {"RANK": rank, "LOCAL_RANK": rank, "GROUP_RANK": 0}
    sizes = {"WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "TORCHELASTIC_RUN_ID": "test"}
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return {name: str(value) for name, value in (ranks | sizes | place).items()}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_all_processes_respond_to_a_finding_of_one(tmp_path: Path, make_job: Any) -> None:
    """The second has a NaN loss: both return to the first's state, at half the rate."""
    job = make_job({"recipe": {"health": {"not_finite": "halve-lr"}}}, trouble=(1, 12, "nan"))
    result, outcomes = _run_on_two(tmp_path / "two", {"nan": job})
    assert result.returncode == 0, result.stderr
    first, second = outcomes["nan"]
    assert first["findings"] == second["findings"]
    assert first["findings"].count("not-finite") == 1
    assert first["curves"] == second["curves"]
    assert first["curves"][-1]["step"] == 20
    assert _equal(first["gan"], second["gan"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_first_process_keeps_the_time_for_all(tmp_path: Path, make_job: Any) -> None:
    """Its clock ends the training after ten seconds, whatever the second's."""
    job = make_job({}, ticks=[1, 100])
    job["settings"]["max_minutes"] = 10 / 60
    result, outcomes = _run_on_two(tmp_path / "two", {"timed": job})
    assert result.returncode == 0, result.stderr
    first, second = outcomes["timed"]
    assert [row["step"] for row in first["curves"]] == list(range(1, 11))
    assert first["curves"] == second["curves"]
    assert first["scores"] == second["scores"]
    assert _equal(first["gan"], second["gan"])
