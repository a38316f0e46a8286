"""A protocol for pencil sketches of CelebA, and figures of earlier code by it.

CelebA's first 999 aligned faces, rows 20 to 198, at 128 pixels by area averaging, and their pencil
sketches with a blur of 21. Of the sorted ids those at places 8 and 9 of every ten are held out
(199), the rest is trained on (800), uncurated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from s2f_core.common.images import Pixels, to_rgb
from s2f_core.data.conditions import convert
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.datasets import prepare
from s2f_core.data.datasets.celeba import CelebA1k
from s2f_core.data.tables import Table
from s2f_core.metrics.backbones import feature_networks
from s2f_core.metrics.face_descriptors import FaceDescriptors
from s2f_core.metrics.face_kid import face_kid
from s2f_core.metrics.fid import fid
from s2f_core.metrics.identity import identity
from s2f_core.metrics.kid import kid
from s2f_core.metrics.pixel_difference import pixel_difference
from s2f_core.metrics.ssim import ssim
from s2f_core.metrics.types import Values

SIZE = 128
TENTH, HELD_OUT = 10, 8  # of every ten faces those from this place on are held out
SUBSETS, SUBSET, SEED = 100, 100, 2020  # torch-fidelity's, but for the size
SCORES = ("fid", "kid", "ssim", "l1", "lpips", "identity", "face_kid")
# By other code, in about 15 minutes on two cores with AMX, on the same 199 faces; the networks are
# the reference implementation's, by its defaults and by a shorter recipe.
EARLIER = {
    "earlier: the sketch itself": (162.6, 0.117, 0.490, 0.464),
    "earlier: reference pix2pix, U-Net-128, width 64, batch 1": (207.4, 0.183, 0.630, 0.146),
    "earlier: the same, width 32, batch 8, bf16, linear decay, no dropout": (
        (143.1, 0.088, 0.697, 0.136)
    ),
    "earlier: other real faces": (69.5, 0.000, None, None),
}


@dataclass(frozen=True)
class Faces:
    """Sketches and photos, and the ids to train on, to validate on, and to score."""

    inputs: Table
    targets: Table
    training: list[str]
    validation: list[str]
    scored: list[str]

    @property
    def photos(self) -> Pixels:
        """The photos that the outputs are compared with."""
        return self.targets.images(self.targets.positions(self.scored))


def parts(ids: Sequence[str], *, validation: bool) -> tuple[list[str], list[str], list[str]]:
    """Return the ids to train on, to validate on, and to score."""
    ordered = sorted(ids)
    training = [name for place, name in enumerate(ordered) if place % TENTH < HELD_OUT]
    every_tenth = training[::TENTH]
    if validation:
        tenth = set(every_tenth)
        return [name for name in training if name not in tenth], every_tenth, every_tenth
    return training, every_tenth, sorted(set(ordered) - set(training))


def faces(folder: Path, assets: Path, *, validation: bool, size: int = SIZE) -> Faces:
    """Write the protocol's tables to ``folder``: 128 pixels, from photos of 178."""
    source = CelebA1k(source="celeba-1k", path=assets / "celeba-1k")
    photos = prepare(source, source.path, size, folder / "photos", assets)
    sketches = convert(photos, Pencil(type="pencil", blur=21), folder / "sketches", assets)
    return Faces(sketches, photos, *parts(list(photos.accepted["id"]), validation=validation))


class Judge:
    """Scores outputs against photos uint8 [n, 128, 128, 3], by the networks under ``assets``."""

    def __init__(self, photos: Pixels, assets: Path) -> None:
        self.photos, self.networks = photos, feature_networks(assets)
        self.faces = FaceDescriptors(assets)

    def __call__(self, outputs: Pixels, *, paired: bool = True) -> dict[str, float]:
        """Return :data:`SCORES` of outputs uint8 [n, H, W, C]; without pairs those of sets.

        FID and KID equal torch-fidelity's of the same files.
        """
        images = to_rgb(outputs)
        ours, theirs = (self.networks["inception"](each) for each in (images, self.photos))
        describe = self.faces.of_faces_in(self.photos) if paired else self.faces
        face, real_face = describe(images), self.faces(self.photos)
        figures = {
            "fid": fid(ours, theirs),
            "kid": kid_of_subsets(ours, theirs),
            "face_kid": face_kid(*(rows[~np.isnan(rows[:, 0])] for rows in (face, real_face))),
        }
        if paired:
            pairs = np.concatenate([images, self.photos], axis=3)
            figures |= {
                "ssim": float(ssim(images, self.photos).mean()),
                "l1": float(pixel_difference(images, self.photos).mean()),
                "lpips": float(self.networks["lpips"](pairs).mean()),
                "identity": float(np.nanmean(identity(face, real_face))),
            }
        return figures


def kid_of_subsets(ours: Values, theirs: Values) -> float:
    """Return the mean KID of 100 random subsets of 100 rows, with torch-fidelity's draws.

    Fewer rows are all used. The expectation is that of the KID of all rows.
    """
    size = min(SUBSET, len(ours), len(theirs))
    random = np.random.RandomState(SEED)  # torch-fidelity's generator
    kids = []
    for _ in range(SUBSETS):
        rows = [random.choice(len(values), size, replace=False) for values in (ours, theirs)]
        kids.append(kid(ours[rows[0]], theirs[rows[1]]))
    return float(np.mean(kids))
