"""The sketches that a source brings itself."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.data.tables import OWN_INPUTS, Domain, Table, read


class GivenInputs(Section):
    """The inputs that the source brings, such as people's sketches: ``{type: given}``.

    They pair with the photos where ids are equal; else the two domains are unpaired.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ()

    type: Literal["given"]

    def open(self, photos: Table, assets: Path) -> Domain:
        """The rows and images beside the photos; raises UserError where the source brings none."""
        del assets
        folder = photos.folder / OWN_INPUTS
        if not folder.is_dir():
            raise UserError(
                f"{photos.folder}: its source brings no sketches of its own, which condition "
                "'given' takes ('s2f datasets' lists those that do); choose another condition"
            )
        table = read(folder)
        return Domain(table.accepted, table.image)
