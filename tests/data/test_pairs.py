"""Pairs and batches: aligned, augmented together, a pure function of the step."""

from collections import Counter

import numpy as np
import pytest
import torch
from fixtures import MakeTable
from torch.nn import functional as F

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model
from s2f_core.data.pairs import Batch, Batches, Coming, Pairs


@pytest.fixture
def pairs(make_table: MakeTable, faces: Pixels) -> Pairs:
    """Photos as targets and their negatives as inputs, so that a pair can be told."""
    inputs = make_table("inputs", 255 - faces)
    return Pairs(inputs, make_table("targets", faces), [f"{i:03d}" for i in range(30)])


def _batches(pairs: Pairs, size: int = 4, jitter: float = 1.0, *, flip: bool = False) -> Batches:
    return Batches(pairs, size, seed=0, jitter=jitter, flip=flip)


def test_a_pair_is_of_one_image(pairs: Pairs, faces: Pixels) -> None:
    """Input and target belong together, in the order of the ids."""
    batch = pairs.load(range(5))
    assert (from_model(batch.b) == faces[:5]).all()
    assert (from_model(batch.a) == 255 - faces[:5]).all()


def test_images_that_one_table_lacks_are_left_out(make_table: MakeTable, faces: Pixels) -> None:
    """The shared ids remain; none at all is an error."""
    inputs, targets = make_table("inputs", faces[:3]), make_table("targets", faces)
    assert Pairs(inputs, targets, ["001", "007", "002"]).ids == ["001", "002"]
    with pytest.raises(UserError, match="share none of 1 ids"):
        Pairs(inputs, targets, ["007"])


def test_tables_of_two_sizes_are_refused(make_table: MakeTable, faces: Pixels) -> None:
    """32 px against 16 px."""
    small = make_table("small", np.ascontiguousarray(faces[:, ::2, ::2]))
    with pytest.raises(UserError, match="must be equal"):
        Pairs(small, make_table("targets", faces), ["001"])


def test_an_epoch_shows_every_image_once(pairs: Pairs) -> None:
    """Thirty images in batches of four: 15 batches are two epochs, in two orders."""
    batches = _batches(pairs)
    seen = torch.cat([batches[step].b for step in range(15)]).flatten(1).sum(dim=1).tolist()
    assert set(Counter(seen).values()) == {2}
    assert sorted(seen[:30]) == sorted(seen[30:])
    assert seen[:30] != seen[30:]


def test_a_batch_depends_on_seed_and_step_alone(pairs: Pairs) -> None:
    """Asked again, out of order, by another object: the same."""
    one, two = _batches(pairs, jitter=1.117, flip=True), _batches(pairs, jitter=1.117, flip=True)
    _ = one[0], one[11]
    assert torch.equal(one[5].a, two[5].a)
    other = Batches(pairs, 4, seed=1, jitter=1.117, flip=True)
    assert not torch.equal(one[5].a, other[5].a)


def test_augmentation_treats_both_images_alike(pairs: Pairs) -> None:
    """The input is still the negative of the target, and the images are not as stored."""
    batches = _batches(pairs, size=30, jitter=1.117, flip=True)
    batch = batches[0]
    torch.testing.assert_close(batch.a, -batch.b, atol=1e-5, rtol=0)
    plain = _batches(pairs, size=30)[0]
    assert batch.b.shape == plain.b.shape
    changed = [not torch.equal(a, b) for a, b in zip(batch.b, plain.b, strict=True)]
    assert all(changed)


