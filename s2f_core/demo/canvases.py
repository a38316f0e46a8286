"""What one draws on for a model: its paper, and the colours that mean something to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from s2f_core.data.landmarks.skeleton import COLOURS, JOINTS

Name = Literal["lines", "pose", "paint", "noise"]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Sheet:
    """A kind of drawing. ``paper`` and ``colours`` (with their names) are RGB; noise has none."""

    title: str
    paper: Colour
    colours: tuple[tuple[str, Colour], ...]

    def told(self) -> dict[str, object]:
        """As the page takes it, with colours as ``#rrggbb``."""
        colours = [{"name": name, "value": code(colour)} for name, colour in self.colours]
        return {"title": self.title, "paper": code(self.paper), "colours": colours}


def code(colour: Colour) -> str:
    """``#rrggbb``."""
    return "#" + bytes(colour).hex()


WHITE, BLACK = (255, 255, 255), (0, 0, 0)
_GREYS = (("black", 0), ("dark grey", 80), ("grey", 144), ("light grey", 200))
_PAINTS = (
    ("black", BLACK),
    ("grey", (128, 128, 128)),
    ("skin, dark", (110, 68, 48)),
    ("skin", (196, 140, 108)),
    ("skin, light", (236, 198, 172)),
    ("brown", (92, 60, 36)),
    ("blond", (204, 168, 104)),
    ("red", (176, 48, 48)),
    ("orange", (224, 132, 44)),
    ("yellow", (236, 208, 72)),
    ("green", (72, 132, 76)),
    ("blue", (60, 100, 168)),
    ("purple", (116, 72, 140)),
)

SHEETS: dict[Name, Sheet] = {
    "lines": Sheet("Lines", WHITE, tuple((name, (grey,) * 3) for name, grey in _GREYS)),
    "pose": Sheet("Pose", BLACK, tuple(zip(JOINTS, COLOURS, strict=True))),
    "paint": Sheet("Colours", WHITE, _PAINTS),
    "noise": Sheet("From noise", WHITE, ()),
}

OF_CONDITION: dict[str, Name] = {
    "pose": "pose",
    "quantised": "paint",
    "stylised": "paint",
    "noise": "noise",
}
"""By the type of a condition; all others are dark lines on white."""
