"""Where the outputs of pictures are written, and in which format."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from PIL import Image

from s2f_core.common.atomic import atomic_write
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, encode_png, to_rgb
from s2f_core.inference.sources import Source, printable

SHEET = "grid.png"

# Pillow's formats that hold a picture as it is. Others have no colours or a fixed size (ICO).
FORMATS = {
    "AVIF", "BMP", "DDS", "DIB", "EPS", "GIF", "JPEG", "JPEG2000", "MPO", "PCX", "PDF", "PNG",
    "PPM", "QOI", "SGI", "TGA", "TIFF", "WEBP",
}  # fmt: skip
LOSSY = {"AVIF", "JPEG", "MPO", "WEBP"}
QUALITY = 95  # of lossy formats; Pillow's own is 75
# Faults of one path, after which another can be written.
PATH_ERRORS = {
    errno.EACCES, errno.EEXIST, errno.EILSEQ, errno.EINVAL, errno.EISDIR, errno.ENAMETOOLONG,
    errno.ENOTDIR, errno.EPERM,
}  # fmt: skip


class OutputError(Exception):
    """One output cannot be written, but others can. The message is the reason."""


def writable_extensions() -> dict[str, str]:
    """Return the endings of a picture that can be written, with Pillow's name of the format."""
    Image.init()
    known = Image.registered_extensions()
    return {end: name for end, name in sorted(known.items()) if name in FORMATS & set(Image.SAVE)}


def single_format(out: str | Path) -> str | None:
    """Return Pillow's name of the format if ``out`` names one picture, None if it is a folder.

    A folder exists, has no ending, or ends in ``/``. Raises UserError for any other ending.
    """
    path = Path(out)
    if str(out) == "-":
        raise UserError("- is no output: pictures are not written to standard output")
    if str(out).endswith(("/", os.sep)) or not path.suffix or path.is_dir():
        return None
    extensions = writable_extensions()
    if path.suffix.lower() not in extensions:
        raise UserError(
            f"{path}: no picture can be written as '{path.suffix}' (allowed: "
            f"{' '.join(extensions)}; a folder's name ends in /)"
        )
    return extensions[path.suffix.lower()]


def encode(image: Pixels, kind: str) -> bytes:
    """Encode uint8 [H, W, 1 or 3] in one of ``FORMATS``."""
    if kind == "PNG":
        return encode_png(image)
    pixels = to_rgb(image) if kind == "QOI" else image  # it has no grey
    buffer = io.BytesIO()
    options = {"quality": QUALITY} if kind in LOSSY else {}
    flat = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    Image.fromarray(flat).save(buffer, kind, **options)
    return buffer.getvalue()


@dataclass(frozen=True)
class OutputFiles:
    """The paths of all outputs: PNG files in the folder ``out``, or the one file ``out``.

    ``kind`` is the format of the one file; None for a folder.
    """

    out: Path
    kind: str | None
    samples: int
    sheet: bool
    force: bool

    def check(self, sources: Sequence[Source]) -> None:
        """Raise UserError where ``out`` cannot hold all outputs, or a file would be overwritten.

        An input is never overwritten, an older output with ``force`` only. Two outputs of one path
        are refused.
        """
        if self.kind and not self.sheet and (count := len(sources) * self.samples) > 1:
            raise UserError(
                f"{self.out} is one file, and there are {count} outputs: give "
                "a folder, or --grid for one picture of all"
            )
        writers: dict[Path, str] = {}
        if self.sheet and self.samples == 1:
            writers[Path(SHEET).with_suffix("")] = "the sheet"
        for each in sources:
            if each.stem in writers and self.kind is None:
                file = printable(next(self.targets(each.stem)))
                raise UserError(
                    f"{writers[each.stem]} and {each.label} would both be written to {file}: "
                    "translate them in two calls, into two folders, such as by patterns (a/*.png)"
                )
            writers[each.stem] = each.label
        self._check_folder()
        inputs = {_identity(each.path) for each in sources if each.path}
        self._check_existing([each.stem for each in sources], inputs)

    def _check_folder(self) -> None:
        """Raise UserError unless the folder is there, or can be made, and takes files."""
        folder = self.out.parent if self.kind else self.out
        existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not existing.is_dir():
            raise UserError(f"{self.out} cannot be written: {existing} is a file, not a folder")
        if not os.access(existing, os.W_OK | os.X_OK):
            raise UserError(f"{self.out} cannot be written: no permission to write to {existing}")

    def _check_existing(self, stems: Sequence[Path], inputs: set[Path]) -> None:
        first, count = None, 0
        files = (file for stem in stems for file in self.targets(stem))
        for file in chain(files, [self.sheet_path] if self.sheet else []):
            if not os.path.lexists(file):
                continue
            if _identity(file) in inputs:
                raise UserError(
                    f"{printable(file)} is an input, which an output would overwrite: give another "
                    "folder"
                )
            first, count = first or file, count + 1
        if first and not self.force:
            more = f" and {count - 1} more" if count > 1 else ""
            raise UserError(
                f"{printable(first)}{more} exist already: give another folder, or --force"
            )

    def targets(self, stem: Path) -> Iterator[Path]:
        """Yield the paths of a picture's samples."""
        for number in range(1, self.samples + 1):
            yield from self.target(stem, number)

    def target(self, stem: Path, number: int) -> list[Path]:
        """Return the path of a picture's sample, counted from 1; none if there is only a sheet."""
        if self.kind:
            return [] if self.sheet else [self.out]
        digits = len(str(self.samples))
        end = "" if self.samples == 1 else f"-{number:0{digits}}"
        return [self.out / f"{stem}{end}.png"]

    @property
    def sheet_path(self) -> Path:
        """The path of the sheet."""
        return self.out if self.kind else self.out / SHEET

    def save(self, file: Path, image: Pixels) -> None:
        """Write a picture atomically.

        Raises OutputError where the name cannot be used, or has appeared meanwhile, UserError where
        the next one could not be written either.
        """
        if not self.force and os.path.lexists(file):
            raise OutputError(f"its output {printable(file)} exists already")
        data = encode(image, self.kind or "PNG")
        try:
            with atomic_write(file, len(data)) as unfinished:
                unfinished.write_bytes(data)
        except OSError as error:
            why = error.strerror or str(error)
            if error.errno in PATH_ERRORS:
                raise OutputError(f"its output cannot be written: {why}") from None
            raise UserError(f"{printable(file)} cannot be written: {why}") from None


def _identity(path: Path) -> Path:
    """The file that a path leads to."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return path.absolute()
