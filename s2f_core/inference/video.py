"""Video, frame by frame, with what flickers smoothed along the motion.

A generator knows one image at a time. What it makes of two frames that hardly differ can differ,
which is seen as flicker. Here the last output is moved along with the frames, by their dense
optical flow, and blended into the next where the flow can be trusted. That is no video model: it
steadies textures, and it neither remembers what was covered nor agrees on what it never saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from s2f_core.common.atomic import atomic_write
from s2f_core.common.errors import UserError
from s2f_core.common.images import MAX_PIXELS, Floats, ImageError, Pixels, to_rgb
from s2f_core.data.sketch.normalise import to_square
from s2f_core.inference.inputs import to_page
from s2f_core.inference.model import Model
from s2f_core.inference.options import Options

SIZE_X, SIZE_Y = cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT
USUAL = 25.0  # frames a second of a file that does not say
CODECS = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "mp4v"}
SIDE = 256  # pixels a side at which motion is looked for, at least
SLACK, SHARE = 0.5, 0.01  # of forward and backward flow: Sundaram et al. 2010, eq. 5
CUT = 0.5  # share of a frame that can be followed, under which there was a cut


@dataclass
class Smoothing:
    """Blends each output with the last one moved along: uint8 [H, W, C], frames [s, s, 3].

    ``share`` is how much of the last output stays where the flow is consistent; 0 is none, and at 1
    nothing new appears but where the flow fails. Flow by DIS (Kroeger et al. 2016) from frame to
    frame, trusted where forward and backward agree: |f + b|² ≤ 0.01 (|f|² + |b|²) + 0.5 (Sundaram,
    Brox and Keutzer 2010, eq. 5). After a cut, where less than half can be followed, it begins
    anew. ``flicker`` has, of every frame but those after a cut, the mean difference of the output
    to the last one moved along, of 255, where the flow is trusted.
    """

    share: float
    flicker: list[float] = field(default_factory=list)
    _frame: Pixels | None = None
    _output: Floats | None = None

    def __call__(self, frame: Pixels, output: Pixels) -> Pixels:
        """The output of a frame, smoothed."""
        made = output.astype(np.float32)
        side = output.shape[0]
        grey = to_page(frame, max(SIDE, side), channels=1)[..., 0]
        if self._frame is not None and self._output is not None:
            moved, trusted = followed(self._frame, grey, self._output)
            if trusted.mean() >= CUT:
                made += self.share * trusted * (moved - made)
                self.flicker.append(_mean(np.abs(moved - made), trusted))
        self._frame, self._output = grey, made
        return np.asarray(np.rint(made).clip(0, 255), dtype=np.uint8)


def followed(before: Pixels, now: Pixels, output: Floats) -> tuple[Floats, Floats]:
    """An output [s, s, C] moved as frames did, grey uint8 [S, S], and where that is so, [s, s, 1].

    The second is 1 where the flow is consistent, 0 where not.
    """
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    back = flow.calc(now, before, np.zeros((*now.shape, 2), np.float32))
    forth = flow.calc(before, now, np.zeros((*now.shape, 2), np.float32))
    gone = _moved(forth, back)
    apart = np.square(back + gone).sum(axis=2)
    allowed = SHARE * (np.square(back) + np.square(gone)).sum(axis=2) + SLACK
    trusted = (apart <= allowed).astype(np.float32)
    side = output.shape[0]
    scale = side / len(now)
    small = cv2.resize(back, (side, side), interpolation=cv2.INTER_AREA) * scale
    seen = cv2.resize(trusted, (side, side), interpolation=cv2.INTER_AREA) >= 1
    return _moved(output, small), seen.astype(np.float32)[..., None]


def _moved(image: Any, flow: Any) -> Floats:
    """[H, W, C] read at every pixel's place plus its flow [H, W, 2], cubically."""
    rows, columns = np.indices(flow.shape[:2], dtype=np.float32)
    across, down = columns + flow[..., 0], rows + flow[..., 1]
    read = cv2.remap(image, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(read, dtype=np.float32).reshape(*flow.shape[:2], -1)


def _mean(difference: Floats, where: Floats) -> float:
    return float((difference * where).sum() / max(where.sum() * difference.shape[2], 1))


@dataclass(frozen=True)
class Report:
    """How many frames were written, how many showed nothing, and the mean flicker, of 255."""

    frames: int
    empty: int
    flicker: float


def translate(
    model: Model, source: Path, out: Path, options: Options, smooth: float = 0.5
) -> Report:
    """Write what a model makes of every frame of a video, at its rate and without its sound.

    ``smooth`` is the share of :class:`Smoothing`. In a frame in which nothing is found that the
    condition shows, the output before stays. A generator that draws noise is given the same in
    every frame. The file appears whole or not at all.

    Raises UserError where ``source`` is no video or ``out`` no name of one, and where the model
    cannot take its frames.
    """
    if not 0 <= smooth <= 1:
        raise UserError(f"smooth: {smooth:g} is not possible (allowed: 0 to 1)")
    if out.suffix.lower() not in CODECS:
        raise UserError(f"{out}: no kind of video by its ending (allowed: {', '.join(CODECS)})")
    smoothing, frames, empty = Smoothing(smooth), 0, 0
    last: Pixels | None = None
    with _opened(source) as (rate, read), _written(out, rate) as write:
        for frame in tqdm(read, "video", unit="frame", disable=None):
            frames += 1
            try:
                prepared = model.prepare(frame, options)
            except ImageError:
                empty += 1
            else:
                ((output,),) = model.outputs([prepared], replace(options, samples=1, cut=False))
                seen = to_square(frame, options.fit or ("crop" if options.from_photo else "pad"))
                smoothed = smoothing(seen.pixels, output)
                last = prepared.crop(smoothed) if options.cut else smoothed
            if last is not None:
                write(last)
        if last is None:
            raise UserError(f"{source}: no frame shows what the model's condition looks for")
    return Report(frames, empty, float(np.mean(smoothing.flicker or [0.0])))


@contextmanager
def _opened(source: Path) -> Iterator[tuple[float, Iterable[Pixels]]]:
    """Frames a second, and the frames uint8 [H, W, 3] one by one."""
    if not source.is_file():
        raise UserError(f"{source} does not exist")
    video = cv2.VideoCapture(str(source))
    try:
        width, height = (video.get(key) for key in (SIZE_X, SIZE_Y))
        if not video.isOpened() or width * height <= 0:
            raise UserError(f"{source} is no video that OpenCV can read")
        if width * height > MAX_PIXELS:
            raise UserError(f"{source}: {width:g}x{height:g} is over {MAX_PIXELS:,} pixels")
        rate = video.get(cv2.CAP_PROP_FPS)
        yield rate if 1 <= rate <= 240 else USUAL, _frames(video)
    finally:
        video.release()


def _frames(video: cv2.VideoCapture) -> Iterator[Pixels]:
    while True:
        there, frame = video.read()
        if not there:
            return
        yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8)


@contextmanager
def _written(out: Path, rate: float) -> Iterator[Callable[[Pixels], None]]:
    """Takes frames uint8 [H, W, 1 or 3], of one size; codecs want it even, so one line may go."""
    kind = cv2.VideoWriter.fourcc(*CODECS[out.suffix.lower()])
    writer: cv2.VideoWriter | None = None
    with atomic_write(out, 0) as unfinished:

        def write(image: Pixels) -> None:
            nonlocal writer
            height, width = (max(2, length // 2 * 2) for length in image.shape[:2])
            if writer is None:
                writer = cv2.VideoWriter(str(unfinished), kind, rate, (width, height))
                if not writer.isOpened():
                    raise UserError(f"{out} cannot be written by OpenCV")
            writer.write(np.ascontiguousarray(to_rgb(image)[:height, :width, ::-1]))

        try:
            yield write
        finally:
            if writer is not None:
                writer.release()
