"""Surfaces in space as inline SVG, seen from above one corner, coloured by height."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from markupsafe import Markup

from s2f_core.common.images import Doubles, Pixels
from s2f_core.data.toy_surfaces import HIGH, LOW, density, to_coordinates

EXAMPLES = 6  # mesh grids drawn of a translation, three a row
POINTS = 400  # points drawn of a translation
COLUMNS = 3
CELL = (200.0, 190.0)  # of a mesh
BOX = (460.0, 430.0)  # of a cloud
TURN, TILT = radians(-60), radians(28)
HEIGHT = 6.0  # what the whole range of z is drawn as, in units of x and y
COLOURS = np.array([[110, 82, 176], [70, 115, 185], [33, 150, 145], [94, 185, 90], [236, 196, 50]])
LINES = 13  # of a true surface's wire frame, each way


def is_mesh(example: Pixels) -> bool:
    """Whether a real example's points [H, W, 3] are a mesh: x grows to the right, y downwards."""
    if min(example.shape[:2]) < 2:
        return False
    across = np.diff(example[..., 0].astype(int), axis=1)
    down = np.diff(example[..., 1].astype(int), axis=0)
    return bool((across >= 0).all() and (down >= 0).all())


@dataclass(frozen=True)
class View:
    """A box with x, y and z, ``size`` a unit of x or y, its middle drawn at (left, top)."""

    left: float
    top: float
    size: float

    def project(self, points: Doubles) -> tuple[Doubles, Doubles]:
        """Points [..., 3] as places in the picture [..., 2], and how near they are [...]."""
        x, y = points[..., 0], points[..., 1]
        z = (points[..., 2] - LOW[2]) / (HIGH[2] - LOW[2])
        across = x * cos(TURN) - y * sin(TURN)
        near = x * sin(TURN) + y * cos(TURN)
        up = HEIGHT * (z - 0.4)
        place = np.stack(
            [
                self.left + self.size * across,
                self.top + self.size * (near * sin(TILT) - up * cos(TILT)),
            ],
            axis=-1,
        )
        return place, near

    def path(self, points: Doubles, close: str = "") -> str:
        """An SVG path through points [n, 3]."""
        places, _ = self.project(points)
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) + close


def meshes(images: Pixels, title: str) -> Markup:
    """Mesh grids uint8 [n, H, W, 3], each in a box of its own; nearer quads hide farther ones."""
    cells = []
    for number, image in enumerate(images):
        column, row = number % COLUMNS, number // COLUMNS
        view = View(CELL[0] * (column + 0.5), CELL[1] * (row + 0.55), 17.0)
        cells.append(_floor(view) + _quads(view, image))
    rows = -(-len(images) // COLUMNS)
    return _svg(cells, COLUMNS * CELL[0], rows * CELL[1], f"{len(images)} examples of {title}")


def _quads(view: View, image: Pixels) -> Markup:
    points = to_coordinates(image[None])[0].reshape(image.shape)
    corners = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    quads = corners.reshape(-1, 4, 3)
    _, near = view.project(quads.mean(axis=1))
    return _filled(
        (view.path(quads[at], "Z"), _colour(quads[at, :, 2].mean())) for at in np.argsort(near)
    )


def cloud(images: Pixels, classes: Sequence[str], title: str) -> Markup:
    """All points of the examples in one box, over the wire frames of the surfaces they are from."""
    view = View(BOX[0] * 0.5, BOX[1] * 0.55, 40.0)
    frames = [_wires(view, int(name.removeprefix("alpha-"))) for name in classes]
    points = to_coordinates(images).reshape(-1, 3)
    places, near = view.project(points)
    dots = [
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>').format(
            *places[at], _colour(points[at, 2])
        )
        for at in np.argsort(near)
    ]
    return _svg([_floor(view), *frames, *dots], *BOX, f"{len(points)} points of {title}")


def _wires(view: View, alpha: int) -> Markup:
    steps, fine = np.linspace(LOW[0], HIGH[0], LINES), np.linspace(LOW[0], HIGH[0], 3 * LINES)
    paths = []
    for step in steps:
        still = np.full_like(fine, step)
        for x, y in ((fine, still), (still, fine)):
            paths.append(view.path(np.stack([x, y, density(x, y, alpha)], axis=-1)))
    return Markup('<path class="wire" d="{}"/>').format("".join(paths))


def _floor(view: View) -> Markup:
    """The square of x and y at z = 0, and the z axis at its far corner."""
    (west, south, low), (east, north, high) = LOW, HIGH
    square = np.array(
        [[west, south, low], [east, south, low], [east, north, low], [west, north, low]]
    )
    far = square[int(view.project(square)[1].argmin())]
    axis = np.stack([far, [far[0], far[1], high]])
    return Markup('<path class="box" d="{}{}"/>').format(view.path(square, "Z"), view.path(axis))


def _filled(shapes: Iterable[tuple[str, str]]) -> Markup:
    """Paths by colour, in the order they hide each other."""
    return Markup("").join(
        Markup('<path d="{}" fill="{}"/>').format(path, colour) for path, colour in shapes
    )


def _colour(z: float) -> str:
    """From violet to yellow over the range of z, to be seen on white and on black."""
    place = (len(COLOURS) - 1) * (z - LOW[2]) / (HIGH[2] - LOW[2])
    parts = [np.interp(place, np.arange(len(COLOURS)), channel) for channel in COLOURS.T]
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def _svg(parts: Sequence[Markup], width: float, height: float, says: str) -> Markup:
    return Markup(
        '<svg class="space" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}, seen from above '
        'one corner; brighter colours are higher">{}</svg>'
    ).format(width, height, says, Markup("").join(parts))
