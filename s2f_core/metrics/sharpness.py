"""Sharpness: the contrast of fine detail in generated images over that in real ones."""

from __future__ import annotations

import cv2
import numpy as np

from s2f_core.common.images import Pixels, luma
from s2f_core.metrics.types import RelativeScore, Values


def laplacian_deviation(images: Pixels) -> Values:
    """Return the standard deviation of the Laplacian of the luma, in grey levels: float64 [n, 1].

    ``images`` are uint8 [n, H, W, 1 or 3]. The square is the focus measure of Pech-Pacheco et al.
    2000; the root is linear in contrast.
    """
    return np.array([[cv2.Laplacian(luma(image), cv2.CV_64F).std()] for image in images])


def ratio_to_mean(outputs: Values, targets: Values) -> Values:
    """Return each output's value [n, 1] over the mean of the real images' [m, 1]: float64 [n].

    NaN where that mean is 0.
    """
    real = targets.mean()
    return outputs[:, 0] / real if real else np.full(len(outputs), np.nan)


SHARPNESS = RelativeScore(
    title="Sharpness",
    space="sharpness",
    function=ratio_to_mean,
    higher_is_better=True,
    range=(0, None),
    library=f"opencv {cv2.__version__}",
    describe=(
        "Standard deviation of an image's Laplacian over the mean of the real test images': 1 is "
        "as sharp as they are, less is blurred. Noise and artefacts raise it too, beyond 1: read "
        "it beside KID."
    ),
)
