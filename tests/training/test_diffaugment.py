"""DiffAugment: the effect of each augmentation on pixels, and gradients."""

import pytest
import torch

from s2f_core.training.diffaugment import diff_augment


@pytest.mark.parametrize("name", ["colour", "translation", "cutout"])
def test_each_augmentation_changes_images_and_keeps_the_gradient(name: str) -> None:
    """The shape stays, all images change, and the gradient is not zero."""
    torch.manual_seed(0)
    images = torch.rand(1, 4, 16, 16).repeat(6, 1, 1, 1).requires_grad_()
    out = diff_augment(images, [name], 3)  # type: ignore[list-item]
    assert out.shape == images.shape
    assert len({tuple(image.flatten().tolist()) for image in out}) > 1
    out.sum().backward()  # type: ignore[no-untyped-call]
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_colour_does_not_change_the_condition() -> None:
    """The first channel, a sketch, stays; translation moves all channels alike."""
    torch.manual_seed(0)
    images = torch.rand(4, 1, 16, 16).repeat(1, 4, 1, 1)
    coloured = diff_augment(images, ["colour"], 3)
    assert torch.equal(coloured[:, :1], images[:, :1])
    assert not torch.equal(coloured[:, 1:], images[:, 1:])
    augmented = diff_augment(images, ["translation", "cutout"], 3)
    assert torch.equal(augmented[:, :1].repeat(1, 4, 1, 1), augmented)


def test_translation_shifts_by_up_to_an_eighth() -> None:
    """A bright pixel moves by two pixels at most, on a side of 16."""
    torch.manual_seed(0)
    images = torch.zeros(200, 1, 16, 16)
    images[:, :, 8, 8] = 1
    places = diff_augment(images, ["translation"], 1).nonzero()[:, 2:]
    assert len(places) == 200
    assert places.min() == 6
    assert places.max() == 10


def test_cutout_is_a_square_of_half_the_side() -> None:
    """Inside the image it is a quarter of the area."""
    torch.manual_seed(0)
    out = diff_augment(torch.ones(200, 1, 16, 16), ["cutout"], 1)
    gone = (out == 0).sum(dim=(1, 2, 3))
    assert gone.max() <= 64
    assert gone.min() >= 9


def test_an_empty_policy_changes_nothing() -> None:
    """The same tensor is returned."""
    images = torch.rand(2, 3, 8, 8)
    assert diff_augment(images, (), 3) is images
