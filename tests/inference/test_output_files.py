"""Where outputs go: the formats of one file, and what is never overwritten."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.inference import output_files
from s2f_core.inference.output_files import (
    OutputError,
    OutputFiles,
    encode,
    single_format,
    writable_extensions,
)
from s2f_core.inference.sources import Source


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _picture(channels: int = 3) -> Pixels:
    rows, columns = np.mgrid[0:300, 0:280]
    values = np.stack([rows * 255 // 299, columns * 255 // 279, rows // 2][:channels], axis=-1)
    return values.astype(np.uint8)


def _source(path: str) -> Source:
    return Source(path, Path(path).with_suffix(""), bytes, Path(path))


def _check(
    *paths: str, out: str = "out", samples: int = 1, sheet: bool = False, force: bool = False
) -> OutputFiles:
    sources = [_source(path) for path in paths]
    files = OutputFiles(Path(out), single_format(out), samples, sheet=sheet, force=force)
    files.check(sources)
    return files


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", sorted(output_files.FORMATS - {"EPS", "PDF"}))
def test_each_format_holds_the_picture(kind: str, channels: int) -> None:
    """At its size, in colour or grey; Pillow cannot read EPS and PDF itself."""
    image = _picture(channels)
    with Image.open(io.BytesIO(encode(image, kind))) as read:
        pixels = np.asarray(read.convert("RGB" if channels == 3 else "L")).astype(int)
    expected = image if channels == 3 else image[..., 0]
    assert np.abs(pixels - expected).mean() < (8 if kind == "GIF" else 2)  # of 256 colours


def test_the_ending_chooses_the_format() -> None:
    """In any case; a folder has none, exists, or ends in a slash."""
    assert [single_format(name) for name in ("a.jpg", "b/a.JPEG", "a.webp", "a.pdf", "a.tif")] == [
        "JPEG", "JPEG", "WEBP", "PDF", "TIFF",
    ]  # fmt: skip
    Path("face.jpg").mkdir()
    for name in ("faces", "face.jpg", "v1.2/", ".faces"):
        assert single_format(name) is None


@pytest.mark.parametrize("name", ["face.xyz", "face.jpgg", "v1.2", "face.ico", "face.txt"])
def test_another_ending_is_refused(name: str) -> None:
    """The message has those that can be written, and says how to name a folder."""
    with pytest.raises(UserError, match=r"allowed: .* \.jpg .*; a folder's name ends in /"):
        single_format(name)
    assert {".jpg", ".png", ".webp", ".tif", ".pdf"} <= set(writable_extensions())


def test_a_dash_is_no_output() -> None:
    """It would be a folder of this name."""
    with pytest.raises(UserError, match="not written to standard output"):
        single_format("-")


def test_outputs_of_one_name_are_refused() -> None:
    """Two pictures, and a picture that is called like the sheet."""
    with pytest.raises(UserError, match=r"a\.png and a\.jpg would both be written to out/a\.png"):
        _check("a.png", "a.jpg")
    with pytest.raises(UserError, match=r"the sheet and grid.jpg would both be"):
        _check("grid.jpg", sheet=True)
    _check("grid.jpg")
    _check("grid.jpg", sheet=True, samples=2)


def test_an_input_is_never_overwritten() -> None:
    """Not even with force, under its own name, by a link, or by the sheet."""
    for name in ("a.png", "grid.png"):
        Path(name).touch()
    Path("here").symlink_to(".")
    for out in (".", "here", "../" + Path.cwd().name, "a.png"):
        with pytest.raises(UserError, match=r"a\.png is an input, which an output would overwrite"):
            _check("a.png", out=out, force=True)
    with pytest.raises(UserError, match=r"grid\.png is an input"):
        _check("grid.png", out=".", samples=2, sheet=True, force=True)


def test_older_outputs_need_force() -> None:
    """They are counted, and a broken link is one."""
    Path("out").mkdir()
    Path("out/a.png").touch()
    Path("out/b.png").symlink_to("nowhere")
    with pytest.raises(UserError, match=r"out/a\.png and 1 more exist already: .*--force"):
        _check("a.jpg", "b.jpg", "c.jpg")
    _check("a.jpg", "b.jpg", "c.jpg", force=True)


def test_a_file_that_appears_meanwhile_stays() -> None:
    """Or one that a file system without cases takes for the same."""
    files = _check("a.jpg")
    Path("out").mkdir()
    Path("out/a.png").write_text("of someone else")
    with pytest.raises(OutputError, match=r"out/a\.png exists already"):
        files.save(Path("out/a.png"), _picture())
    assert Path("out/a.png").read_text() == "of someone else"


def test_a_folder_that_takes_no_files_is_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A file of that name, or no permission."""
    Path("notes").touch()
    with pytest.raises(UserError, match=r"notes/deep cannot be written: .*notes is a file"):
        _check("a.png", out="notes/deep")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(UserError, match="out cannot be written: no permission to write to"):
        _check("a.png")


def test_a_path_that_cannot_be_written_is_its_own_fault() -> None:
    """A folder in the way; the next picture may be written."""
    files = _check("a.png", force=True)
    Path("out/a.png").mkdir(parents=True)
    with pytest.raises(OutputError, match="its output cannot be written: Is a directory"):
        files.save(Path("out/a.png"), _picture())
    files.save(Path("out/b.png"), _picture())
    assert sorted(path.name for path in Path("out").iterdir()) == ["a.png", "b.png"]
