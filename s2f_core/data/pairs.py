"""Pairs: the input (A) and target (B) images of two tables, for one split."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
from torch import Tensor

from s2f_core.common.errors import UserError
from s2f_core.common.images import to_network_input
from s2f_core.data import palette
from s2f_core.data.palette import Palette
from s2f_core.data.tables import Table
from s2f_core.data.views import View

VECTOR = (1, 1)  # height and width of an input that is no image, such as noise

Rows = npt.NDArray[np.int64]


class Pairs:
    """The images of two tables, of one split, at ``scale`` times the tables' size.

    If the tables share ids (``paired``), only the shared ids count. If they share none, the tables
    are two domains of their own lengths: ``ids`` are A's, ``ids_b`` are B's, and an image of A has
    no target in B. The length is that of an epoch: the longer of the two.

    ``channels`` are those of A and B, by default the tables' own; a grey table is repeated to three
    channels where three are asked for. ``size`` is B's side in pixels.

    Raises UserError if A has neither B's size nor the shape of a vector, if the tables have, or
    share, no image of ``ids``, or if a table cannot give ``channels``.
    """

    def __init__(
        self,
        inputs: Table,
        targets: Table,
        ids: Iterable[str],
        scale: float = 1.0,
        channels: tuple[int, int] | None = None,
    ) -> None:
        if inputs.shape[:2] not in (targets.shape[:2], VECTOR):
            sizes = ["×".join(map(str, table.shape[:2])) for table in (inputs, targets)]
            raise UserError(
                f"the images of {inputs.folder} have {sizes[0]} pixels, those of {targets.folder} "
                f"{sizes[1]}; the two sizes must be equal"
            )
        self.inputs, self.targets, self.scale = inputs, targets, scale
        self.paired, self.ids, self.ids_b = _domains(inputs, targets, list(ids))
        self.size = round(targets.shape[0] * scale)
        if not self.size:
            side = targets.shape[0]
            raise UserError(f"scale: {scale:g} of {side} pixels leaves none: choose a larger scale")
        self.channels = channels or (inputs.shape[2], targets.shape[2])
        for table, needed in zip((inputs, targets), self.channels, strict=True):
            if table.shape[2] not in (1, needed):
                raise UserError(
                    f"{table.folder} has images of {table.shape[2]} channels, but {needed} are "
                    "needed; only images of one channel can be repeated"
                )
        self._positions_a = inputs.positions(self.ids)
        self._positions_b = targets.positions(self.ids_b)

    def __len__(self) -> int:
        return max(len(self.ids), len(self.ids_b))

    @property
    def input_is_image(self) -> bool:
        """Whether A is an image; otherwise it is a vector."""
        return self.inputs.shape[:2] != VECTOR

    @property
    def has_target(self) -> bool:
        """Whether B has the image that the generator should make of each image of A."""
        return self.input_is_image and self.paired

    def subset(self, rows: range) -> Pairs:
        """The images at these rows; a domain that is shorter has fewer."""
        domains = (self.ids, self.ids_b)
        names = [ids[row] for ids in domains for row in rows if row < len(ids)]
        return Pairs(self.inputs, self.targets, dict.fromkeys(names), self.scale, self.channels)

    def with_channels(self, channels: tuple[int, int]) -> Pairs:
        """The same images with so many channels of A and of B."""
        return Pairs(self.inputs, self.targets, self._all_ids, self.scale, channels)

    def resized_to(self, size: int) -> Pairs:
        """The same images with ``size`` pixels a side in B."""
        scale = size / self.targets.shape[0]
        return Pairs(self.inputs, self.targets, self._all_ids, scale, self.channels)

    def swap_domains(self) -> Pairs:
        """The same images with A and B exchanged."""
        a, b = self.channels
        return Pairs(self.targets, self.inputs, self._all_ids, self.scale, (b, a))

    @property
    def _all_ids(self) -> Iterable[str]:
        return dict.fromkeys([*self.ids, *self.ids_b])

    def a(self, rows: Rows | range, views: Sequence[View] | None = None) -> Tensor:
        """The inputs at these rows of ``ids``: float32 [n, C_A, H_A, W_A] in [-1, 1].

        ``views`` has one for each row, which counts where the input is an image.
        """
        views = views if self.input_is_image else None
        return self._load(self.inputs, self._positions_a[np.asarray(rows)], 0, views)

    def b(self, rows: Rows | range, views: Sequence[View] | None = None) -> Tensor:
        """The targets at these rows of ``ids_b``: float32 [n, C_B, H, W] in [-1, 1]."""
        return self._load(self.targets, self._positions_b[np.asarray(rows)], 1, views)

    def palettes(self, rows: Rows | range) -> list[Palette]:
        """The palettes of the targets at these rows of ``ids_b``, whole and as the table has them.

        Raises UserError where the targets have no colours.
        """
        if self.targets.shape[2] != len("RGB"):
            raise UserError(
                f"{self.targets.folder} has images of {self.targets.shape[2]} channels, so no "
                "palettes: leave generator.palette out"
            )
        return palette.measure(self.targets.images(self._positions_b[np.asarray(rows)]))

    def _load(
        self, table: Table, positions: Rows, domain: int, views: Sequence[View] | None
    ) -> Tensor:
        copies = 0 if views is None else [view.copy % table.copies for view in views]
        images = table.images(positions, copies)
        for image, view in zip(images, views or (), strict=False):
            if view.framed:
                image[:] = view.frame(image)
        size = max(1, round(images.shape[1] * self.scale))
        return to_network_input(images, size, self.channels[domain])

    def fingerprint(self) -> str:
        """A hash of every pixel of these images, from the tables' own hashes of each image."""
        digest = hashlib.sha256(f"{self.size}{self.channels}".encode())
        domains = ((self.inputs, self._positions_a), (self.targets, self._positions_b))
        for table, positions in domains:
            digest.update("".join(table.accepted["sha256"].iloc[positions]).encode())
        return digest.hexdigest()


def spread_rows(count: int, limit: int) -> Rows:
    """At most ``limit`` rows, evenly spread over ``count``."""
    return np.unique(np.linspace(0, count - 1, limit).astype(int))


def _domains(inputs: Table, targets: Table, ids: list[str]) -> tuple[bool, list[str], list[str]]:
    """Whether the tables share ids, and those of ``ids`` that count in A and in B."""
    of_a, of_b = set(inputs.accepted["id"]), set(targets.accepted["id"])
    if shared := of_a & of_b:
        names = [name for name in ids if name in shared]
        if not names:
            raise UserError(f"{inputs.folder} and {targets.folder} share none of {len(ids)} ids")
        return True, names, names
    domains = [[name for name in ids if name in table_ids] for table_ids in (of_a, of_b)]
    for table, names in zip((inputs, targets), domains, strict=True):
        if not names:
            raise UserError(f"{table.folder} has none of {len(ids)} ids")
    return False, domains[0], domains[1]
