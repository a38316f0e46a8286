"""A project to survey, and pages that ask about it."""

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
KNOWN = {
    "one": Translation(variant="one", data=DATA),
    "two": Translation(variant="two", data=DATA),
    "back": Translation(variant="two", data=DATA, direction="b-to-a"),
    "space": Translation(variant="space", data=DATA, scores="surfaces"),
    "later": Translation(variant="later", data=DATA),  # has no outputs yet
}
HEADER = "person,image,answer,milliseconds,page\n"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with forty test photos, and what two translations and a way back made of them."""
    folder = tmp_path_factory.mktemp("survey")
    random = np.random.default_rng(0)
    photos = random.integers(0, 200, (40, 4, 4, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    grey = photos[..., :1]
    made = {"one": photos + 3, "two": photos + 4, "back": grey + 5}
    put(folder / "data/faces/kept", photos)
    put(folder / "data/faces/kept-pencil", grey)
    for name, images in made.items():
        put(folder / "data/translations" / KNOWN[name].variant / name, images)
    ids = [f"{row:03d}" for row in range(40)]
    pd.DataFrame({"id": ids, "split": "test"}).to_parquet(folder / "data/faces/split.parquet")
    (folder / "data/survey").mkdir()
    return folder


def put(folder: Path, images: Pixels) -> None:
    """Images as a table with ids 000, 001 and so on, in place of what is there."""
    ids = [f"{row:03d}" for row in range(len(images))]
    rows = pd.DataFrame({"id": ids, "source": ids})
    build(folder, Domain(rows, images.__getitem__), label=folder.name)


@pytest.fixture
def root(made_once: Path, tmp_path: Path) -> Path:
    """A copy of that project, to write into."""
    return Path(shutil.copytree(made_once, tmp_path / "project"))


Make = Callable[..., dict[str, Any]]


@pytest.fixture
def make(root: Path) -> Make:
    """Writes a page and gives what its script sees, and ``truth``, the rows of key.csv."""

    def made(*names: str, **options: Any) -> dict[str, Any]:
        out = root / "survey" / "index.html"
        write_page(KNOWN, names or ["faces"], root / "data", out, **options)
        html = out.read_text()
        start = html.index('id="data">') + len('id="data">')
        with (root / "survey" / "key.csv").open(newline="") as file:
            truth = {row["image"]: row for row in csv.DictReader(file)}
        return {
            **json.loads(html[start : html.index("</script>", start)]),
            "html": html,
            "truth": truth,
        }

    return made


def answered(page: dict[str, Any], person: str, words: dict[str, str]) -> str:
    """Lines of a person who has a word for each translation, and for the real ones."""
    rows = [
        f"{person},{key},{words[row['translation'] or 'real']},900,{page['page']}"
        for key, row in page["truth"].items()
    ]
    return "\n".join([*rows, ""])
