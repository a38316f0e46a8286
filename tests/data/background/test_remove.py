"""Tables of mattes and of photos with a new background, and the settings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fixtures import MakeTable
from pydantic import TypeAdapter, ValidationError
from red_network import write_red_network

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.data.background import Background
from s2f_core.data.background.rembg_models import Rembg
from s2f_core.data.background.remove import remove_from_table
from s2f_core.data.background.selfie import Selfie


def _section(**keys: Any) -> Any:
    return TypeAdapter(Background).validate_python(keys)


@pytest.fixture
def subjects() -> Pixels:
    """Five pictures with red from column 16 on, and a black one, uint8 [6, 32, 32, 3]."""
    images = np.random.default_rng(0).integers(0, 40, (6, 32, 32, 3), dtype=np.uint8)
    images[:, :, :16, 0] = 0
    images[:, :, 16:, 0] = 255
    images[2] = 0
    return images


def test_a_photo_without_subject_is_rejected(
    make_table: MakeTable, subjects: Pixels, tmp_path: Path
) -> None:
    """In both tables, which keep the ids of the photos; later photos still get their own mattes."""
    write_red_network(tmp_path / "u2netp.onnx")
    photos = make_table("photos", subjects)
    section = _section(model="u2netp", size=64, fill={"type": "colour", "colour": [0, 255, 0]})
    remove_from_table(photos, section, tmp_path, tmp_path / "matte", tmp_path / "removed")
    mattes, subjects_only = (tables.read(tmp_path / name) for name in ("matte", "removed"))
    for table in (mattes, subjects_only):
        assert table.index["id"].tolist() == photos.index["id"].tolist()
        (reason,) = table.index["rejected"].dropna()
        assert reason == "no subject found: it covers under 1%"
        assert table.accepted["id"].tolist() == ["000", "001", "003", "004", "005"]
    assert mattes.shape == (32, 32, 1)
    for place, row in enumerate((0, 1, 3, 4, 5)):
        assert (subjects_only.image(place)[:, 20:] == subjects[row][:, 20:]).all()
        assert (subjects_only.image(place)[:, :12] == [0, 255, 0]).all()


def test_the_sources_own_inputs_are_copied(
    make_table: MakeTable, subjects: Pixels, tmp_path: Path
) -> None:
    """Sketches of a source lie beside the new photos as beside the old ones."""
    write_red_network(tmp_path / "u2netp.onnx")
    photos = make_table("photos", subjects[:2])
    make_table("photos/given", subjects[2:4, :, :, :1])
    section = Rembg(model="u2netp", size=64)
    for _ in range(2):  # the second time over existing tables
        remove_from_table(photos, section, tmp_path, tmp_path / "matte", tmp_path / "removed")
    inputs = tables.read(tmp_path / "removed" / "given")
    assert (inputs.images([0, 1]) == subjects[2:4, :, :, :1]).all()


@pytest.mark.parametrize("section", [Rembg(model="silueta"), Selfie(model="selfie")])
def test_missing_or_broken_weights_are_explained(
    section: Rembg | Selfie, make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """The message names the file and what to do; no table is left."""
    photos = make_table("photos", faces)
    asset = tmp_path / section.model
    asset.mkdir()
    for content in (None, b"nothing that can be run"):
        if content is not None:
            for name in ("silueta.onnx", "selfie.tflite"):
                (asset / name).write_bytes(content)
        advice = f"run 's2f fetch {section.model}'" if content is None else "fetch it again"
        with pytest.raises(UserError, match=rf"{section.model}\.(onnx|tflite).*{advice}"):
            remove_from_table(photos, section, asset, tmp_path / "matte", tmp_path / "removed")
    assert not (tmp_path / "matte").exists()


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"model": "none"}, "isnet-general-use"),
        ({"model": "u2netp", "size": 100}, "multiple of 32"),
        ({"model": "selfie", "size": 256}, "Extra inputs"),
        ({"model": "selfie", "fill": {"type": "blurred", "sigma": 0}}, "greater than 0"),
        ({"model": "selfie", "fill": {"type": "colour", "colour": [0, 0, 256]}}, "255"),
        ({"model": "selfie", "feather": -1}, "greater than or equal to 0"),
    ],
)
def test_impossible_settings_are_refused(keys: dict[str, Any], message: str) -> None:
    """Unknown models, sizes and levels; a key of another model."""
    with pytest.raises(ValidationError, match=message):
        _section(**keys)
