"""The pool of generated images."""

import torch

from s2f_core.training.objectives.image_pool import ImagePool


def test_a_pool_of_size_0_returns_its_input() -> None:
    """As the reference does at size 0."""
    images = torch.randn(3, 1, 2, 2)
    assert torch.equal(ImagePool(0)(images), images)


def test_the_pool_fills_first() -> None:
    """It returns the first images and keeps them."""
    pool = ImagePool(4)
    images = torch.arange(4.0).reshape(4, 1, 1, 1)
    assert torch.equal(pool(images), images)
    assert len(pool.images) == 4


def test_a_full_pool_returns_older_images_half_the_time() -> None:
    """The new image takes the older one's place in the pool; no image is lost or repeated."""
    torch.manual_seed(0)
    pool = ImagePool(50)
    pool(torch.arange(50.0).reshape(50, 1, 1, 1))
    new = torch.arange(50.0, 450.0).reshape(400, 1, 1, 1)
    outputs = pool(new)
    swapped = int((outputs != new).sum())
    assert 160 < swapped < 240
    everything = sorted([*outputs.flatten().tolist(), *(float(one) for one in pool.images)])
    assert everything == [float(value) for value in range(450)]


def test_images_are_kept_without_their_graph() -> None:
    """Otherwise they would keep the generator's activations in memory."""
    pool = ImagePool(2)
    out = pool(torch.ones(2, 1, 1, 1, requires_grad=True) * 2)
    assert not out.requires_grad
    assert not any(image.requires_grad for image in pool.images)
