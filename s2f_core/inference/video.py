"""Translate a video frame by frame and reduce flicker along the motion.

A generator sees one image at a time, so similar frames can get different outputs, which flicker.
:class:`Smoothing` warps the last output by the frames' dense optical flow and blends it into the
next one where the flow is reliable. This steadies textures; it is no video model and does not
remember covered regions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, ImageError, Pixels
from s2f_core.data.sketch.normalise import to_square
from s2f_core.inference.inputs import to_page
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options
from s2f_core.inference.video_files import CODECS, open_video, video_writer

MIN_FLOW_SIDE = 256  # pixels a side of the frames for the optical flow
FLOW_SLACK, FLOW_SHARE = 0.5, 0.01  # consistency of the flows: Sundaram et al. 2010, eq. 5
CUT = 0.5  # a smaller share of reliable flow is a cut


@dataclass
class Smoothing:
    """Blend each output with the warped last output: uint8 [H, W, C], frames [s, s, 3].

    ``share`` in [0, 1] is the weight of the last output where the flow is reliable. The flow is DIS
    (Kroeger et al. 2016) from frame to frame. It is reliable where forward and backward flow agree:
    |f + b|² ≤ 0.01 (|f|² + |b|²) + 0.5 (Sundaram, Brox and Keutzer 2010, eq. 5). Where less than
    half of a frame has reliable flow, there was a cut and nothing is blended. ``flicker`` lists,
    for all frames but those after a cut, the mean difference, of 255, between the blended output
    and the warped last output where the flow is reliable.
    """

    share: float
    flicker: list[float] = field(default_factory=list)
    _frame: Pixels | None = None
    _output: Floats | None = None

    def __call__(self, frame: Pixels, output: Pixels) -> Pixels:
        """Return the smoothed output of a frame."""
        smoothed = output.astype(np.float32)
        side = output.shape[0]
        grey = to_page(frame, max(MIN_FLOW_SIDE, side), channels=1)[..., 0]
        if self._frame is not None and self._output is not None:
            warped, reliable = warp_output(self._frame, grey, self._output)
            if reliable.mean() >= CUT:
                smoothed += self.share * reliable * (warped - smoothed)
                self.flicker.append(_masked_mean(np.abs(warped - smoothed), reliable))
        self._frame, self._output = grey, smoothed
        return np.asarray(np.rint(smoothed).clip(0, 255), dtype=np.uint8)


def warp_output(before: Pixels, now: Pixels, output: Floats) -> tuple[Floats, Floats]:
    """Warp an output [s, s, C] by the flow between two grey frames, uint8 [S, S].

    Returns the warped output, and a mask [s, s, 1] that is 1 where the flow is reliable and else 0.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    backward = flow.calc(now, before, np.zeros((*now.shape, 2), np.float32))
    forward = flow.calc(before, now, np.zeros((*now.shape, 2), np.float32))
    warped_forward = _warp(forward, backward)
    error = np.square(backward + warped_forward).sum(axis=2)
    norms = (np.square(backward) + np.square(warped_forward)).sum(axis=2)
    reliable = (error <= FLOW_SHARE * norms + FLOW_SLACK).astype(np.float32)
    side = output.shape[0]
    scale = side / len(now)
    small_flow = cv2.resize(backward, (side, side), interpolation=cv2.INTER_AREA) * scale
    mask = cv2.resize(reliable, (side, side), interpolation=cv2.INTER_AREA) >= 1
    return _warp(output, small_flow), mask.astype(np.float32)[..., None]


def _warp(image: Any, flow: Any) -> Floats:
    """Sample an image [H, W, C] at each pixel's position plus its flow [H, W, 2], bicubic."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    warped = cv2.remap(image, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.float32).reshape(*flow.shape[:2], -1)


def _masked_mean(difference: Floats, mask: Floats) -> float:
    return float((difference * mask).sum() / max(mask.sum() * difference.shape[2], 1))


@dataclass(frozen=True)
class VideoReport:
    """The result of translating a video.

    ``frames`` were decoded; ``empty`` of them show no subject; ``lost`` more are listed in the file
    and could not be decoded. ``seconds`` is the length, ``flicker`` the mean, of 255.
    """

    frames: int
    empty: int
    flicker: float
    lost: int = 0
    seconds: float = 0.0


def translate(
    model: Model, source: Path, out: Path, options: Options, smooth: float = 0.5
) -> VideoReport:
    """Write a model's output for each frame of a video, at the same time, without sound.

    ``smooth`` is the share of :class:`Smoothing`. A frame without a subject, or one that cannot be
    decoded, repeats the last output; at the beginning, the first output stands for it. A variable
    frame rate becomes a constant one in which frames repeat. A generator with noise gets the same
    noise in every frame. Frames are never aligned: the eyes found in a drawing jump from frame to
    frame. The file is written atomically.

    Raises UserError where ``source`` is no readable video, the suffix of ``out`` is unknown, or the
    model does not take the frames.
    """
    if not 0 <= smooth <= 1:
        raise UserError(f"smooth: {smooth:g} is not possible (allowed: 0 to 1)")
    if out.suffix.lower() not in CODECS:
        raise UserError(f"{out}: unknown video format (allowed: {', '.join(CODECS)})")
    options = replace(options, align="off")
    smoothing, frames, empty = Smoothing(smooth), 0, 0
    last: Pixels | None = None
    waiting = 0  # times that the next output is written; the first stands for those before it
    with open_video(source) as (timing, pictures), video_writer(out, timing.rate) as write:
        progress = tqdm(pictures, "video", len(timing.repeats), unit="frame", disable=None)
        for frame, repeats in zip(progress, timing.repeats, strict=False):
            frames += 1
            try:
                prepared = model.prepare(frame, options)
            except ImageError:
                empty += 1
            else:
                ((output,),) = model.outputs([prepared], replace(options, samples=1, cut=False))
                square = to_square(frame, options.fit or ("crop" if options.from_photo else "pad"))
                smoothed = smoothing(square.pixels, output)
                last = prepared.crop(smoothed) if options.cut else smoothed
            waiting += repeats
            if last is not None:
                write(last, waiting)
                waiting = 0
        if last is None:
            raise UserError(f"{source}: no frame shows a subject that the model's condition needs")
    flicker = float(np.mean(smoothing.flicker or [0.0]))
    return VideoReport(frames, empty, flicker, timing.lost, timing.seconds)
