"""HED: the network is the paper's, with any weights; errors say what is missing."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import h5py
import numpy as np
import numpy.typing as npt
import pytest
from fixtures import MakeTable
from scipy.ndimage import correlate

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels
from s2f_core.data.conditions import convert
from s2f_core.data.conditions.hed import DEPTHS, MEAN, EdgeDetector, Hed

WIDTHS = (3, 4, 3, 5, 4)  # in place of 64 to 512


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, Floats]:
    """Small random weights, also as the file ``hed/hed.h5``."""
    random = np.random.default_rng(3)
    arrays: dict[str, Floats] = {}

    def conv(name: str, side: int, inputs: int, outputs: int, scale: float) -> None:
        shape = (side, side, inputs, outputs)
        arrays[f"{name}/vars/0"] = (random.standard_normal(shape) * scale).astype(np.float32)
        arrays[f"{name}/vars/1"] = random.standard_normal(outputs).astype(np.float32)

    inputs = 3
    for number, (depth, width) in enumerate(zip(DEPTHS, WIDTHS, strict=True), 1):
        for layer in range(depth):
            name = f"block{number}/layers/conv2d" + (f"_{layer}" if layer else "")
            conv(name, 3, inputs, width, 0.02 if inputs == 3 and number == 1 else 0.3)
            inputs = width
        conv(f"dsn{number}", 1, width, 1, 0.3)
    conv("fuse", 1, len(DEPTHS), 1, 0.3)
    (tmp_path / "hed").mkdir()
    with h5py.File(tmp_path / "hed" / "hed.h5", "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return arrays


def reference(weights: dict[str, Floats], photo: Pixels) -> npt.NDArray[Any]:
    """The edges of a photo by SciPy and OpenCV, [H, W] in [0, 1]."""

    def conv(x: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
        kernel, bias = weights[f"{name}/vars/0"].astype(float), weights[f"{name}/vars/1"]
        maps = [
            sum(
                correlate(x[..., i], kernel[..., i, o], mode="constant") for i in range(x.shape[-1])
            )
            + bias[o]
            for o in range(len(bias))
        ]
        return np.stack(maps, axis=-1)

    x = photo[..., ::-1].astype(float) - MEAN
    outputs = []
    for number, depth in enumerate(DEPTHS, 1):
        if number > 1:
            height, width = x.shape[:2]
            even = np.full((height + height % 2, width + width % 2, x.shape[2]), -np.inf)
            even[:height, :width] = x
            x = even.reshape(len(even) // 2, 2, -1, 2, x.shape[2]).max(axis=(1, 3))
        for layer in range(depth):
            x = conv(x, f"block{number}/layers/conv2d" + (f"_{layer}" if layer else ""))
            x = np.maximum(x, 0)
        output = conv(x, f"dsn{number}")[..., 0]
        outputs.append(cv2.resize(output, photo.shape[1::-1], interpolation=cv2.INTER_LINEAR))
    return np.asarray(1 / (1 + np.exp(-conv(np.stack(outputs, axis=-1), "fuse")[..., 0])))


def test_the_network_equals_a_reference_in_scipy(
    weights: dict[str, Floats], faces: Pixels, tmp_path: Path
) -> None:
    """Blocks, poolings of odd sizes, side outputs, fusion, colours and polarity."""
    photo = faces[0][:27, :21]
    expected = 255 * (1 - reference(weights, photo))
    assert expected.std() > 10
    edges = Hed(type="hed", precision="float32").load(tmp_path)(photo)
    assert edges.shape == (27, 21, 1)
    assert edges.dtype == np.uint8
    assert np.abs(edges[..., 0] - expected).max() < 0.51


def test_bfloat16_is_near_float32(
    weights: dict[str, Floats], faces: Pixels, tmp_path: Path
) -> None:
    """Within some grey levels, and not equal."""
    one, other = (
        Hed(type="hed", precision=kind).load(tmp_path)(faces[0]).astype(int)
        for kind in ("float32", "bfloat16")
    )
    assert 0 < np.abs(one - other).max() < 12


def test_the_output_has_the_photos_size(
    weights: dict[str, Floats], faces: Pixels, tmp_path: Path
) -> None:
    """At any working size, for colour and grey."""
    assert len(weights)
    shapes = [
        Hed(type="hed", size=size).load(tmp_path)(photo).shape
        for size in (None, 16, 64)
        for photo in (faces[0], faces[0][..., :1])
    ]
    assert set(shapes) == {(32, 32, 1)}


def test_the_detector_works_in_threads_and_is_pickled_without_weights(
    weights: dict[str, Floats], faces: Pixels, tmp_path: Path
) -> None:
    """Threads with a pickled copy get the same edges; a pickle is a few bytes."""
    assert len(weights)
    detector = Hed(type="hed").load(tmp_path)
    alone = [detector(photo) for photo in faces[:8]]
    dump = pickle.dumps(detector)
    assert len(dump) < 500
    with ThreadPoolExecutor(4) as threads:
        copies = list(threads.map(pickle.loads(dump), faces[:8]))  # noqa: S301
    assert (np.stack(copies) == np.stack(alone)).all()


def test_missing_and_damaged_weights_are_explained(
    make_table: MakeTable, faces: Pixels, tmp_path: Path
) -> None:
    """The message says what to fetch and which file is broken; no table is left."""
    photos = make_table("photos", faces)
    out = tmp_path / "edges"
    with pytest.raises(UserError, match="does not exist: run 's2f fetch hed'"):
        convert(photos, Hed(type="hed"), out, tmp_path)
    file = tmp_path / "hed" / "hed.h5"
    file.parent.mkdir()
    file.write_bytes(b"no weights")
    with pytest.raises(UserError, match=r"hed\.h5 has no weights of HED: .*fetch it again"):
        EdgeDetector(file)(faces[0])
    with h5py.File(file, "w") as other:
        other["block1/layers/conv2d/vars/0"] = np.zeros((3, 3, 3, 4))
    with pytest.raises(UserError, match=r"hed\.h5 has no weights of HED: .*fetch it again"):
        EdgeDetector(file)(faces[0])
    assert not out.exists()
