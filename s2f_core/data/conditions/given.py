"""The source's own sketches."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.data.tables import OWN_INPUTS, Domain, Table, read


class GivenInputs(Section):
    """The source's own inputs, such as people's sketches: ``{type: given}``.

    An input and a photo with the same id are a pair; tables that share no id are unpaired domains.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()

    type: Literal["given"]

    def open(self, photos: Table, assets: Path) -> Domain:
        """The inputs beside the photos; raises UserError if the source has none."""
        del assets
        folder = photos.folder / OWN_INPUTS
        if not folder.is_dir():
            raise UserError(
                f"{photos.folder}: the condition 'given' needs the source's own sketches, and this "
                "source has none ('s2f datasets' describes the sources); choose another condition"
            )
        table = read(folder)
        return Domain(table.accepted, table.image)
