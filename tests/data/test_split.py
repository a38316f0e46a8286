"""The split: by hash, by group, no leak."""

from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from s2f_core.common.errors import UserError
from s2f_core.data.split import (
    MIN_IMAGES,
    PARTS,
    Split,
    _part,
    assign,
    read_ids,
    write_split,
)


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


def test_shares_are_about_those_of_the_section() -> None:
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


def test_equal_pixels_are_never_in_two_splits() -> None:
    """Without groups they fall together; of groups that fell apart the earliest part has them."""
    same = assign(_index(200, sha256=[f"hash {i % 100}" for i in range(200)]), Split())
    assert same["split"].tolist()[:100] == same["split"].tolist()[100:]
    grouped = _index(
        200,
        sha256=[f"hash {i % 100}" for i in range(200)],
        group=[f"person {i}" for i in range(200)],
    )
    rows = assign(grouped, Split(train=0.4, val=0.3, test=0.3))
    rows["sha256"] = grouped["sha256"]
    images = rows.dropna(subset="split")
    assert images.groupby("sha256")["split"].agg(set).map(len).eq(1).all()
    assert rows["reason"].dropna().str.match("same pixels as an image of (train|val)").all()
    assert rows["reason"].notna().sum() > 10
    assert images["sha256"].nunique() == 100


def test_rejected_rows_have_no_split() -> None:
    """They have no image to learn from."""
    rejected: list[str | None] = [None] * 49 + ["unreadable"]
    assert len(assign(_index(50, rejected=rejected), Split())) == 49


def test_a_written_split_has_every_id_once(tmp_path: Path) -> None:
    """Over its three parts."""
    write_split([_index(300)], Split(), tmp_path / "split.parquet")
    names = [name for part in PARTS for name in read_ids(tmp_path / "split.parquet", part)]
    assert sorted(names) == sorted(f"{i}" for i in range(300))


def test_too_few_images_are_an_error(tmp_path: Path) -> None:
    """Two images cannot fill three splits; the message says how many can."""
    with pytest.raises(UserError, match=r"none of 2 images falls into .* at least 30 are needed"):
        write_split([_index(2)], Split(), tmp_path / "split.parquet")
    assert not (tmp_path / "split.parquet").exists()


@pytest.mark.parametrize("count", [MIN_IMAGES, 40])
def test_no_part_of_thirty_images_is_empty(count: int) -> None:
    """Whatever the seed; where no part was empty, the split is the plain hash's."""
    repaired = 0
    for seed in range(200):
        parts = assign(_index(count), Split(seed=seed))["split"]
        plain = [_part(f"hash {row}", Split(seed=seed)) for row in range(count)]
        assert set(parts) == set(PARTS)
        assert (parts.tolist() == plain) == (set(plain) == set(PARTS))
        if "val" not in plain and "test" in plain:
            repaired += 1
            assert (parts == "val").sum() == round(0.1 * count)
            assert (parts == "test").sum() == plain.count("test")
    assert repaired > 1


def test_no_part_of_a_domain_is_empty() -> None:
    """Each of two domains has three parts, though one is much larger."""
    rows = _index(1030)
    domains = [set(rows["id"][:30]), set(rows["id"][30:])]
    for seed in range(40):
        split = assign(rows, Split(seed=seed), None, domains).set_index("id")["split"]
        assert all(set(split[list(ids)]) == set(PARTS) for ids in domains)


def test_few_groups_cannot_fill_three_parts(tmp_path: Path) -> None:
    """Forty photos of two persons; images that curation leaves out do not count."""
    rows = _index(40, group=[f"person {row % 2}" for row in range(40)])
    with pytest.raises(UserError, match=r"none of 40 images falls into .*too few groups"):
        write_split([rows], Split(), tmp_path / "split.parquet")
    reasons: list[str | None] = ["blurred"] * 38 + [None, None]
    measures = pd.DataFrame({"id": rows["id"], "reason": reasons})
    with pytest.raises(UserError, match=r"at least 30 are needed, of which 38 are left out"):
        write_split([_index(40)], Split(), tmp_path / "split.parquet", measures)


