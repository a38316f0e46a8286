"""The changes and commands of docs/how-to/own-data.md train on a folder of one's own."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from clones import run, small_clone, stages_run
from doc_blocks import named_blocks
from PIL import Image

from s2f_core.data.tables import read

PAGE = "how-to/own-data.md"
PICTURES = 48

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def _pictures(folder: Path, word: str) -> None:
    """Write pictures of different shapes and a broken file; all names begin with ``word``."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(len(word))
    for number in range(PICTURES):
        blocks = random.integers(0, 255, (4, 4, 3), dtype=np.uint8)
        size = (60 + number % 5 * 10, 70)
        Image.fromarray(blocks).resize(size).save(folder / f"{word}-{number:02d}.jpg")
    (folder / f"{word}-broken.jpg").write_bytes(b"no picture")


def _photos(mine: Path) -> None:
    _pictures(mine, "photo")


def _paired_pictures(mine: Path) -> None:
    """Write pairs, and a sketch and a photo without a partner."""
    for side in ("A", "B"):
        _pictures(mine / side, "same")
        (mine / side / "same-broken.jpg").rename(mine / side / f"only-in-{side}.jpg")


def _unpaired_pictures(mine: Path) -> None:
    _pictures(mine / "A", "sketch")
    _pictures(mine / "B", "photo")
    for file in sorted((mine / "A").glob("sketch-0*.jpg")):
        file.unlink()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone with the variants of the default pipeline that the page names."""
    names = ("pix2pix-pencil", "cyclegan-unet")
    folder = small_clone(tmp_path_factory.mktemp("own") / "s2f", *names)
    file = folder / "params.yaml"
    settings = yaml.safe_load(file.read_text())
    settings["variants"]["cyclegan-unet"]["discriminator"]["layers"] = 3
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    return folder


CASES: dict[str, tuple[Callable[[Path], None], str, list[str]]] = {
    "photos": (_photos, "pix2pix-pencil", ["a text file"]),
    "pairs": (_paired_pictures, "objects", ["no partner"]),
    "unpaired": (_unpaired_pictures, "cyclegan-unet", ["a text file"]),
}


def test_the_page_has_exactly_these_cases() -> None:
    """Each has a change and a command."""
    assert named_blocks(PAGE, "yaml").keys() == named_blocks(PAGE, "console").keys() == CASES.keys()


@pytest.mark.parametrize("case", CASES)
def test_a_folder_trains_a_model(clone: Path, case: str) -> None:
    """The page's change and command give a model; unusable files are listed with reasons."""
    lay, name, reasons = CASES[case]
    lay(clone / "mine")
    file = clone / "params.yaml"
    before = file.read_text()
    settings = yaml.safe_load(before)
    change = yaml.safe_load(named_blocks(PAGE, "yaml")[case])["data"]
    settings["data"].update(change)
    file.write_text(yaml.safe_dump(settings, sort_keys=False))
    for command in named_blocks(PAGE, "console")[case].splitlines():
        program, *words = shlex.split(command)
        start = ("python", "-m", "stages.main") if program == "s2f" else (program,)
        output = run(clone, *start, *words)
    file.write_text(before)
    (clone / "mine").rename(clone / f"mine-{case}")

    (role,) = change
    assert {f"dataset@{role}", f"train@{name}", f"evaluate@{name}"} <= stages_run(output)
    outputs = read(clone / "data" / "translations" / name / name)
    assert outputs.accepted["source"].str.endswith(".jpg").all()
    assert (clone / "metrics" / f"{name}.json").is_file()
    index = pd.read_parquet(clone / "data" / role / "kept" / "index.parquet")
    rejected = index["rejected"].dropna()
    for reason in reasons:
        assert rejected.str.contains(reason).any(), rejected.tolist()
        assert reason in output
    assert len(read(clone / "data" / role / "kept")) == PICTURES
