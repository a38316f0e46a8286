"""The split: by hash, by group, no leak."""

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from s2f_core.errors import UserError
from s2f_core.split import PARTS, Split, assign, ids, write


def _index(n: int, **columns: list[str | None]) -> pd.DataFrame:
    rows = pd.DataFrame(
        {
            "id": [f"{i}" for i in range(n)],
            "group": pd.Series([None] * n, dtype=object),
            "sha256": [f"hash {i}" for i in range(n)],
            "rejected": pd.Series([None] * n, dtype=object),
        }
    )
    for name, values in columns.items():
        rows[name] = pd.Series(values, dtype=object)
    return rows


def test_shares_are_about_what_was_asked() -> None:
    """Of 5,000 images, 80 / 10 / 10 within two points."""
    shares = assign(_index(5000), Split())["split"].value_counts(normalize=True)
    assert shares["train"] == pytest.approx(0.8, abs=0.02)
    assert shares["val"] == pytest.approx(0.1, abs=0.02)
    assert shares["test"] == pytest.approx(0.1, abs=0.02)


def test_an_image_keeps_its_split_when_others_are_added() -> None:
    """The first hundred of two hundred are as they were alone."""
    alone = assign(_index(100), Split())
    beside = assign(_index(200), Split()).iloc[:100]
    pd.testing.assert_frame_equal(alone, beside)


def test_the_seed_changes_the_split() -> None:
    """Another seed, another split."""
    one, two = assign(_index(100), Split(seed=0)), assign(_index(100), Split(seed=1))
    assert (one["split"] != two["split"]).any()


def test_a_group_is_never_divided() -> None:
    """Twenty identities of ten images each."""
    rows = assign(_index(200, group=[f"person {i % 20}" for i in range(200)]), Split())
    rows["group"] = [i % 20 for i in range(200)]
    assert rows.groupby("group")["split"].agg(set).map(len).eq(1).all()
    assert rows["split"].isin(["val", "test"]).any()


def test_equal_pixels_never_stand_in_two_splits() -> None:
    """Without groups they fall together; with groups apart, only the earliest split keeps them."""
    twins = assign(_index(200, sha256=[f"hash {i % 100}" for i in range(200)]), Split())
    assert twins["split"].tolist()[:100] == twins["split"].tolist()[100:]
    grouped = _index(
        200,
        sha256=[f"hash {i % 100}" for i in range(200)],
        group=[f"person {i}" for i in range(200)],
    )
    rows = assign(grouped, Split(train=0.4, val=0.3, test=0.3))
    rows["sha256"] = grouped["sha256"]
    kept = rows.dropna(subset="split")
    assert kept.groupby("sha256")["split"].agg(set).map(len).eq(1).all()
    assert rows["reason"].dropna().str.match("same pixels as an image of (train|val)").all()
    assert rows["reason"].notna().sum() > 10
    assert kept["sha256"].nunique() == 100


def test_rejected_rows_have_no_split() -> None:
    """They have no image to learn from."""
    rejected: list[str | None] = [None] * 49 + ["unreadable"]
    assert len(assign(_index(50, rejected=rejected), Split())) == 49


def test_writing_and_reading_a_part(tmp_path: Path) -> None:
    """The file holds every id once."""
    _index(300).to_parquet(tmp_path / "index.parquet")
    write(tmp_path / "index.parquet", Split(), tmp_path / "split.parquet")
    names = [name for part in PARTS for name in ids(tmp_path / "split.parquet", part)]
    assert sorted(names) == sorted(f"{i}" for i in range(300))


def test_too_few_images_are_an_error(tmp_path: Path) -> None:
    """Two images cannot fill three splits."""
    _index(2).to_parquet(tmp_path / "index.parquet")
    with pytest.raises(UserError, match="2 images leave no"):
        write(tmp_path / "index.parquet", Split(), tmp_path / "split.parquet")
    assert not (tmp_path / "split.parquet").exists()


def test_shares_must_sum_to_one() -> None:
    """0.8 + 0.1 + 0.2 is refused."""
    with pytest.raises(ValidationError, match="must be 1"):
        Split(train=0.8, val=0.1, test=0.2)
