"""Near copies of an image, which curation has to recognise."""

import io

import cv2
import numpy as np
from PIL import Image

from s2f_core.common.images import Pixels, decode, resize


def near_copies(image: Pixels) -> list[Pixels]:
    """Copies of an image [64, 64, 3]: as JPEG, at half the size, blurred, brightened."""
    jpeg = io.BytesIO()
    Image.fromarray(image).save(jpeg, "JPEG", quality=20)
    return [
        decode(jpeg.getvalue()),
        resize(resize(image, 32), 64),
        cv2.GaussianBlur(image, (0, 0), 1).astype(np.uint8),
        np.asarray(image * 0.9 + 12).astype(np.uint8),
    ]
