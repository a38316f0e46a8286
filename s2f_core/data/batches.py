"""Training batches: pairs in random order, changed at random, and made ahead for a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from s2f_core.common.images import Floats
from s2f_core.common.seeding import stream
from s2f_core.data.pairs import Pairs, Rows
from s2f_core.data.palette import to_input
from s2f_core.data.views import Framing, View

# The purposes of the random streams. ORDER_B and AUGMENT_B are used where A and B are no pairs.
ORDER, AUGMENT, ORDER_B, AUGMENT_B, SKETCH, COPY, FRAME = range(7)

Sketch = Callable[[Tensor, Tensor, np.random.Generator], Tensor]


@dataclass(frozen=True)
class Batch:
    """``a`` [B, C_A, H_A, W_A] and ``b`` [B, C_B, H, W], float32 in [-1, 1].

    ``a`` is an image of ``b``'s size or a vector [B, C_A, 1, 1]. ``palette`` [B, 12] has the
    palettes of ``b``'s photos for a generator that is told them.
    """

    a: Tensor
    b: Tensor
    palette: Tensor | None = None

    @classmethod
    def load(
        cls,
        pairs: Pairs,
        rows: Rows | range,
        rows_b: Rows | None = None,
        views: Sequence[View] | None = None,
    ) -> Batch:
        """The images of pairs at these rows; those of B at ``rows_b`` if given."""
        return cls(pairs.a(rows, views), pairs.b(rows if rows_b is None else rows_b, views))

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device; a copy from pinned memory does not block."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=tensor.is_pinned()))

    def pin_memory(self) -> Batch:
        """The same batch in pinned memory, from which a GPU copies by itself."""
        return self.map(Tensor.pin_memory)

    def split(self, parts: int) -> list[Batch]:
        """The batch as so many smaller ones of one size."""
        return [self.map(partial(_chunk, parts, part)) for part in range(parts)]

    def map(self, function: Callable[[Tensor], Tensor]) -> Batch:
        """The batch with a function applied to each tensor."""
        told = None if self.palette is None else function(self.palette)
        return Batch(function(self.a), function(self.b), told)

    def copy_from(self, other: Batch) -> None:
        """Overwrite all tensors with those of another batch of the same shapes."""
        for name, tensor in vars(self).items():
            if tensor is not None:
                tensor.copy_(getattr(other, name))


def _chunk(parts: int, part: int, tensor: Tensor) -> Tensor:
    return tensor.chunk(parts)[part]


class Batches:
    """Training batches; each is a pure function of the seed and the step.

    An epoch visits the images of a domain in a new order. Unless ``paired``, A and B have an order
    each, and the shorter domain repeats.

    Where A has several copies of an image, one of them is drawn. ``frame`` zooms and turns pairs.
    ``sketch`` changes A if it is an image, given A, B and a random stream. Then comes random jitter
    (Isola et al. 2017, section 6.2): the pair is enlarged by ``jitter`` (286/256) and mirrored over
    its border by the share ``shift`` of its old side, and a square of the old size is cut out at a
    random place. ``flip`` mirrors half of the pairs left to right.

    ``shard`` are the places of the batch that this process gets when several train together; the
    whole batch is the same for any number of processes. ``palettes`` adds those of B's photos.
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
        frame: Framing | None = None,
        sketch: Sketch | None = None,
        shard: Rows | slice = slice(None),
        palettes: bool = False,
    ) -> None:
        self.pairs, self.size, self.seed, self.shard = pairs, size, seed, shard
        self.jitter, self.shift, self.flip, self.paired = jitter, shift, flip, paired
        self.frame, self.sketch = frame, sketch if pairs.input_is_image else None
        self.palettes = palettes
        self._order = lru_cache(maxsize=4)(self._permutation)
        self._places = lru_cache(maxsize=2)(self._random_places)

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step, counted from 0."""
        rows_a = self._rows(step, ORDER)
        rows_b = rows_a if self.paired else self._rows(step, ORDER_B)
        views = self._views(step)
        if self.sketch:  # the random draws for an image depend on the images before it
            whole = Batch.load(self.pairs, rows_a, rows_b, views)
            sketched = self.sketch(whole.a, whole.b, stream(self.seed, SKETCH, step))
            part = Batch(sketched[self.shard], whole.b[self.shard])
        else:
            mine = None if views is None else [views[row] for row in self._own_places]
            part = Batch.load(self.pairs, rows_a[self.shard], rows_b[self.shard], mine)
        purpose_b = AUGMENT if self.paired else AUGMENT_B
        return Batch(
            self._augment(part.a, step, AUGMENT),
            self._augment(part.b, step, purpose_b),
            to_input(self.pairs.palettes(rows_b[self.shard])) if self.palettes else None,
        )

    def _views(self, step: int) -> list[View] | None:
        """The views of a step's pairs; None if every pair is seen as it is."""
        several = self.pairs.inputs.copies
        if several == 1 and self.frame is None:
            return None
        copies = stream(self.seed, COPY, step).integers(several, size=self.size)
        if self.frame is None:
            return [View(copy) for copy in copies.tolist()]
        return self.frame.views(copies, stream(self.seed, FRAME, step))

    @property
    def _own_places(self) -> Rows:
        """The places of this process in a batch."""
        return np.arange(self.size)[self.shard]

    def _rows(self, step: int, purpose: int) -> Rows:
        """The rows of a step's images in their domain, [size]."""
        numbers = step * self.size + np.arange(self.size)
        epochs, places = np.divmod(numbers, self._count(purpose))
        rows = [
            self._order(purpose, int(epoch))[place]
            for epoch, place in zip(epochs, places, strict=True)
        ]
        return np.asarray(rows)

    def _count(self, purpose: int) -> int:
        return len(self.pairs.ids if purpose == ORDER else self.pairs.ids_b)

    def _permutation(self, purpose: int, epoch: int) -> Rows:
        return stream(self.seed, purpose, epoch).permutation(self._count(purpose))

    def _augment(self, images: Tensor, step: int, purpose: int) -> Tensor:
        """Jitter and flip images; equal ``step``, ``purpose`` and size give equal changes."""
        size = images.shape[-1]
        augmented = np.empty(images.shape, np.float32)
        originals = images.permute(0, 2, 3, 1).numpy()
        places = self._places(step, purpose, size)[self.shard]
        for image, out, (top, left, mirror) in zip(originals, augmented, places, strict=True):
            larger = self._enlarge(image)
            square = larger[top : top + size, left : left + size]
            out[:] = (square[:, ::-1] if mirror else square).transpose(2, 0, 1)
        return torch.from_numpy(augmented)

    def _random_places(self, step: int, purpose: int, size: int) -> Rows:
        """Top, left and whether mirrored, for every image of a batch: [B, 3]."""
        random = stream(self.seed, purpose, step)
        places = np.zeros((self.size, 3), np.int64)
        if spare := round(size * self.jitter) + 2 * round(size * self.shift) - size:
            places[:, :2] = random.integers(0, spare + 1, (self.size, 2))
        if self.flip:
            places[:, 2] = random.random(self.size) < 0.5
        return places

    def _enlarge(self, image: Floats) -> Floats:
        """[H, W, C] at the size of the jitter, with a mirrored border for the shift."""
        size, margin = round(len(image) * self.jitter), round(len(image) * self.shift)
        larger: npt.NDArray[np.integer | np.floating] = image
        if size != len(image):
            larger = cv2.resize(image, (size, size))
        if margin:
            larger = cv2.copyMakeBorder(larger, *(margin,) * 4, cv2.BORDER_REFLECT_101)
        return larger.reshape(*larger.shape[:2], -1).astype(np.float32, copy=False)


class Prefetcher:
    """Batches on a device. For a GPU a thread makes the next batch while this one is used.

    On a CPU a batch is made when it is asked for: no core is idle.
    """

    def __init__(self, batches: Batches, device: torch.device) -> None:
        self.batches, self.device = batches, device
        self._thread = ThreadPoolExecutor(1) if device.type == "cuda" else None
        self._pending: dict[int, Future[Batch]] = {}

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step, counted from 0; the batch of the next step is then prefetched."""
        if self._thread is None:
            return self.batches[step].to(self.device)
        future = self._pending.get(step) or self._thread.submit(self._make, step)
        self._pending = {step + 1: self._thread.submit(self._make, step + 1)}
        return future.result().to(self.device)

    def _make(self, step: int) -> Batch:
        return self.batches[step].pin_memory()
