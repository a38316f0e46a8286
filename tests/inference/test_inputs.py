"""Preparing a generator's input."""

import numpy as np
from tiny_demo import tiny_description

from s2f_core.inference.inputs import noise_vectors, to_page


def test_a_page_has_the_size_and_the_grey_of_its_generator() -> None:
    """Areas are averaged; one channel is BT.601; a page that fits is left alone."""
    image = np.zeros((4, 4, 3), np.uint8)
    image[:2, :2] = (255, 0, 0)
    assert to_page(image, 4, 3) is image
    assert to_page(image, 2, 3)[0, 0].tolist() == [255, 0, 0]
    assert to_page(image, 2, 1)[..., 0].tolist() == [[76, 0], [0, 0]]
    assert to_page(image[..., :1], 2, 3).shape == (2, 2, 1)


def test_a_vector_depends_on_its_seed_and_row_alone() -> None:
    """Three rows begin with the one row; another seed gives other values in [-1, 1]."""
    description = tiny_description("samples")
    three = noise_vectors(description, 1, 3)
    assert three.shape == (3, 8, 1, 1)
    assert np.array_equal(three[:1], noise_vectors(description, 1, 1))
    assert not np.array_equal(three, noise_vectors(description, 2, 3))
    assert np.abs(three).max() <= 1
