"""Which pictures a survey shows: as many real ones as generated, by chance."""

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
from s2f_core.report.survey.keys import key, place

log = logging.getLogger(__name__)

WHOLE = 100  # pictures on a page, as an evaluator of HYPE sees


@dataclass(frozen=True)
class Drawn:
    """A picture of the survey: its key, the translation that made it (or none) and its table."""

    key: str
    translation: str
    folder: str
    image: str


def pixels(pictures: Sequence[Drawn], data: Path) -> dict[str, Pixels]:
    """The pictures by key, each uint8 [H, W, 1 or 3]."""
    found: dict[str, Pixels] = {}
    for folder in {picture.folder for picture in pictures}:
        table = tables.read(data / folder)
        those = [picture for picture in pictures if picture.folder == folder]
        images = table.images(table.positions([picture.image for picture in those]))
        found |= {picture.key: image for picture, image in zip(those, images, strict=True)}
    return found


def chosen(
    translations: Mapping[str, Translation], names: Sequence[str], data: Path
) -> dict[str, Translation]:
    """The translations of these names, in the order of ``translations``.

    A name is a translation, or the table that translations are held against, such as
    ``faces/kept``, or a role, ``faces`` for ``faces/kept``. Of a table those count that have
    outputs. Raises UserError for a name that is neither, and where they are of several tables:
    beside each other they would give themselves away.
    """
    wanted: set[str] = set()
    for name in names:
        found = {name} & set(translations) or {
            other
            for other, translation in translations.items()
            if target(translation) in (name, f"{name}/kept")
            and drawable(translation)
            and (data / "translations" / other / "index.parquet").is_file()
        }
        if not found:
            known = sorted({target(one) for one in translations.values() if drawable(one)})
            raise UserError(
                f"{name!r} is no translation, and no table that one with outputs is held against "
                f"(translations: {', '.join(translations)}; tables: {', '.join(known)})"
            )
        wanted |= found
    kept = {name: one for name, one in translations.items() if name in wanted}
    made = sorted({target(translation) for translation in kept.values()})
    if len(made) > 1:
        raise UserError(f"a page is of one kind of pictures, not of {', '.join(made)}: choose one")
    return kept


def drawable(translation: Translation) -> bool:
    """Whether its outputs can be pictures."""
    return translation.scores != "surfaces"


def target(translation: Translation) -> str:
    """The table that a translation's outputs are held against, as a path in the data folder."""
    data = translation.data
    images = f"{data.role}/{data.background}"
    return images if translation.direction == "a-to-b" else f"{images}-{data.condition}"


def draw(
    translations: Mapping[str, Translation], data: Path, each: int | None, seed: int
) -> tuple[list[Drawn], str]:
    """Pictures of every translation, then as many real ones, and the table of the latter.

    All are of the translations' split. Real ones are never of the images that the generated ones
    were made from, nor two generated ones of the same, while there are enough. Raises UserError
    where there are not ``each`` of a translation, or not as many real ones.
    """
    first = next(iter(translations.values()))
    sets = {name: _pairs(translation, data) for name, translation in translations.items()}
    real = sorted(
        set.intersection(*(set(pairs.ids_b) for pairs in sets.values())),
        key=lambda image: place(seed, image),
    )
    outputs = {name: tables.read(data / "translations" / name) for name in translations}
    most = min(len(real) // len(sets), *(len(table) for table in outputs.values()))
    count = min(max(1, WHOLE // 2 // len(sets)), most) if each is None else each
    if not 1 <= count <= most:
        raise UserError(
            f"{count} pictures of each of {len(sets)} translations, and as many real ones: must be "
            f"1 to {most}, since {target(first)} has {len(real)} test images"
        )
    pictures: list[Drawn] = []
    for number, (name, table) in enumerate(outputs.items()):
        order = sorted(table.accepted["id"], key=lambda image: place(seed, image))
        places = range(number * count, (number + 1) * count)
        images = [order[place % len(order)] for place in places]
        pictures += _drawn(table, f"translations/{name}", name, images, seed)
    if 2 * len(pictures) > len(real):
        log.warning("%d test images: some are shown both real and generated", len(real))
    table = next(iter(sets.values())).targets
    images = real[len(real) - len(pictures) :]
    return pictures + _drawn(table, target(first), "", images, seed), target(first)


def _pairs(translation: Translation, data: Path) -> Pairs:
    """The images of its split; raises UserError where they are no pictures."""
    pairs = translation.data.pairs(data, translation.split, direction=translation.direction)
    if not drawable(translation) or pairs.targets.shape[2] not in {1, 3}:
        raise UserError(f"{pairs.targets.folder} has no pictures to look at")
    return pairs


def _drawn(table: Table, folder: str, name: str, images: list[str], seed: int) -> list[Drawn]:
    pixels = table.accepted.set_index("id")["sha256"]
    subject = name or folder
    return [Drawn(key(seed, subject, one, pixels[one]), name, folder, one) for one in images]
