"""Tables and a split become batches of input (A) and target (B) images."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from s2f_core.common.errors import UserError
from s2f_core.common.images import seen
from s2f_core.common.seeding import stream
from s2f_core.data.tables import Table

# The purposes of the random streams; those of B are used where it is not A's partner.
ORDER, AUGMENT, ORDER_B, AUGMENT_B, SKETCH = 0, 1, 2, 3, 4
VECTOR = (1, 1)  # height and width of an input that is no image, such as noise

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Sketch = Callable[[Tensor, Tensor, np.random.Generator], Tensor]


@dataclass(frozen=True)
class Batch:
    """``a`` [B, C_A, H_A, W_A] and ``b`` [B, C_B, H, W], float32 in [-1, 1].

    ``a`` is an image of ``b``'s size or a vector [B, C_A, 1, 1].
    """

    a: Tensor
    b: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device; of pinned memory, without waiting for it."""
        a, b = (tensor.to(device, non_blocking=tensor.is_pinned()) for tensor in (self.a, self.b))
        return Batch(a, b)

    def pinned(self) -> Batch:
        """The same batch in memory that a GPU copies from by itself."""
        return Batch(self.a.pin_memory(), self.b.pin_memory())

    def split(self, parts: int) -> list[Batch]:
        """The batch in so many smaller ones of one size."""
        halves = zip(self.a.chunk(parts), self.b.chunk(parts), strict=True)
        return [Batch(a, b) for a, b in halves]


class Pairs:
    """The images of two tables, of one split, at ``scale`` times the tables' size.

    ``paired``: the tables share ids, and only what both have counts. Tables that share none are two
    domains of their own lengths: ``ids`` are A's, ``ids_b`` B's, and nothing in B answers an image
    of A. The length is that of an epoch, the longer of the two.

    ``channels`` of A and B: a grey table is repeated to three where three are asked for; by
    default the tables' own. ``size`` is B's side in pixels. Raises UserError where A is neither of
    B's size nor a vector, where the tables have, or share, no image of ``ids``, or cannot give
    ``channels``.
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
            raise UserError(
                f"{inputs.folder} has images of {inputs.shape[:2]}, {targets.folder} of "
                f"{targets.shape[:2]}; they must be equal"
            )
        self.inputs, self.targets, self.scale = inputs, targets, scale
        self.paired, self.ids, self.ids_b = _domains(inputs, targets, list(ids))
        self.size = round(targets.shape[0] * scale)
        self.channels = channels or (inputs.shape[2], targets.shape[2])
        for table, wanted in zip((inputs, targets), self.channels, strict=True):
            if table.shape[2] not in (1, wanted):
                raise UserError(
                    f"{table.folder} has {table.shape[2]} channels where {wanted} are needed"
                )
        self._a = inputs.positions(self.ids)
        self._b = targets.positions(self.ids_b)

    def __len__(self) -> int:
        return max(len(self.ids), len(self.ids_b))

    @property
    def drawn(self) -> bool:
        """Whether A is an image; else it is a vector, and B is no answer to it."""
        return self.inputs.shape[:2] != VECTOR

    @property
    def answered(self) -> bool:
        """Whether B's images are what the generator should make of A's."""
        return self.drawn and self.paired

    def subset(self, rows: range) -> Pairs:
        """The images at these rows, of each domain as far as it goes."""
        domains = (self.ids, self.ids_b)
        chosen = [ids[row] for ids in domains for row in rows if row < len(ids)]
        return Pairs(self.inputs, self.targets, dict.fromkeys(chosen), self.scale, self.channels)

    def given(self, channels: tuple[int, int], scale: float | None = None) -> Pairs:
        """The same images with so many channels of A and B, and at another scale if given one."""
        wanted = self.scale if scale is None else scale
        return Pairs(self.inputs, self.targets, self._names, wanted, channels)

    def turned(self) -> Pairs:
        """The same images with A and B exchanged."""
        a, b = self.channels
        return Pairs(self.targets, self.inputs, self._names, self.scale, (b, a))

    @property
    def _names(self) -> Iterable[str]:
        return dict.fromkeys([*self.ids, *self.ids_b])

    def a(self, rows: Rows | range) -> Tensor:
        """The inputs at these rows of ``ids``, [n, C_A, H_A, W_A] in [-1, 1]."""
        return _images(self.inputs, self._a[np.asarray(rows)], self.scale, self.channels[0])

    def b(self, rows: Rows | range) -> Tensor:
        """The targets at these rows of ``ids_b``, [n, C_B, H, W] in [-1, 1]."""
        return _images(self.targets, self._b[np.asarray(rows)], self.scale, self.channels[1])

    def load(self, rows: Rows | range, rows_b: Rows | None = None) -> Batch:
        """The images at these rows; B's at other rows where ``rows_b`` is given."""
        return Batch(self.a(rows), self.b(rows if rows_b is None else rows_b))

    def fingerprint(self) -> str:
        """A hash of every pixel of these images, by the tables' own per-image hashes."""
        digest = hashlib.sha256(f"{self.size}{self.channels}".encode())
        for table, rows in ((self.inputs, self._a), (self.targets, self._b)):
            digest.update("".join(table.accepted["sha256"].iloc[rows]).encode())
        return digest.hexdigest()


