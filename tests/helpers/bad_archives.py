"""Archives, arrays and pickles that try to leave their folder, fill the memory, or run code."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import stat
import struct
import tarfile
import warnings
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import torch
from archives import cifar_batch
from bad_pictures import Make, encode, gradient_image

BOMB = 2**22  # bytes; the tests allow less


class RunsCode:
    """Creates a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder / "pickled"),)


def _zip(*names: str, data: bytes = b"x", how: int = zipfile.ZIP_DEFLATED, kind: int = 0) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about duplicate names
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = kind << 16, how
            archive.writestr(info, data)
    return buffer.getvalue()


def _overlapping_zip() -> bytes:
    """A zip whose directory names one member's bytes a thousand times (Fifield 2019)."""
    one = _zip("0.png", data=bytes(BOMB))
    start = one.index(b"PK\x01\x02")
    entry = one[start : one.index(b"PK\x05\x06")]
    entries = b"".join(entry.replace(b"0.png", b"%05d" % number) for number in range(1000))
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1000, 1000, len(entries), start, 0)
    return one[:start] + entries + tail


def _encrypted_zip() -> bytes:
    data = bytearray(_zip("a.png"))
    for begin, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(begin) + flags] |= 1
    return bytes(data)


def _understated_zip() -> bytes:
    """A zip whose member declares ten bytes and holds millions."""
    content = _zip("a.png", data=bytes(BOMB))
    return content.replace(struct.pack("<I", BOMB), struct.pack("<I", 10))


def _tar(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, link
        info.size = 4 if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(b"evil"))
    return buffer.getvalue()


def _tar_bomb() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo("a.png")
        info.size = 2 * BOMB
        archive.addfile(info, io.BytesIO(bytes(info.size)))
    return buffer.getvalue()


def _npy(array: np.ndarray[Any, Any], **options: bool) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def _npz(**arrays: np.ndarray[Any, Any]) -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _npy_header(text: str) -> bytes:
    """A .npy file with this header and no data."""
    line = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line


def _object_array(folder: Path) -> np.ndarray[Any, Any]:
    return np.array([RunsCode(folder)], dtype=object)


def _torch_file(content: object, *, legacy: bool = False) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=not legacy)
    return buffer.getvalue()


def _joblib_file(folder: Path) -> bytes:
    buffer = io.BytesIO()
    joblib.dump([np.zeros(3), RunsCode(folder)], buffer)
    return buffer.getvalue()


ARCHIVES: dict[str, Make] = {
    "slip.zip": lambda _: _zip("../slipped", "a/../../../slipped", "a.png"),
    "absolute.zip": lambda folder: _zip(f"{folder}/absolute", "a.png"),
    "backslash.zip": lambda _: _zip("..\\..\\slipped"),
    "link.zip": lambda folder: _zip("a.png", data=str(folder).encode(), kind=stat.S_IFLNK | 0o777),
    "device.zip": lambda _: _zip("a.png", kind=stat.S_IFBLK | 0o777),
    "twice.zip": lambda _: _zip("a.png", "a.png"),
    "bomb.zip": lambda _: _zip("a.png", "b/1_AB.jpg", data=bytes(BOMB)),
    "overlapping.zip": lambda _: _overlapping_zip(),
    "lying.zip": lambda _: _understated_zip(),
    "lzma.zip": lambda _: _zip("a.png", data=bytes(BOMB), how=zipfile.ZIP_LZMA),
    "bzip2.zip": lambda _: _zip("a.png", data=bytes(BOMB), how=zipfile.ZIP_BZIP2),
    "locked.zip": lambda _: _encrypted_zip(),
    "cut.zip": lambda _: _zip("a.png", data=encode(gradient_image(), "PNG"))[:-30],
    "none.zip": lambda _: _zip(),
    "nameless.zip": lambda _: _zip("a.png").replace(b"a.png", b"\0.png"),
    "long.zip": lambda _: _zip("d/" * 3000 + "a.png", "ä" * 5000 + ".png"),
    "names.zip": lambda _: _zip("a\nb.png", "\u202e.png", " .png", "<script>.png", "con.png"),
    "slip.tar": lambda _: _tar("../../slipped"),
    "absolute.tar": lambda folder: _tar(f"{folder}/absolute"),
    "symlink.tar": lambda folder: _tar("a.png", tarfile.SYMTYPE, str(folder)),
    "hardlink.tar": lambda _: _tar("a.png", tarfile.LNKTYPE, "/etc/hostname"),
    "device.tar": lambda _: _tar("a.png", tarfile.CHRTYPE),
    "pipe.tar": lambda _: _tar("a.png", tarfile.FIFOTYPE),
    "slip.tgz": lambda _: _tar("../slipped", mode="w:gz"),
    "slip.tar.xz": lambda _: _tar("../slipped", mode="w:xz"),
    "bomb.tgz": lambda _: _tar_bomb(),
    "bomb.gz": lambda _: gzip.compress(bytes(BOMB)),
    "twice.gz": lambda _: gzip.compress(gzip.compress(bytes(BOMB))),
    "cut.gz": lambda _: gzip.compress(b"[0]\n" * 999)[:-9],
    "nan.npy": lambda _: _npy(np.full((2, 784), np.nan)),
    "inf.npz": lambda _: _npz(images=np.full((2, 4, 4, 3), np.inf)),
    "objects.npy": lambda folder: _npy(_object_array(folder), allow_pickle=True),
    "objects.npz": lambda folder: _npz(images=_object_array(folder)),
    "huge.npy": lambda _: _npy_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (10000000000000, 784), }"
    ),
    "less.npy": lambda _: _npy_header(
        "{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 784), }"
    ),
    "comma.npy": lambda _: _npy_header(
        "{'descr': ',', 'fortran_order': False, 'shape': (1, 784), }"
    ),
    "call.npy": lambda _: _npy_header("__import__('os').abort()"),
    "many.npy": lambda _: _npy(np.zeros((1,) * 32, np.uint8)),
    "code.pkl": lambda folder: pickle.dumps(RunsCode(folder), protocol=2),
    "code.joblib": _joblib_file,
    "code.pt": lambda folder: _torch_file({"format": "s2f-generator", "weights": RunsCode(folder)}),
    "code.pth": lambda folder: _torch_file({"a": RunsCode(folder)}, legacy=True),
    "memo.pkl": lambda _: b"\x80\x02}r\xff\xff\xff\x7f.",
    "deep.pkl": lambda _: b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
}


def valid_file(kind: str) -> bytes:
    """A valid file of this kind, to be damaged by a test."""
    if kind == "pickle":
        return cifar_batch("test_batch", [0, 1], np.zeros((2, 32, 32, 3), np.uint8))
    if kind == "zip":
        return _zip("a.png", "b/c.png", data=encode(gradient_image(), "PNG"))
    return _tar("a/b.txt", mode="w:gz" if kind == "tgz" else "w")
