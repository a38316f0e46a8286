"""Batches: A and B augmented together, each batch a pure function of the seed and the step."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from s2f_core.common.images import from_model
from s2f_core.data.batches import Batch, Batches, Prefetcher
from s2f_core.data.pairs import Pairs
from s2f_core.data.palette import measure, to_input
from s2f_core.data.views import Framing


def _batches(pairs: Pairs, size: int = 4, jitter: float = 1.0, *, flip: bool = False) -> Batches:
    return Batches(pairs, size, seed=0, jitter=jitter, flip=flip)


def test_an_epoch_shows_every_image_once(negative_pairs: Pairs) -> None:
    """Thirty images in batches of four: 15 batches are two epochs, in two orders."""
    batches = _batches(negative_pairs)
    sums = torch.cat([batches[step].b for step in range(15)]).flatten(1).sum(dim=1).tolist()
    assert set(Counter(sums).values()) == {2}
    assert sorted(sums[:30]) == sorted(sums[30:])
    assert sums[:30] != sums[30:]


def test_a_batch_depends_on_seed_and_step_alone(negative_pairs: Pairs) -> None:
    """A second object gives the same batch, in any order of steps."""
    one, two = (
        _batches(negative_pairs, jitter=1.117, flip=True),
        _batches(negative_pairs, jitter=1.117, flip=True),
    )
    _ = one[0], one[11]
    assert torch.equal(one[5].a, two[5].a)
    other = Batches(negative_pairs, 4, seed=1, jitter=1.117, flip=True)
    assert not torch.equal(one[5].a, other[5].a)


def test_augmentation_treats_both_images_alike(negative_pairs: Pairs) -> None:
    """The input is still the negative of the target, and the images are not as stored."""
    batches = _batches(negative_pairs, size=30, jitter=1.117, flip=True)
    batch = batches[0]
    torch.testing.assert_close(batch.a, -batch.b, atol=1e-5, rtol=0)
    plain = _batches(negative_pairs, size=30)[0]
    assert batch.b.shape == plain.b.shape
    changed = [not torch.equal(a, b) for a, b in zip(batch.b, plain.b, strict=True)]
    assert all(changed)


def test_a_shift_moves_whole_pixels(negative_pairs: Pairs) -> None:
    """Each pair is cut, its A and B at one place, out of itself with a mirrored border."""
    batch = Batches(negative_pairs, 30, seed=0, jitter=1, shift=0.125, flip=False)[0]
    torch.testing.assert_close(batch.a, -batch.b, atol=1e-5, rtol=0)
    original = _batches(negative_pairs, size=30)[0].b
    size = original.shape[-1]
    wide = F.pad(original, (size // 8,) * 4, "reflect")
    cuts = wide.unfold(2, size, 1).unfold(3, size, 1)  # [30, 3, places, places, size, size]
    same = (cuts == batch.b[:, :, None, None]).all(dim=(1, 4, 5)).flatten(1)
    assert same.any(dim=1).all()
    assert len(set(same.int().argmax(dim=1).tolist())) > 10


def test_jitter_cuts_a_square_out_of_the_enlarged_image(negative_pairs: Pairs) -> None:
    """Each is a part of the image that PyTorch enlarges bilinearly to 36 px, within 1e-4."""
    batch, plain = _batches(negative_pairs, jitter=1.117)[0].b, _batches(negative_pairs)[0].b
    larger = F.interpolate(plain, size=(36, 36), mode="bilinear")
    for image, enlarged in zip(batch, larger, strict=True):
        squares = enlarged.unfold(1, 32, 1).unfold(2, 32, 1)
        differences = (squares.permute(1, 2, 0, 3, 4) - image).abs().amax(dim=(2, 3, 4))
        assert differences.min() < 1e-4


def test_flip_mirrors_about_half(negative_pairs: Pairs) -> None:
    """Each image is as stored or mirrored left to right."""
    flipped, plain = (
        _batches(negative_pairs, size=30, flip=True)[0].b,
        _batches(negative_pairs, size=30)[0].b,
    )
    mirrored = [torch.equal(a, b.flip(-1)) for a, b in zip(flipped, plain, strict=True)]
    same = [torch.equal(a, b) for a, b in zip(flipped, plain, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 5 < sum(mirrored) < 25


def test_the_prefetcher_gives_a_gpu_the_same_batches(
    negative_pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In turn, after a jump back, and as on a CPU; each batch is made once."""
    steps: list[int] = []
    batches = _batches(negative_pairs, jitter=1.117, flip=True)
    make = batches.__getitem__

    def counted(_: Batches, step: int) -> Batch:
        steps.append(step)
        return make(step)

    monkeypatch.setattr(Batch, "pin_memory", lambda batch: batch)
    monkeypatch.setattr(Batch, "to", lambda batch, _: batch)
    expected = {step: make(step) for step in (0, 1, 2)}
    monkeypatch.setattr(Batches, "__getitem__", counted)
    prefetcher = Prefetcher(batches, torch.device("cuda"))
    for step in (0, 1, 2, 1):
        assert torch.equal(prefetcher[step].a, expected[step].a)
    assert steps[:6] == [0, 1, 2, 3, 1, 2][: len(steps)]
    assert torch.equal(Prefetcher(batches, torch.device("cpu"))[1].b, expected[1].b)


