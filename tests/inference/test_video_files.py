"""Videos keep their length: variable rates, frames that cannot be decoded, names with a colon."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pytest
from bad_pictures import encode, gradient_image

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.inference.video_files import open_video, schedule, video_writer

TICK = 1024  # of the MP4s that OpenCV writes at 10 frames a second


def _frame(number: int) -> Pixels:
    """A grey frame that tells its number."""
    return np.full((32, 48, 3), 20 * number, np.uint8)


def _write(path: Path, count: int) -> Path:
    with video_writer(path, 10) as write:
        for number in range(count):
            write(_frame(number), 1)
    return path


def _set_durations(path: Path, durations: list[int]) -> None:
    """Give each frame of an MP4 a duration of its own; their sum stays."""
    data = path.read_bytes()
    at = data.rindex(b"stts") - 4
    (size,) = struct.unpack_from(">I", data, at)
    entries = b"".join(struct.pack(">II", 1, duration) for duration in durations)
    box = struct.pack(">I4sII", 16 + len(entries), b"stts", 0, len(durations)) + entries
    output = bytearray(data[:at] + box + data[at + size :])
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        place = output.rindex(name) - 4
        (length,) = struct.unpack_from(">I", output, place)
        struct.pack_into(">I", output, place, length + len(box) - size)
    path.write_bytes(output)


def test_a_variable_rate_keeps_its_times(tmp_path: Path) -> None:
    """Frames of 50 and of 125 ms: each starts when it did, and the length stays."""
    durations = [TICK // 2] * 4 + [TICK * 5 // 4] * 8
    source = _write(tmp_path / "in.mp4", 12)
    _set_durations(source, durations)
    with open_video(source) as (timing, frames):
        assert timing.seconds == pytest.approx(sum(durations) / TICK / 10, abs=0.02)
        starts = np.cumsum([0, *timing.repeats[:-1]]) / timing.rate
        assert starts == pytest.approx(np.cumsum([0, *durations[:-1]]) / TICK / 10, abs=0.02)
        with video_writer(tmp_path / "out.mp4", timing.rate) as write:
            for frame, times in zip(frames, timing.repeats, strict=True):
                write(frame, times)
    with open_video(tmp_path / "out.mp4") as (again, frames):
        assert again.seconds == pytest.approx(1.2, abs=0.03)
        assert sum(1 for _ in frames) == sum(timing.repeats)


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv"])
def test_a_constant_rate_is_written_frame_by_frame(tmp_path: Path, suffix: str) -> None:
    """Also from a name that FFmpeg would take for an address, and to one."""
    source = _write(tmp_path / f"12:00:%02d{suffix}", 9)
    with open_video(source) as (timing, frames):
        assert (timing.rate, timing.repeats, timing.lost) == (10, (1,) * 9, 0)
        assert [round(frame.mean() / 20) for frame in frames] == list(range(9))


def test_frames_that_cannot_be_decoded_are_counted_and_the_others_read(tmp_path: Path) -> None:
    """The frame before stays for them; without the last one the video is shorter."""
    source = _write(tmp_path / "in.avi", 9)
    data = bytearray(source.read_bytes())
    images = [match.start() for match in re.finditer(b"00dc....\xff\xd8", data, re.DOTALL)]
    assert len(images) == 9
    for number in (3, 4, 8):
        start = images[number] + 8
        (size,) = struct.unpack_from("<I", data, start - 4)
        data[start : start + size] = b"\xee" * size
    source.write_bytes(data)
    with open_video(source) as (timing, frames):
        assert [round(frame.mean() / 20) for frame in frames] == [0, 1, 2, 5, 6, 7]
        assert timing.repeats == (1, 1, 3, 1, 1, 1)
        assert timing.lost == 3


@pytest.mark.parametrize(
    ("times", "reported", "rate", "repeats"),
    [
        ([0, 0.1, 0.2], 10, 10, (1, 1, 1)),
        ([0, 0.1, 0.2], 90_000, 30, (3, 3, 3)),
        ([0, 0.033, 0.1, 0.133], 16.6, 30, (1, 2, 1, 1)),
        ([0, 1.5, 3.0, 5.0], 0.8, 24, (36, 36, 48, 36)),
        ([0, 1 / 480, 2 / 480], 480, 480, (1, 1, 1)),
        ([0, 0, 0], 50, 50, (1, 1, 1)),
        ([0, 0, 0], 0, 25, (1, 1, 1)),
        ([7], 30, 30, (1,)),
    ],
    ids=["constant", "ticks", "variable", "slow", "fast", "no times", "no rate", "one"],
)
def test_each_frame_starts_at_its_time(
    times: list[float], reported: float, rate: float, repeats: tuple[int, ...]
) -> None:
    """At a rate that the file states, or a usual one."""
    assert schedule(np.asarray(times, float), reported) == (rate, repeats)


def test_times_that_no_usual_rate_fits_get_a_fine_one() -> None:
    """Within 20 ms, at most 240 frames a second."""
    gaps = np.random.default_rng(0).uniform(0.009, 0.3, 50)
    times = np.cumsum([0, *gaps])
    rate, repeats = schedule(times, 1)
    assert 50 < rate <= 240
    assert np.cumsum([0, *repeats[:-1]]) / rate == pytest.approx(times, abs=0.02)


def test_frames_of_another_size_are_written_too(tmp_path: Path) -> None:
    """OpenCV would leave them out."""
    with video_writer(tmp_path / "out.avi", 10) as write:
        for number in range(3):
            write(np.full((33 + number, 49, 1), 200, np.uint8), 1)
    with open_video(tmp_path / "out.avi") as (_, frames):
        assert [frame.shape for frame in frames] == [(32, 48, 3)] * 3


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (encode(gradient_image(), "PNG"), "is a picture, not a video: use s2f translate"),
        (encode(gradient_image(), "JPEG"), "is a picture, not a video"),
        (encode(gradient_image(), "GIF"), "is a picture, not a video"),
        (b"#EXTM3U\nhttp://example.org/a.ts\n", "is a text file, not a video"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "is a text file, not a video"),
        (b"<html>", "is an HTML page, not a video"),
        (b"", "is an empty file, not a video"),
        (b"\0\0\0\x20ftypisom" + bytes(99), "is no video that OpenCV can read"),
    ],
    ids=["png", "jpeg", "gif", "playlist", "list of files", "page", "empty", "cut"],
)
def test_other_files_are_named(tmp_path: Path, data: bytes, message: str) -> None:
    """Nothing that a text names is opened."""
    (tmp_path / "in.mp4").write_bytes(data)
    with pytest.raises(UserError, match=rf"in\.mp4 {message}"), open_video(tmp_path / "in.mp4"):
        pass


def test_an_animation_is_a_video(tmp_path: Path) -> None:
    """A GIF with several frames, at its own times."""
    images = [gradient_image(), gradient_image().rotate(90), gradient_image().rotate(180)]
    gif = encode(
        images[0], "GIF", save_all=True, append_images=images[1:], duration=[100, 300, 100]
    )
    (tmp_path / "in.gif").write_bytes(gif)
    with open_video(tmp_path / "in.gif") as (timing, frames):
        assert timing.repeats[1] == 3 * timing.repeats[0]
        assert sum(1 for _ in frames) == 3
