"""Identity similarity: whether the output shows the person of the target."""

from __future__ import annotations

import numpy as np

from s2f_core.metrics.types import PairedScore, Values

DESCRIPTORS = (
    "Both are cropped by the target's face, so that an output without a recognisable face counts. "
    "Only where at least half of the real images have a face. dlib's author trained the network on "
    "some three million photos from FaceScrub, VGG-Face and the web; whether photos of the test "
    "images are among them was not looked up."
)


def identity(outputs: Values, targets: Values) -> Values:
    """Return 1 minus the Euclidean distance of each pair of descriptors [n, 128]: float64 [n].

    Source: dlib's convention (King 2017): two photos with a distance below 0.6 show one person.
    NaN where the target has no face.
    """
    return np.asarray(1 - np.linalg.norm(outputs - targets, axis=1))


IDENTITY = PairedScore(
    title="Identity similarity",
    space="identity",
    function=identity,
    higher_is_better=True,
    range=(None, 1),
    library="s2f with onnxruntime and ai-edge-litert",
    describe=(
        "1 minus the distance of the output's face descriptor from the target's: 1 for equal "
        "faces, above 0.4 dlib calls them one person, about 0.15 for two persons. " + DESCRIPTORS
    ),
)
