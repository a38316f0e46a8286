"""What the cards say of data and models, and what people took for real."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from made_up import GIVEN, Project, of, site, text

from s2f_core.report.site.cards import duration_text, settings_text, source_assets
from s2f_core.report.survey import rates


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A pix2pix with a split, a rejected photo, a duplicate and an MLflow run."""
    noise = np.random.default_rng(0)
    photos = noise.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)
    made = Project(tmp_path, photos, {"pencil": photos[..., :1]})
    near = [("face-00003", "face-00001", 0.5), ("face-00002", "face-00007", 0.25)]
    figures = of(120.0, 0.09, 0.55, 15.0, 0.12)
    made.translation("pix", "pix", photos // 2, figures, nearest=near, mode="eval mode")
    recipe = {"batch": 4, "jitter": 1.117, "flip": True, "noise": 0.0, "best": "last"}
    networks = {"generator": {"type": "unet", "depth": 8}, "recipe": recipe}
    made.variant("pix", photos[0], settings={"lr": 2e-4, "seed": 3, "variant": networks})
    (tmp_path / "data" / "models" / "pix" / "run_id").write_text("abc123\n")
    index = tmp_path / "data" / "faces" / "kept" / "index.parquet"
    rows = pd.read_parquet(index)
    bad = pd.DataFrame({"id": ["face-x"], "source": "x", "rejected": "unreadable: empty file"})
    pd.concat([rows, bad], ignore_index=True).to_parquet(index)
    parts = ["train"] * 7 + ["val"] * 2 + ["test"] * 2 + [None]
    reason = [None] * 11 + ["same pixels as an image of train"]
    split = pd.DataFrame({"id": made.ids, "split": parts, "reason": reason})
    split.to_parquet(tmp_path / "data" / "faces" / "split.parquet")
    return made


def card(html: str, heading: str) -> dict[str, str]:
    """The lines of a card, by name."""
    part = html[html.index(f">{heading}</h2>") :]
    part = part[: part.index("</section>")]
    lines = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", part, flags=re.DOTALL)
    return {name: text(said).strip() for name, said in lines}


def test_a_data_card_says_where_data_is_from_and_what_was_left_out(project: Project) -> None:
    """Source, licence and citation of the catalogue; numbers of the index and the split."""
    found = card(site(project, ["pix"])["variants/pix.html"], "Data card")
    assert found["Source"].startswith("The aligned CelebA faces")
    assert "non-commercial research only" in found["Licence"]
    assert "Liu, Luo, Wang, Tang" in found["Citation"]
    assert "https://mmlab.ie.cuhk.edu.hk" in found["Citation"]
    assert found["Settings"] == "source celeba-1k, crop centre"
    assert found["Images"] == "16×16 pixels, 3 channels"
    assert found["Images of each part"] == "train 7, val 2 and test 2"
    left_out = "1: unreadable: empty file; 1: same pixels as an image of train"
    assert found["Images left out"] == left_out
    assert found["Background"] == "kept, as in the source"
    assert found["Input"] == "pencil, computed from the image (blur 21)"


def test_a_model_card_says_what_it_is_and_is_not_for(project: Project) -> None:
    """Networks, size, recipe, time, seed and run; its licence is that of what it learned from."""
    found = card(site(project, ["pix"])["variants/pix.html"], "Model card")
    assert found["Generator"] == "unet: depth 8"
    assert found["Parameters"] == "10,461,568 (generator) and 692,673 (discriminator)"
    assert found["Recipe"] == "lr 0.0002, batch 4, jitter 1.117, flip, best last"
    assert found["Trained for"] == "700 steps in 1 min 20 s"
    assert found["Trained on"] == "cpu, bf16-mixed"
    assert found["Seed"] == "3"
    assert found["MLflow run"] == "abc123"
    assert "CelebA: non-commercial" in found["Licence"]
    assert {"Intended use", "Not for", "Limits"} <= set(found)


def test_what_may_be_copied_is_shown_nearest_first(project: Project) -> None:
    """Each output beside the training image nearest to it, with their distance."""
    html = site(project, ["pix"])["variants/pix.html"]
    part = html[html.index("Nearest training images") :]
    shown = re.findall(r'alt="(Output|Training image|Output for) ?(face-\d+)"', part)
    assert [name for _, name in shown[:4]] == [
        "face-00002",
        "face-00007",
        "face-00003",
        "face-00001",
    ]
    assert "face-00002 · 0.25" in text(part)


def test_a_source_within_another_is_found() -> None:
    """Two domains have two licences; what is generated has none."""
    paths = ("data/assets/quickdraw", "data/assets/celeba-1k")
    a, b = ({"source": "x", "path": path} for path in paths)
    role = {"source": "domains", "path": "data/assets", "a": a, "b": b}
    assert [asset.name for asset in source_assets(role)] == ["quickdraw", "celeba-1k"]
    assert source_assets({"path": "s2f_core/data/datasets/gaussian_surfaces.py"}) == []
    assert GIVEN.roles["faces"]["path"] == "data/assets/celeba-1k"


def test_settings_are_said_plainly() -> None:
    """What is off is left out, what is on has no value beside it."""
    settings = {"flip": True, "skips": False, "gp": 10.0, "r1": 0.0, "noise": "none", "up": "x"}
    assert settings_text({**settings, "classes": ["cat", "dog"], "limit": None}) == (
        "flip, gp 10, up x, classes cat and dog"
    )
    assert duration_text(37.4) == "37 s"
    assert duration_text(125) == "2 min 5 s"


def test_what_people_said_is_on_the_overview(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line each for the translations, all of them, photos and errors; nothing without answers."""
    assert "survey" not in site(project, ["pix"])["index.html"]
    rate: dict[str, Any] = {"low": 0.125, "high": 0.5, "people": 2, "interval_by": "resamples"}
    whole = {"value": 0.9, "n": 24, "images": 12, **rate}
    found = {
        **rate,
        "rate": 0.25,
        "answers": 1200,
        "by_variant": [{"name": "pix", "rate": 0.25, "answers": 1200, **rate}],
        "real": whole,
        "error": {**whole, "value": None},
        "timed": False,
        "stale": {"other": 3},
    }
    monkeypatch.setattr(rates, "survey_summary", lambda _root: found)
    html = site(project, ["pix"])["index.html"]
    words = text(html[html.index("What people take for real</h2>") :])
    assert "2 people gave 1,200 answers" in words
    assert "called 25 % of these real" in words
    assert "pix 25 % 12 – 50 % 1,200 2" in words
    assert "real photos, called real 90 %" in words
    assert "wrong answers" not in words
    assert "3 answers do not count, since their pictures have changed" in words