def test_shares_must_sum_to_one() -> None:
    """0.8 + 0.1 + 0.2 is refused."""
    with pytest.raises(ValidationError, match="must be 1"):
        Split(train=0.8, val=0.1, test=0.2)


def test_two_domains_are_split_as_one(tmp_path: Path) -> None:
    """Every id of either has a row, one of a pair has one; each domain has all three parts."""
    photos, drawings = _index(100), _index(150)
    drawings["id"] = [*photos["id"][:50], *(f"drawing {row}" for row in range(100))]
    drawings["sha256"] = [f"other hash {row}" for row in range(150)]
    write_split([photos, drawings], Split(), tmp_path / "split.parquet")
    rows = pd.read_parquet(tmp_path / "split.parquet")
    assert len(rows) == 200
    alone = assign(photos, Split())
    assert rows["split"].tolist()[:100] == alone["split"].tolist()
    with pytest.raises(UserError, match="none of 1 inputs falls into"):
        write_split([photos, drawings[-1:]], Split(), tmp_path / "other.parquet")


def test_an_official_part_comes_before_the_hash() -> None:
    """With ``official``, for images that have a part; an unknown part is refused."""
    rows = _index(90, part=["test"] * 30 + [None] * 60)
    by_hash = assign(rows, Split())["split"]
    official = assign(rows, Split(official=True))["split"]
    assert set(official[:30]) == {"test"}
    assert official[30:].tolist() == by_hash[30:].tolist()
    assert by_hash.tolist() == assign(_index(90), Split(official=True))["split"].tolist()
    with pytest.raises(UserError, match="part 'dev'; known parts are train, val, test"):
        assign(_index(3, part=["train", "dev", None]), Split(official=True))


@pytest.mark.parametrize("missing", [("val",), ("test",), ("val", "test")])
def test_a_part_that_the_publisher_lacks_is_taken_from_train(missing: tuple[str, ...]) -> None:
    """The other parts stay; new images move no old one."""
    words = ["train" if row % 4 or "test" in missing else "test" for row in range(400)]
    if missing == ("test",):
        words = ["train" if row % 4 else "val" for row in range(400)]
    rows = _index(400, part=list(words))
    split = assign(rows, Split(official=True))["split"]
    assert set(split) == set(PARTS)
    for part in set(words) - {"train"}:
        assert split[rows["part"] == part].eq(part).all()
    share = len(missing) * 0.1 / (0.8 + len(missing) * 0.1)
    share_of_train = split[rows["part"] == "train"].isin(missing).mean()
    assert share_of_train == pytest.approx(share, abs=0.05)
    assert split[:200].tolist() == assign(rows[:200], Split(official=True))["split"].tolist()


def test_the_publishers_parts_are_never_unused_in_silence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without ``official`` the log says so; without a train part nothing is taken from test."""
    write_split(
        [_index(60, part=[*["test"] * 20, *["train"] * 40])], Split(), tmp_path / "split.parquet"
    )
    assert "own parts (test 20, train 40) are not kept" in caplog.text
    rows = _index(60, part=["test"] * 60)
    with pytest.raises(UserError, match=r"falls into train or val: set split\.official: false"):
        write_split([rows], Split(official=True), tmp_path / "split.parquet")


def test_images_with_a_reason_have_no_split(tmp_path: Path) -> None:
    """Equal images in a later part stay; the measures become columns."""
    reasons: list[str | None] = ["blurred" if row < 100 else None for row in range(200)]
    rows = _index(200, sha256=[f"hash {i % 100}" for i in range(200)])
    rows["group"] = [f"person {row}" for row in range(200)]
    measures = pd.DataFrame({"id": rows["id"], "reason": reasons, "sharpness": range(200)})
    write_split([rows], Split(), tmp_path / "split.parquet", measures)
    split = pd.read_parquet(tmp_path / "split.parquet")
    assert split["reason"][:100].eq("blurred").all()
    assert split["split"][:100].isna().all()
    assert split["split"][100:].notna().all()
    assert split["sharpness"].tolist() == list(range(200))
