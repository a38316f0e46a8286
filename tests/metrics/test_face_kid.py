"""Face KID against its definition in loops."""

import numpy as np
import pytest
from metric_inputs import normal_vectors

from s2f_core.metrics.face_kid import FACE_KID, face_kid
from s2f_core.metrics.types import ImageSet, Values


def by_definition(x: Values, y: Values) -> float:
    """Bińkowski et al. 2018, eq. 4, with (cos + 1)³."""

    def kernel(a: Values, b: Values) -> float:
        return float((a @ b / np.linalg.norm(a) / np.linalg.norm(b) + 1) ** 3)

    def within(z: Values) -> float:
        pairs = [kernel(a, b) for i, a in enumerate(z) for j, b in enumerate(z) if i != j]
        return float(np.mean(pairs))

    return within(x) + within(y) - 2 * float(np.mean([kernel(a, b) for a in x for b in y]))


def test_it_is_the_definition() -> None:
    """Lengths of the descriptors do not count."""
    x, y = normal_vectors(9, 0), normal_vectors(7, 1) + 0.5
    assert face_kid(x, y) == pytest.approx(by_definition(x, y))
    assert face_kid(3 * x, y) == pytest.approx(face_kid(x, y))


def test_images_without_a_face_are_left_out() -> None:
    """They neither count nor make the score undefined; one face alone has no score."""
    x, y = normal_vectors(10, 0), normal_vectors(12, 1)
    with_gaps = x.copy()
    with_gaps[3] = np.nan

    def image_set(vectors: Values) -> ImageSet:
        return ImageSet(
            np.zeros((len(vectors), 8, 8, 3), np.uint8), {"identity": lambda _: vectors}
        )

    estimate = FACE_KID.measure(image_set(with_gaps), image_set(y))
    assert estimate["value"] == pytest.approx(face_kid(np.delete(x, 3, axis=0), y), rel=1e-5)
    assert estimate["n"] == 9
    assert estimate["low"] is not None
    with_gaps[1:] = np.nan
    assert FACE_KID.measure(image_set(with_gaps), image_set(y))["value"] is None
