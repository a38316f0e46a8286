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

ORDER, AUGMENT = 0, 1  # the purposes of the random streams


@dataclass(frozen=True)
class Batch:
    """``a`` [B, C_A, H, W] and ``b`` [B, C_B, H, W], float32 in [-1, 1]."""

    a: Tensor
    b: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(self.a.to(device), self.b.to(device))


class Pairs:
    """The images that two tables share, of one split, at ``scale`` times the tables' size.

    Raises UserError where the tables differ in size, or share no image of ``ids``.
    """

    def __init__(self, inputs: Table, targets: Table, ids: list[str], scale: float = 1.0) -> None:
        if inputs.shape[:2] != targets.shape[:2]:
            raise UserError(
                f"{inputs.folder} has images of {inputs.shape[:2]}, {targets.folder} of "
                f"{targets.shape[:2]}; they must be equal"
            )
        shared = set(inputs.accepted["id"]) & set(targets.accepted["id"])
        self.ids = [name for name in ids if name in shared]
        if not self.ids:
            raise UserError(f"{inputs.folder} and {targets.folder} share none of {len(ids)} ids")
        self.inputs, self.targets = inputs, targets
        self.size = round(inputs.shape[0] * scale)
        self._a = inputs.positions(self.ids)
        self._b = targets.positions(self.ids)

    def __len__(self) -> int:
        return len(self.ids)

    def subset(self, rows: range) -> Pairs:
        """The pairs at these rows of ``ids``."""
        chosen = [self.ids[row] for row in rows]
        return Pairs(self.inputs, self.targets, chosen, self.size / self.inputs.shape[0])

    def load(self, rows: npt.NDArray[np.int64] | range) -> Batch:
        """The pairs at these rows of ``ids``, without augmentation."""
        chosen = np.asarray(rows)
        a = to_model(torch.from_numpy(self.inputs.images(self._a[chosen])))
        b = to_model(torch.from_numpy(self.targets.images(self._b[chosen])))
        return Batch(self._scaled(a), self._scaled(b))

    def _scaled(self, images: Tensor) -> Tensor:
        if images.shape[-1] == self.size:
            return images
        return F.interpolate(images, size=(self.size, self.size), mode="area")

    def fingerprint(self) -> str:
        """A hash of every pixel of these pairs, by the tables' own per-image hashes."""
        digest = hashlib.sha256(f"{self.size}".encode())
        for table, rows in ((self.inputs, self._a), (self.targets, self._b)):
            digest.update("".join(table.accepted["sha256"].iloc[rows]).encode())
        return digest.hexdigest()


class Batches:
    """Training batches, each a pure function of the seed and the step.

    The images are visited in a new order every epoch. Random jitter (Isola et al. 2017, section
    6.2): the pair is enlarged by ``jitter`` (286/256) and a square of the old size cut out at a
    random place; ``flip`` mirrors half of the pairs left to right.
    """

    def __init__(self, pairs: Pairs, size: int, *, seed: int, jitter: float, flip: bool) -> None:
        self.pairs, self.size, self.seed = pairs, size, seed
        self.jitter, self.flip = jitter, flip
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        seen = step * self.size + np.arange(self.size)
        epochs, places = np.divmod(seen, len(self.pairs))
        rows = [self._order(int(epoch))[place] for epoch, place in zip(epochs, places, strict=True)]
        return self._augmented(self.pairs.load(np.asarray(rows)), stream(self.seed, AUGMENT, step))

    def _shuffled(self, epoch: int) -> npt.NDArray[np.int64]:
        return stream(self.seed, ORDER, epoch).permutation(len(self.pairs))

    def _augmented(self, batch: Batch, random: np.random.Generator) -> Batch:
        both = torch.cat([batch.a, batch.b], dim=1)
        size = both.shape[-1]
        if self.jitter > 1:
            enlarged = round(size * self.jitter)
            corners = random.integers(0, enlarged - size + 1, (len(both), 2))
            larger = F.interpolate(both, size=(enlarged, enlarged), mode="bilinear")
            both = torch.stack(
                [
                    image[:, top : top + size, left : left + size]
                    for image, (top, left) in zip(larger, corners, strict=True)
                ]
            )
        if self.flip:
            mirrored = torch.from_numpy(random.random(len(both)) < 0.5)[:, None, None, None]
            both = torch.where(mirrored, both.flip(-1), both)
        channels = batch.a.shape[1]
        return Batch(both[:, :channels].contiguous(), both[:, channels:].contiguous())
