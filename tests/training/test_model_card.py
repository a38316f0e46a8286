"""The description of the data in a model file, from the tables' own descriptions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fixtures import SilentRun, modify

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.background.selfie import Selfie
from s2f_core.data.conditions.edges import Edges
from s2f_core.data.datasets.celeba import CelebA1k
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import VariantData
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.tables import SECTION_FILE, Domain, build, read_section
from s2f_core.training.loop import train
from s2f_core.training.model_card import describe, lines
from s2f_core.training.run import prepare
from s2f_core.training.variant import Settings

FACES = VariantData(role="faces", background="removed", condition="edges")
SOURCE = CelebA1k(source="celeba-1k", path=Path("data/assets/celeba-1k"), limit=40)


@pytest.fixture
def splits(tmp_path: Path, faces: Pixels) -> dict[str, Pairs]:
    """Tables that say how they were made: photos, their subjects, and Canny's edges of these."""
    names = [f"{row:03d}" for row in range(40)]
    rows = pd.DataFrame({"id": names, "source": names})
    edges = Edges(type="edges", low=10, high=30)
    tables: dict[str, tuple[Pixels, Section]] = {
        "kept": (faces, SOURCE),
        "removed": (faces, Selfie(model="selfie")),
        "removed-edges": (np.stack([edges.apply(face) for face in faces]), edges),
    }
    for name, (images, by) in tables.items():
        domain = Domain(rows, images.__getitem__)
        build(tmp_path / "faces" / name, domain, label=name, section=by)
    parts = pd.DataFrame({"id": names, "split": ["train"] * 30 + ["val"] * 10})
    parts.to_parquet(tmp_path / "faces" / "split.parquet")
    return {part: FACES.pairs(tmp_path, part) for part in ("train", "val")}


def test_a_model_file_describes_its_data(
    settings: Settings, splits: dict[str, Pairs], tmp_path: Path
) -> None:
    """It has the sections of condition and background, and the source with its licence."""
    changed = modify(settings, {"data": FACES.model_dump()}, max_steps=2)
    training = prepare(changed, splits, tmp_path / "states")
    train(training, SilentRun())  # type: ignore[arg-type]
    description = describe(changed, training.result(), "a-to-b")
    assert description.flip is changed.variant.recipe.flip is True
    assert description.drawing is not None
    assert (description.drawing["type"], description.drawing["low"]) == ("edges", 10)
    assert description.matting is not None
    assert description.matting["model"] == "selfie"
    assert description.source is not None
    assert (description.source["source"], description.source["limit"]) == ("celeba-1k", 40)
    assert "path" not in description.source
    assert description.licence is not None
    assert description.licence.startswith("celeba-1k: CelebA: non-commercial research only")
    assert description.lines is not None
    assert description.lines.paper == "white"
    assert description == describe(changed, training.result(), "a-to-b")
    assert str(tmp_path) not in description.model_dump_json()


def test_line_statistics_are_those_of_the_augmented_inputs(splits: dict[str, Pairs]) -> None:
    """Thickened lines are thicker; the other direction has none."""
    plain = lines(splits["train"], {"type": "edges"}, None, "a-to-b")
    thick = lines(splits["train"], {"type": "edges"}, SketchAugment(thickness=(12, 12)), "a-to-b")
    assert plain is not None
    assert thick is not None
    assert thick.stroke_width > plain.stroke_width + 8
    assert lines(splits["train"], {"type": "edges"}, None, "b-to-a") is None
    assert lines(splits["train"], {"type": "gray"}, None, "a-to-b") is None


def test_older_tables_have_no_description(splits: dict[str, Pairs], tmp_path: Path) -> None:
    """An unreadable description is an error that names its file."""
    file = splits["train"].inputs.folder / SECTION_FILE
    assert json.loads(file.read_text())["high"] == 30
    file.write_text("{")
    with pytest.raises(UserError, match=r"made\.json cannot be read"):
        read_section(file.parent)
    file.unlink()
    assert read_section(file.parent) is None
