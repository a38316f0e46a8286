"""Surfaces in space as inline SVG, seen from above one corner, coloured by height."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians, sin

import numpy as np
from markupsafe import Markup

from s2f_core.common.images import Doubles, Pixels
from s2f_core.data.toy_surfaces import HIGH, LOW, density, to_coordinates

EXAMPLES = 6  # mesh grids of a translation, three a row
POINTS = 400  # points of a translation
COLUMNS = 3
MESH_BOX = (200.0, 190.0)  # width and height of a mesh
CLOUD_BOX = (460.0, 430.0)  # width and height of a cloud of points
TURN, TILT = radians(-60), radians(28)
HEIGHT = 6.0  # the drawn height of z's whole range, in units of x and y
COLOURS = np.array([[110, 82, 176], [70, 115, 185], [33, 150, 145], [94, 185, 90], [236, 196, 50]])
LINES = 13  # of a true surface's wire frame, each way


def is_mesh(example: Pixels) -> bool:
    """Whether points [H, W, 3] are a mesh: x never falls to the right, nor y downwards."""
    if min(example.shape[:2]) < 2:
        return False
    across = np.diff(example[..., 0].astype(int), axis=1)
    down = np.diff(example[..., 1].astype(int), axis=0)
    return bool((across >= 0).all() and (down >= 0).all())


@dataclass(frozen=True)
class Projection:
    """From x, y and z to the picture: ``size`` is a unit of x or y, (left, top) the middle."""

    left: float
    top: float
    size: float

    def project(self, points: Doubles) -> tuple[Doubles, Doubles]:
        """Return places in the picture [..., 2] and nearness [...] of points [..., 3]."""
        x, y = points[..., 0], points[..., 1]
        z = (points[..., 2] - LOW[2]) / (HIGH[2] - LOW[2])
        across = x * cos(TURN) - y * sin(TURN)
        nearness = x * sin(TURN) + y * cos(TURN)
        up = HEIGHT * (z - 0.4)
        place = np.stack(
            [
                self.left + self.size * across,
                self.top + self.size * (nearness * sin(TILT) - up * cos(TILT)),
            ],
            axis=-1,
        )
        return place, nearness

    def path(self, points: Doubles, close: str = "") -> str:
        """Return the SVG path through points [n, 3]."""
        places, _ = self.project(points)
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places) + close


def mesh_plot(images: Pixels, title: str) -> Markup:
    """Draw mesh grids uint8 [n, H, W, 3], each in its own box; nearer quads hide farther ones."""
    cells = []
    for number, image in enumerate(images):
        column, row = number % COLUMNS, number // COLUMNS
        projection = Projection(MESH_BOX[0] * (column + 0.5), MESH_BOX[1] * (row + 0.55), 17.0)
        cells.append(_box(projection) + _quads(projection, image))
    rows = -(-len(images) // COLUMNS)
    label = f"{len(images)} examples of {title}"
    return _svg(cells, COLUMNS * MESH_BOX[0], rows * MESH_BOX[1], label)


def _quads(projection: Projection, image: Pixels) -> Markup:
    points = to_coordinates(image[None])[0].reshape(image.shape)
    corners = np.stack([points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2)
    quads = corners.reshape(-1, 4, 3)
    _, nearness = projection.project(quads.mean(axis=1))
    return _filled_paths(
        (projection.path(quads[index], "Z"), _colour(quads[index, :, 2].mean()))
        for index in np.argsort(nearness)
    )


def point_plot(images: Pixels, classes: Sequence[str], title: str) -> Markup:
    """Draw all points of the examples in one box, over wire frames of the true surfaces."""
    projection = Projection(CLOUD_BOX[0] * 0.5, CLOUD_BOX[1] * 0.55, 40.0)
    frames = [_wire_frame(projection, int(name.removeprefix("alpha-"))) for name in classes]
    points = to_coordinates(images).reshape(-1, 3)
    places, nearness = projection.project(points)
    dots = [
        Markup('<circle cx="{:.1f}" cy="{:.1f}" r="3" fill="{}"/>').format(
            *places[index], _colour(points[index, 2])
        )
        for index in np.argsort(nearness)
    ]
    return _svg([_box(projection), *frames, *dots], *CLOUD_BOX, f"{len(points)} points of {title}")


def _wire_frame(projection: Projection, alpha: int) -> Markup:
    steps, fine = np.linspace(LOW[0], HIGH[0], LINES), np.linspace(LOW[0], HIGH[0], 3 * LINES)
    paths = []
    for step in steps:
        constant = np.full_like(fine, step)
        for x, y in ((fine, constant), (constant, fine)):
            paths.append(projection.path(np.stack([x, y, density(x, y, alpha)], axis=-1)))
    return Markup('<path class="wire" d="{}"/>').format("".join(paths))


def _box(projection: Projection) -> Markup:
    """Draw the square of x and y at z = 0, and the z axis at its far corner."""
    (west, south, low), (east, north, high) = LOW, HIGH
    square = np.array(
        [[west, south, low], [east, south, low], [east, north, low], [west, north, low]]
    )
    far = square[int(projection.project(square)[1].argmin())]
    axis = np.stack([far, [far[0], far[1], high]])
    return Markup('<path class="box" d="{}{}"/>').format(
        projection.path(square, "Z"), projection.path(axis)
    )


def _filled_paths(paths: Iterable[tuple[str, str]]) -> Markup:
    """Draw paths in their colours; later ones hide earlier ones."""
    return Markup("").join(
        Markup('<path d="{}" fill="{}"/>').format(path, colour) for path, colour in paths
    )


def _colour(z: float) -> str:
    """Return a colour from violet to yellow over the range of z, visible on white and black."""
    place = (len(COLOURS) - 1) * (z - LOW[2]) / (HIGH[2] - LOW[2])
    parts = [np.interp(place, np.arange(len(COLOURS)), channel) for channel in COLOURS.T]
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def _svg(parts: Sequence[Markup], width: float, height: float, label: str) -> Markup:
    return Markup(
        '<svg class="space" viewBox="0 0 {:.0f} {:.0f}" role="img" aria-label="{}, seen from above '
        'one corner; brighter colours are higher">{}</svg>'
    ).format(width, height, label, Markup("").join(parts))
