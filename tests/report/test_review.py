"""The page of ``s2f review``: its images, and the list that clicks on it make."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from browser import run_on_page
from fixtures import MakeTable

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.curation.curate import Curation, curate
from s2f_core.data.curation.lists import Decision, read_decisions
from s2f_core.data.split import Split, write_split
from s2f_core.report.review.page import write_page


@pytest.fixture
def page(make_table: MakeTable, faces: Pixels, tmp_path: Path) -> Path:
    """The page of forty pictures, one a duplicate, one dropped, with an id that is half a tag."""
    images = faces.copy()
    images[39] = images[38] // 2 + 60
    names = [f"{row:03d}" for row in range(39)] + ["</script>"]
    table = make_table("photos", images, id=names)
    (tmp_path / "photos.csv").write_text('id,decision,note\n001,drop,"dark, ""odd"""\n')
    curated = curate(table, Curation(duplicates=16, lists=tmp_path), "photos", tmp_path)
    assert curated["reason"].notna().sum() >= 2
    split = Split(train=0.4, val=0.3, test=0.3)
    write_split([table.index], split, tmp_path / "split.parquet", curated)
    out = tmp_path / "review" / "photos.html"
    write_page(table, tmp_path / "split.parquet", tmp_path / "photos.csv", "photos", out, 5000)
    return out


def test_the_page_has_all_images_and_loads_nothing(page: Path) -> None:
    """Every image has a picture, an id, and a split or a reason; earlier decisions are included."""
    html = page.read_text()
    assert not re.search(r"<(link|img|iframe)|(src|href)=[\"']?[^#\"']|https?:|@import|url\(", html)
    start = html.index('id="data">') + len('id="data">')
    data = json.loads(html[start : html.index("</script>", start)])
    assert [image["id"] for image in data["images"]][-2:] == ["038", "</script>"]
    assert all(("split" in image) != ("reason" in image) for image in data["images"])
    assert all(image["picture"].startswith("/9j/") for image in data["images"])  # JPEG
    assert data["images"][-1]["twin"] == "038"
    assert data["decisions"] == {"001": ["drop", 'dark, "odd"']}


def test_a_limited_page_has_decided_images_then_the_least_sharp(
    make_table: MakeTable, faces: Pixels, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The role need not be curated."""
    images = faces[:12].copy()
    images[[3, 7]] = images[[3, 7]] // 8 + 100
    table = make_table("photos", images)
    rows = pd.DataFrame({"id": table.index["id"], "split": "train", "reason": None})
    rows.to_parquet(tmp_path / "split.parquet")
    (tmp_path / "list.csv").write_text("id,decision\n011,keep\n")
    out = tmp_path / "page.html"
    write_page(table, tmp_path / "split.parquet", tmp_path / "list.csv", "photos", out, 3)
    ids = re.findall(r'"id":"(\d+)"', out.read_text())
    assert ids == ["003", "007", "011"]
    assert "shows 3 of 12 images" in caplog.text


def test_the_page_needs_a_split_and_pictures(make_table: MakeTable, tmp_path: Path) -> None:
    """Otherwise the error names the stage to run, or the number of channels."""
    none = tmp_path / "no.csv"
    for channels, message in ((1, "run the split stage first"), (8, "images have 8 channels")):
        table = make_table(f"table-{channels}", np.zeros((3, 4, 4, channels), np.uint8))
        with pytest.raises(UserError, match=message):
            write_page(table, tmp_path / "split.parquet", none, "photos", tmp_path / "p.html", 9)


ACTS = """
const tiles = () => [...document.querySelectorAll(".tile")];
tiles()[0].click();
tiles()[1].click();
$("note").value = 'much, "too" dark';
tiles()[39].click();
$("state").value = "out";
$("state").dispatchEvent(new Event("input"));
const ids = tiles().map((tile) => tile.querySelector(".id").textContent);
document.title = JSON.stringify([csv(), ids]);
"""


@pytest.mark.slow
def test_clicks_make_the_list(page: Path, tmp_path: Path) -> None:
    """In a browser: drop an image, undo a decision, keep a duplicate; the list can be read."""
    text, left_out = run_on_page(page.read_text(), ACTS, tmp_path)
    (tmp_path / "new.csv").write_text(text)
    assert read_decisions(tmp_path / "new.csv", {"000", "</script>"}) == {
        "000": Decision(False),
        "</script>": Decision(True, 'much, "too" dark'),
    }
    assert "000" in left_out
    assert "</script>" not in left_out
