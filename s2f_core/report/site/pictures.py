"""The site's pictures: each is encoded once and named by its content."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from s2f_core.common.images import Pixels
from s2f_core.data.tables import Table

FOLDER = "images"
QUALITY = 90


@dataclass(frozen=True)
class Picture:
    """A picture's address below the site's folder, and its size in pixels."""

    src: str
    width: int
    height: int


class Pictures:
    """The pictures of the site at ``folder``.

    ``edge`` is the longer side's limit where a call gives none, ``size`` the bytes written so far.
    Equal pixels are one file.
    """

    def __init__(self, folder: Path, edge: int) -> None:
        self.folder = folder / FOLDER
        self.edge = edge
        self.size = 0
        self._known: dict[str, Picture] = {}
        self._places: dict[Path, dict[str, int]] = {}

    def of(self, table: Table, name: str) -> Picture | None:
        """The image of an id, or nothing where the table has none."""
        if table.folder not in self._places:
            self._places[table.folder] = {one: at for at, one in enumerate(table.accepted["id"])}
        place = self._places[table.folder].get(name)
        return None if place is None else self.add(table.image(place))

    def add(self, image: Pixels, edge: int | None = None, quality: int = QUALITY) -> Picture:
        """Write uint8 [H, W, 1 or 3], its longer side at most ``edge`` pixels, as WebP."""
        limit = edge or self.edge
        how = f"{image.shape} {limit} {quality}".encode()
        key = hashlib.sha256(how + image.tobytes()).hexdigest()
        if key not in self._known:
            self._known[key] = self._write(image, limit, quality)
        return self._known[key]

    def _write(self, image: Pixels, edge: int, quality: int) -> Picture:
        pixels = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert("RGB")
        scale = edge / max(pixels.size)
        if scale < 1:
            width, height = (max(1, round(side * scale)) for side in pixels.size)
            pixels = pixels.resize((width, height), Image.Resampling.LANCZOS)
        buffer = io.BytesIO()
        pixels.save(buffer, "WEBP", quality=quality, method=2)
        data = buffer.getvalue()
        file = self.folder / f"{hashlib.sha256(data).hexdigest()[:16]}.webp"
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
            self.size += len(data)
        return Picture(f"{FOLDER}/{file.name}", *pixels.size)
