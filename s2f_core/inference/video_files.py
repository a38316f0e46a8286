"""Read and write video files: frames and how long each is shown.

OpenCV writes constant frame rates alone. So a video of a variable rate is written at a constant
one, and a frame that is shown longer is repeated.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from s2f_core.common.atomic import atomic_write
from s2f_core.common.errors import UserError
from s2f_core.common.images import MAX_PIXELS, Doubles, Pixels, to_rgb
from s2f_core.common.rejections import Reason, identify

DEFAULT_RATE = 25.0  # frames a second, where the file does not say
MAX_RATE = 1000.0  # of a constant rate
USUAL_RATES = (24.0, 25.0, 30.0, 50.0, 60.0)
FINE_RATE, MAX_FINE_RATE = 60.0, 240.0  # of a variable rate that no rate of its own fits
MAX_SHIFT = 0.02  # seconds that a frame may come too early or too late
CODECS = {".mp4": "mp4v", ".avi": "MJPG", ".mkv": "mp4v"}
MAX_FAILURES = 64  # frames in a row that cannot be decoded; then the video has ended
HEAD = 2**16  # bytes that tell a video from other files
MAYBE_VIDEO: tuple[Reason | None, ...] = (None, "a video", "not an image")


@dataclass(frozen=True)
class Timing:
    """How many times each decoded frame is written at ``rate`` frames a second.

    ``lost`` counts the frames that the file lists and that cannot be decoded; the frame before
    stays for them.
    """

    rate: float
    repeats: tuple[int, ...]
    lost: int = 0

    @property
    def seconds(self) -> float:
        """The length of the video."""
        return sum(self.repeats) / self.rate


@contextmanager
def open_video(source: Path) -> Iterator[tuple[Timing, Iterator[Pixels]]]:
    """Open a video; return its timing, and an iterator of the decoded frames uint8 [H, W, 3].

    Raises UserError where ``source`` is no readable video, or its frames are too large.
    """
    _require_video(source)
    with _capture(source) as video:
        timing = _measure(video, source)
    with _capture(source) as video:
        yield timing, _read_frames(video)


@contextmanager
def video_writer(out: Path, rate: float) -> Iterator[Callable[[Pixels, int], None]]:
    """Return a function that writes a frame uint8 [H, W, 1 or 3] so many times.

    Frames get the size of the first. Codecs need even sizes, so an odd last row or column is cut
    off. The file appears at the end.
    """
    codec = cv2.VideoWriter.fourcc(*CODECS[out.suffix.lower()])
    writer: cv2.VideoWriter | None = None
    first = (0, 0)
    with atomic_write(out.absolute(), 0) as unfinished:  # FFmpeg takes "a:b.mp4" for an address

        def write(image: Pixels, times: int) -> None:
            nonlocal writer, first
            first = first if writer else (image.shape[0], image.shape[1])
            height, width = (max(2, length // 2 * 2) for length in first)
            if writer is None:
                writer = cv2.VideoWriter(
                    str(unfinished), cv2.CAP_FFMPEG, codec, rate, (width, height)
                )
                if not writer.isOpened():
                    raise UserError(f"{out} cannot be written by OpenCV")
            frame = to_rgb(image)
            if frame.shape[:2] != first:  # OpenCV would leave it out
                scaled = cv2.resize(frame, first[::-1], interpolation=cv2.INTER_AREA)
                frame = np.asarray(scaled, dtype=np.uint8)
            for _ in range(times):
                writer.write(np.ascontiguousarray(frame[:height, :width, ::-1]))

        try:
            yield write
        finally:
            if writer is not None:
                writer.release()


def schedule(times: Doubles, reported: float) -> tuple[float, tuple[int, ...]]:
    """Return a rate, and how many times to write each frame so that it starts at its time.

    ``times`` are the frames' starts in seconds, ``reported`` the rate that the file states. That
    rate is used where it fits, then a usual one, that of the shortest gap, and a multiple of it.
    """
    rate = reported if 0 < reported <= MAX_RATE else DEFAULT_RATE
    starts = np.maximum.accumulate(times) - times[0]
    gaps = np.diff(starts)[np.diff(starts) > 0]
    if not len(gaps):  # one frame, or a file without times
        return rate, (1,) * len(times)
    shortest = float(gaps.min())
    fine = min(np.ceil(FINE_RATE * shortest) / shortest, MAX_FINE_RATE)
    rate = next((each for each in (rate, *USUAL_RATES, 1 / shortest) if _fits(starts, each)), fine)
    ticks = _ticks(starts, rate)
    last = max(1, round(float(np.median(gaps)) * rate))
    return float(rate), (*map(int, np.diff(ticks)), last)


def _ticks(starts: Doubles, rate: float) -> npt.NDArray[np.int64]:
    return np.rint(starts * rate).astype(np.int64)


def _fits(starts: Doubles, rate: float) -> bool:
    """Whether each frame has a tick of its own, near its time."""
    ticks = _ticks(starts, rate)
    shift = np.abs(ticks / rate - starts).max()
    near = shift <= min(0.25 / rate, MAX_SHIFT)
    return bool(rate <= MAX_RATE and near and (np.diff(ticks) > 0).all())


def _require_video(source: Path) -> None:
    """Raise UserError where a file is something else; FFmpeg would follow the lines of a text."""
    if not source.is_file():
        raise UserError(f"{source} does not exist")
    try:
        with source.open("rb") as file:
            reason = identify(file.read(HEAD))
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}") from None
    if reason not in MAYBE_VIDEO:
        raise UserError(f"{source} is {reason}, not a video")
    if reason is None and _is_picture(source):
        raise UserError(f"{source} is a picture, not a video: use s2f translate")


def _is_picture(source: Path) -> bool:
    """Whether a file that starts as an image is one; an animated GIF is a video."""
    try:
        with Image.open(source, formats=["GIF"]) as image:
            return int(getattr(image, "n_frames", 1)) == 1
    except Exception:
        return True


@contextmanager
def _capture(source: Path) -> Iterator[cv2.VideoCapture]:
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # our messages say it
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    video = cv2.VideoCapture(str(source.absolute()), cv2.CAP_FFMPEG)
    cv2.utils.logging.setLogLevel(level)
    try:
        size = (video.get(key) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        width, height = size
        if not video.isOpened() or width * height <= 0:
            raise UserError(f"{source} is no video that OpenCV can read")
        if width * height > MAX_PIXELS:
            raise UserError(f"{source}: {width:g}x{height:g} is over {MAX_PIXELS:,} pixels")
        yield video
    finally:
        video.release()


def _measure(video: cv2.VideoCapture, source: Path) -> Timing:
    times, lost = [], 0
    for decoded in _grab_frames(video):
        if decoded:
            times.append(video.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        else:
            lost += 1
    if not times:
        raise UserError(f"{source}: none of its frames can be decoded")
    if _lists_frames(source):
        lost = max(lost, int(video.get(cv2.CAP_PROP_FRAME_COUNT)) - len(times))
    rate, repeats = schedule(np.asarray(times), video.get(cv2.CAP_PROP_FPS))
    return Timing(rate, repeats, lost)


def _lists_frames(source: Path) -> bool:
    """Whether the format has a list of frames (MP4, AVI); of others the number is estimated."""
    with source.open("rb") as file:
        head = file.read(12)
    return head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:] == b"AVI ")


def _grab_frames(video: cv2.VideoCapture) -> Iterator[bool]:
    """Yield True at each frame, and False for those before it that cannot be decoded."""
    failures = 0
    while failures < MAX_FAILURES:
        if video.grab():
            yield from [False] * failures
            yield True
            failures = 0
        else:
            failures += 1


def _read_frames(video: cv2.VideoCapture) -> Iterator[Pixels]:
    for decoded in _grab_frames(video):
        if decoded:
            _, frame = video.retrieve()
            yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), dtype=np.uint8)
