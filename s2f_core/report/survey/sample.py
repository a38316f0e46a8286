"""Pick the pictures of a survey at random: as many real ones as generated ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data import tables
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import Translation
from s2f_core.data.tables import Table
from s2f_core.report.survey.keys import picture_key, sort_key

log = logging.getLogger(__name__)

PICTURES = 100  # on a page by default, as an evaluator of HYPE sees


@dataclass(frozen=True)
class SurveyPicture:
    """A picture on the page; ``translation`` is empty for a real one, ``folder`` is its table."""

    key: str
    translation: str
    folder: str
    image: str


def load_pixels(pictures: Sequence[SurveyPicture], data: Path) -> dict[str, Pixels]:
    """Return the pictures by key, each uint8 [H, W, 1 or 3]."""
    pixels: dict[str, Pixels] = {}
    for folder in {picture.folder for picture in pictures}:
        table = tables.read(data / folder)
        members = [picture for picture in pictures if picture.folder == folder]
        images = table.images(table.positions([picture.image for picture in members]))
        pixels |= {picture.key: image for picture, image in zip(members, images, strict=True)}
    return pixels


def select_translations(
    translations: Mapping[str, Translation], names: Sequence[str], data: Path
) -> dict[str, Translation]:
    """Return the translations that ``names`` stand for, in the order of ``translations``.

    A name is a translation, or the table of real images that translations are compared with
    (``faces/kept``), or a role (``faces`` for ``faces/kept``). A table or role stands for its
    translations that have outputs. Raises UserError for an unknown name, and for translations of
    several tables: their pictures would be easy to tell apart.
    """
    selected: set[str] = set()
    for name in names:
        matches = {name} & set(translations) or {
            other
            for other, translation in translations.items()
            if target_table(translation) in (name, f"{name}/kept")
            and makes_pictures(translation)
            and (data / outputs_folder(other, translation) / "index.parquet").is_file()
        }
        if not matches:
            known = sorted(
                {target_table(one) for one in translations.values() if makes_pictures(one)}
            )
            raise UserError(
                f"{name!r} is neither a translation nor a table of real images with evaluated "
                f"translations (translations: {', '.join(translations)}; "
                f"tables: {', '.join(known)})"
            )
        selected |= matches
    result = {name: one for name, one in translations.items() if name in selected}
    targets = sorted({target_table(translation) for translation in result.values()})
    if len(targets) > 1:
        raise UserError(
            f"the translations are compared with several tables ({', '.join(targets)}); "
            "a page shows pictures of one: choose one"
        )
    return result


def makes_pictures(translation: Translation) -> bool:
    """Whether the outputs can be pictures: surfaces are not."""
    return translation.scores != "surfaces"


def outputs_folder(name: str, translation: Translation) -> str:
    """Return the table of a translation's outputs, as a path in the data folder."""
    return f"translations/{translation.variant}/{name}"


def target_table(translation: Translation) -> str:
    """Return the table of real images for a translation, as a path in the data folder."""
    data = translation.data
    images = f"{data.role}/{data.background}"
    return images if translation.direction == "a-to-b" else f"{images}-{data.condition}"


def sample_pictures(
    translations: Mapping[str, Translation], data: Path, each: int | None, seed: int
) -> tuple[list[SurveyPicture], str]:
    """Sample ``each`` pictures of every translation and as many real ones; also return the table.

    All are of the translations' split. While there are enough images, no image is shown both real
    and generated, and none is shown by two translations. Raises UserError if there are fewer than
    ``each`` outputs of a translation, or too few real images.
    """
    first = next(iter(translations.values()))
    sets = {name: _split_pairs(translation, data) for name, translation in translations.items()}
    real = sorted(
        set.intersection(*(set(pairs.ids_b) for pairs in sets.values())),
        key=lambda image: sort_key(seed, image),
    )
    outputs = {
        name: tables.read(data / outputs_folder(name, one)) for name, one in translations.items()
    }
    most = min(len(real) // len(sets), *(len(table) for table in outputs.values()))
    count = min(max(1, PICTURES // 2 // len(sets)), most) if each is None else each
    if not 1 <= count <= most:
        raise UserError(
            f"{count} pictures of each of {len(sets)} translations, and as many real ones: must be "
            f"1 to {most}, since {target_table(first)} has {len(real)} test images"
        )
    pictures: list[SurveyPicture] = []
    for number, (name, table) in enumerate(outputs.items()):
        order = sorted(table.accepted["id"], key=lambda image: sort_key(seed, image))
        positions = range(number * count, (number + 1) * count)
        images = [order[position % len(order)] for position in positions]
        pictures += _pictures(table, outputs_folder(name, translations[name]), name, images, seed)
    if 2 * len(pictures) > len(real):
        log.warning("only %d test images: some are shown both real and generated", len(real))
    table = next(iter(sets.values())).targets
    images = real[len(real) - len(pictures) :]
    folder = target_table(first)
    return pictures + _pictures(table, folder, "", images, seed), folder


def _split_pairs(translation: Translation, data: Path) -> Pairs:
    """Return the images of the translation's split; raises UserError if they are no pictures."""
    pairs = translation.data.pairs(data, translation.split, direction=translation.direction)
    if not makes_pictures(translation) or pairs.targets.shape[2] not in {1, 3}:
        raise UserError(f"{pairs.targets.folder} has no pictures to look at")
    return pairs


def _pictures(
    table: Table, folder: str, translation: str, images: list[str], seed: int
) -> list[SurveyPicture]:
    pixels = table.accepted.set_index("id")["sha256"]
    subject = translation or folder
    return [
        SurveyPicture(picture_key(seed, subject, image, pixels[image]), translation, folder, image)
        for image in images
    ]
