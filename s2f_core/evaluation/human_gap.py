"""The human gap: how far computed sketches are from those that people draw.

A generator trains on lines computed from photos, and is used on lines that people draw. This module
measures the difference between the two before anything is trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from s2f_core.common.atomic import write_json
from s2f_core.common.config import Section
from s2f_core.common.entry_names import Name
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, grid, save_png, to_rgb
from s2f_core.common.seeding import stream
from s2f_core.data.sketch.augment import SketchAugment
from s2f_core.data.sketch.strokes import ink, stroke_width
from s2f_core.data.tables import OWN_INPUTS, Table, read
from s2f_core.metrics import bootstrap
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.inception_v3 import INCEPTION
from s2f_core.metrics.kid import KID
from s2f_core.metrics.types import Estimate, ImageSet, Values, mean_estimate

COLUMNS = 12  # sketches of a set on the sheet
MIN_SKETCHES = 20  # of a set; people's are halved
PEOPLE = "people"
HALVES, SAMPLE, AUGMENT = range(3)  # purposes of the random streams


class AugmentedCondition(Section):
    """A condition with the sketch augmentation of a recipe."""

    condition: Name = Field(description="Condition, by name.")
    sketch: SketchAugment = Field(description="Augmentation of its lines.")


class Gap(Section):
    """How far computed sketches are from people's drawings: ``gap:``."""

    role: Name = Field(description="Role whose photos are sketched.")
    background: Literal["kept", "removed"] = Field(
        "kept", description="Photos with the background kept or removed."
    )
    conditions: tuple[Name, ...] = Field(
        min_length=1, description="Conditions to compare, by name."
    )
    people: Name = Field(description="Role with people's drawings.")
    images: int = Field(100, ge=MIN_SKETCHES, le=10**6, description="Images of each set.")
    augmented: dict[Name, AugmentedCondition] = Field(
        default_factory=dict,
        description="Conditions after the augmentation of a recipe, by a name for the report.",
    )

    def people_sketches(self, root: Path) -> Table:
        """Read people's sketches under ``root``: the inputs of their role, or else its images."""
        images = root / self.people / "kept"
        return read(images / OWN_INPUTS if (images / OWN_INPUTS).is_dir() else images)

    def condition_tables(self, root: Path) -> tuple[Table, dict[str, Table]]:
        """Read the photos under ``root`` and the table of each condition."""
        names = [*self.conditions, *(item.condition for item in self.augmented.values())]
        role = root / self.role
        sketches = {name: read(role / f"{self.background}-{name}") for name in dict.fromkeys(names)}
        return read(role / self.background), sketches


SKETCH_SCORES: dict[str, Callable[[Pixels], Values]] = {"ink": ink, "stroke_width": stroke_width}
_OF_MEAN = f"percentiles of {bootstrap.MEAN_RESAMPLES:,} bootstrap resamples of the sketches"
DECLARATIONS = {
    "ink": {
        "title": "Ink",
        "describe": (
            "The share of the paper that is black, also called edge density; a grey pixel counts "
            "for the part of it that is ink."
        ),
        "interval_by": _OF_MEAN,
    },
    "stroke_width": {
        "title": "Stroke width",
        "describe": (
            "In 128ths of the side: twice the distance to the paper from the middle of the "
            "strokes, the median over a sketch, the mean over the sketches."
        ),
        "interval_by": _OF_MEAN,
    },
    "kid": {
        "title": "KID",
        "describe": (
            "Squared MMD between the Inception features of a set and of people's sketches, cubic "
            "kernel; unbiased at any N. Of people's own: one half of them against the other."
        ),
        "library": KID.library,
        "resize": INCEPTION.resize,
        "interval_by": KID.interval_by,
    },
}


@dataclass(frozen=True)
class SketchSets:
    """Sets of sketches by name, uint8 [n, H, W, C], and the photos of the computed ones.

    ``kinds`` has ``people``, ``condition`` or ``augmented`` for each set.
    """

    photos: Pixels
    sketches: dict[str, Pixels]
    kinds: dict[str, str]


