"""``s2f translate``: files of every kind in, whole image files out."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import mlflow_project
import numpy as np
import pytest
from PIL import Image

import s2f_core
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, decode
from s2f_core.inference import batch
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options
from s2f_core.inference.sources import find_sources

ROOT = Path(__file__).parents[2]
UNET = {"type": "unet", "norm": "instance"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with models and three drawings, one of them deeper, as the working directory."""
    description: dict[str, Any] = {"drawn_at": 32, "versions": {"s2f": "0"}}
    mlflow_project.save_untrained(tmp_path / "data", "tiny", **description)
    mlflow_project.save_untrained(
        tmp_path / "data", "noisy", generator={**UNET, "noise": "input"}, **description
    )
    mlflow_project.save_untrained(
        tmp_path / "data", "noise", "noise", generator={"type": "dcgan"}, in_channels=8, size=32
    )
    for row, name in enumerate(["a.png", "b.jpg", "deep/c.webp"]):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        _picture(row).save(tmp_path / "in" / name)
    (tmp_path / "in" / ".hidden.png").write_bytes(b"")
    (tmp_path / "in" / "notes.txt").write_text("not a picture")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _picture(shade: int) -> Image.Image:
    page = np.full((40, 40, 3), 255, np.uint8)
    page[10:20, 5 + 5 * shade : 30] = 0
    return Image.fromarray(page)


def _run(
    name: str, *inputs: str, out: str = "out", stdin: bytes = b"", **more: Any
) -> batch.BatchResult:
    options = Options(**{key: more.pop(key) for key in ("samples", "upscale") if key in more})
    sources = find_sources(inputs, io.BytesIO(stdin))
    return batch.translate(s2f_core.load(name), sources, options, Path(out), **more)


def _names(folder: str = "out") -> list[str]:
    inside = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(str(path.relative_to(folder)) for path in inside)


def test_files_folders_patterns_and_standard_input_are_translated(project: Path) -> None:
    """Outputs have the inputs' names and keep subfolders."""
    buffer = io.BytesIO()
    _picture(1).save(buffer, "BMP")
    _run("tiny", "in", "-", stdin=buffer.getvalue())
    assert _names() == ["a.png", "b.png", "deep/c.png", "stdin.png"]
    _run("tiny", "in/*.png", "in/deep/c.webp", out="other")
    assert _names("other") == ["a.png", "c.png"]
    outputs = [Path(folder, "a.png").read_bytes() for folder in ("out", "other")]
    assert outputs[0] == outputs[1]
    assert decode(outputs[0]).shape == (16, 16, 3)


def test_one_output_can_have_a_file_name(project: Path) -> None:
    """A .png file holds one output; several are refused."""
    _run("tiny", "in/a.png", out="output.PNG", upscale=2)
    assert decode(Path("output.PNG").read_bytes()).shape == (32, 32, 3)
    with pytest.raises(UserError, match="is one file, and there are 3 outputs"):
        _run("tiny", "in", out="all.png")


def test_existing_files_need_force(project: Path) -> None:
    """The error comes before any computation."""
    _run("tiny", "in/a.png")
    before = Path("out/a.png").read_bytes()
    with pytest.raises(UserError, match=r"out/a\.png exist already: .*--force"):
        _run("tiny", "in", upscale=2)
    assert _names() == ["a.png"]
    _run("tiny", "in", upscale=2, force=True)
    assert Path("out/a.png").read_bytes() != before
    assert len(_names()) == 3


