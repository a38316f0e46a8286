"""Pictures on disk: encoded once, named by their pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2f_core.data.tables import Domain, build
from s2f_core.report.site.pictures import PictureStore


@pytest.fixture
def pictures(tmp_path: Path) -> PictureStore:
    """An empty site of pictures of at most 40 pixels."""
    return PictureStore(tmp_path, 40)


def test_a_picture_is_shrunk_to_the_edge(pictures: PictureStore, tmp_path: Path) -> None:
    """The longer side is limited, the shape kept; a small image stays as it is."""
    wide = np.full((20, 80, 3), 90, dtype=np.uint8)
    small, same = pictures.add(wide), pictures.add(wide, 100)
    assert (small.width, small.height) == (40, 10)
    assert (same.width, same.height) == (80, 20)
    with Image.open(tmp_path / same.src) as image:
        assert image.size == (80, 20)
        assert np.abs(np.asarray(image).astype(int) - 90).max() <= 3


def test_equal_pixels_share_a_file(pictures: PictureStore, tmp_path: Path) -> None:
    """Other pixels have their own file, and all bytes are counted once."""
    grey = np.zeros((8, 8, 1), dtype=np.uint8)
    first, second = pictures.add(grey), pictures.add(grey.copy())
    other = pictures.add(grey + 200)
    assert first == second != other
    files = sorted((tmp_path / "images").iterdir())
    assert [f"images/{file.name}" for file in files] == sorted({first.src, other.src})
    assert pictures.size == sum(file.stat().st_size for file in files)
    with Image.open(tmp_path / first.src) as image:
        assert image.mode == "RGB"


def test_names_do_not_depend_on_the_order(tmp_path: Path) -> None:
    """Names do not depend on the order."""
    one, other = PictureStore(tmp_path / "a", 40), PictureStore(tmp_path / "b", 40)
    image = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)
    other.add(image[::-1])
    assert one.add(image) == other.add(image)


def test_an_id_without_an_image_has_no_picture(pictures: PictureStore, tmp_path: Path) -> None:
    """A rejected row and an unknown id give None; other rows are found by id."""
    import pandas as pd

    images = np.stack([np.full((4, 4, 3), shade, np.uint8) for shade in (10, 90, 170)])
    rows = pd.DataFrame({"id": ["a", "b", "c"], "source": "s", "rejected": [None, "bad", None]})
    table = build(tmp_path / "table", Domain(rows, images.__getitem__), label="t")
    assert pictures.from_table(table, "b") is None
    assert pictures.from_table(table, "x") is None
    picture = pictures.from_table(table, "c")
    assert picture == pictures.add(images[2])
