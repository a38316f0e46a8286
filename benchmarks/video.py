"""The effect of smoothing a video on flicker, likeness and time.

A clip of two seconds is made of one test face, enlarged, panned and zoomed along a known path, with
noise as a camera's. For each variant and share of smoothing:

- flicker: the mean difference of an output to the last one moved along the frames' optical flow, of
  255, where the flow can be trusted. Smoothing lowers it.
- to frame: the mean difference to the frame itself, of 255: the cost in likeness.
- sharpness: the standard deviation of the Laplacian over that of the frames.
- ms: processor time a frame, all of it.
"""

from __future__ import annotations

import math
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.table import Table, arguments
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize, to_rgb
from s2f_core.common.seeding import stream
from s2f_core.data.selection import VariantData
from s2f_core.inference.load import load
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options
from s2f_core.inference.video import Smoothing
from s2f_core.metrics.sharpness import laplacian_deviation

DATA = Path("data")
VARIANTS = ("best", "pix2pix-pencil", "draw")
SHARES = (0.0, 0.25, 0.5, 0.75)
FRAMES, SIDE, LARGE, NOISE = 50, 256, 512, 3.0
COLUMNS = {
    "variant": "",
    "smooth": ".2f",
    "flicker": ".2f",
    "to frame": ".1f",
    "sharpness": ".2f",
    "ms": ".0f",
}


def clip(photo: Pixels) -> list[Pixels]:
    """Frames uint8 [256, 256, 3] of a photo, zoomed by up to a sixth and panned in an S."""
    large, random = resize(photo, LARGE), stream(0)
    frames = []
    for number in range(FRAMES):
        progress = number / (FRAMES - 1)
        zoom = SIDE / (LARGE * (0.72 - 0.12 * math.sin(math.pi * progress)))
        x = LARGE / 2 + 30 * math.sin(2 * math.pi * progress)
        y = LARGE / 2 + 14 * progress - 7
        transform = np.array([[zoom, 0, SIDE / 2 - x * zoom], [0, zoom, SIDE / 2 - y * zoom]])
        frame = cv2.warpAffine(large, transform, (SIDE, SIDE)).astype(np.float64)
        noisy = frame + random.normal(0, NOISE, frame.shape)
        frames.append(np.rint(noisy).clip(0, 255).astype(np.uint8))
    return frames


def measure(model: Model, frames: list[Pixels], share: float) -> tuple[float, ...]:
    """Flicker, difference to the frames, sharpness and milliseconds a frame."""
    smoothing, options = Smoothing(share), Options(from_photo=True)
    began, outputs = time.process_time(), []
    for frame in frames:
        ((output,),) = model.make([frame], options)
        outputs.append(to_rgb(smoothing(frame, output)))
    spent = time.process_time() - began
    images = np.stack(outputs)
    real = np.stack([resize(frame, images.shape[1]) for frame in frames])
    return (
        float(np.mean(smoothing.flicker)),
        float(np.abs(images.astype(float) - real).mean()),
        float(laplacian_deviation(images).mean() / laplacian_deviation(real).mean()),
        1000 * spent / len(frames),
    )


def main() -> None:
    """Print the table for the trained variants that are there."""
    options = arguments(__doc__).parse_args()
    faces = VariantData(role="faces", background="kept", condition="pencil")
    test = faces.pairs(DATA, "test")
    frames = clip(test.targets.image(int(test.targets.positions(test.ids[:1])[0])))
    with Table(COLUMNS, options.csv) as table:
        for name in VARIANTS:
            try:
                model = load(name)
            except UserError:
                continue  # not trained here
            for share in SHARES:
                table.add(name, share, *measure(model, frames, share))


if __name__ == "__main__":
    main()
