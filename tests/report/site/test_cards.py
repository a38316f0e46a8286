"""The cards of data and models, and the survey's section."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from report_project import DATA_PARAMS, Project, build_pages, figure_values, page_text

from s2f_core.report.site.cards import duration_text, settings_text, source_assets
from s2f_core.report.survey import rates


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A pix2pix with a split, a rejected photo, a duplicate and an MLflow run."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    project = Project(tmp_path, photos, {"pencil": photos[..., :1]})
    near = [("face-00003", "face-00001", 0.5), ("face-00002", "face-00007", 0.25)]
    figures = figure_values(120.0, 0.09, 0.55, 15.0, 0.12)
    project.write_translation("pix", "pix", photos // 2, figures, nearest=near, mode="eval mode")
    recipe = {"batch": 4, "jitter": 1.117, "flip": True, "noise": 0.0, "best": "last"}
    networks = {"generator": {"type": "unet", "depth": 8}, "recipe": recipe}
    project.write_variant("pix", photos[0], settings={"lr": 2e-4, "seed": 3, "variant": networks})
    (tmp_path / "data" / "models" / "pix" / "run_id").write_text("abc123\n")
    index = tmp_path / "data" / "faces" / "kept" / "index.parquet"
    rows = pd.read_parquet(index)
    bad = pd.DataFrame({"id": ["face-x"], "source": "x", "rejected": "an empty file"})
    pd.concat([rows, bad], ignore_index=True).to_parquet(index)
    parts = ["train"] * 7 + ["val"] * 2 + ["test"] * 2 + [None]
    reason = [None] * 11 + ["same pixels as an image of train"]
    split = pd.DataFrame({"id": project.ids, "split": parts, "reason": reason})
    split.to_parquet(tmp_path / "data" / "faces" / "split.parquet")
    return project


def card(html: str, heading: str) -> dict[str, str]:
    """The lines of a card, by name."""
    part = html[html.index(f">{heading}</h2>") :]
    part = part[: part.index("</section>")]
    lines = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", part, flags=re.DOTALL)
    return {name: page_text(value).strip() for name, value in lines}


def test_a_data_card_has_source_counts_and_images_left_out(project: Project) -> None:
    """Source, licence and citation are of the catalogue, numbers of the index and the split."""
    lines = card(build_pages(project, ["pix"])["variants/pix.html"], "Data card")
    assert lines["Source"].startswith("The aligned CelebA faces")
    assert "non-commercial research only" in lines["Licence"]
    assert "Liu, Luo, Wang, Tang" in lines["Citation"]
    assert "https://mmlab.ie.cuhk.edu.hk" in lines["Citation"]
    assert lines["Settings"] == "source celeba-1k, crop centre"
    assert lines["Images"] == "16×16 pixels, 3 channels"
    assert lines["Images of each part"] == "train 7, val 2 and test 2"
    left_out = "1: an empty file; 1: same pixels as an image of train"
    assert lines["Images left out"] == left_out
    assert lines["Background"] == "kept, as in the source"
    assert lines["Input"] == "pencil, computed from the image (blur 21)"


def test_a_model_card_has_training_use_limits_and_licence(project: Project) -> None:
    """The licence is that of the training data."""
    lines = card(build_pages(project, ["pix"])["variants/pix.html"], "Model card")
    assert lines["Generator"] == "unet: depth 8"
    assert lines["Parameters"] == "10,461,568 (generator) and 692,673 (discriminator)"
    assert lines["Recipe"] == "lr 0.0002, batch 4, jitter 1.117, flip, best last"
    assert lines["Trained for"] == "700 steps in 1 min 20 s"
    assert lines["Trained on"] == "cpu, bf16-mixed"
    assert lines["Seed"] == "3"
    assert lines["MLflow run"] == "abc123"
    assert "CelebA: non-commercial" in lines["Licence"]
    assert {"Intended use", "Not for", "Limits"} <= set(lines)


def test_a_model_that_is_told_colours_says_whose(project: Project) -> None:
    """Its scores depend on them."""
    told = "It was tested with the colours of training photos, drawn at random."
    assert (
        told not in card(build_pages(project, ["pix"])["variants/pix.html"], "Model card")["Limits"]
    )
    file = project.root / "data" / "models" / "pix" / "training.json"
    record = json.loads(file.read_text())
    record["settings"]["variant"]["generator"]["palette"] = True
    file.write_text(json.dumps(record))
    assert told in card(build_pages(project, ["pix"])["variants/pix.html"], "Model card")["Limits"]


def test_nearest_training_images_are_shown_nearest_first(project: Project) -> None:
    """Each output is beside its nearest training image, with their distance."""
    html = build_pages(project, ["pix"])["variants/pix.html"]
    part = html[html.index("Nearest training images") :]
    captions = re.findall(r'alt="(Output|Training image|Output for) ?(face-\d+)"', part)
    assert [name for _, name in captions[:4]] == [
        "face-00002",
        "face-00007",
        "face-00003",
        "face-00001",
    ]
    assert "face-00002 · 0.25" in page_text(part)


def test_assets_of_nested_sources_are_found() -> None:
    """Two domains have two licences; generated data has none."""
    paths = ("data/assets/quickdraw", "data/assets/celeba-1k")
    a, b = ({"source": "x", "path": path} for path in paths)
    role = {"source": "domains", "path": "data/assets", "a": a, "b": b}
    assert [asset.name for asset in source_assets(role)] == ["quickdraw", "celeba-1k"]
    assert source_assets({"path": "s2f_core/data/datasets/gaussian_surfaces.py"}) == []
    assert DATA_PARAMS.roles["faces"]["path"] == "data/assets/celeba-1k"


def test_settings_as_text_leave_out_what_is_off() -> None:
    """A setting that is on has no value beside it."""
    settings = {"flip": True, "skips": False, "gp": 10.0, "r1": 0.0, "noise": "none", "up": "x"}
    assert settings_text({**settings, "classes": ["cat", "dog"], "limit": None}) == (
        "flip, gp 10, up x, classes cat and dog"
    )
    assert duration_text(37.4) == "37 s"
    assert duration_text(125) == "2 min 5 s"


def test_the_survey_is_on_the_overview(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line per translation, for all of them, for photos and for errors; none without answers."""
    assert "survey" not in build_pages(project, ["pix"])["index.html"]
    rate: dict[str, Any] = {"low": 0.125, "high": 0.5, "people": 2, "interval_by": "resamples"}
    real = {"value": 0.9, "n": 24, "images": 12, **rate}
    summary = {
        **rate,
        "rate": 0.25,
        "answers": 1200,
        "by_variant": [{"name": "pix", "rate": 0.25, "answers": 1200, **rate}],
        "real": real,
        "error": {**real, "value": None},
        "timed": False,
        "stale": {"other": 3},
    }
    monkeypatch.setattr(rates, "survey_summary", lambda _root: summary)
    html = build_pages(project, ["pix"])["index.html"]
    words = page_text(html[html.index("What people take for real</h2>") :])
    assert "2 people gave 1,200 answers" in words
    assert "called 25 % of these real" in words
    assert "pix 25 % 12 – 50 % 1,200 2" in words
    assert "real photos, called real 90 %" in words
    assert "wrong answers" not in words
    assert "3 answers do not count, since their pictures have changed" in words