def _domains(inputs: Table, targets: Table, ids: list[str]) -> tuple[bool, list[str], list[str]]:
    """Whether the tables share images, and which of ``ids`` count in A and in B."""
    of_a, of_b = set(inputs.accepted["id"]), set(targets.accepted["id"])
    if shared := of_a & of_b:
        names = [name for name in ids if name in shared]
        if not names:
            raise UserError(f"{inputs.folder} and {targets.folder} share none of {len(ids)} ids")
        return True, names, names
    domains = [[name for name in ids if name in known] for known in (of_a, of_b)]
    for table, names in zip((inputs, targets), domains, strict=True):
        if not names:
            raise UserError(f"{table.folder} has none of {len(ids)} ids")
    return False, domains[0], domains[1]


def _images(table: Table, positions: Rows, scale: float, channels: int) -> Tensor:
    images = table.images(positions)
    return seen(images, max(1, round(images.shape[1] * scale)), channels)


class Batches:
    """Training batches, each a pure function of the seed and the step.

    The images of a domain are visited in a new order every time that all were seen; unless
    ``paired``, A and B each in an order of its own, the shorter over and over. ``sketch`` changes
    A where it is drawn, given B and a random stream. Then random jitter (Isola et al. 2017, section
    6.2): the pair is enlarged by ``jitter`` (286/256), mirrored over its border by the share
    ``shift`` of its old side, and a square of the old size is cut out at a random place; ``flip``
    mirrors half of the pairs left to right. ``mine``: the places of
    a batch that are given, of processes that train together; the whole batch is the same for any
    number.
    """

    def __init__(
        self,
        pairs: Pairs,
        size: int,
        *,
        seed: int,
        jitter: float,
        flip: bool,
        shift: float = 0.0,
        paired: bool = True,
        sketch: Sketch | None = None,
        mine: Rows | slice = slice(None),
    ) -> None:
        self.pairs, self.size, self.seed, self.mine = pairs, size, seed, mine
        self.jitter, self.shift, self.flip, self.paired = jitter, shift, flip, paired
        self.sketch = sketch if pairs.drawn else None
        self._order = lru_cache(maxsize=4)(self._shuffled)
        self._places = lru_cache(maxsize=2)(self._placed)

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        rows = self._rows(step, ORDER)
        rows_b = rows if self.paired else self._rows(step, ORDER_B)
        if self.sketch:  # what it draws for an image depends on those before it
            whole = self.pairs.load(rows, rows_b)
            sketched = self.sketch(whole.a, whole.b, stream(self.seed, SKETCH, step))
            a, b = sketched[self.mine], whole.b[self.mine]
        else:
            a, b = self.pairs.a(rows[self.mine]), self.pairs.b(rows_b[self.mine])
        of_b = AUGMENT if self.paired else AUGMENT_B
        return Batch(self._augmented(a, step, AUGMENT), self._augmented(b, step, of_b))

    def _rows(self, step: int, purpose: int) -> Rows:
        seen = step * self.size + np.arange(self.size)
        epochs, places = np.divmod(seen, self._count(purpose))
        rows = [
            self._order(purpose, int(epoch))[place]
            for epoch, place in zip(epochs, places, strict=True)
        ]
        return np.asarray(rows)

    def _count(self, purpose: int) -> int:
        return len(self.pairs.ids if purpose == ORDER else self.pairs.ids_b)

    def _shuffled(self, purpose: int, epoch: int) -> Rows:
        return stream(self.seed, purpose, epoch).permutation(self._count(purpose))

    def _augmented(self, images: Tensor, step: int, purpose: int) -> Tensor:
        """Images of one size get the same treatment under the same ``step`` and ``purpose``."""
        size = images.shape[-1]
        whole = np.empty(images.shape, np.float32)
        given = images.permute(0, 2, 3, 1).numpy()
        places = self._places(step, purpose, size)
        for image, out, (top, left, mirror) in zip(given, whole, places[self.mine], strict=True):
            larger = self._enlarged(image)
            cut = larger[top : top + size, left : left + size]
            out[:] = (cut[:, ::-1] if mirror else cut).transpose(2, 0, 1)
        return torch.from_numpy(whole)

    def _placed(self, step: int, purpose: int, size: int) -> Rows:
        """Top, left and whether mirrored, for every image of a batch, [size, 3]."""
        random = stream(self.seed, purpose, step)
        places = np.zeros((self.size, 3), np.int64)
        if spare := round(size * self.jitter) + 2 * round(size * self.shift) - size:
            places[:, :2] = random.integers(0, spare + 1, (self.size, 2))
        if self.flip:
            places[:, 2] = random.random(self.size) < 0.5
        return places

    def _enlarged(self, image: Floats) -> Floats:
        """[H, W, C] at the size of the jitter, with a mirrored border for the shift."""
        size, margin = round(len(image) * self.jitter), round(len(image) * self.shift)
        made: npt.NDArray[np.integer | np.floating] = image
        if size != len(image):
            made = cv2.resize(image, (size, size))
        if margin:
            made = cv2.copyMakeBorder(made, *(margin,) * 4, cv2.BORDER_REFLECT_101)
        return made.reshape(*made.shape[:2], -1).astype(np.float32, copy=False)


class Coming:
    """Batches on a device. For a GPU each is made, in a thread, while the one before is used.

    A processor makes them when they are asked for: there is no idle core to do it on.
    """

    def __init__(self, batches: Batches, device: torch.device) -> None:
        self.batches, self.device = batches, device
        self._thread = ThreadPoolExecutor(1) if device.type == "cuda" else None
        self._made: dict[int, Future[Batch]] = {}

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step, from 0; the step after it is the quick one."""
        if self._thread is None:
            return self.batches[step].to(self.device)
        made = self._made.get(step) or self._thread.submit(self._make, step)
        self._made = {step + 1: self._thread.submit(self._make, step + 1)}
        return made.result().to(self.device)

    def _make(self, step: int) -> Batch:
        return self.batches[step].pinned()