def read_sets(gap: Gap, root: Path) -> SketchSets:
    """Read the sets from the tables under ``root``; all conditions are of the same photos.

    Raises UserError if a table is missing or has another size than people's sketches, if there are
    fewer than twenty shared photos or people's sketches, and if two sets have the same name.
    """
    people, (photos, tables) = gap.people_sketches(root), gap.condition_tables(root)
    for table in (photos, *tables.values()):
        if table.shape[:2] != people.shape[:2]:
            raise UserError(
                f"gap: {table.folder} has images of {table.shape[:2]}, {people.folder} of "
                f"{people.shape[:2]}; they must be equal"
            )
    shared = set.intersection(*(set(t.accepted["id"]) for t in (photos, *tables.values())))
    ids = [name for name in photos.accepted["id"] if name in shared]
    if len(ids) < MIN_SKETCHES:
        raise UserError(
            f"gap.conditions: {', '.join(tables)} share {len(ids)} images, at least "
            f"{MIN_SKETCHES} are needed"
        )
    if len(people) < MIN_SKETCHES:
        raise UserError(
            f"gap.people: {people.folder} has {len(people)} sketches, at least {MIN_SKETCHES} "
            "are needed"
        )
    ids = [ids[row] for row in _sample_rows(len(ids), gap.images)]
    faces = photos.images(photos.positions(ids))
    computed = {name: table.images(table.positions(ids)) for name, table in tables.items()}
    sketches = {PEOPLE: people.images(_sample_rows(len(people), gap.images))}
    sketches |= {name: computed[name] for name in gap.conditions}
    kinds = {name: "people" if name == PEOPLE else "condition" for name in sketches}
    for name, item in gap.augmented.items():
        if name in sketches:
            raise UserError(
                f"gap.augmented: {name!r} is already the name of a set; choose another name"
            )
        item.sketch.check(computed[item.condition][0], item.condition)
        sketches[name] = augment_sketches(computed[item.condition], faces, item.sketch)
        kinds[name] = "augmented"
    return SketchSets(faces, sketches, kinds)


def augment_sketches(sketches: Pixels, photos: Pixels, sketch: SketchAugment) -> Pixels:
    """Augment sketches uint8 [n, H, W, C] of photos uint8 [n, H, W, 3], with a fixed seed."""
    pairs = enumerate(zip(sketches, photos, strict=True))
    return np.stack([sketch.augment(a, b, stream(0, AUGMENT, row)) for row, (a, b) in pairs])


def _sample_rows(total: int, count: int) -> npt.NDArray[np.int64]:
    """Sample ``count`` of the rows, or all of them, in their order."""
    return np.sort(stream(0, SAMPLE).permutation(total)[:count])


def measure(sets: SketchSets, inception: FeatureExtractor) -> dict[str, dict[str, Estimate]]:
    """Measure ink, stroke width and KID to people's sketches of each set, with 95 % intervals."""
    people = sets.sketches[PEOPLE]
    order = stream(0, HALVES).permutation(len(people))
    one_half, other_half = people[order[: len(order) // 2]], people[order[len(order) // 2 :]]

    def sample(pages: Pixels) -> ImageSet:
        return ImageSet(to_rgb(pages), {"inception": inception})

    figures_by_set = {}
    people_set = sample(people)
    for name, pages in sets.sketches.items():
        figures = {key: mean_estimate(score(pages)) for key, score in SKETCH_SCORES.items()}
        compared = (
            (sample(one_half), sample(other_half))
            if name == PEOPLE
            else (sample(pages), people_set)
        )
        figures_by_set[name] = {**figures, "kid": KID.measure(*compared)}
    return figures_by_set


def write(gap: Gap, root: Path, inception: FeatureExtractor, folder: Path, metrics: Path) -> None:
    """Measure the gap; write gap.json and sheet.png to ``folder``, the values to ``metrics``."""
    sets = read_sets(gap, root)
    figures_by_set = measure(sets, inception)
    rows = {"photos": sets.photos, **sets.sketches}
    report: dict[str, Any] = {
        **gap.model_dump(mode="json", exclude={"images"}),
        "image_size": sets.photos.shape[1],
        "sets": {
            name: {"kind": sets.kinds[name], "n": len(sets.sketches[name]), "figures": figures}
            for name, figures in figures_by_set.items()
        },
        "scores": {**DECLARATIONS, "kid": {**DECLARATIONS["kid"], "network": inception.network}},
        "sheet": list(rows),
    }
    images = [to_rgb(each) for pages in rows.values() for each in _sheet_row(pages)]
    for path in (folder, metrics.parent):
        path.mkdir(parents=True, exist_ok=True)
    save_png(folder / "sheet.png", grid(images, COLUMNS))
    write_json(folder / "gap.json", report)
    flat = {
        f"{name}_{score}": each["value"]
        for name, figures in figures_by_set.items()
        for score, each in figures.items()
        if each["value"] is not None
    }
    write_json(metrics, flat)


def _sheet_row(pages: Pixels) -> Pixels:
    """Return a row of the sheet, spread over the set; a small set is filled with white pages."""
    row = pages[np.unique(np.linspace(0, len(pages) - 1, COLUMNS).astype(int))]
    blank = np.full((COLUMNS - len(row), *pages.shape[1:]), 255, np.uint8)
    return np.concatenate([row, blank])
