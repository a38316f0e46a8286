"""Memorisation: whether a generator copies its training images."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.metrics.baselines import find_nearest
from s2f_core.metrics.bootstrap import Rows
from s2f_core.metrics.pixel_difference import root_mean_square
from s2f_core.metrics.sharpness import ratio_to_mean
from s2f_core.metrics.types import RelativeScore, Values


@dataclass(frozen=True)
class NearestTraining:
    """Finds the training image nearest to each image, by the root mean square difference."""

    training: Pairs

    def __call__(self, images: Pixels) -> Values:
        """Return the distance of uint8 [n, H, W, 1 or 3] in [0, 1]: float64 [n, 1]."""
        return self._search(images)[1][:, None]

    def list_nearest(
        self, ids: Sequence[str], images: Pixels, selection: Collection[str]
    ) -> list[tuple[str, str, float]]:
        """Return id, id of the nearest training image, and distance, of the ids in ``selection``.

        ``ids`` are those of ``images`` uint8 [n, H, W, 1 or 3], in the same order.
        """
        selected = [row for row, name in enumerate(ids) if name in selection]
        rows, distances = self._search(images[selected])
        return [
            (ids[row], self.training.ids_b[near], float(f"{distance:.6g}"))
            for row, near, distance in zip(selected, rows, distances, strict=True)
        ]

    def _search(self, images: Pixels) -> tuple[Rows, Values]:
        table = self.training.targets
        places = table.positions(self.training.ids_b)
        rows = find_nearest(images, table, places)
        near = table.images(places[rows])
        near = near if near.shape == images.shape else to_rgb(near)
        return rows, root_mean_square(images, near)


MEMORISATION = RelativeScore(
    title="Distance to training images",
    space="nearest",
    function=ratio_to_mean,
    higher_is_better=True,
    range=(0, None),
    library=f"numpy {np.__version__}",
    describe=(
        "Root mean square pixel difference of a generated image from the nearest training image, "
        "over the mean of the same for real test images: near 0 are copies, 1 is as far as new "
        "real images. Blurred or empty images are near to everything: read it beside sharpness."
    ),
)