def test_sketch_changes_a_before_the_jitter(negative_pairs: Pairs) -> None:
    """It gets A, B and the random stream of the step; B stays as it is."""

    def sketch(a: torch.Tensor, b: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
        torch.testing.assert_close(a, -b, atol=1e-5, rtol=0)
        return a * float(random.uniform(0.1, 0.9))

    batches = Batches(negative_pairs, 4, seed=0, jitter=1, flip=True, sketch=sketch)
    plain = _batches(negative_pairs, flip=True)
    shares = []
    for step in (0, 1):
        assert torch.equal(batches[step].b, plain[step].b)
        share = batches[step].a / plain[step].a
        assert float(share.std()) == pytest.approx(0, abs=1e-5)
        shares.append(float(share.mean()))
        assert torch.equal(batches[step].a, batches[step].a)
    assert shares[0] != pytest.approx(shares[1])


def test_sketch_leaves_noise_alone(noise_splits: dict[str, Pairs]) -> None:
    """A vector has no lines."""

    def sketch(a: torch.Tensor, b: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
        raise AssertionError

    batches = Batches(noise_splits["train"], 4, seed=0, jitter=1, flip=False, sketch=sketch)
    assert batches[0].a.shape == (4, 8, 1, 1)


def test_palettes_are_those_of_the_whole_photos(negative_pairs: Pairs) -> None:
    """However the pair is framed and mirrored; parts and shards keep them beside their photos."""
    settings: dict[str, Any] = {"seed": 0, "jitter": 1.2, "flip": True, "palettes": True}
    framing = Framing(zoom=(1.5, 2), turn=30)
    batch = Batches(negative_pairs, 30, frame=framing, **settings)[0]
    order = Batches(negative_pairs, 30, seed=0, jitter=1, flip=False)[0].b
    expected = to_input(measure(from_model(order)))
    assert batch.palette is not None
    assert torch.equal(batch.palette, expected)
    assert len(np.unique(batch.palette.numpy(), axis=0)) == 30
    shard = Batches(negative_pairs, 30, shard=slice(10, 20), **settings)[0]
    third = batch.split(3)[1]
    for part in (shard, third):
        assert part.palette is not None
        assert torch.equal(part.palette, expected[10:20])
    assert torch.equal(third.a, batch.a[10:20])
    assert Batches(negative_pairs, 4, seed=0, jitter=1, flip=False)[0].palette is None


def test_a_batch_is_overwritten_as_a_whole(negative_pairs: Pairs) -> None:
    """Each tensor keeps its memory, which a CUDA graph reads."""
    batches = Batches(negative_pairs, 4, seed=0, jitter=1, flip=False, palettes=True)
    kept, other = batches[0], batches[1]
    tensors = [kept.a, kept.b, kept.palette]
    kept.copy_from(other)
    for before, now, expected in zip(
        tensors, vars(kept).values(), vars(other).values(), strict=True
    ):
        assert before is now
        assert (now == expected).all()
