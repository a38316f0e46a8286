"""The option ``align``: in Python, on the command line, in exported models, and where it is off."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import cv2
import mlflow_project
import numpy as np
import pytest
import torch
from drawn_faces import LAYOUT, BlobDetector, drawn_face
from PIL import Image

import s2f_core
from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels, from_model
from s2f_core.data.landmarks.eyes import Eyes
from s2f_core.data.sketch import alignment
from s2f_core.data.sketch.alignment import NO_FACE
from s2f_core.inference import options, video
from s2f_core.inference.model import Model
from s2f_core.inference.onnx_export import export
from s2f_core.inference.options import Options
from s2f_core.networks.checkpoint import Description, load_model, save_model
from stages import translate as stage
from stages.translate import translate as command

SIDE = 64
MOVED: Eyes = ((0.3, 0.45), (0.48, 0.5))
LINES = {"paper": "white", "ink": 0.1, "stroke_width": 2.0}
CHANGES: dict[str, Any] = {
    "direction": "a-to-b",
    "size": SIDE,
    "drawn_at": SIDE,
    "drawing": {"type": "pencil"},
    "lines": LINES,
    "eyes": LAYOUT,
    "versions": {"s2f": "0", "torch": "0"},
}


@pytest.fixture(autouse=True)
def _blob_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Find faces without weights."""
    monkeypatch.setattr(alignment, "FaceDetector", BlobDetector)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Models of drawings that know the layout, one with noise, and models that never align."""
    root = tmp_path / "data"
    noisy = {"type": "unet", "depth": 2, "norm": "instance", "noise": "input"}
    mlflow_project.save_untrained(root, "tiny", **CHANGES)
    mlflow_project.save_untrained(root, "noisy", **{**CHANGES, "generator": noisy})
    mlflow_project.save_untrained(root, "no-lines", **{**CHANGES, "lines": None})
    mlflow_project.save_untrained(root, "no-eyes", **{**CHANGES, "eyes": None})
    return root


@dataclass
class Echo:
    """A generator that gives back its input, and keeps it."""

    description: Description
    inputs: Floats | None = None

    def __call__(self, inputs: Floats, **_: object) -> Floats:
        """Return the inputs, as colours."""
        self.inputs = inputs
        return np.repeat(inputs, 3, axis=1)


@pytest.fixture
def echo(data: Path) -> Echo:
    """The identity in place of the model's network."""
    return Echo(load_model(data / "models/tiny/a-to-b.pt")[0])


def _blob(page: Pixels, eye: tuple[float, float]) -> float:
    """The mean grey within the eye at a place of a page."""
    x, y = (round(share * len(page)) for share in eye)
    return float(page[y - 1 : y + 1, x - 1 : x + 1].mean())


def test_a_drawing_goes_in_aligned_and_comes_back(echo: Echo, tmp_path: Path) -> None:
    """The generator sees the eyes at the layout; they are where they were drawn in the output."""
    model, drawing = Model(echo, tmp_path), drawn_face(MOVED, 256)
    output = model(drawing)
    assert echo.inputs is not None
    plain, aligned = from_model(torch.from_numpy(echo.inputs))
    for eye, target in zip(MOVED, LAYOUT, strict=True):
        assert _blob(plain, eye) < 60
        assert _blob(plain, target) > 200
        assert _blob(aligned, target) < 60
        assert _blob(output, eye) < 90
    off = model(drawing, align="off")
    assert echo.inputs.shape[0] == 1
    assert (from_model(torch.from_numpy(echo.inputs))[0] == plain).all()
    assert (off == plain).all()
    assert np.abs(off.astype(int) - output).mean() < 8


def test_white_ink_on_black_paper_is_aligned_too(echo: Echo, tmp_path: Path) -> None:
    """The model's input has its own paper, also beyond the drawing."""
    white = Model(echo, tmp_path)
    square = white.prepare(drawn_face(MOVED), Options())
    changes = {"lines": echo.description.lines.model_copy(update={"paper": "black"})}  # type: ignore[union-attr]
    black = Model(Echo(echo.description.model_copy(update=changes)), tmp_path)
    inverted = black.prepare(drawn_face(MOVED), Options())
    assert square.aligned is not None
    assert inverted.aligned is not None
    assert (inverted.aligned == 255 - square.aligned).all()
    assert (inverted.pixels == 255 - square.pixels).all()


