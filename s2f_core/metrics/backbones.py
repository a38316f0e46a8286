"""The feature networks that scores use."""

from __future__ import annotations

from pathlib import Path

from s2f_core.metrics.efficientnet_lite0 import EFFICIENTNET_LITE0
from s2f_core.metrics.face_descriptors import FaceDescriptors
from s2f_core.metrics.faces import FacePoints
from s2f_core.metrics.feature_extractor import FeatureExtractor
from s2f_core.metrics.inception_v3 import inception
from s2f_core.metrics.lpips import PerceptualDistance
from s2f_core.metrics.types import FeatureNetwork, Space


def feature_networks(assets: Path) -> dict[Space, FeatureNetwork]:
    """Return all networks by their space; each reads its weights when it is first used.

    ``assets`` is the folder of fetched files.
    """
    points = FacePoints(assets)
    classifier = assets / "efficientnet-lite0" / "efficientnet-lite0.pth"
    return {
        "inception": inception(assets),
        "classes": FeatureExtractor(classifier, EFFICIENTNET_LITE0),
        "faces": points,
        "drawn_faces": points,
        "identity": FaceDescriptors(assets),
        "lpips": PerceptualDistance(assets),
    }
