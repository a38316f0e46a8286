"""The trivial answers that a translation is held against, and the floor: other real images."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.common.seeding import stream
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.data.tables import Table

Rows = npt.NDArray[np.int64]

CHUNK = 1024
FLOOR = "real"
NAMES: dict[Direction, tuple[str, str, str]] = {  # input, mean target, target of nearest input
    "a-to-b": ("sketch", "mean-face", "nearest-face"),
    "b-to-a": ("photo", "mean-sketch", "nearest-sketch"),
}


def answers(training: Pairs, test: Pairs, direction: Direction) -> dict[str, Pixels]:
    """What the trivial answers to the test inputs are, uint8 [n, H, W, C] by name.

    The input itself, the mean training target, and the target of the nearest training input.
    """
    given = test.inputs.images(test.inputs.positions(test.ids))
    places = training.targets.positions(training.ids)
    total = np.zeros(training.targets.shape, dtype=np.int64)
    for place in places:
        total += training.targets.images([place])[0]
    mean = np.rint(total / len(places)).astype(np.uint8)
    found = (
        given,
        np.repeat(mean[None], len(given), axis=0),
        training.targets.images(places[nearest(given, training)]),
    )
    return dict(zip(NAMES[direction], found, strict=True))


def inputs(training: Pairs, test: Pairs, direction: Direction) -> dict[str, Pixels]:
    """The test inputs themselves where they are images; nothing is trivially like noise."""
    del training
    if not test.input_is_image:
        return {}
    return {NAMES[direction][0]: test.inputs.images(test.inputs.positions(test.ids))}


def nothing(training: Pairs, test: Pairs, direction: Direction) -> dict[str, Pixels]:
    """No baseline."""
    del training, test, direction
    return {}


def others(training: Pairs, count: int) -> Pixels:
    """As many real targets as asked for, or as there are, of the training split."""
    places = training.targets.positions(training.ids_b)
    chosen = stream(0).permutation(len(places))[:count]
    return training.targets.images(places[np.sort(chosen)])


def nearest(inputs: Pixels, training: Pairs) -> Rows:
    """Row of the training pair whose input has the least squared distance to each input."""
    return closest(inputs, training.inputs, training.inputs.positions(training.ids))


def closest(queries: Pixels, table: Table, positions: Rows) -> Rows:
    """Which of the table's images at these positions is nearest to each query: its row there.

    ``queries`` are uint8 [n, H, W, C]; near is a small squared difference of pixels.
    """
    wanted = queries.reshape(len(queries), -1).astype(np.float32)
    best = np.full(len(queries), np.inf)
    rows = np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(positions), CHUNK):  # so that memory does not grow with the data
        images = table.images(positions[start : start + CHUNK])
        images = images if images.shape[3] == queries.shape[3] else to_rgb(images)
        known = images.reshape(len(images), -1).astype(np.float32)
        squares = np.einsum("ij,ij->i", known, known)
        distances = squares[None] - 2 * (wanted @ known.T)
        found = distances.argmin(axis=1)
        least = distances[np.arange(len(queries)), found]
        rows = np.where(least < best, start + found, rows)
        best = np.minimum(best, least)
    return rows
