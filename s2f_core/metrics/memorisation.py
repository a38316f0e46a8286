"""Whether a generator copies the images that it learned from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.pairs import Pairs
from s2f_core.metrics.baselines import Rows, closest
from s2f_core.metrics.pixels import root_mean_square
from s2f_core.metrics.sharpness import ratio
from s2f_core.metrics.types import RelativeScore, Values


@dataclass(frozen=True)
class Nearest:
    """Finds the training image nearest to each image, by the root mean square difference."""

    training: Pairs

    def __call__(self, images: Pixels) -> Values:
        """How near that is for images uint8 [n, H, W, 1 or 3]: float64 [n, 1] in [0, 1]."""
        return self._search(images)[1][:, None]

    def listed(
        self, ids: Sequence[str], images: Pixels, shown: Collection[str]
    ) -> list[tuple[str, str, float]]:
        """Of the images that are shown: its id, that of the nearest one, and their distance."""
        chosen = [row for row, name in enumerate(ids) if name in shown]
        rows, distances = self._search(images[chosen])
        return [
            (ids[row], self.training.ids_b[near], float(f"{distance:.6g}"))
            for row, near, distance in zip(chosen, rows, distances, strict=True)
        ]

    def _search(self, images: Pixels) -> tuple[Rows, Values]:
        table = self.training.targets
        places = table.positions(self.training.ids_b)
        rows = closest(images, table, places)
        near = table.images(places[rows])
        near = near if near.shape == images.shape else to_rgb(near)
        return rows, root_mean_square(images, near)


MEMORISATION = RelativeScore(
    title="Distance to training images",
    space="nearest",
    function=ratio,
    higher_is_better=True,
    range=(0, None),
    library=f"numpy {np.__version__}",
    describe=(
        "Root mean square pixel difference of a generated image from the nearest training image, "
        "over the mean of the same for real test images: near 0 are copies, 1 is as far as new "
        "real images. Blurred or empty images are near to everything: read it beside sharpness."
    ),
)
