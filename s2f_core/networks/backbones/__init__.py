"""Backbones, the frozen networks of losses: a new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pydantic import Field

from s2f_core.common.config import Section
from s2f_core.networks.backbones.base import Backbone
from s2f_core.networks.backbones.efficientnet_lite0 import load_efficientnet_lite0
from s2f_core.networks.backbones.shift_tolerant import load_shift_tolerant

BackboneName = Literal["efficientnet-lite0", "lpips-alex", "lpips-vgg"]
BACKBONES: dict[BackboneName, tuple[str, Callable[[Path], Backbone]]] = {  # the file, its reader
    "efficientnet-lite0": ("efficientnet-lite0/efficientnet-lite0.pth", load_efficientnet_lite0),
    "lpips-alex": ("lpips/lpips.zip", lambda file: load_shift_tolerant(file, "alex")),
    "lpips-vgg": ("lpips/lpips.zip", lambda file: load_shift_tolerant(file, "vgg")),
}


class BackboneSection(Section):
    """The frozen network of a loss: ``{name: efficientnet-lite0}``."""

    name: BackboneName = Field("efficientnet-lite0", description="The network.")
    enlarge: Literal[1, 2, 4] = Field(
        1,
        description="Times by which images are enlarged first (bilinear): in small images it then "
        "sees finer details, and takes longer (Sauer et al. 2021: to 256 px).",
    )
    assets: Path = Field(Path("data/assets"), description="Folder of the fetched weights.")

    def load(self, size: int, channels: int) -> Backbone:
        """Read the weights, for images of ``size`` pixels with so many channels.

        Raises UserError where the file is missing or damaged, or where it sees no such images.
        """
        file, read = BACKBONES[self.name]
        backbone = read(self.assets / file)
        backbone.enlarge = self.enlarge
        backbone.check(size * self.enlarge, channels)
        return backbone
