"""Near duplicates follow their definition."""

import numpy as np
import pytest

from s2f_core.common.images import Pixels
from s2f_core.data.curation.near_duplicates import SAME, correlation, find_duplicates


def test_correlation_is_pearsons() -> None:
    """As in NumPy, and 0 for a plain thumbnail."""
    values = np.random.default_rng(0).integers(0, 256, (4, 50), dtype=np.uint8)
    values[3] = 9
    correlations = correlation(values[0], values)
    assert correlations[:3].tolist() == pytest.approx(
        np.asarray(np.corrcoef(values[:3]))[0], abs=1e-5
    )
    assert correlations[3] == 0


def _by_definition(hashes: list[int], thumbnails: Pixels, distance: int) -> list[int]:
    """The definition of duplicates, pair by pair."""
    first: list[int] = []
    for row, value in enumerate(hashes):
        same = [
            other
            for other in range(row)
            if first[other] == other
            and (hashes[other] ^ value).bit_count() <= distance
            and correlation(thumbnails[other], thumbnails[[row]])[0] >= SAME
        ]
        first.append(same[0] if same else row)
    return first


@pytest.mark.parametrize("distance", [0, 3])
def test_duplicates_follow_the_definition(distance: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over many blocks of images that are some bits and some pixels apart."""
    monkeypatch.setattr("s2f_core.data.curation.near_duplicates.BLOCK", 7)
    monkeypatch.setattr("s2f_core.data.curation.near_duplicates.OTHERS", 5)
    random = np.random.default_rng(1)
    which = random.integers(0, 20, 120)
    one, two = np.uint64(1) << random.integers(0, 5, (2, 120), dtype=np.uint64)
    flips = one ^ two
    hashes = random.integers(0, 2**64, 20, dtype=np.uint64)[which] ^ flips
    thumbnails = random.integers(0, 200, (20, 60), dtype=np.uint8)[which]
    thumbnails[::3] += random.integers(0, 56, (40, 60), dtype=np.uint8)
    first = find_duplicates(hashes, thumbnails, distance)
    assert first.tolist() == _by_definition([int(value) for value in hashes], thumbnails, distance)
    assert (first != np.arange(120)).sum() > 10


def test_near_hashes_alone_make_no_duplicates() -> None:
    """Two images whose thumbnails do not correlate, such as aligned faces, both stay."""
    thumbnails = np.random.default_rng(0).integers(0, 256, (2, 1024), dtype=np.uint8)
    assert find_duplicates(np.zeros(2, np.uint64), thumbnails, 6).tolist() == [0, 1]
    assert find_duplicates(np.zeros(2, np.uint64), thumbnails[[0, 0]], 6).tolist() == [0, 0]
