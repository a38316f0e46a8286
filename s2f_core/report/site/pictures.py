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
class SitePicture:
    """A picture's address below the site's folder, and its size in pixels."""

    src: str
    width: int
    height: int


class PictureStore:
    """The pictures of the site at ``folder``; equal pixels share one file.

    ``edge`` limits the longer side unless a call gives another limit. ``size`` is the number of
    bytes written so far.
    """

    def __init__(self, folder: Path, edge: int) -> None:
        self.folder = folder / FOLDER
        self.edge = edge
        self.size = 0
        self._known: dict[str, SitePicture] = {}
        self._positions: dict[Path, dict[str, int]] = {}

    def from_table(self, table: Table, image_id: str) -> SitePicture | None:
        """Add the image of an id; None if the table has none."""
        if table.folder not in self._positions:
            ids = table.accepted["id"]
            self._positions[table.folder] = {each: position for position, each in enumerate(ids)}
        position = self._positions[table.folder].get(image_id)
        return None if position is None else self.add(table.image(position))

    def add(self, image: Pixels, edge: int | None = None, quality: int = QUALITY) -> SitePicture:
        """Write uint8 [H, W, 1 or 3] as WebP, its longer side at most ``edge`` pixels."""
        limit = edge or self.edge
        header = f"{image.shape} {limit} {quality}".encode()
        key = hashlib.sha256(header + image.tobytes()).hexdigest()
        if key not in self._known:
            self._known[key] = self._write(image, limit, quality)
        return self._known[key]

    def _write(self, image: Pixels, edge: int, quality: int) -> SitePicture:
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
        return SitePicture(f"{FOLDER}/{file.name}", *pixels.size)
