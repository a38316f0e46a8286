"""All files under a folder, also behind links."""

from __future__ import annotations

import os
import stat
from collections import Counter
from pathlib import Path, PurePosixPath

from s2f_core.common.errors import UserError
from s2f_core.common.rejections import Reason, why_unopened

MAX_VISITS = 8  # times that one folder is read through links
SYSTEM_NAMES = {  # of macOS, Windows and Synology
    "__macosx",
    "@eadir",
    "$recycle.bin",
    "system volume information",
    "lost+found",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
}


def is_hidden(name: str) -> bool:
    """Whether a path has a hidden part, or one that an operating system makes by itself."""
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") or part.lower() in SYSTEM_NAMES for part in parts)


class FileWalk:
    """The files and folders under ``path``, sorted; hidden ones are left out.

    Links are followed, but no link to a folder above itself, and no folder more than eight times:
    these are ``skipped``, with the reason. ``linked`` are the links to folders. ``unusable`` are
    files that cannot be read, with the reason: broken links, pipes and devices.

    Raises UserError if a folder cannot be listed, or a link without an extension is broken: it led
    to a folder, and without it the rest would be another data set. Unless ``strict``, these are
    unusable too.
    """

    def __init__(self, path: Path, *, strict: bool = True) -> None:
        self._strict = strict
        self.files: list[Path] = []
        self.folders: list[Path] = []
        self.linked: list[Path] = []
        self.unusable: list[tuple[Path, Reason]] = []
        self.skipped: list[tuple[Path, str]] = []
        self._visits: Counter[str] = Counter()
        # Folders to read, with the real paths above them.
        self._waiting: list[tuple[Path, tuple[str, ...]]] = [(path, (os.path.realpath(path),))]
        while self._waiting:
            folder, above = self._waiting.pop()
            for place in self._entries(folder):
                self._add(place, above)
        self.files.sort()

    def _add(self, place: Path, above: tuple[str, ...]) -> None:
        try:
            mode = place.stat().st_mode
        except OSError as error:
            self._add_unusable(place, error)
            return
        if stat.S_ISDIR(mode):
            self._add_folder(place, above)
        elif stat.S_ISREG(mode):
            self.files.append(place)
        else:
            self.unusable.append((place, "a pipe or a device, not a file"))

    def _add_unusable(self, place: Path, error: OSError) -> None:
        if not place.is_symlink():
            self.unusable.append((place, "permission denied"))
        elif place.suffix or not self._strict:
            self.unusable.append((place, "a link to a file that does not exist"))
        else:
            raise UserError(
                f"{place} is a link to {place.readlink()}, which cannot be opened "
                f"({error.strerror}): mend or remove the link"
            )

    def _add_folder(self, place: Path, above: tuple[str, ...]) -> None:
        real = os.path.realpath(place)
        self._visits[real] += 1
        if real in above:
            self.skipped.append((place, "it is a link to a folder above it"))
        elif self._visits[real] > MAX_VISITS:
            self.skipped.append((place, f"{MAX_VISITS} other paths lead to its folder"))
        else:
            self.folders.append(place)
            if place.is_symlink():
                self.linked.append(place)
            self._waiting.append((place, (*above, real)))

    def _entries(self, folder: Path) -> list[Path]:
        try:
            return sorted(place for place in folder.iterdir() if not is_hidden(place.name))
        except OSError as error:
            if self._strict:
                raise UserError(f"{folder} cannot be listed: {error.strerror}") from None
            self.unusable.append((folder, why_unopened(error)[0]))
            return []
