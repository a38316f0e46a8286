"""The networks; each union below is its registry. A new one is a file and a line in it.

A generator's section has ``takes``, what it is fed, and ``build(size, width, in_channels,
out_channels)``: "image" maps [B, in, size, size] in [-1, 1], "vector" maps [B, in, 1, 1], both to
[B, out, size, size] in [-1, 1]. A discriminator's section has ``build(size, width, condition,
image)``, whose network maps [B, condition + image, size, size] to the list of its stages' outputs,
the logits last.
Both raise UserError where the network cannot be had at that size.
"""

from typing import Annotated

from pydantic import Field

from s2f_core.networks.dcgan import DCGANGeneratorSection
from s2f_core.networks.fc import FCGeneratorSection
from s2f_core.networks.hybrid import HybridSection
from s2f_core.networks.resnet import ResNetSection
from s2f_core.networks.several import SeveralSection, Single
from s2f_core.networks.unet import UNetSection

Generator = Annotated[
    UNetSection | ResNetSection | HybridSection | DCGANGeneratorSection | FCGeneratorSection,
    Field(discriminator="type"),
]
Discriminator = Annotated[Single | SeveralSection, Field(discriminator="type")]
