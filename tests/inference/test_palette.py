"""Palettes of a model: several answers to one drawing, and those like a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import mlflow_project
import numpy as np
import pytest
from drawn_faces import LAYOUT, BlobDetector, drawn_face
from PIL import Image

import s2f_core
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.palette import measure
from s2f_core.data.sketch import alignment
from s2f_core.inference.onnx_export import export, write
from s2f_core.networks.checkpoint import Description, load_model
from s2f_core.networks.mirror import MirrorMean
from stages.translate import translate as command

PALETTES = (",".join(["#102030"] * 4), ",".join(["#f0e0d0"] * 4), "#00ff00,#0000ff,#ff0000,#808080")
UNET = {"type": "unet", "depth": 2, "norm": "instance", "palette": True}
KEYS: dict[str, Any] = {
    "generator": UNET,
    "palettes": PALETTES,
    "direction": "a-to-b",
    "drawn_at": 64,
    "drawing": {"type": "pencil"},
    "lines": {"paper": "white", "ink": 0.1, "stroke_width": 2.0},
    "versions": {"s2f": "0", "torch": "0"},
}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model that is told palettes, one that knows where eyes lie too, and one without."""
    monkeypatch.setattr(alignment, "FaceDetector", BlobDetector)
    root = tmp_path / "data"
    noisy = {**UNET, "noise": "input"}
    mlflow_project.save_untrained(root, "told", **KEYS)
    mlflow_project.save_untrained(root, "aligned", **KEYS, eyes=LAYOUT)
    mlflow_project.save_untrained(root, "noisy", **{**KEYS, "generator": noisy})
    without = {key: value for key, value in KEYS.items() if key != "palettes"}
    mlflow_project.save_untrained(root, "plain", **{**without, "generator": {"type": "unet"}})
    return root


def test_a_seed_is_the_number_of_a_palette(data: Path, tmp_path: Path) -> None:
    """After the last comes the first; a checkpoint and its ONNX file give the same."""
    export(data / "models" / "told" / "a-to-b.pt", tmp_path / "told.onnx")
    drawing = drawn_face(LAYOUT)
    for name in ("told", tmp_path / "told.onnx"):
        model = s2f_core.load(name, data)
        samples = model(drawing, samples=4)
        assert len({image.tobytes() for image in samples}) == 3
        assert (samples[3] == samples[0]).all()
        for seed, palette in enumerate(PALETTES):
            assert (model(drawing, palette=palette) == samples[seed]).all()
            assert (model(drawing, seed=seed) == samples[seed]).all()
    told = s2f_core.load("told", data)(drawing, samples=3)
    exported = s2f_core.load(tmp_path / "told.onnx", data)(drawing, samples=3)
    assert np.abs(np.stack(told).astype(int) - np.stack(exported)).max() <= 1


def test_a_palette_and_noise_vary_together(data: Path, tmp_path: Path) -> None:
    """Samples of one palette differ by their noise, as in ONNX."""
    export(data / "models" / "noisy" / "a-to-b.pt", tmp_path / "noisy.onnx")
    outputs = [
        s2f_core.load(name, data)(drawn_face(LAYOUT), samples=2, palette=PALETTES[1])
        for name in ("noisy", tmp_path / "noisy.onnx")
    ]
    assert (outputs[0][0] != outputs[0][1]).any()
    assert np.abs(np.stack(outputs[0]).astype(int) - np.stack(outputs[1])).max() <= 1


def test_an_exported_mirror_mean_is_told_one_too(data: Path, tmp_path: Path) -> None:
    """It equals the checkpoint's."""
    description, network = load_model(data / "models" / "told" / "a-to-b.pt")
    description = description.model_copy(update={"flip": True})
    write(description, MirrorMean(network), tmp_path / "mirrored.onnx")
    told, mirrored = s2f_core.load("told", data), s2f_core.load(tmp_path / "mirrored.onnx", data)
    expected = told(drawn_face(LAYOUT), palette=PALETTES[2], mirror=True)
    output = mirrored(drawn_face(LAYOUT), seed=2)
    assert np.abs(output.astype(int) - expected).max() <= 1


