"""The description of the data in a model file, from the tables' own descriptions."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from drawn_faces import BlobDetector, drawn_face
from fixtures import MakeTable, SilentRun, modify

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
from s2f_core.training import model_card
from s2f_core.training.loop import train
from s2f_core.training.model_card import describe, eyes, lines
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
    description = describe(changed, training.result(), "a-to-b", tmp_path)
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
    assert description == describe(changed, training.result(), "a-to-b", tmp_path)
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


def test_eyes_are_measured_in_photos_of_aligned_faces(
    make_table: MakeTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the targets; faces in many places and inputs that are photos have none."""
    monkeypatch.setattr(model_card, "FaceDetector", BlobDetector)
    photos = np.stack([drawn_face(((0.4, 0.5), (0.6, 0.5)), 64)] * 70)
    inputs, names = make_table("inputs", photos[..., :1]), [f"{row:03d}" for row in range(70)]
    pairs = Pairs(inputs, make_table("targets", photos), names)
    found = eyes(pairs, "a-to-b", Path("nowhere"))
    assert found is not None
    assert np.array(found) == pytest.approx(np.array(((0.4, 0.5), (0.6, 0.5))), abs=0.01)
    assert eyes(pairs, "b-to-a", Path("nowhere")) is None
    photos[::2] = drawn_face(((0.2, 0.5), (0.4, 0.5)), 64)
    scattered = Pairs(inputs, make_table("scattered", photos), names)
    assert eyes(scattered, "a-to-b", Path("nowhere")) is None


def test_without_the_detectors_weights_there_are_no_eyes(
    splits: dict[str, Pairs], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The training goes on; the log says what is missing."""
    assert eyes(splits["train"], "a-to-b", tmp_path) is None
    assert "drawings will not be aligned for this model: " in caplog.text
    assert "run 's2f fetch mediapipe'" in caplog.text


def test_older_tables_have_no_description(splits: dict[str, Pairs], tmp_path: Path) -> None:
    """An unreadable description is an error that names its file."""
    file = splits["train"].inputs.folder / SECTION_FILE
    assert json.loads(file.read_text())["high"] == 30
    file.write_text("{")
    with pytest.raises(UserError, match=r"made\.json cannot be read"):
        read_section(file.parent)
    file.unlink()
    assert read_section(file.parent) is None
