"""Contracts of all conditions, and the tables that they become."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from fixtures import MakeTable
from pydantic import TypeAdapter

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.conditions import Condition, convert
from s2f_core.data.conditions.formula import FormulaCondition
from s2f_core.data.conditions.mixture import Mixture
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.conditions.per_photo import PhotoCondition

ALL = get_args(get_args(Condition)[0])


def default(kind: type[Any], **keys: Any) -> Any:
    """A condition of this kind with its default settings, and the keys that it requires."""
    (name,) = get_args(kind.model_fields["type"].annotation)
    required = {"of": ({"type": "pencil"},)} if kind is Mixture else {}
    return kind(type=name, **required, **keys)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_condition_has_defaults_and_names_its_assets(kind: type[Any], tmp_path: Path) -> None:
    """Its type is enough to use it, and its docstring shows the defaults."""
    section = default(kind)
    if kind is not Mixture:
        assert TypeAdapter(Condition).validate_python({"type": section.type}) == section
    assert f"``{{type: {section.type}" in str(kind.__doc__)
    assert all(isinstance(name, str) for name in kind.ASSETS)
    if isinstance(section, PhotoCondition):
        pickle.dumps(section.load(tmp_path))  # loading reads no weights yet


@pytest.mark.parametrize(
    "kind",
    [kind for kind in ALL if issubclass(kind, FormulaCondition)],
    ids=lambda kind: kind.__name__,
)
def test_a_formula_depends_on_the_photo_alone(
    kind: type[Any], faces: Pixels, tmp_path: Path
) -> None:
    """In threads, after pickling, at any shape; grey gives the result of three equal channels."""
    section = default(kind)
    function = pickle.loads(pickle.dumps(section.load(tmp_path)))  # noqa: S301
    alone = [section.apply(photo) for photo in faces[:12]]
    with ThreadPoolExecutor(4) as threads:
        assert all(
            (a == b).all() for a, b in zip(alone, threads.map(function, faces), strict=False)
        )
    wide = section.apply(faces[0][:20])
    assert wide.dtype == np.uint8
    if section.type != "noise":
        assert wide.shape[:2] == (20, 32)
        grey = faces[1].mean(axis=-1, keepdims=True).astype(np.uint8)
        assert (section.apply(grey) == section.apply(to_rgb(grey))).all()


def test_a_condition_table_keeps_ids_and_groups(make_table: MakeTable, faces: Pixels) -> None:
    """The same rows, one channel."""
    photos = make_table("photos", faces, group=[f"{i // 2}" for i in range(40)])
    sketches = convert(
        photos, Pencil(type="pencil", blur=5), photos.folder.with_name("sketches"), Path("none")
    )
    assert sketches.shape == (32, 32, 1)
    for column in ("id", "source", "group"):
        assert sketches.index[column].tolist() == photos.index[column].tolist()
    assert (sketches.images([3])[0] == Pencil(type="pencil", blur=5).apply(faces[3])).all()
