"""Background removal: rembg as it comes against ours, on the default faces.

Run ``dvc repro dataset@faces fetch@u2netp`` first, then ``python -m benchmarks.background``.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from s2f_core import tables
from s2f_core.background.u2net import REMBG_SIZE, Matting
from s2f_core.images import Pixels

PHOTOS = 24
ROUNDS = 3


def main() -> None:
    """Print images per second and the ratio to rembg's own loop, the median of the rounds."""
    weights = Path("data/assets/u2netp")
    os.environ["U2NET_HOME"] = str(weights.absolute())  # read by rembg when it loads the weights
    from rembg import new_session, remove

    photos = tables.read(Path("data/faces/kept")).images(range(PHOTOS))
    stock = new_session("u2netp", providers=["CPUExecutionProvider"])
    rows: dict[str, Callable[[], list[Pixels]]] = {
        "rembg.remove, one by one": lambda: [
            np.asarray(remove(Image.fromarray(photo), session=stock, only_mask=True))[..., None]
            for photo in photos
        ]
    }
    for size in (REMBG_SIZE, 192, 160):
        model = Matting(weights / "u2netp.onnx", size)
        rows[f"ours at {size}, a thread a core"] = lambda model=model: _threaded(model, photos)  # type: ignore[misc]
    seconds: dict[str, list[float]] = {name: [] for name in rows}
    mattes: dict[str, list[Pixels]] = {}
    for _ in range(ROUNDS):
        for name, work in rows.items():
            began = time.perf_counter()
            mattes[name] = work()
            seconds[name].append(time.perf_counter() - began)
    base, *_ = rows
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {PHOTOS} photos")
    print(f"{'':34}{'images/s':>10}{'ratio':>8}{'spread':>8}{'|Δα|':>8}")
    for name, times in seconds.items():
        ratio = np.median(seconds[base]) / np.median(times)
        spread = (max(times) - min(times)) / np.median(times)
        difference = np.abs(np.stack(mattes[name]) / 255.0 - np.stack(mattes[base]) / 255.0).mean()
        speed = PHOTOS / np.median(times)
        print(f"{name:34}{speed:10.2f}{ratio:8.2f}{spread:8.0%}{difference:8.3f}")


def _threaded(model: Matting, photos: Pixels) -> list[Pixels]:
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return list(threads.map(model.matte, photos))


if __name__ == "__main__":
    main()