def test_lists_oblong_drawings_and_sizes(echo: Echo, tmp_path: Path) -> None:
    """Each has its own alignment; outputs are cut, enlarged and finished as without one."""
    wide = cv2.copyMakeBorder(
        drawn_face(MOVED), 0, 0, 40, 0, cv2.BORDER_CONSTANT, value=(255, 255, 255)
    )
    blank = np.full((SIDE, SIDE, 3), 255, np.uint8)
    drawings = [drawn_face(MOVED), blank, np.asarray(wide, np.uint8), drawn_face(LAYOUT)]
    model = Model(echo, tmp_path)
    together = model(drawings)
    for drawing, output in zip(drawings, together, strict=True):
        assert (model(drawing) == output).all()
        assert output.shape == model(drawing, align="off").shape
    assert model(drawings[0], upscale=2, upscaler="bicubic").shape == (2 * SIDE, 2 * SIDE, 3)


def test_a_drawing_without_a_face_goes_in_as_it_is(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A line in the log says so, and none where alignment is off or the eyes are in place."""
    model = s2f_core.load("tiny", data)
    page = np.full((SIDE, SIDE, 3), 255, np.uint8)
    page[20:24, 10:50] = 0
    with caplog.at_level(logging.WARNING):
        off = model(page, align="off")
        model(drawn_face(LAYOUT))
        assert not caplog.records
        assert (model(page) == off).all()
    assert NO_FACE in caplog.text


def test_only_models_of_drawings_of_aligned_faces_align(data: Path) -> None:
    """Older files have no layout, other inputs no lines; a photo is never aligned."""
    for name in ("no-lines", "no-eyes"):
        model = s2f_core.load(name, data)
        assert (model(drawn_face(MOVED)) == model(drawn_face(MOVED), align="off")).all()
    model = s2f_core.load("tiny", data)
    photo = drawn_face(MOVED)
    assert model.prepare(photo, Options(from_photo=True)).alignment is None
    assert model.prepare(photo, Options()).alignment is not None


def test_a_file_of_before_has_no_layout(data: Path) -> None:
    """It loads; a damaged layout is an error of one line."""
    file = data / "models/tiny/a-to-b.pt"
    description, network = load_model(file)
    assert description.eyes == LAYOUT
    content = torch.load(file, weights_only=True)
    del content["description"]["eyes"]
    torch.save(content, file)
    assert load_model(file)[0].eyes is None
    wrong = description.model_copy(update={"eyes": ((0.5, 0.5), (0.5, 0.5))})
    save_model(file, wrong, network.state_dict())
    with pytest.raises(UserError, match=r"a-to-b\.pt is damaged"):
        s2f_core.load(file, data)


def test_an_exported_model_aligns_alike(data: Path, tmp_path: Path) -> None:
    """The file carries the layout; samples of a model with noise, too, within a level."""
    out = tmp_path / "noisy.onnx"
    export(data / "models/noisy/a-to-b.pt", out)
    exported, model = s2f_core.load(out, data), s2f_core.load("noisy", data)
    assert exported.description.eyes == LAYOUT
    for first, second in zip(
        exported(drawn_face(MOVED), samples=2), model(drawn_face(MOVED), samples=2), strict=True
    ):
        assert np.abs(first.astype(int) - second).max() <= 2
    plain = model(drawn_face(MOVED), align="off")
    assert (model(drawn_face(MOVED)) != plain).any()


def test_the_command_has_the_option(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By default it aligns; the names are the library's."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(drawn_face(MOVED)).save("face.png")
    model = s2f_core.load("tiny", data)
    for align, choice in (("auto", {}), ("off", {"align": "off"})):
        command("tiny", ["face.png"], out=f"{align}.png", **choice)  # type: ignore[arg-type]
        expected = model(drawn_face(MOVED), align=align)  # type: ignore[arg-type]
        assert (np.asarray(Image.open(f"{align}.png")) == expected).all()
    assert get_args(stage.Align) == get_args(options.Align)


def test_another_value_is_refused(data: Path) -> None:
    """The message lists what is allowed."""
    with pytest.raises(UserError, match=r"align: 'on' is not possible \(allowed: auto, off\)"):
        s2f_core.load("tiny", data)(drawn_face(MOVED), align="on")  # type: ignore[arg-type]


def test_frames_of_a_video_are_not_aligned(
    echo: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The generator sees each frame once."""
    writer = cv2.VideoWriter(
        str(tmp_path / "in.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 10, (SIDE, SIDE)
    )
    for _ in range(2):
        writer.write(drawn_face(MOVED, SIDE))
    writer.release()
    monkeypatch.chdir(tmp_path)
    video.translate(Model(echo, tmp_path), Path("in.avi"), Path("out.avi"), Options())
    assert echo.inputs is not None
    assert len(echo.inputs) == 1
