"""``s2f video``: every frame is translated, and flicker is smoothed along the flow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import mlflow_project
import numpy as np
import pytest

import s2f_core
from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError, Pixels
from s2f_core.common.seeding import stream
from s2f_core.inference import video_files
from s2f_core.inference.options import Options
from s2f_core.inference.video import Smoothing, translate, warp_output

PHOTO = Options(from_photo=True)


def _scene(side: int = 128) -> Pixels:
    """Smooth blots, uint8 [side, side, 3], on which motion can be seen."""
    noise = stream(1).integers(0, 256, (side, side, 3)).astype(np.uint8)
    blurred: Any = cv2.GaussianBlur(noise, (0, 0), 3)
    return np.asarray(cv2.normalize(blurred, blurred, 0, 255, cv2.NORM_MINMAX))


def _frames(count: int, step: int = 2, side: int = 96) -> list[Pixels]:
    scene = _scene(side + count * step)
    return [scene[row * step :][:side, row * step :][:, :side] for row in range(count)]


def _save(path: Path, frames: list[Pixels]) -> Path:
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (width, height))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    return path


def _read(path: Path) -> tuple[list[Pixels], float]:
    clip = cv2.VideoCapture(str(path))
    rate = clip.get(cv2.CAP_PROP_FPS)
    frames: list[Pixels] = []
    while True:
        success, frame = clip.read()
        if not success:
            return frames, rate
        frames.append(np.asarray(frame, dtype=np.uint8))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A model of pencil sketches."""
    description: dict[str, Any] = {
        "drawn_at": 32,
        "direction": "a-to-b",
        "drawing": {"type": "pencil", "blur": 5},
    }
    mlflow_project.save_untrained(tmp_path / "data", "tiny", **description)
    return tmp_path / "data"


def test_warp_output_follows_the_motion_of_the_frames() -> None:
    """A shift by two pixels is found, except at the border."""
    before, now = (cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in _frames(2))
    output = np.asarray(before, np.float32)[..., None]
    warped, reliable = warp_output(np.asarray(before, np.uint8), np.asarray(now, np.uint8), output)
    assert reliable.mean() > 0.8
    difference = np.abs(warped[8:-8, 8:-8, 0] - np.asarray(now, np.float32)[8:-8, 8:-8])
    assert difference.mean() < 2


def test_smoothing_reduces_flicker_by_its_share() -> None:
    """A share of 0 changes nothing."""
    frames = _frames(8)
    outputs = [
        np.clip(frame.astype(int) + (20 if row % 2 else 0), 0, 255).astype(np.uint8)
        for row, frame in enumerate(frames)
    ]
    flicker = {}
    for share in (0.0, 0.5):
        smoothing = Smoothing(share)
        smoothed = [smoothing(*pair) for pair in zip(frames, outputs, strict=True)]
        flicker[share] = np.mean(smoothing.flicker)
        assert (smoothed[0] == outputs[0]).all()
        assert bool((smoothed[3] == outputs[3]).all()) is (share == 0)
    assert flicker[0.0] == pytest.approx(19, abs=3)
    assert flicker[0.5] < 0.75 * flicker[0.0]


def test_a_cut_is_not_blended() -> None:
    """A new scene starts with its own output."""
    smoothing, other = Smoothing(0.9), 255 - np.rot90(_scene(96)).copy()
    smoothing(_frames(1)[0], np.zeros((96, 96, 3), np.uint8))
    white = np.full((96, 96, 3), 255, np.uint8)
    smoothed = smoothing(stream(5).integers(0, 256, other.shape).astype(np.uint8), white)
    assert (smoothed == white).all()
    assert smoothing.flicker == []


def test_an_output_video_has_as_many_frames(data: Path, tmp_path: Path) -> None:
    """It has the same rate; oblong frames are cropped as the training's photos."""
    source = _save(tmp_path / "in.avi", [frame[:64] for frame in _frames(5)])
    model = s2f_core.load("tiny", data)
    report = translate(model, source, tmp_path / "out.avi", PHOTO, 0)
    frames, rate = _read(tmp_path / "out.avi")
    assert (report.frames, report.empty, len(frames), rate) == (5, 0, 5, 10)
    assert frames[0].shape == (16, 16, 3)
    wide = Options(from_photo=True, fit="pad", upscale=2)
    translate(model, source, tmp_path / "wide.avi", wide)
    assert _read(tmp_path / "wide.avi")[0][0].shape == (22, 32, 3)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "in.avi",
        "out.avi",
        "wide.avi",
    ]


def test_a_video_with_a_cut_file_is_translated_as_far_as_it_goes(
    data: Path, tmp_path: Path
) -> None:
    """The frames that are missing are counted; names with colons are files, not addresses."""
    source = _save(tmp_path / "12:00:00.avi", _frames(9))
    content = source.read_bytes()
    source.write_bytes(content[: len(content) * 2 // 3])
    report = translate(s2f_core.load("tiny", data), source, tmp_path / "a:b.avi", PHOTO)
    frames, _ = _read(tmp_path / "a:b.avi")
    assert 0 < len(frames) == report.frames < 9
    assert report.frames + report.lost == 9


def test_frames_without_a_subject_repeat_the_last_output(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are counted; those at the beginning show the first; without any, it is an error."""
    model, images = s2f_core.load("tiny", data), []
    prepare = model.prepare

    def sometimes(image: Pixels, options: Options) -> Any:
        images.append(image)
        if len(images) in {2, 3} or image.mean() == 0:
            raise ImageError("no person found")
        return prepare(image, options)

    monkeypatch.setattr(model, "prepare", sometimes)
    source = _save(tmp_path / "in.avi", _frames(4))
    report = translate(model, source, tmp_path / "out.avi", PHOTO)
    frames, _ = _read(tmp_path / "out.avi")
    assert (report.frames, report.empty, len(frames)) == (4, 2, 4)
    assert (frames[0] == frames[2]).all()
    images.clear()
    late = _save(tmp_path / "late.avi", [np.zeros_like(_frames(1)[0])] * 3 + _frames(1))
    report = translate(model, late, tmp_path / "late-out.avi", PHOTO)
    frames, _ = _read(tmp_path / "late-out.avi")
    assert (report.empty, report.seconds, len(frames)) == (3, 0.4, 4)
    black = _save(tmp_path / "black.avi", [np.zeros((32, 32, 3), np.uint8)] * 2)
    with pytest.raises(UserError, match="no frame shows a subject"):
        translate(model, black, tmp_path / "none.avi", PHOTO)
    assert not (tmp_path / "none.avi").exists()


@pytest.mark.parametrize(
    ("source", "out", "smooth", "message"),
    [
        ("gone.avi", "out.avi", 0.5, r"gone\.avi does not exist"),
        ("words.avi", "out.avi", 0.5, "is a text file, not a video"),
        ("words.avi", "out.gif", 0.5, r"allowed: \.mp4, \.avi, \.mkv"),
        ("words.avi", "out.avi", 2, "smooth: 2 is not possible"),
    ],
)
def test_invalid_arguments_are_named_in_the_error(
    data: Path, tmp_path: Path, source: str, out: str, smooth: float, message: str
) -> None:
    """Nothing is left behind."""
    (tmp_path / "words.avi").write_text("words")
    model = s2f_core.load("tiny", data)
    with pytest.raises(UserError, match=message):
        translate(model, tmp_path / source, tmp_path / out, PHOTO, smooth)
    assert not (tmp_path / out).exists()
    assert video_files.CODECS.keys() == {".mp4", ".avi", ".mkv"}
