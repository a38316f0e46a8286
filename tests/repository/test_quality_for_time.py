"""The benchmark of quality for time: its protocol, its snapshots and its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from clones import with_variants
from fixtures import modify
from judge_networks import judge_by_square_means
from torch_fidelity.metric_kid import kid_features_to_metric

from benchmarks import celeba_protocol, quality_for_time
from benchmarks.celeba_protocol import EARLIER, SCORES, kid_of_subsets, parts
from benchmarks.quality_for_time import Snapshots, arguments, main
from s2f_core.common.images import Pixels, decode, save_png
from s2f_core.data.pairs import Pairs
from s2f_core.networks import checkpoint
from s2f_core.training import loop as module
from s2f_core.training.loop import train
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings

PARAMS = Path(__file__).parents[2] / "params.yaml"
PICTURES = 20


def test_faces_are_split_by_the_places_of_their_ids() -> None:
    """Places 8 and 9 of every ten sorted ids are held out, whatever the input's order."""
    ids = [f"{number:06d}" for number in range(1, 1000)]
    training, validation, scored = parts(ids[::-1], validation=False)
    assert (len(training), len(scored)) == (800, 199)
    assert scored[:3] == ["000009", "000010", "000019"]
    assert set(validation) < set(training)


def test_validation_does_not_use_held_out_faces() -> None:
    """Of the 800 faces 80 are scored and 720 trained on."""
    ids = [f"{number:06d}" for number in range(1, 1000)]
    training, validation, scored = parts(ids, validation=True)
    assert (len(training), len(scored)) == (720, 80)
    assert validation == scored
    assert {*training, *scored} == set(parts(ids, validation=False)[0])


@pytest.mark.parametrize("count", [150, 80])
def test_kid_equals_torch_fidelitys_over_subsets(count: int) -> None:
    """The mean of 100 subsets of 100 rows, or of all rows if there are fewer."""
    random = np.random.default_rng(0)
    x, y = random.normal(size=(count, 24)), random.normal(0.3, 1, (count + 7, 24))
    if count < 100:
        y = y[:count]
    scores = kid_features_to_metric(
        torch.from_numpy(x),
        torch.from_numpy(y),
        kid_subsets=100,
        kid_subset_size=min(100, count),
        kid_kernel="poly",
        kid_degree=3,
        kid_gamma=None,
        kid_coef0=1,
        rng_seed=2020,
        verbose=False,
    )
    expected = scores["kernel_inception_distance_mean"]
    assert kid_of_subsets(x, y) == pytest.approx(expected, rel=1e-6)


def test_snapshots_copy_the_weights_at_their_shares(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shares are of twenty steps; with an average of the weights the average is copied."""
    monkeypatch.setattr(module, "LOG_EVERY", 1)
    settings = modify(settings, {"recipe": {"ema": 0.9}}, max_steps=20)
    training = prepare(settings, splits, tmp_path)
    run: Any = Snapshots(training, [0.25, 0.5, 1.0], tmp_path)
    train(training, run)
    copies = [checkpoint.load(run.file(share)) for share in run.shares]
    assert [copy["step"] for copy in copies] == [5, 10, 20]
    seconds = [copy["seconds"] for copy in copies]
    assert seconds == sorted(seconds)
    *earlier, last = [copy["weights"] for copy in copies]
    state = training.objective.generators["a-to-b"].state_dict()
    assert all(torch.equal(last[name], value) for name, value in state.items())
    assert any(not torch.equal(earlier[0][name], value) for name, value in earlier[1].items())


def test_a_continued_benchmark_keeps_its_copies(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """What a training copied before an interruption is not copied again from later weights."""
    training = prepare(modify(settings, {}, max_steps=20), splits, tmp_path)
    run = Snapshots(training, [0.5, 1.0], tmp_path)
    training.step = 12
    run.log(12, {})
    training.step = 20
    run.log(20, {})
    assert [checkpoint.load(run.file(share))["step"] for share in run.shares] == [12, 20]


def test_benchmark_trains_and_scores(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faces: Pixels,
) -> None:
    """A row for each baseline, and for each moment of a variant; one variant has half the size."""
    params = with_variants(yaml.safe_load(PARAMS.read_text()), "hybrid")
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(params))
    monkeypatch.chdir(tmp_path)
    photos = tmp_path / "assets" / "celeba-1k"
    photos.mkdir(parents=True)
    for number, face in enumerate(faces[:PICTURES]):
        save_png(photos / f"{number:06d}.png", face)
    judge_by_square_means(monkeypatch)
    for place in (celeba_protocol, quality_for_time):
        monkeypatch.setattr(place, "SIZE", 32)
    monkeypatch.setattr(module, "LOG_EVERY", 1)
    file = tmp_path / "rows.csv"
    options = ["pix2pix-pencil", "hybrid", "--steps", "2", "--minutes", "4", "--at", "2"]
    options += ["--assets", str(tmp_path / "assets")]
    main([*options, "--csv", str(file), "--pictures", str(tmp_path / "pictures")])

    rows = pd.read_csv(file)
    assert list(rows["name"]) == [
        *EARLIER,
        "the sketch itself",
        "other real faces",
        *["pix2pix-pencil"] * 2,
        *["hybrid"] * 2,
    ]
    assert list(rows["steps"].dropna()) == [1, 2, 1, 2]
    trained = rows.dropna(subset=["seed"])
    assert np.isfinite(trained[["minutes", *SCORES]].to_numpy()).all()
    shown = decode((tmp_path / "pictures" / "hybrid-0.png").read_bytes())
    assert shown.shape == (4 * 34 - 2, 8 * 34 - 2, 3)  # sketches, two moments, photos
    output = capsys.readouterr().out
    assert "| hybrid | 0 | 4.0 |" in output
    assert all(f"| {name} |" in output for name in EARLIER)


def test_default_moments_double_up_to_the_end() -> None:
    """The default variants are those of pencil sketches and their photos."""
    options = arguments([])
    assert options.moments == [1, 2, 4, 8, 15]
    assert {"pix2pix-pencil", "resnet", "best"} <= set(options.variants)
    assert arguments(["--minutes", "0.5"]).moments == [0.5]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["edges-nobg"], "edges-nobg is none of pix2pix-pencil, resnet, best"),
        (["--at", "20"], r"--at has to be in \(0, 15\]"),
        (["--steps", "0"], "have to be more than 0"),
    ],
    ids=str,
)
def test_impossible_options_are_refused(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message lists what is allowed."""
    with pytest.raises(SystemExit):
        arguments(options)
    assert re.search(message, capsys.readouterr().err)
