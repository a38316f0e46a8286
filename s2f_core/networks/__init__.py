"""The networks; each union below is its registry. A new one is a file and a line here."""

from typing import Annotated

from pydantic import Field

from s2f_core.networks.patchgan import PatchGANSection
from s2f_core.networks.resnet import ResNetSection
from s2f_core.networks.unet import UNetSection

Generator = Annotated[UNetSection | ResNetSection, Field(discriminator="type")]
Discriminator = PatchGANSection
