"""Pairs of a sketch and a photo: by names as people read them, and of one shape."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from s2f_core.common.images import ImageError, Pixels, decode
from s2f_core.common.names import nearest, visible
from s2f_core.data.datasets.files import SourceFiles

EXAMPLES = 3
MAX_ASPECT_RATIO = 1.02  # between the aspect ratios of the two images of a pair


def alike_names(a: Collection[str], b: Collection[str]) -> dict[str, str]:
    """Return the names of ``a`` that look like one of ``b`` but are not equal to it.

    A name that looks like several is left out, since no one can say which is its partner.
    """
    left = [_by_look(set(names) - set(others)) for names, others in ((a, b), (b, a))]
    return {
        one[0]: other[0]
        for look, one in left[0].items()
        if len(one) == 1 and len(other := left[1].get(look, [])) == 1
    }


def _by_look(names: Collection[str]) -> dict[str, list[str]]:
    looks = defaultdict(list)
    for name in sorted(names):
        looks[visible(name)].append(name)
    return looks


def numbered_alike(a: Sequence[str], b: Sequence[str]) -> str | None:
    """Return a hint if names differ only by leading zeros or what all names of a side share."""
    cores = [_cores(names) for names in (a, b)]
    shared = [core for core in cores[0] if core in cores[1]]
    if 2 * len(shared) < max(len(a), len(b)):
        return None
    one, other = (side[shared[0]] for side in cores)
    return f"if {one} and {other} are a pair, give them the same name"


def _cores(names: Sequence[str]) -> dict[str, str]:
    start = _shared_start(names)
    end = _shared_start([name[len(start) :][::-1] for name in names])
    cores = {name[len(start) : len(name) - len(end)]: name for name in names}
    return {re.sub(r"0*(\d+)", r"\1", core): name for core, name in cores.items()}


def _shared_start(names: Sequence[str]) -> str:
    """Return the common start of all names, up to the first digit."""
    first, last = min(names), max(names)
    start = ""
    for one, other in zip(first, last, strict=False):
        if one != other or one.isdigit():
            break
        start += one
    return start


def partners_note(
    names: Sequence[str], others: Collection[str], where: str, folder: str
) -> str | None:
    """Return a sentence on the names that are not among the others; None if all are.

    It names the first three, with the nearest name of the others.
    """
    alone = sorted(set(names) - set(others))
    if not alone:
        return None
    free = sorted(set(others) - set(names))
    examples = []
    for name in alone[:EXAMPLES]:
        alike = nearest(name, free)
        examples.append(f"{name} (nearest there: {alike})" if alike else name)
    more = ", …" if len(alone) > EXAMPLES else ""
    return f"{len(alone)} of {where}/ without a partner in {folder}/: {', '.join(examples)}{more}"


@dataclass(frozen=True)
class PairedImages:
    """One image of each pair; ``keys`` make random crops the same in both images of a pair."""

    files: SourceFiles
    names: tuple[str, ...]
    partners: tuple[str, ...]
    keys: tuple[str, ...]
    crop: Callable[[Pixels, str], Pixels]

    def __call__(self, row: int) -> Pixels:
        """Return the image of a row; raises ImageError if it or its partner cannot be used."""
        image = decode(self.files.read(self.names[row]))
        try:
            partner = decode(self.files.read(self.partners[row]))
        except ImageError as reason:
            raise ImageError("its partner cannot be used", str(reason)) from None
        one, other = (each.shape[1] / each.shape[0] for each in (image, partner))
        if max(one, other) > MAX_ASPECT_RATIO * min(one, other):
            shapes = [f"{each.shape[1]}x{each.shape[0]}" for each in (image, partner)]
            raise ImageError("its shape differs from its partner's", ", ".join(shapes))
        return self.crop(image, self.keys[row])
