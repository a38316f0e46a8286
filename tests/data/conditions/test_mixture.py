"""The mixture: several kinds of sketches of one photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from s2f_core.common.images import Pixels
from s2f_core.data.conditions import Condition
from s2f_core.data.conditions.edges import Edges
from s2f_core.data.conditions.mixture import Mixture
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.metrics.edge_consistency import condition_redraw

SECTION = {"type": "mixture", "of": [{"type": "pencil", "blur": 9}, {"type": "edges"}]}


def test_its_copies_are_the_sketches_of_its_parts(faces: Pixels, tmp_path: Path) -> None:
    """In the order of the parts."""
    mixture: Condition = TypeAdapter[Condition](Condition).validate_python(SECTION)
    assert isinstance(mixture, Mixture)
    sketches = mixture.load(tmp_path)(faces[0])
    np.testing.assert_array_equal(sketches[0], Pencil(type="pencil", blur=9).apply(faces[0]))
    np.testing.assert_array_equal(sketches[1], Edges(type="edges").apply(faces[0]))
    assert len(sketches) == 2


def test_a_photo_is_drawn_by_its_first_part(faces: Pixels, tmp_path: Path) -> None:
    """A model that draws a photo first, as in training, uses one sketch."""
    single = Mixture.model_validate(SECTION).single().load(tmp_path)
    np.testing.assert_array_equal(single(faces[0]), Pencil(type="pencil", blur=9).apply(faces[0]))


def test_it_is_not_drawn_again_from_outputs(tmp_path: Path) -> None:
    """An output cannot have the lines of a random one of several drawings."""
    assert condition_redraw(Mixture.model_validate(SECTION), tmp_path) is None


@pytest.mark.parametrize("of", [[], [{"type": "pose"}], [{"type": "noise"}]], ids=str)
def test_only_sketches_can_be_mixed(of: list[dict[str, str]]) -> None:
    """They all have one channel."""
    with pytest.raises(ValidationError):
        Mixture.model_validate({"type": "mixture", "of": of})
