"""The source's own sketches."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.data.datasets.summary import describe, read_summary
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
            summary = read_summary(photos.folder)
            what = "has none" if summary is None else f"was read as {describe(summary)}"
            raise UserError(
                f"{photos.folder}: the condition 'given' needs the source's own sketches, and this "
                f"source {what}. Choose another condition or source ('s2f datasets'); in a folder "
                "of your own, put sketches into A/ and photos into B/"
            )
        table = read(folder)
        return Domain(table.accepted, table.image)