def _photo(eyes: tuple[tuple[float, float], tuple[float, float]]) -> Pixels:
    """A photo in colours, with dark eyes at these places."""
    page = drawn_face(eyes, 64)
    ramp = np.linspace(60, 250, 64).astype(np.uint8)
    colours = np.dstack(
        [np.tile(ramp, (64, 1)), np.tile(ramp[:, None], (1, 64)), np.full((64, 64), 90)]
    )
    return np.where(page > 128, colours, page).astype(np.uint8)


def _skin(palette: str) -> bytes:
    return bytes.fromhex(palette.split(",")[2][1:])


def _difference(one: bytes, two: bytes) -> int:
    """The largest difference of a channel."""
    return max(abs(a - b) for a, b in zip(one, two, strict=True))


def test_the_palette_of_a_photo_is_that_of_its_aligned_face(data: Path, tmp_path: Path) -> None:
    """A file of any proportions will do; a model that knows no eyes takes the photo as it is."""
    told, aligned = (s2f_core.load(name, data) for name in ("told", "aligned"))
    photo = _photo(LAYOUT)
    assert told.palette_of(photo) == measure(photo[None])[0]
    expected, shifted = _skin(told.palette_of(photo)), np.roll(photo, 10, axis=1)
    moved = cv2.copyMakeBorder(photo, 0, 0, 20, 20, cv2.BORDER_REPLICATE)
    Image.fromarray(moved).save(tmp_path / "wide.png")
    for picture in (photo, shifted, tmp_path / "wide.png"):
        assert _difference(_skin(aligned.palette_of(picture)), expected) <= 2
    assert _difference(_skin(told.palette_of(shifted)), expected) > 20


def test_what_a_model_cannot_do_is_said(data: Path, tmp_path: Path) -> None:
    """No palette for a model without; no face; equal samples; colours that are none."""
    plain, aligned = s2f_core.load("plain", data), s2f_core.load("aligned", data)
    drawing = drawn_face(LAYOUT)
    with pytest.raises(UserError, match=r"plain is told no palette: leave it out, or train with"):
        plain(drawing, palette=PALETTES[0])
    with pytest.raises(UserError, match="plain is told no palette"):
        plain.palette_of(drawing)
    with pytest.raises(
        UserError, match=r"all 2 samples of an image .* samples at 1 or palette out"
    ):
        aligned(drawing, palette=PALETTES[0], samples=2)
    with pytest.raises(UserError, match=r"palette: 'red' is no palette"):
        aligned(drawing, palette="red")
    blank = tmp_path / "blank.png"
    Image.fromarray(np.full((64, 64, 3), 255, np.uint8)).save(blank)
    with pytest.raises(UserError, match=r"blank\.png: no palette can be measured: no face found"):
        aligned.palette_of(blank)


def test_the_command_takes_a_photo_or_colours(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not both."""
    monkeypatch.chdir(tmp_path)
    for name in ("params.yaml", "dvc.yaml"):
        Path(name).touch()
    Image.fromarray(drawn_face(LAYOUT)).save("face.png")
    Image.fromarray(_photo(LAYOUT)).save("photo.png")
    told = s2f_core.load("told", data)
    command("told", ["face.png"], out="like.png", like="photo.png")
    command("told", ["face.png"], out="own.png", colours=PALETTES[2])
    like, own = (np.asarray(Image.open(name)) for name in ("like.png", "own.png"))
    assert (like == told("face.png", palette=told.palette_of("photo.png"))).all()
    assert (own == told("face.png", palette=PALETTES[2])).all()
    with pytest.raises(UserError, match="--like and --colours both say the colours"):
        command("told", ["face.png"], like="photo.png", colours="#000000")


def test_a_description_without_its_palettes_is_refused(data: Path) -> None:
    """And one with palettes that its generator does not take."""
    description, _ = load_model(data / "models" / "told" / "a-to-b.pt")
    values = description.model_dump()
    for change in ({"palettes": ()}, {"generator": {"type": "unet"}}):
        with pytest.raises(ValueError, match="palettes are there exactly where"):
            Description.model_validate({**values, **change})
