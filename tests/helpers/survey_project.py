"""A project with outputs of three translations, and its survey pages."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.selection import Translation, VariantData
from s2f_core.data.tables import Domain, build
from s2f_core.report.survey.page import write_page

DATA = VariantData(role="faces", background="kept", condition="pencil")
TRANSLATIONS = {
    "one": Translation(variant="one", data=DATA),
    "two": Translation(variant="two", data=DATA),
    "back": Translation(variant="two", data=DATA, direction="b-to-a"),
    "space": Translation(variant="space", data=DATA, scores="surfaces"),
    "later": Translation(variant="later", data=DATA),  # has no outputs yet
}
HEADER = "person,image,answer,milliseconds,page\n"


@pytest.fixture(scope="module")
def base_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write forty test photos, and the outputs of two translations and one from B to A."""
    folder = tmp_path_factory.mktemp("survey")
    random = np.random.default_rng(0)
    photos = random.integers(0, 200, (40, 4, 4, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    grey = photos[..., :1]
    outputs = {"one": photos + 3, "two": photos + 4, "back": grey + 5}
    write_table(folder / "data/faces/kept", photos)
    write_table(folder / "data/faces/kept-pencil", grey)
    for name, images in outputs.items():
        write_table(folder / "data/translations" / TRANSLATIONS[name].variant / name, images)
    ids = [f"{row:03d}" for row in range(40)]
    pd.DataFrame({"id": ids, "split": "test"}).to_parquet(folder / "data/faces/split.parquet")
    (folder / "data/survey").mkdir()
    return folder


def write_table(folder: Path, images: Pixels) -> None:
    """Write images as a table with ids 000, 001 and so on; replaces a table."""
    ids = [f"{row:03d}" for row in range(len(images))]
    rows = pd.DataFrame({"id": ids, "source": ids})
    build(folder, Domain(rows, images.__getitem__), label=folder.name)


@pytest.fixture
def root(base_project: Path, tmp_path: Path) -> Path:
    """A copy of the base project to write into."""
    return Path(shutil.copytree(base_project, tmp_path / "project"))


MakePage = Callable[..., dict[str, Any]]


@pytest.fixture
def make_page(root: Path) -> MakePage:
    """Write a page; return its script's data, its ``html`` and key.csv by key as ``truth``."""

    def make(*names: str, **options: Any) -> dict[str, Any]:
        out = root / "survey" / "index.html"
        write_page(TRANSLATIONS, names or ["faces"], root / "data", out, **options)
        html = out.read_text()
        start = html.index('id="data">') + len('id="data">')
        with (root / "survey" / "key.csv").open(newline="") as file:
            truth = {row["image"]: row for row in csv.DictReader(file)}
        return {
            **json.loads(html[start : html.index("</script>", start)]),
            "html": html,
            "truth": truth,
        }

    return make


def answer_lines(page: dict[str, Any], person: str, words: dict[str, str]) -> str:
    """Return CSV lines of a person's answers; ``words`` has one per translation and for "real"."""
    rows = [
        f"{person},{key},{words[row['translation'] or 'real']},900,{page['page']}"
        for key, row in page["truth"].items()
    ]
    return "\n".join([*rows, ""])
