"""Pairs: A and B belong together, at any size and with any channels."""

import numpy as np
import pytest
import torch
from fixtures import MakeTable

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, from_model
from s2f_core.data.pairs import Pairs, spread_rows


def test_input_and_target_have_the_same_id(negative_pairs: Pairs, faces: Pixels) -> None:
    """Rows follow the order of the ids."""
    assert (from_model(negative_pairs.b(range(5))) == faces[:5]).all()
    assert (from_model(negative_pairs.a(range(5))) == 255 - faces[:5]).all()


def test_ids_that_one_table_lacks_are_left_out(make_table: MakeTable, faces: Pixels) -> None:
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


def test_scale_averages_areas(make_table: MakeTable, faces: Pixels) -> None:
    """Half size is the mean of 2×2 pixels."""
    table = make_table("t", faces)
    pairs = Pairs(table, table, ["000"], scale=0.5)
    expected = faces[0].reshape(16, 2, 16, 2, 3).mean(axis=(1, 3)) / 127.5 - 1
    torch.testing.assert_close(
        pairs.a(range(1))[0].permute(1, 2, 0),
        torch.from_numpy(expected).float(),
        atol=1e-5,
        rtol=0,
    )


def test_resized_to_sets_the_side_in_pixels(negative_pairs: Pairs) -> None:
    """Whatever the size before; the images, their order and their channels stay."""
    small = negative_pairs.resized_to(8)
    assert (small.size, small.ids, small.channels) == (8, negative_pairs.ids, (3, 3))
    assert torch.equal(small.resized_to(32).a(range(3)), negative_pairs.a(range(3)))


def test_the_fingerprint_depends_on_pixels_ids_and_size(
    make_table: MakeTable, faces: Pixels
) -> None:
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


def test_grey_targets_have_no_palettes(make_table: MakeTable, faces: Pixels) -> None:
    """The message says what to leave out."""
    grey = make_table("grey", np.ascontiguousarray(faces[..., :1]))
    with pytest.raises(UserError, match=r"grey has images of 1 channels, so no palettes: leave"):
        Pairs(grey, grey, ["000"]).palettes(range(1))


def test_rows_are_spread_over_all() -> None:
    """From the first to the last, each at most once."""
    assert spread_rows(100, 4).tolist() == [0, 33, 66, 99]
    assert spread_rows(3, 64).tolist() == [0, 1, 2]