def test_a_shift_moves_whole_pixels(pairs: Pairs) -> None:
    """Each pair is cut, its A and B at one place, out of itself with a mirrored border."""
    batch = Batches(pairs, 30, seed=0, jitter=1, shift=0.125, flip=False)[0]
    torch.testing.assert_close(batch.a, -batch.b, atol=1e-5, rtol=0)
    stored = _batches(pairs, size=30)[0].b
    size = stored.shape[-1]
    wide = F.pad(stored, (size // 8,) * 4, "reflect")
    cuts = wide.unfold(2, size, 1).unfold(3, size, 1)  # [30, 3, places, places, size, size]
    same = (cuts == batch.b[:, :, None, None]).all(dim=(1, 4, 5)).flatten(1)
    assert same.any(dim=1).all()
    assert len(set(same.int().argmax(dim=1).tolist())) > 10


def test_jitter_cuts_a_square_out_of_the_enlarged_image(pairs: Pairs) -> None:
    """Each is somewhere in what PyTorch enlarges bilinearly to 36 px, within 1e-4."""
    batch, plain = _batches(pairs, jitter=1.117)[0].b, _batches(pairs)[0].b
    larger = F.interpolate(plain, size=(36, 36), mode="bilinear")
    for image, whole in zip(batch, larger, strict=True):
        squares = whole.unfold(1, 32, 1).unfold(2, 32, 1)
        differences = (squares.permute(1, 2, 0, 3, 4) - image).abs().amax(dim=(2, 3, 4))
        assert differences.min() < 1e-4


def test_a_gpus_batches_are_made_ahead_and_the_same(
    pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In turn, after a jump back, and as a processor gets them; each step is asked for once."""
    asked: list[int] = []
    batches = _batches(pairs, jitter=1.117, flip=True)
    make = batches.__getitem__

    def counted(_: Batches, step: int) -> Batch:
        asked.append(step)
        return make(step)

    monkeypatch.setattr(Batch, "pinned", lambda batch: batch)
    monkeypatch.setattr(Batch, "to", lambda batch, _: batch)
    wanted = {step: make(step) for step in (0, 1, 2)}
    monkeypatch.setattr(Batches, "__getitem__", counted)
    coming = Coming(batches, torch.device("cuda"))
    for step in (0, 1, 2, 1):
        assert torch.equal(coming[step].a, wanted[step].a)
    assert asked[:6] == [0, 1, 2, 3, 1, 2][: len(asked)]
    assert torch.equal(Coming(batches, torch.device("cpu"))[1].b, wanted[1].b)


def test_flip_mirrors_about_half(pairs: Pairs) -> None:
    """Each image is as stored or mirrored left to right."""
    flipped, plain = _batches(pairs, size=30, flip=True)[0].b, _batches(pairs, size=30)[0].b
    mirrored = [torch.equal(a, b.flip(-1)) for a, b in zip(flipped, plain, strict=True)]
    kept = [torch.equal(a, b) for a, b in zip(flipped, plain, strict=True)]
    assert all(a != b for a, b in zip(mirrored, kept, strict=True))
    assert 5 < sum(mirrored) < 25


def test_scale_averages_areas(make_table: MakeTable, faces: Pixels) -> None:
    """Half size is the mean of 2×2 pixels."""
    table = make_table("t", faces)
    batch = Pairs(table, table, ["000"], scale=0.5).load(range(1))
    expected = faces[0].reshape(16, 2, 16, 2, 3).mean(axis=(1, 3)) / 127.5 - 1
    torch.testing.assert_close(
        batch.a[0].permute(1, 2, 0), torch.from_numpy(expected).float(), atol=1e-5, rtol=0
    )


def test_the_fingerprint_knows_pixels_ids_and_size(make_table: MakeTable, faces: Pixels) -> None:
    """It changes with any of them and with nothing else."""
    table = make_table("a", faces)
    base = Pairs(table, table, ["000", "001"]).fingerprint()
    changed = faces.copy()
    changed[1, 0, 0, 0] ^= 1
    other = make_table("b", changed)
    assert Pairs(table, table, ["000", "001"]).fingerprint() == base
    assert Pairs(other, table, ["000", "001"]).fingerprint() != base
    assert Pairs(other, table, ["000", "002"]).fingerprint() != base
    assert Pairs(table, table, ["000", "001"], scale=0.5).fingerprint() != base


def test_lines_are_changed_in_training_batches_alone(pairs: Pairs) -> None:
    """A as the sketching makes it of A, B and the step's stream, before the jitter; B as it is."""

    def sketch(a: torch.Tensor, b: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
        torch.testing.assert_close(a, -b, atol=1e-5, rtol=0)
        return a * float(random.uniform(0.1, 0.9))

    batches = Batches(pairs, 4, seed=0, jitter=1, flip=True, sketch=sketch)
    plain = _batches(pairs, flip=True)
    shares = []
    for step in (0, 1):
        assert torch.equal(batches[step].b, plain[step].b)
        share = batches[step].a / plain[step].a
        assert float(share.std()) == pytest.approx(0, abs=1e-5)
        shares.append(float(share.mean()))
        assert torch.equal(batches[step].a, batches[step].a)
    assert shares[0] != pytest.approx(shares[1])


def test_noise_is_not_sketched(noise_splits: dict[str, Pairs]) -> None:
    """A vector has no lines."""

    def sketch(a: torch.Tensor, b: torch.Tensor, random: np.random.Generator) -> torch.Tensor:
        raise AssertionError

    batches = Batches(noise_splits["train"], 4, seed=0, jitter=1, flip=False, sketch=sketch)
    assert batches[0].a.shape == (4, 8, 1, 1)
