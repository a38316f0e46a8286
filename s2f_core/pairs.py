"""Tables and a split become batches of input (A) and target (B) images."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from s2f_core.errors import UserError
from s2f_core.images import to_model
from s2f_core.seeding import stream
from s2f_core.tables import Table

# The purposes of the random streams; those of B are used where it is not A's partner.
ORDER, AUGMENT, ORDER_B, AUGMENT_B = 0, 1, 2, 3
VECTOR = (1, 1)  # height and width of an input that is no image, such as noise


@dataclass(frozen=True)
class Batch:
    """``a`` [B, C_A, H_A, W_A] and ``b`` [B, C_B, H, W], float32 in [-1, 1].

    ``a`` is an image of ``b``'s size or a vector [B, C_A, 1, 1].
    """

    a: Tensor
    b: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(self.a.to(device), self.b.to(device))

    def split(self, parts: int) -> list[Batch]:
        """The batch in so many smaller ones of one size."""
        halves = zip(self.a.chunk(parts), self.b.chunk(parts), strict=True)
        return [Batch(a, b) for a, b in halves]


class Pairs:
    """The images that two tables share, of one split, at ``scale`` times the tables' size.

    ``channels`` of A and B: a grey table is repeated to three where three are asked for; by
    default the tables' own. ``size`` is B's side in pixels. Raises UserError where A is neither of
    B's size nor a vector, where the tables share no image of ``ids``, or cannot give ``channels``.
    """

    def __init__(
        self,
        inputs: Table,
        targets: Table,
        ids: list[str],
        scale: float = 1.0,
        channels: tuple[int, int] | None = None,
    ) -> None:
        if inputs.shape[:2] not in (targets.shape[:2], VECTOR):
            raise UserError(
                f"{inputs.folder} has images of {inputs.shape[:2]}, {targets.folder} of "
                f"{targets.shape[:2]}; they must be equal"
            )
        shared = set(inputs.accepted["id"]) & set(targets.accepted["id"])
        self.ids = [name for name in ids if name in shared]
        if not self.ids:
            raise UserError(f"{inputs.folder} and {targets.folder} share none of {len(ids)} ids")
        self.inputs, self.targets, self.scale = inputs, targets, scale
        self.size = round(targets.shape[0] * scale)
        self.channels = channels or (inputs.shape[2], targets.shape[2])
        for table, wanted in zip((inputs, targets), self.channels, strict=True):
            if table.shape[2] not in (1, wanted):
                raise UserError(
                    f"{table.folder} has {table.shape[2]} channels where {wanted} are needed"
                )
        self._a = inputs.positions(self.ids)
        self._b = targets.positions(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def drawn(self) -> bool:
        """Whether A is an image; else it is a vector, and B is no answer to it."""
        return self.inputs.shape[:2] != VECTOR

    def subset(self, rows: range) -> Pairs:
        """The pairs at these rows of ``ids``."""
        chosen = [self.ids[row] for row in rows]
        return Pairs(self.inputs, self.targets, chosen, self.scale, self.channels)

    def given(self, channels: tuple[int, int]) -> Pairs:
        """The same pairs with so many channels of A and B."""
        return Pairs(self.inputs, self.targets, self.ids, self.scale, channels)

    def load(
        self,
        rows: npt.NDArray[np.int64] | range,
        rows_b: npt.NDArray[np.int64] | None = None,
    ) -> Batch:
        """The pairs at these rows of ``ids``; B from other rows where ``rows_b`` is given."""
        chosen = np.asarray(rows)
        a = _images(self.inputs, self._a[chosen], self.scale, self.channels[0])
        chosen_b = chosen if rows_b is None else rows_b
        return Batch(a, _images(self.targets, self._b[chosen_b], self.scale, self.channels[1]))

    def fingerprint(self) -> str:
        """A hash of every pixel of these pairs, by the tables' own per-image hashes."""
        digest = hashlib.sha256(f"{self.size}{self.channels}".encode())
        for table, rows in ((self.inputs, self._a), (self.targets, self._b)):
            digest.update("".join(table.accepted["sha256"].iloc[rows]).encode())
        return digest.hexdigest()


def _images(table: Table, positions: npt.NDArray[np.int64], scale: float, channels: int) -> Tensor:
    images = to_model(torch.from_numpy(table.images(positions)))
    size = max(1, round(images.shape[-1] * scale))
    if size != images.shape[-1]:
        images = F.interpolate(images, size=(size, size), mode="area")
    return images.expand(-1, channels, -1, -1)


class Batches:
    """Training batches, each a pure function of the seed and the step.

    The images are visited in a new order every epoch; unless ``paired``, A and B each in an order
    of its own. Random jitter (Isola et al. 2017, section 6.2): the pair is enlarged by ``jitter``
    (286/256) and a square of the old size cut out at a random place; ``flip`` mirrors half of the
    pairs left to right.
    """

    def __init__(
        self, pairs: Pairs, size: int, *, seed: int, jitter: float, flip: bool, paired: bool = True
    ) -> None:
        self.pairs, self.size, self.seed = pairs, size, seed
        self.jitter, self.flip, self.paired = jitter, flip, paired
        self._order = lru_cache(maxsize=4)(self._shuffled)

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        rows = self._rows(step, ORDER)
        batch = self.pairs.load(rows, None if self.paired else self._rows(step, ORDER_B))
        of_b = AUGMENT if self.paired else AUGMENT_B
        return Batch(self._augmented(batch.a, step, AUGMENT), self._augmented(batch.b, step, of_b))

    def _rows(self, step: int, purpose: int) -> npt.NDArray[np.int64]:
        seen = step * self.size + np.arange(self.size)
        epochs, places = np.divmod(seen, len(self.pairs))
        rows = [
            self._order(purpose, int(epoch))[place]
            for epoch, place in zip(epochs, places, strict=True)
        ]
        return np.asarray(rows)

    def _shuffled(self, purpose: int, epoch: int) -> npt.NDArray[np.int64]:
        return stream(self.seed, purpose, epoch).permutation(len(self.pairs))

    def _augmented(self, images: Tensor, step: int, purpose: int) -> Tensor:
        """Images of one size get the same treatment under the same ``step`` and ``purpose``."""
        random = stream(self.seed, purpose, step)
        size = images.shape[-1]
        if self.jitter > 1:
            enlarged = round(size * self.jitter)
            corners = random.integers(0, enlarged - size + 1, (len(images), 2))
            larger = F.interpolate(images, size=(enlarged, enlarged), mode="bilinear")
            images = torch.stack(
                [
                    image[:, top : top + size, left : left + size]
                    for image, (top, left) in zip(larger, corners, strict=True)
                ]
            )
        if self.flip:
            mirrored = torch.from_numpy(random.random(len(images)) < 0.5)[:, None, None, None]
            images = torch.where(mirrored, images.flip(-1), images)
        return images.contiguous()
