"""The kinds of canvas: the background to draw on and the colours that have a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from s2f_core.data.landmarks.skeleton import COLOURS, JOINTS

CanvasName = Literal["lines", "pose", "paint", "noise"]
Colour = tuple[int, int, int]  # RGB


@dataclass(frozen=True)
class Canvas:
    """A kind of canvas: its title, its background, and its palette as pairs (name, colour).

    A model of noise takes no drawing: its canvas has no colours.
    """

    title: str
    background: Colour
    palette: tuple[tuple[str, Colour], ...]

    def as_json(self) -> dict[str, object]:
        """Return the fields as the page reads them, colours as ``#rrggbb``."""
        colours = [{"name": name, "value": hex_code(colour)} for name, colour in self.palette]
        return {"title": self.title, "background": hex_code(self.background), "palette": colours}


def hex_code(colour: Colour) -> str:
    """Format a colour as ``#rrggbb``."""
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

CANVASES: dict[CanvasName, Canvas] = {
    "lines": Canvas("Lines", WHITE, tuple((name, (grey,) * 3) for name, grey in _GREYS)),
    "pose": Canvas("Pose", BLACK, tuple(zip(JOINTS, COLOURS, strict=True))),
    "paint": Canvas("Colours", WHITE, _PAINTS),
    "noise": Canvas("From noise", WHITE, ()),
}

CANVAS_OF_CONDITION: dict[str, CanvasName] = {
    "pose": "pose",
    "quantised": "paint",
    "stylised": "paint",
    "noise": "noise",
}
"""The canvas by the condition's type. All other conditions are dark lines on white."""
