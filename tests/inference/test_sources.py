"""Each picture that a person names is found once, and what cannot be read has a reason."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.inference import sources
from s2f_core.inference.sources import Source, find_sources


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with two files below ``in``."""
    for name in ("in/a.png", "in/deep/b.JPG"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _find(*inputs: str) -> list[Source]:
    return find_sources(inputs, io.BytesIO(b"stdin"))


def _stems(*inputs: str) -> list[str]:
    return [str(source.stem) for source in _find(*inputs)]


def _reason(source: Source) -> str:
    if source.problem:
        return source.problem
    with pytest.raises(ImageError) as error:
        source.read()
    return str(error.value)


def test_linked_folders_are_followed() -> None:
    """To elsewhere, to a sibling, and to the folder itself, which ends."""
    Path("elsewhere").mkdir()
    Path("elsewhere/c.png").touch()
    Path("in/away").symlink_to("../elsewhere")
    Path("in/again").symlink_to("deep")
    Path("in/loop").symlink_to(".")
    Path("in/deep/loop").symlink_to("..")
    assert _stems("in") == ["a", "again/b", "away/c", "deep/b"]
    Path("linked").symlink_to("in")
    assert _stems("linked") == ["a", "again/b", "away/c", "deep/b"]


def test_folders_that_are_too_deep_are_reported() -> None:
    """A hundred folders in one another are searched."""
    for depth in (101, 102):
        deep = "/".join("d" * depth)
        Path(deep).mkdir(parents=True, exist_ok=True)
        Path(deep, "a.png").touch()
    done, refused = sorted(_find("d"), key=lambda source: source.stem.name)
    assert len(done.stem.parts) == 101
    assert _reason(refused) == "over 100 folders deep"


def test_an_unreadable_picture_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to nothing, a folder, a pipe, which is not opened, and a file that goes meanwhile."""
    Path("in/gone.png").symlink_to("nowhere")
    Path("in/lost").symlink_to("nowhere")
    Path("in/self.png").symlink_to("self.png")
    Path("in/folder.png").mkdir()
    os.mkfifo("in/pipe.png")
    sources = {source.label: source for source in _find("in")}
    Path("in/a.png").unlink()
    assert {name: _reason(source) for name, source in sources.items() if "deep" not in name} == {
        "in/a.png": "no such file",
        "in/folder.png": "a folder, not a picture",
        "in/gone.png": "a link to a file that does not exist",
        "in/lost": "a link to a file that does not exist",
        "in/pipe.png": "a pipe or a device, not a file",
        "in/self.png": "a link to a file that does not exist",
    }
    assert sources["in/deep/b.JPG"].read() == b"in/deep/b.JPG"
    assert _reason(_find("in/gone.png")[0]) == "a link to a file that does not exist"
    assert _reason(_find("in/pi*.png")[0]) == "a pipe or a device, not a file"


def test_a_folder_that_is_called_like_a_picture_is_a_folder() -> None:
    """With pictures in it there is nothing to report."""
    Path("in/deep").rename("in/deep.png")
    assert _stems("in") == ["a", "deep.png/b"]


def test_a_folder_that_cannot_be_listed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pictures beside it are found."""
    iterdir = Path.iterdir
    Path("in/deep").rename("in/2020.05")

    def refuse(path: Path) -> object:
        if path.name == "2020.05":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    first, second = _find("in")
    assert (first.label, first.problem) == ("in/2020.05", "permission denied")
    assert (second.label, second.problem) == ("in/a.png", "")
    (only,) = _find("in/2020.05")
    assert only.problem == "permission denied"


def test_an_input_that_is_given_twice_counts_once() -> None:
    """By its path; standard input can be read once only."""
    assert _stems("in", "in/a.png", "./in/a.png", "-", "-") == ["a", "deep/b", "stdin"]


def test_patterns_find_files_and_folders() -> None:
    """As a shell would give them, also at any depth; an existing name is no pattern."""
    assert _stems("in/**/*.JPG") == ["b"]
    assert _stems("in/d*") == ["b"]
    Path("in/[1].png").touch()
    Path("in/1.png").touch()
    assert _stems("in/[1].png") == ["[1]"]


@pytest.mark.parametrize(
    "name", ["-o.png", "-", " a b .png", "草图 \u202e.png", "a\nb.png", "\udce9.png", "%s{}.png"]
)
def test_any_name_is_found_and_printable(name: str) -> None:
    """Dashes, spaces, any script, line breaks and bytes that are not Unicode."""
    Path("odd").mkdir()
    Path("odd", name).write_bytes(b"pixels")
    (source,) = _find(f"./odd/{name}")
    assert source.read() == b"pixels"
    assert source.label.isprintable()
    assert source.label.encode()


def test_a_name_that_is_too_long_is_reported() -> None:
    """It cannot exist, and the others are done."""
    first, second = _find("n" * 300 + ".png", "in/a.png")
    assert _reason(first) == "the disk cannot read it: ENAMETOOLONG"
    assert second.read() == b"in/a.png"


def test_missing_inputs_and_folders_without_pictures_are_errors() -> None:
    """Before any work."""
    Path("none").mkdir()
    with pytest.raises(UserError, match="nowhere does not exist"):
        _find("in", "nowhere")
    with pytest.raises(UserError, match="none has no pictures"):
        _find("none")


def test_a_large_file_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor a device that never ends, nor standard input."""
    monkeypatch.setattr(sources, "MAX_BYTES", 5)
    assert [_reason(source) for source in _find("in/a.png", "/dev/zero")] == [
        "too large: over 5 bytes"
    ] * 2
