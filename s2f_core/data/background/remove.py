"""Replace the background of a photo, or of all photos of a table."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from s2f_core.common.images import ImageError, Pixels
from s2f_core.data.background.fill import Fill, composite, feather_matte
from s2f_core.data.background.matting import Matting, MattingModel
from s2f_core.data.tables import OWN_INPUTS, Domain, Table, build

MIN_SUBJECT = 0.01  # the smallest share of a photo that its subject may cover


def remove_from_table(
    photos: Table, background: MattingModel, asset: Path, mattes: Path, out: Path
) -> None:
    """Write two tables: alpha mattes [n, H, W, 1] and photos with a new background [n, H, W, 3].

    Both have the rows, ids and groups of ``photos``. A photo whose subject covers under 1 % is
    rejected. The source's own inputs (domain A), if the table has any, are copied into ``out``.
    ``asset`` is the folder of the model's weights. Raises UserError if they are missing or damaged.
    """
    key = background.model_dump_json()
    matte_maker = MatteMaker(photos, background.open(asset), background.feather)
    domain = Domain(photos.accepted, matte_maker)
    alpha = build(mattes, domain, label="background", key=key, code=__name__, section=background)
    positions = tuple(int(number) for number in alpha.index["rejected"].isna().cumsum() - 1)
    rows = alpha.index.assign(sha256=photos.accepted["sha256"])
    domain = Domain(rows, CompositeMaker(photos, alpha, positions, background.fill))
    build(out, domain, label="compose", key=key, code=__name__, section=background)
    if (photos.folder / OWN_INPUTS).is_dir():
        shutil.copytree(photos.folder / OWN_INPUTS, out / OWN_INPUTS)


def remove_from_photo(photo: Pixels, background: MattingModel, model: Matting) -> Pixels:
    """A photo uint8 [H, W, 3] with a new background; raises ImageError if it has no subject."""
    alpha = compute_matte(photo, model, background.feather)
    return composite(photo, alpha, background.fill.render(photo, alpha))


def compute_matte(photo: Pixels, model: Matting, feather: float) -> Pixels:
    """The alpha matte uint8 [H, W, 1] of a photo; raises ImageError if it has no subject."""
    alpha = model(photo)
    if alpha.mean() < 255 * MIN_SUBJECT:
        raise ImageError("no subject found", f"it covers under {MIN_SUBJECT:.0%}")
    return feather_matte(alpha, feather)


@dataclass(frozen=True)
class MatteMaker:
    """Makes the alpha matte of a row's photo, uint8 [H, W, 1]."""

    photos: Table
    model: Matting
    feather: float

    def __call__(self, row: int) -> Pixels:
        """The matte, 255 on the subject; raises ImageError if the photo has no subject."""
        return compute_matte(self.photos.image(row), self.model, self.feather)


@dataclass(frozen=True)
class CompositeMaker:
    """Makes a row's photo with a new background, uint8 [H, W, 3].

    ``positions`` holds the position of each row's matte in the table ``mattes``.
    """

    photos: Table
    mattes: Table
    positions: tuple[int, ...]
    fill: Fill

    def __call__(self, row: int) -> Pixels:
        """The photo where the matte is 255, the fill where it is 0."""
        photo, alpha = self.photos.image(row), self.mattes.image(self.positions[row])
        return composite(photo, alpha, self.fill.render(photo, alpha))
