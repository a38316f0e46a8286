"""The networks that scores look through, by the name of the space."""

from __future__ import annotations

from pathlib import Path

from s2f_core.metrics.classifier import CLASSIFIER
from s2f_core.metrics.inception import Features
from s2f_core.metrics.landmarks import Faces
from s2f_core.metrics.types import Network, Space


def networks(assets: Path) -> dict[Space, Network]:
    """All of them, from the folder of fetched weights; none is read before it is needed."""
    return {
        "inception": Features(assets / "inception" / "inception.pt"),
        "classes": Features(assets / "efficientnet-lite0" / "efficientnet-lite0.pth", CLASSIFIER),
        "faces": Faces(assets),
    }
