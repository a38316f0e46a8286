"""Archives that nobody vouches for: each kind of attack is refused by name."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
from pathlib import Path

import pytest

from s2f_core.common.errors import UserError
from s2f_core.data.assets.archives import Limits, read_members

FILES = {"a/one.txt": b"1" * 3000, "a/b/two.txt": b"22", "three.bin": b""}


def make_zip(path: Path, files: dict[str, bytes], attributes: int = 0o100644 << 16) -> Path:
    """Write a packed zip; the file type is in the attributes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = attributes
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return path


def make_tar(path: Path, files: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> Path:
    """Write a tar, or a tar.gz where the name ends in .tgz, with entries of one kind."""
    with tarfile.open(path, "w:gz" if path.suffix == ".tgz" else "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            info.size = len(data) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(data))
    return path


def make(path: Path, files: dict[str, bytes]) -> Path:
    """Write the archive that the name asks for."""
    return make_zip(path, files) if path.suffix == ".zip" else make_tar(path, files)


def read(path: Path, pattern: str = "*", limits: Limits | None = None) -> dict[str, bytes]:
    """Read all members that match."""
    members = read_members(path, (pattern,), limits or Limits())
    return {member.name: b"".join(member.chunks) for member in members}


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tgz"])
def test_members_are_read(tmp_path: Path, name: str) -> None:
    """All kinds give the same files, and a pattern's star crosses folders."""
    archive = make(tmp_path / name, FILES)
    assert read(archive) == FILES
    assert read(archive, "a/*.txt") == {k: v for k, v in FILES.items() if k.startswith("a/")}
    assert read(archive, "three.bin") == {"three.bin": b""}
    assert read(archive, "none") == {}


@pytest.mark.parametrize("name", ["x.zip", "x.tgz"])
def test_members_need_not_be_read_to_their_end(tmp_path: Path, name: str) -> None:
    """Names and sizes can be listed without reading."""
    listed = {member.name: member.size for member in read_members(make(tmp_path / name, FILES))}
    assert listed == {name: len(data) for name, data in FILES.items()}


@pytest.mark.parametrize("archive", ["x.zip", "x.tar", "x.tgz"])
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil", "leaves its folder"),
        ("a/../../evil", "leaves its folder"),
        ("a\\..\\..\\evil", "leaves its folder"),
        ("/etc/evil", "absolute"),
        ("\\\\host\\share", "absolute"),
        ("C:\\evil", "absolute"),
        ("c:evil", "absolute"),
    ],
)
def test_a_path_outside_the_folder_is_refused(
    tmp_path: Path, archive: str, name: str, reason: str
) -> None:
    """An archive with one such path is refused, even if another member is requested."""
    path = make(tmp_path / archive, {name: b"x", "good": b"y"})
    with pytest.raises(UserError, match=reason) as error:
        read(path, "good")
    assert str(path) in str(error.value)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.FIFOTYPE, "device"),
        (tarfile.CHRTYPE, "device"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes, reason: str) -> None:
    """Only files and folders are allowed."""
    with pytest.raises(UserError, match=f"'x' is a {reason}"):
        read(make_tar(tmp_path / "x.tar", {"x": b""}, kind))


@pytest.mark.parametrize(("kind", "reason"), [(stat.S_IFLNK, "link"), (stat.S_IFIFO, "device")])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, kind: int, reason: str) -> None:
    """A zip keeps the file type in its attributes."""
    with pytest.raises(UserError, match=f"'x' is a {reason}"):
        read(make_zip(tmp_path / "x.zip", {"x": b"/etc/passwd"}, (kind | 0o777) << 16))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """Also if the names are spelt differently."""
    for name in ("x.zip", "x.tar"):
        with pytest.raises(UserError, match="appears twice"):
            read(make(tmp_path / name, {"a/x": b"1", "a/./x": b"2"}))
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("x", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("x", b"2")
    with pytest.raises(UserError, match="appears twice"):
        read(tmp_path / "y.zip")


@pytest.mark.parametrize("name", ["x.zip", "x.tgz"])
def test_limits_count_unpacked_bytes_and_entries(tmp_path: Path, name: str) -> None:
    """A value equal to the limit is allowed."""
    archive = make(tmp_path / name, {"a": bytes(1000), "b": bytes(1000)})
    assert len(read(archive, "*", Limits(member=1000, total=2000, entries=2))) == 2
    with pytest.raises(UserError, match=r"'a' has 1,000 bytes; 999 are allowed"):
        read(archive, "*", Limits(member=999))
    with pytest.raises(UserError, match=r"'b' brings the total over the 1,999 bytes"):
        read(archive, "*", Limits(total=1999))
    with pytest.raises(UserError, match="limit of 1 entries"):
        read(archive, "*", Limits(entries=1))


def test_a_zip_with_a_forged_smaller_size_is_refused(tmp_path: Path) -> None:
    """No more bytes than declared come out."""
    path = make_zip(tmp_path / "bomb.zip", {"a": bytes(10_000_000)})
    forged = path.read_bytes().replace(struct.pack("<I", 10_000_000), struct.pack("<I", 10))
    path.write_bytes(forged)
    with pytest.raises(UserError, match=r"bomb\.zip: member 'a' cannot be read: .*CRC"):
        read(path, "*", Limits(member=100))


def test_a_zip_with_a_forged_larger_size_is_refused(tmp_path: Path) -> None:
    """A member that ends early is refused."""
    path = make_zip(tmp_path / "x.zip", {"a": bytes(1234)})
    path.write_bytes(path.read_bytes().replace(struct.pack("<I", 1234), struct.pack("<I", 4321)))
    with pytest.raises(UserError, match="member 'a'"):
        read(path)


def test_a_tar_with_a_huge_header_is_refused(tmp_path: Path) -> None:
    """A header of twenty megabytes, compressed to a few kilobytes, is not read to its end."""
    path = tmp_path / "x.tgz"
    with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("x")
        info.pax_headers = {"comment": "c" * 20_000_000}
        archive.addfile(info)
    with pytest.raises(UserError, match="unpacks to more bytes than allowed"):
        read(path, "*", Limits(total=1000, entries=10))


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tgz"])
def test_a_truncated_archive_is_refused(tmp_path: Path, name: str) -> None:
    """The error names the archive."""
    path = make(tmp_path / name, {"a": bytes(range(256)) * 40})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=name):
        read(path)


def test_a_file_that_is_not_an_archive_is_refused(tmp_path: Path) -> None:
    """The error shows the first bytes; a missing file is named."""
    (tmp_path / "x.zip").write_bytes(b"<!DOCTYPE html>")
    with pytest.raises(UserError, match=r"is not a zip, tar or tar.gz archive.*DOCTYPE"):
        read(tmp_path / "x.zip")
    with pytest.raises(UserError, match=r"missing.zip cannot be read"):
        read(tmp_path / "missing.zip")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    """There is no way to enter a password."""
    path = make_zip(tmp_path / "x.zip", {"a": b"secret"})
    data = bytearray(path.read_bytes())
    for start, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(start) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="'a' is encrypted"):
        read(path)
