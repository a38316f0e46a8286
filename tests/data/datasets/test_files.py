"""The files of a source: behind links, in zips of all systems, and those that cannot be read."""

from __future__ import annotations

import os
import pickle
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from archives import make_zip, write_files

from s2f_core.common.errors import UserError
from s2f_core.common.images import ImageError
from s2f_core.data.datasets.files import SourceFiles, fingerprint


def _foreign_zip(names: list[str]) -> bytes:
    """A zip whose names are stored byte by byte as given, without a flag for UTF-8."""
    stand_ins = [f"{place:0{len(name.encode())}d}" for place, name in enumerate(names)]
    data = make_zip(dict.fromkeys(stand_ins, b"x"))
    for stand_in, name in zip(stand_ins, names, strict=True):
        data = data.replace(stand_in.encode(), name.encode())
    return data


def test_links_are_followed(tmp_path: Path) -> None:
    """To folders and to files, as DVC's cache has them; also two links to one folder."""
    write_files(tmp_path / "elsewhere", {"1.png": b"1", "deep/2.png": b"2"})
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "A").symlink_to(tmp_path / "elsewhere")
    (folder / "B").symlink_to("../elsewhere", target_is_directory=True)
    (folder / "3.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    files = SourceFiles(folder)
    assert files.names == ("3.png", "A/1.png", "A/deep/2.png", "B/1.png", "B/deep/2.png")
    assert files.folders == ("A", "A/deep", "B", "B/deep")
    assert files.linked == ("A", "B")
    assert [files.read(name) for name in ("3.png", "B/deep/2.png")] == [b"1", b"2"]


def test_links_in_circles_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Also links that multiply: two in each of twenty folders are a million paths."""
    folder = write_files(tmp_path / "in", {"A/1.png": b""})
    (folder / "A" / "above").symlink_to(folder)
    (folder / "A" / "self").symlink_to(folder / "A")
    assert SourceFiles(folder).names == ("A/1.png",)
    assert f"{folder}/A/above is not followed: it is a link to a folder above it" in caplog.text
    many = tmp_path / "many"
    for level in range(20):
        (many / str(level)).mkdir(parents=True)
        for link in "ab":
            (many / str(level) / link).symlink_to(many / str(level + 1))
    write_files(many / "20", {"1.png": b""})
    assert 1 < len(SourceFiles(many)) < 200


def test_a_broken_link_is_never_passed_over(tmp_path: Path) -> None:
    """A picture's has a reason; one that was a folder's ends the work, as do unreadable folders."""
    folder = write_files(tmp_path / "in", {"B/1.png": b""})
    (folder / "2.png").symlink_to(folder / "gone.png")
    (folder / "3.png").symlink_to(folder / "3.png")
    os.mkfifo(folder / "4.png")
    files = SourceFiles(folder)
    for name, reason in (("2.png", "a link to a file"), ("3.png", "a link"), ("4.png", "a pipe")):
        with pytest.raises(ImageError, match=f"^{reason}"):
            files.read(name)
    assert fingerprint(folder)
    (folder / "A").symlink_to("../gone")
    with pytest.raises(UserError, match=r"in/A is a link to \.\./gone, which .* mend or remove"):
        SourceFiles(folder)


def test_files_of_operating_systems_are_left_out(tmp_path: Path) -> None:
    """At any depth, in folders and in zips."""
    junk = ["A/.DS_Store", "A/._1.png", "__MACOSX/A/._1.png", "A/Thumbs.db", "desktop.ini"]
    names = [*junk, "A/@eaDir/1.png/thumb.jpg", "$RECYCLE.BIN/2.png", "A/1.png"]
    folder = write_files(tmp_path / "in", dict.fromkeys(names, b""))
    assert SourceFiles(folder).names == ("A/1.png",)
    packed = write_files(tmp_path / "zip", {"my.ZIP": make_zip(dict.fromkeys(names, b""))})
    assert SourceFiles(packed).names == ("A/1.png",)
    assert SourceFiles(packed / "my.ZIP").names == ("A/1.png",)


@pytest.mark.parametrize(
    "stored", ["A\\b\\1.png", "C:\\A\\b\\1.png", "./A/b/1.png", "/A/b/1.png", "../A/b/1.png"]
)
def test_members_of_zips_have_plain_paths(tmp_path: Path, stored: str) -> None:
    """From Windows, absolute, with dots; with and without entries of folders."""
    for others in ([], [stored[: stored.index("b") + 2]]):
        (tmp_path / "in.zip").write_bytes(_foreign_zip([stored, *others]))
        files = SourceFiles(tmp_path / "in.zip")
        assert files.names == ("A/b/1.png",)
        assert files.folders == ("A", "A/b")
        assert pickle.loads(pickle.dumps(files)).read("A/b/1.png") == b"x"  # noqa: S301 - our own


def test_names_that_macos_packs_are_utf8(tmp_path: Path) -> None:
    """It does not set the flag that says so."""
    name = unicodedata.normalize("NFD", "é.png")
    (tmp_path / "in.zip").write_bytes(_foreign_zip([name]))
    assert SourceFiles(tmp_path / "in.zip").names == (name,)


def test_zips_can_be_folders(tmp_path: Path) -> None:
    """A zip beside others, if it has files at its top."""
    one = make_zip({"1.png": b"", "2/2.png": b""})
    folder = write_files(tmp_path / "in", {"A.zip": one})
    assert SourceFiles(folder, zips_as_folders=True).names == ("1.png", "2/2.png")
    write_files(folder, {"B.zip": one, "C.zip": make_zip({"C/3.png": b""})})
    files = SourceFiles(folder, zips_as_folders=True)
    assert files.names == ("A/1.png", "A/2/2.png", "B/1.png", "B/2/2.png", "C/3.png")
    assert pickle.loads(pickle.dumps(files)).names == files.names  # noqa: S301 - our own
    with pytest.raises(UserError, match=r"1\.png exists twice"):
        SourceFiles(folder)


def _encrypt(data: bytes) -> bytes:
    marked = bytearray(data)
    for begin, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        marked[marked.index(begin) + flags] |= 1
    return bytes(marked)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_encrypt, "encrypted in its zip"),
        (lambda data: data.replace(b"content", b"damaged"), "damaged in its zip"),
    ],
)
def test_reasons_have_no_text_of_a_library(
    tmp_path: Path, change: Callable[[bytes], bytes], reason: str
) -> None:
    """They are the same on every machine."""
    (tmp_path / "in.zip").write_bytes(change(make_zip({"1.png": b"content"})))
    with pytest.raises(ImageError) as error:
        SourceFiles(tmp_path / "in.zip").read("1.png")
    assert str(error.value) == reason


def test_a_file_that_vanishes_has_a_reason(tmp_path: Path) -> None:
    """Without its path."""
    files = SourceFiles(write_files(tmp_path / "in", {"1.png": b""}))
    (tmp_path / "in" / "1.png").unlink()
    with pytest.raises(ImageError) as error:
        files.read("1.png")
    assert str(error.value) == "no such file"


def test_the_fingerprint_sees_behind_links(tmp_path: Path) -> None:
    """So a killed build is not continued with other pictures."""
    write_files(tmp_path / "elsewhere", {"1.png": b"1"})
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "A").symlink_to(tmp_path / "elsewhere")
    before = fingerprint(tmp_path / "in")
    write_files(tmp_path / "elsewhere", {"2.png": b"2"})
    assert fingerprint(tmp_path / "in") != before
