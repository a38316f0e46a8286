"""The human gap: how far computed sketches are from those that people draw.

A generator sees a photo's lines while it trains and a person's when it is used. What the two sets
of sketches differ in can be measured before anything is trained.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from s2f_core.common.config import Section
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
from s2f_core.metrics.types import MISSING, Estimate, ImageSet, Values, estimate

SHOWN = 12  # sketches of a set on the sheet
FEWEST = 20  # sketches of a set; people's are halved
PEOPLE = "people"
HALVES, CHOICE, DRAWING = range(3)  # the purposes of the random streams


class Augmented(Section):
    """A condition's sketches as a training with these settings sees them."""

    condition: str = Field(description="Condition, by name.")
    sketch: SketchAugment = Field(description="Changes to its lines.")


class Gap(Section):
    """How far computed sketches are from people's drawings: ``gap:``."""

    role: str = Field(description="Role whose photos are sketched.")
    background: Literal["kept", "removed"] = Field(
        "kept", description="Photos with the background kept or removed."
    )
    conditions: tuple[str, ...] = Field(min_length=1, description="Conditions to compare, by name.")
    people: str = Field(description="Role with people's drawings.")
    images: int = Field(100, ge=FEWEST, description="Images of each set.")
    augmented: dict[str, Augmented] = Field(
        default_factory=dict,
        description="Conditions after the augmentation of a recipe, by a name for the report.",
    )

    def people_sketches(self, root: Path) -> Table:
        """Read people's sketches under ``root``: the inputs of their role, or else its images."""
        kept = root / self.people / "kept"
        return read(kept / OWN_INPUTS if (kept / OWN_INPUTS).is_dir() else kept)

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
class Sets:
    """Sets of sketches uint8 [n, H, W, C] by name, people's among them, and photos of the others'.

    ``kinds`` says of each whether it is ``people``, ``condition`` or ``augmented``.
    """

    photos: Pixels
    sketches: dict[str, Pixels]
    kinds: dict[str, str]


def gather(gap: Gap, root: Path) -> Sets:
    """What is compared, from the tables under ``root``; every condition is of the same photos.

    Raises UserError where a table is missing or not of the size of people's sketches, where fewer
    than twenty images are shared or drawn, and where an augmented set has a name that is taken.
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
    if len(ids) < FEWEST:
        raise UserError(
            f"gap.conditions: {', '.join(tables)} share {len(ids)} images, at least {FEWEST} are "
            "needed"
        )
    if len(people) < FEWEST:
        raise UserError(
            f"gap.people: {people.folder} has {len(people)} sketches, at least {FEWEST} are needed"
        )
    ids = [ids[at] for at in _sample_rows(len(ids), gap.images)]
    faces = photos.images(photos.positions(ids))
    computed = {name: table.images(table.positions(ids)) for name, table in tables.items()}
    sketches = {PEOPLE: people.images(_sample_rows(len(people), gap.images))}
    sketches |= {name: computed[name] for name in gap.conditions}
    kinds = {name: "people" if name == PEOPLE else "condition" for name in sketches}
    for name, item in gap.augmented.items():
        if name in sketches:
            raise UserError(f"gap.augmented: {name!r} is the name of a set already")
        item.sketch.check(computed[item.condition][0], item.condition)
        sketches[name] = augmented(computed[item.condition], faces, item.sketch)
        kinds[name] = "augmented"
    return Sets(faces, sketches, kinds)


def augmented(sketches: Pixels, photos: Pixels, sketch: SketchAugment) -> Pixels:
    """Sketches [n, H, W, C] of photos [n, H, W, 3] as a training sees them, always the same."""
    pairs = enumerate(zip(sketches, photos, strict=True))
    return np.stack([sketch.augment(a, b, stream(0, DRAWING, row)) for row, (a, b) in pairs])


def _sample_rows(total: int, count: int) -> npt.NDArray[np.int64]:
    """Sample ``count`` of the rows, or all of them, in their order."""
    return np.sort(stream(0, CHOICE).permutation(total)[:count])


def measure(sets: Sets, inception: FeatureExtractor) -> dict[str, dict[str, Estimate]]:
    """Ink, stroke width and KID to people's of every set, with their 95 % intervals."""
    people = sets.sketches[PEOPLE]
    order = stream(0, HALVES).permutation(len(people))
    half, other = people[order[: len(order) // 2]], people[order[len(order) // 2 :]]

    def sample(pages: Pixels) -> ImageSet:
        return ImageSet(to_rgb(pages), {"inception": inception})

    figures_by_set = {}
    target = sample(people)
    for name, pages in sets.sketches.items():
        figures = {key: _mean(score(pages)) for key, score in SKETCH_SCORES.items()}
        ends = (sample(half), sample(other)) if name == PEOPLE else (sample(pages), target)
        figures_by_set[name] = {**figures, "kid": KID.measure(*ends)}
    return figures_by_set


def _mean(values: Values) -> Estimate:
    known = values[~np.isnan(values)]
    if not len(known):
        return MISSING
    return estimate(float(known.mean()), *bootstrap.mean_interval(known, stream(0)), len(known))


def write(gap: Gap, root: Path, inception: FeatureExtractor, folder: Path, metrics: Path) -> None:
    """Measure, and write gap.json and sheet.png into ``folder`` and the plain values to a JSON."""
    sets = gather(gap, root)
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
    shown = [to_rgb(each) for pages in rows.values() for each in _sheet_row(pages)]
    for path in (folder, metrics.parent):
        path.mkdir(parents=True, exist_ok=True)
    save_png(folder / "sheet.png", grid(shown, SHOWN))
    (folder / "gap.json").write_text(json.dumps(report, indent=2) + "\n")
    flat = {
        f"{name}_{score}": each["value"]
        for name, figures in figures_by_set.items()
        for score, each in figures.items()
        if each["value"] is not None
    }
    metrics.write_text(json.dumps(flat, indent=2) + "\n")


def _sheet_row(pages: Pixels) -> Pixels:
    """A row of the sheet, spread over the set; a set too small leaves white paper."""
    chosen = pages[np.unique(np.linspace(0, len(pages) - 1, SHOWN).astype(int))]
    missing = np.full((SHOWN - len(chosen), *pages.shape[1:]), 255, np.uint8)
    return np.concatenate([chosen, missing])
