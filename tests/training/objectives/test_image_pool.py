"""The pool of generated images."""

import torch

from s2f_core.training.objectives.image_pool import ImagePool


def test_a_pool_of_none_gives_what_it_gets() -> None:
    """As the reference does at size 0."""
    images = torch.randn(3, 1, 2, 2)
    assert torch.equal(ImagePool(0)(images), images)


def test_it_fills_first() -> None:
    """The first images come back themselves and are kept."""
    pool = ImagePool(4)
    images = torch.arange(4.0).reshape(4, 1, 1, 1)
    assert torch.equal(pool(images), images)
    assert len(pool.images) == 4


def test_then_half_are_older_ones() -> None:
    """Each older one leaves the pool for the new one in its place; nothing is made or lost."""
    torch.manual_seed(0)
    pool = ImagePool(50)
    pool(torch.arange(50.0).reshape(50, 1, 1, 1))
    new = torch.arange(50.0, 450.0).reshape(400, 1, 1, 1)
    given = pool(new)
    swapped = int((given != new).sum())
    assert 160 < swapped < 240
    everything = sorted([*given.flatten().tolist(), *(float(one) for one in pool.images)])
    assert everything == [float(value) for value in range(450)]


def test_images_are_kept_without_their_graph() -> None:
    """They must not hold the generator's memory."""
    pool = ImagePool(2)
    out = pool(torch.ones(2, 1, 1, 1, requires_grad=True) * 2)
    assert not out.requires_grad
    assert not any(image.requires_grad for image in pool.images)
