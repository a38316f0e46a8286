"""Background removal. The union is the registry of matting models."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from s2f_core.common.images import ImageError, Pixels
from s2f_core.data.background.filling import Fill, composite, feathered
from s2f_core.data.background.matting import Matting
from s2f_core.data.background.rembg_models import Rembg
from s2f_core.data.background.selfie import Selfie
from s2f_core.data.tables import GIVEN, Domain, Table, build

Background = Annotated[Rembg | Selfie, Field(discriminator="model")]

LEAST = 0.01  # share of a photo that its subject covers at least


def remove(photos: Table, background: Rembg | Selfie, asset: Path, mattes: Path, out: Path) -> None:
    """Write the alpha mattes [n, H, W, 1] and the subjects before the new background [n, H, W, 3].

    Rows, ids and groups are those of ``photos``; one whose subject covers under 1 % is rejected. A
    companion table ``given`` is copied into ``out``. ``asset`` is the folder of the weights.
    Raises UserError where they are missing or damaged.
    """
    key = background.model_dump_json()
    cut = Mattes(photos, background.open(asset), background.feather)
    alpha = build(
        mattes, Domain(photos.accepted, cut), describe="background", key=key, by=background
    )
    places = tuple(int(place) for place in alpha.index["rejected"].isna().cumsum() - 1)
    put = Composed(photos, alpha, places, background.fill)
    rows = alpha.index.assign(sha256=photos.accepted["sha256"])
    build(out, Domain(rows, put), describe="compose", key=key, by=background)
    if (photos.folder / GIVEN).is_dir():
        shutil.copytree(photos.folder / GIVEN, out / GIVEN)


def matte(photo: Pixels, model: Matting, feather: float) -> Pixels:
    """Alpha uint8 [H, W, 1] of a photo; raises ImageError where there is no subject."""
    alpha = model(photo)
    if alpha.mean() < 255 * LEAST:
        raise ImageError(f"no subject found: it covers under {LEAST:.0%}")
    return feathered(alpha, feather)


def removed(photo: Pixels, background: Rembg | Selfie, model: Matting) -> Pixels:
    """The subject of a photo uint8 [H, W, 3] before its new background; raises ImageError."""
    alpha = matte(photo, model, background.feather)
    return composite(photo, alpha, background.fill.behind(photo, alpha))


@dataclass(frozen=True)
class Mattes:
    """Makes the matte of a row's photo, uint8 [H, W, 1]."""

    photos: Table
    model: Matting
    feather: float

    def __call__(self, row: int) -> Pixels:
        """255 where the subject is; raises ImageError where there is none."""
        return matte(self.photos.image(row), self.model, self.feather)


@dataclass(frozen=True)
class Composed:
    """Makes the photo of a row before its new background, uint8 [H, W, 3].

    ``places``: where a row's matte stands among those that are not rejected.
    """

    photos: Table
    mattes: Table
    places: tuple[int, ...]
    fill: Fill

    def __call__(self, row: int) -> Pixels:
        """The photo where the matte is 255, the fill where it is 0."""
        photo, alpha = self.photos.image(row), self.mattes.image(self.places[row])
        return composite(photo, alpha, self.fill.behind(photo, alpha))
