"""Shared parts of the benchmarks; compared implementations compute the same."""

import csv
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
import torch

from benchmarks import pipeline, reference, steps, table, train_step
from benchmarks.steps import Build, Case
from s2f_core.common.errors import UserError
from s2f_core.training.recipe import Turn

SMALL = Case({"type": "unet", "norm": "instance", "dropout": 0, "up": "nearest"}, 4, 32, 2)
SIMPLE = """
import torch
from torch import nn

def define_G(source, out, width, name, norm, use_dropout):
    return nn.Conv2d(source, out, 1)

def define_D(source, width, name, norm):
    return nn.Conv2d(source, 1, 1)

class GANLoss(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.loss = {"vanilla": nn.BCEWithLogitsLoss()}[mode]

    def forward(self, logits, real):
        return self.loss(logits, torch.full_like(logits, float(real)))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A folder with the reference's modules in use, of one layer each."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "networks.py").write_text(SIMPLE)
    yield tmp_path
    for name in ("models", "models.networks"):
        sys.modules.pop(name, None)


def test_each_round_starts_with_another_way() -> None:
    """Measurements of the warm-up are left out."""
    order: list[str] = []

    def noted(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return float(len(order))

        return measure

    times = table.rounds({name: noted(name) for name in "abc"}, 2, warm_up=1)
    assert "".join(order) == "cababcbca"
    assert times == {"a": [4, 9], "b": [5, 7], "c": [6, 8]}
    assert table.spread([9.0, 10.0, 12.0]) == pytest.approx(0.3)


def test_a_table_is_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rounded numbers in Markdown, all digits in CSV; machine and versions in both."""
    file = tmp_path / "folder" / "table.csv"
    with table.Table({"what": "", "ms": ".1f", "×": ".2f"}, file) as rows:
        rows.add("one", 1.25, 1 / 3)
        rows.add("other", 2.0, None)
    output = capsys.readouterr().out
    assert "| what | ms | × |\n|---|---:|---:|\n| one | 1.2 | 0.33 |\n| other | 2.0 | – |" in output
    with file.open(encoding="utf-8") as lines:
        read = list(csv.DictReader(lines))
    assert [row["×"] for row in read] == [str(1 / 3), ""]
    for row in read:
        assert row["machine"] in output
        assert "cores" in row["machine"]
        assert f"torch {torch.__version__.partition('+')[0]}" in row["versions"]


def test_plain_convolutions_compute_the_same() -> None:
    """Losses of two steps differ by less than a thousandth; the patch is undone afterwards."""
    usual, plain = _losses(nullcontext()), _losses(train_step.plain_convolutions())
    for ours, theirs in zip(plain, usual, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3)
    assert _losses(nullcontext()) == usual


def _losses(context: AbstractContextManager[object]) -> list[dict[str, float]]:
    objective, batch = steps.build_objective(SMALL, Build("32-true"))
    with context:
        losses = [objective.step(batch, Turn()) for _ in range(2)]
    return [{name: float(value) for name, value in each.items()} for each in losses]


def test_train_step_compares_ways_and_the_reference(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row for each way with its ratio to plain, and for the reference's network."""
    cases = {"small": SMALL, "of the reference": Case({"type": "resnet", "blocks": 1}, 4, 32, 1)}
    monkeypatch.setattr(steps, "CASES", cases)
    file = tmp_path / "steps.csv"
    options = [
        "--without",
        "compiled",
        "--rounds",
        "1",
        "--reference",
        str(checkout),
        "--csv",
        str(file),
    ]
    monkeypatch.setattr(sys, "argv", ["train_step", *options])
    train_step.main()
    with file.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    ways = [train_step.PLAIN, train_step.TRAINED, train_step.AGAIN]
    assert [row["way"] for row in rows] == [*ways, train_step.REFERENCE, *ways]
    for row in rows:
        plain = statistics.fmean(
            float(r["ms"])
            for r in rows
            if (r["networks"], r["way"]) == (row["networks"], train_step.PLAIN)
        )
        assert float(row["× plain"]) == pytest.approx(plain / float(row["ms"]))


def test_a_folder_that_is_no_checkout_is_refused(tmp_path: Path) -> None:
    """The message names the missing file."""
    with pytest.raises(UserError, match=r"no models/networks\.py"):
        reference.load_networks(tmp_path)


def test_the_reference_has_no_nearest_upsampling() -> None:
    """It has U-Nets of two sizes only."""
    assert reference.generator_name(SMALL) is None
    names = [
        reference.generator_name(Case({"type": "unet"}, 64, size, 1)) for size in (64, 128, 256)
    ]
    assert names == [None, "unet_128", "unet_256"]
    assert reference.generator_name(Case({"type": "resnet"}, 64, 128, 1)) == "resnet_9blocks"


def test_the_minutes_of_a_pipeline_by_kind_of_stage(tmp_path: Path) -> None:
    """A stage lasts until the next one; only trainings that ran count as steps."""
    starts = [("train@a", 10.0), ("evaluate@a", 40.0), ("train@b", 45.0)]
    seconds = pipeline.stage_seconds(starts, 65.0)
    assert pipeline.by_kind(seconds) == {"train": [30, 20], "evaluate": [5]}
    assert pipeline.stage_seconds([], 1.0) == {}
    for name, spent in {"a": 21.5, "b": 12.0, "other": 100.0}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "training.json").write_text(f'{{"seconds": {spent}}}')
    assert pipeline.steps_of_training(tmp_path, seconds) == 33.5
    lines = ["Running stage 'train@a':", "Stage 'x' is cached - skipping run", "Verifying"]
    assert [bool(pipeline.STARTED.match(line)) for line in lines] == [True, False, False]
