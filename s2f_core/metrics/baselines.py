"""Baselines beside a translation: trivial outputs, and other real images as the floor."""

from __future__ import annotations

import numpy as np

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.common.seeding import stream
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Direction
from s2f_core.data.tables import Table
from s2f_core.metrics.bootstrap import Rows

CHUNK = 1024
FLOOR = "real"
NAMES: dict[Direction, tuple[str, str, str]] = {  # input, mean target, target of nearest input
    "a-to-b": ("sketch", "mean-face", "nearest-face"),
    "b-to-a": ("photo", "mean-sketch", "nearest-sketch"),
}


def pair_baselines(training: Pairs, test: Pairs, direction: Direction) -> dict[str, Pixels]:
    """Return three trivial outputs for the test inputs by name, each uint8 [n, H, W, C].

    These are the input itself, the mean training target, and the target of the nearest training
    input.
    """
    inputs = test.inputs.images(test.inputs.positions(test.ids))
    places = training.targets.positions(training.ids)
    total = np.zeros(training.targets.shape, dtype=np.int64)
    for place in places:
        total += training.targets.images([place])[0]
    mean = np.rint(total / len(places)).astype(np.uint8)
    images = (
        inputs,
        np.repeat(mean[None], len(inputs), axis=0),
        training.targets.images(places[nearest_training_rows(inputs, training)]),
    )
    return dict(zip(NAMES[direction], images, strict=True))


def input_baseline(training: Pairs, test: Pairs, direction: Direction) -> dict[str, Pixels]:
    """Return the test inputs themselves where they are images; noise has no baseline."""
    del training
    if not test.input_is_image:
        return {}
    return {NAMES[direction][0]: test.inputs.images(test.inputs.positions(test.ids))}


def no_baselines(training: Pairs, test: Pairs, direction: Direction) -> dict[str, Pixels]:
    """Return no baseline."""
    del training, test, direction
    return {}


def other_real_images(training: Pairs, count: int) -> Pixels:
    """Return ``count`` targets of the training split, or all if there are fewer."""
    places = training.targets.positions(training.ids_b)
    rows = stream(0).permutation(len(places))[:count]
    return training.targets.images(places[np.sort(rows)])


def nearest_training_rows(inputs: Pixels, training: Pairs) -> Rows:
    """Return the row of the training pair with the nearest input, for each input."""
    return find_nearest(inputs, training.inputs, training.inputs.positions(training.ids))


def find_nearest(queries: Pixels, table: Table, positions: Rows) -> Rows:
    """Return the index into ``positions`` of the table's nearest image to each query: [n].

    ``queries`` are uint8 [n, H, W, C]. The nearest image has the least squared difference of
    pixels.
    """
    vectors = queries.reshape(len(queries), -1).astype(np.float32)
    best = np.full(len(queries), np.inf)
    rows = np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(positions), CHUNK):  # so that memory does not grow with the data
        images = table.images(positions[start : start + CHUNK])
        images = images if images.shape[3] == queries.shape[3] else to_rgb(images)
        candidates = images.reshape(len(images), -1).astype(np.float32)
        squares = np.einsum("ij,ij->i", candidates, candidates)
        distances = squares[None] - 2 * (vectors @ candidates.T)
        nearest = distances.argmin(axis=1)
        least = distances[np.arange(len(queries)), nearest]
        rows = np.where(least < best, start + nearest, rows)
        best = np.minimum(best, least)
    return rows