def test_a_broken_picture_does_not_stop_the_others(
    project: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is wrong with it: it is one line in the end, and the others are done."""
    whole = Path("in/b.jpg").read_bytes()
    Path("in/cut.jpg").write_bytes(whole[: len(whole) // 2])
    Path("in/empty.png").write_bytes(b"")
    Path("in/words.gif").write_bytes(b"words")
    Path("in/gone.png").symlink_to("nowhere.png")
    Path("in/folder.png").mkdir()
    Image.new("RGB", (3, 60_000)).save("in/tall.png")
    Image.new("L", (9_000, 9_000)).save("in/vast.png")
    result = _run("tiny", "in")
    assert list(result.errors) == [
        "in/cut.jpg", "in/empty.png", "in/folder.png", "in/gone.png", "in/tall.png", "in/vast.png",
        "in/words.gif",
    ]  # fmt: skip
    assert _names() == ["a.png", "b.png", "deep/c.png"]
    assert [record.message for record in caplog.records] == [
        f"{name}: {why}" for name, why in result.errors.items()
    ]
    assert result.errors["in/tall.png"].startswith("too oblong: 3x60000")
    assert "in/cut.jpg: truncated" in caplog.text


def test_changes_of_the_paper_are_logged(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    """White ink on a transparent page is inverted, a blank page is blank; nothing else is told."""
    lines = {"paper": "white", "ink": 0.1, "stroke_width": 3.0}
    mlflow_project.save_untrained(project / "data", "lines", drawn_at=32, lines=lines)
    page = Image.new("RGBA", (64, 64), (255, 255, 255, 0))
    page.save("in/blank.png")
    page.paste((255, 255, 255, 255), (20, 20, 24, 50))
    page.save("in/white.png")
    result = _run("lines", "in")
    assert len(result.outputs) == 5
    assert caplog.messages == [
        "in/blank.png: no ink was found: the page is blank",
        "in/white.png: light ink on dark paper was inverted",
    ]
    lines_model, caplog.handler.records[:] = s2f_core.load("lines"), []
    lines_model("in/blank.png")
    assert caplog.messages == ["in/blank.png: no ink was found: the page is blank"]


def test_a_picture_that_needs_too_much_memory_does_not_stop_the_others(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As numpy and OpenCV say it."""
    full = cv2.error("Insufficient memory")
    full.code = cv2.Error.StsNoMem
    faults = iter([MemoryError("Unable to allocate 10.1 GiB"), full])

    def scarce(data: bytes) -> Pixels:
        if error := next(faults, None):
            raise error
        return decode(data)

    monkeypatch.setattr(batch, "decode", scarce)
    result = _run("tiny", "in")
    assert result.errors == dict.fromkeys(
        ["in/a.png", "in/b.jpg"], "there is not enough memory for it"
    )
    assert _names() == ["deep/c.png"]


def test_a_name_that_is_too_long_for_an_output_does_not_stop_the_others(project: Path) -> None:
    """251 characters and an ending fit; a number of the sample beside them does not."""
    name = "n" * 251
    Path("in/a.png").rename(f"in/{name}.png")
    assert not _run("noisy", "in").errors
    assert f"{name}.png" in _names()
    result = _run("noisy", "in", out="more", samples=2)
    assert list(result.errors) == [f"in/{name}.png"]
    assert result.errors[f"in/{name}.png"] == "its output cannot be written: File name too long"
    assert _names("more") == ["b-1.png", "b-2.png", "deep/c-1.png", "deep/c-2.png"]


def test_samples_do_not_depend_on_the_batch(project: Path) -> None:
    """Sample k has the seed after the one before, as in Python."""
    _run("noisy", "in", samples=2)
    model = s2f_core.load("noisy")
    first, second = model(["in/a.png", "in/deep/c.webp"], samples=2)
    for name, outputs in (("a", first), ("deep/c", second)):
        for number, image in enumerate(outputs, start=1):
            written = decode(Path(f"out/{name}-{number}.png").read_bytes())
            assert (written == np.asarray(image.convert("RGB"))).all()


def test_pictures_of_many_kinds_are_accepted(project: Path) -> None:
    """CMYK, 16 bits, an animation's first frame, an EXIF rotation."""
    picture, folder = _picture(0), Path("kinds")
    folder.mkdir()
    picture.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    wide = np.asarray(picture.convert("L")).astype(np.uint16) * 257
    Image.fromarray(wide).save(folder / "wide.png")
    picture.save(folder / "moving.gif", save_all=True, append_images=[_picture(2)])
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.rotate(90).save(folder / "aside.png", exif=exif)
    _run("tiny", "kinds")
    _run("tiny", "in/a.png")
    expected = decode(Path("out/a.png").read_bytes()).astype(int)
    for name in ("cmyk", "wide", "moving", "aside"):
        image = decode(Path(f"out/{name}.png").read_bytes())
        assert np.abs(image - expected).max() <= 8, name


def test_samples_are_numbered(project: Path) -> None:
    """Samples of one picture, and of noise under the variant's name."""
    _run("noisy", "in/a.png", samples=2)
    _run("noise", samples=10)
    assert _names() == ["a-1.png", "a-2.png", *(f"noise-{row:02d}.png" for row in range(1, 11))]
    with pytest.raises(UserError, match="noise makes images from noise: use --samples"):
        _run("noise", "in")
    with pytest.raises(UserError, match="tiny needs pictures: give files"):
        _run("tiny")


def test_a_sheet_shows_input_network_input_and_outputs(project: Path) -> None:
    """A picture is a row of 128-pixel tiles; with a file as OUT only the sheet is written."""
    _run("noisy", "in", samples=2, sheet=True)
    assert "grid.png" in _names()
    shape = decode(Path("out/grid.png").read_bytes()).shape
    assert shape == (3 * 130 - 2, 4 * 130 - 2, 3)
    result = _run("tiny", "in", out="sheet.png", sheet=True)
    assert result.outputs == [Path("sheet.png")]
    _run("noise", out="noise.png", samples=4, sheet=True)
    assert decode(Path("noise.png").read_bytes()).shape == (258, 258, 3)


def test_inputs_of_one_output_are_refused(project: Path) -> None:
    """Before any is translated."""
    Path("more").mkdir()
    _picture(0).save("more/a.jpg")
    with pytest.raises(UserError, match=r"in/a.png and more/a.jpg would both be .* out/a\.png"):
        _run("tiny", "in", "more")
    assert not Path("out").exists()


def test_a_failed_write_leaves_no_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of a file."""

    def full(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UserError, match="the disk is full"):
        _run("tiny", "in")
    assert _names() == []


def test_pictures_are_translated_in_batches(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """43 pictures are never all in memory at once."""
    for row in range(40):
        _picture(row % 4).save(f"in/n{row}.png")
    sizes: list[int] = []
    outputs = Model.outputs

    def counted(self: Model, squares: Any, options: Options) -> list[list[Pixels]]:
        sizes.append(len(squares))
        return outputs(self, squares, options)

    monkeypatch.setattr(Model, "outputs", counted)
    assert len(_run("tiny", "in").outputs) == 43
    assert sizes == [16, 16, 11]


@pytest.mark.slow
def test_the_command_line_translates_pictures(project: Path) -> None:
    """Standard input to a file, exit code 1 for a broken picture, a wrong model name."""

    def s2f(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-c", "from stages.main import main; main()", *arguments]
        env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        return subprocess.run(command, input=stdin, capture_output=True, check=False, env=env)

    picture = Path("in/a.png").read_bytes()
    process = s2f("translate", "tiny", "-", "-o", "output.png", stdin=picture)
    assert (process.returncode, process.stdout) == (0, b"1 written to output.png\n")
    Path("in/broken.png").write_bytes(picture[:60])
    process = s2f("translate", "tiny", "in", "-o", "out", "--grid")
    assert process.returncode == 1
    assert b"in/broken.png: truncated" in process.stderr
    assert b"error: 1 of 4 pictures could not be used" in process.stderr
    assert len(_names()) == 4
    process = s2f("describe", "tiny")
    assert b'"variant": "tiny"' in process.stdout
    for name in ("params.yaml", "dvc.yaml"):
        Path(name).touch()
    os.chdir("in")
    process = s2f("translate", "tiny", "a.png", "-o", "../face.jpg")
    assert (process.returncode, process.stdout) == (0, b"1 written to ../face.jpg\n")
    assert Path("../face.jpg").read_bytes().startswith(b"\xff\xd8")
    process = s2f("translate", "tinny", "a.png")
    assert process.returncode == 1
    assert process.stderr.startswith(b"error: no model 'tinny' (allowed: ")
