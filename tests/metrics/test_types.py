"""Contracts of all scores: direction, range, shapes, few images, and one pass per space."""

from dataclasses import replace

import numpy as np
import pytest
from metric_inputs import normal_vectors

from s2f_core.common.images import Pixels
from s2f_core.metrics.diversity import DIVERSITY, pixel_vectors
from s2f_core.metrics.registry import PAIR_SCORES, SAMPLE_SCORES, SET_SCORES
from s2f_core.metrics.ssim import SSIM
from s2f_core.metrics.types import MISSING, ImageSet, PairedScore, SetScore, Values

PAIRED = {
    name: score
    for name, score in PAIR_SCORES.items()
    if isinstance(score, PairedScore) and score.space is None
}


SETS = {
    name: score
    for name, score in {**SET_SCORES, **SAMPLE_SCORES}.items()
    if isinstance(score, SetScore)
}


@pytest.mark.parametrize("name", PAIRED)
def test_paired_scores_improve_in_the_direction_they_declare(
    name: str, faces: Pixels, noisy: Pixels
) -> None:
    """Equal images score best, more noise scores worse; one image at a time gives the same."""
    score = PAIRED[name]
    sign = 1 if score.higher_is_better else -1
    equal, worse = sign * score(faces, faces), sign * score(noisy, faces)
    assert (equal >= worse).all()
    assert (equal > worse)[4:].all()
    assert worse[1] > worse[39]
    alone = [score(noisy[i : i + 1], faces[i : i + 1])[0] for i in range(4)]
    assert score(noisy[:4], faces[:4]) == pytest.approx(alone)
    low, high = score.range
    assert low is None or (sign * worse >= low).all()
    assert high is None or (sign * equal <= high).all()


def test_paired_scores_reject_different_shapes(faces: Pixels) -> None:
    """Thirty-nine outputs and forty targets."""
    with pytest.raises(ValueError, match="differ in shape"):
        SSIM(faces[1:], faces)


@pytest.mark.parametrize("name", SETS)
def test_intervals_of_set_scores_contain_the_value_and_narrow_with_more_images(name: str) -> None:
    """They also keep to the range, and are the same for the same seed."""
    score = SETS[name]
    widths = []
    for n in (40, 160):
        x, y = 0.7 * normal_vectors(n, 1) + 0.6, normal_vectors(n, 2)
        value = score.value(x, y)
        low, high = score.interval(x, y, np.random.default_rng(0), value)
        assert (low, high) == score.interval(x, y, np.random.default_rng(0), value)
        assert low < value < high
        assert score.range[0] is None or low >= score.range[0]
        assert score.range[1] is None or high <= score.range[1]
        widths.append(high - low)
    assert widths[1] < widths[0]


@pytest.mark.parametrize("name", [name for name in SETS if SETS[name].min_images > 2])
def test_too_few_images_have_no_value(name: str, faces: Pixels) -> None:
    """One fewer than a score needs, of either set."""
    score = SETS[name]

    def image_set(count: int) -> ImageSet:
        return ImageSet(faces[:count], {score.space: lambda images: images[:, 0, :, 0] / 255})

    assert (
        score.measure(image_set(score.min_images), image_set(score.min_images))["value"] is not None
    )
    assert score.measure(image_set(score.min_images - 1), image_set(20)) == MISSING
    assert score.measure(image_set(20), image_set(score.min_images - 1)) == MISSING


def test_vectors_of_a_space_are_computed_once(faces: Pixels) -> None:
    """Two scores share them; values have six significant digits."""
    calls: list[int] = []

    def extract(images: Pixels) -> Values:
        calls.append(len(images))
        return pixel_vectors(images)

    outputs, targets = (ImageSet(each, {"pixels": extract}) for each in (faces[:20], faces))
    estimate = DIVERSITY.measure(outputs, targets)
    assert replace(DIVERSITY, title="again").measure(outputs, targets) == estimate
    assert calls == [20, 40]
    assert estimate["n"] == 20
    assert estimate["value"] == float(f"{estimate['value']:.6g}")
