"""TensorFlow Lite networks run in threads and after pickling."""

import pickle
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from tiny_network import doubling

from s2f_core.data.landmarks.tflite import TfliteNetwork


def test_a_network_runs_in_threads_and_after_pickling(tmp_path: Path) -> None:
    """All outputs come in order, from a file and from a zip file."""
    (tmp_path / "net.tflite").write_bytes(doubling(3))
    with zipfile.ZipFile(tmp_path / "nets.zip", "w") as archive:
        archive.write(tmp_path / "net.tflite", "net.tflite")
    networks = [
        TfliteNetwork(tmp_path / "net.tflite"),
        TfliteNetwork(tmp_path / "nets.zip", "net.tflite"),
    ]
    inputs = [np.full(3, number) for number in range(20)]
    for network in networks:
        with ThreadPoolExecutor(4) as threads:
            for copy in (network, pickle.loads(pickle.dumps(network))):  # noqa: S301
                for value, (double, negative) in zip(
                    inputs, threads.map(copy, inputs), strict=True
                ):
                    assert (double == 2 * value).all()
                    assert (negative == -value).all()
