"""MediaPipe's selfie segmentation: fast mattes of persons near the camera."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from s2f_core.common.images import Pixels, resize
from s2f_core.data.background.matting import Matting, MattingModel
from s2f_core.data.landmarks.tflite import TfliteNetwork

SIDE = 256  # the network's input, in pixels


class Selfie(MattingModel):
    """MediaPipe's MobileNetV3 for persons, the fastest: ``background: {model: selfie}``."""

    model: Literal["selfie"]

    def open(self, asset: Path) -> Matting:
        """The model with the weights in a fetched folder."""
        return Segmenter(TfliteNetwork(asset / "selfie.tflite"))


@dataclass(frozen=True)
class Segmenter:
    """Computes the matte of a photo; picklable, safe in threads."""

    network: TfliteNetwork

    def __call__(self, photo: Pixels) -> Pixels:
        """The alpha matte uint8 [H, W, 1] of a photo uint8 [H, W, 3], 255 on persons.

        Raises UserError if the weights are missing or damaged.
        """
        (mask,) = self.network(resize(photo, SIDE).astype(np.float32) / 255)
        height, width = photo.shape[:2]
        method = cv2.INTER_AREA if max(height, width) < SIDE else cv2.INTER_LINEAR
        alpha = cv2.resize(mask.reshape(SIDE, SIDE), (width, height), interpolation=method)
        rounded: Pixels = np.rint(255 * alpha.clip(0, 1)).astype(np.uint8)
        return rounded[..., None]
