"""A generator that can be called: the protocol, and a checkpoint in PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import nn

from s2f_core.common.images import Floats
from s2f_core.data.palette import Palette
from s2f_core.inference.inputs import choose_palette
from s2f_core.networks.checkpoint import Description
from s2f_core.networks.generate import generate_floats


class Network(Protocol):
    """A generator: a checkpoint in PyTorch or an exported file in ONNX Runtime."""

    @property
    def description(self) -> Description:
        """The metadata of the file."""

    def __call__(
        self,
        inputs: Floats,
        *,
        seed: int = 0,
        mirror: bool = False,
        palette: Palette | None = None,
    ) -> Floats:
        """Turn [n, in, H, W] in [-1, 1] into [n, out, H, W]; noise depends on seed and n.

        ``palette`` is as in :func:`.choose_palette`. ``mirror`` returns the :func:`.mirror_mean`.
        """


@dataclass(frozen=True)
class Checkpoint:
    """A generator of a model file, in eval mode."""

    description: Description
    generator: nn.Module

    def __call__(
        self,
        inputs: Floats,
        *,
        seed: int = 0,
        mirror: bool = False,
        palette: Palette | None = None,
    ) -> Floats:
        """See :class:`Network`; torch's random state does not change."""
        told = choose_palette(self.description, seed, palette)
        return generate_floats(
            self.generator, [torch.from_numpy(inputs)], seed, mirror=mirror, palette=told
        )
