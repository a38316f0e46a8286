"""The option ``mirror``: in Python, on the command line, in exported and in registered models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pytest
from PIL import Image

import s2f_core
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.tables import read
from s2f_core.inference.model import Model
from s2f_core.inference.onnx_export import export
from s2f_core.tracking.log_evaluation import parse_translation
from s2f_core.tracking.pyfunc import SECTION_FILE, Translator, pack
from stages.export import Precision
from stages.export import export as export_command
from stages.translate import translate as translate_command

data = mlflow_project.data
UNET = {"type": "unet", "depth": 2, "norm": "instance"}
NOISY = {**UNET, "noise": "both"}
MIRRORED = np.s_[:, ::-1]


@pytest.fixture
def drawings() -> list[Pixels]:
    """Two pictures of noise, at the size of the model."""
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    return list(images)


@pytest.mark.parametrize("direction", ["a-to-b", "b-to-a"])
@pytest.mark.parametrize("generator", [UNET, NOISY])
def test_outputs_are_the_symmetric_mean(
    data: Path, drawings: list[Pixels], direction: str, generator: dict[str, Any]
) -> None:
    """Within the rounding of 8 bits, with one noise for both."""
    changes = {"in_channels": 3, "direction": direction, "drawn_at": 16, "generator": generator}
    mlflow_project.save_untrained(data, "model", "mine", **changes)
    _check_mean(s2f_core.load("model", data), drawings)


@pytest.mark.slow
def test_onnx_runtime_gives_the_symmetric_mean(
    data: Path, drawings: list[Pixels], tmp_path: Path
) -> None:
    """Of a file that was exported without it."""
    mlflow_project.save_untrained(data, "model", "mine", in_channels=3, generator=NOISY)
    export(data / "models" / "model" / "a-to-b.pt", tmp_path / "model.onnx")
    _check_mean(s2f_core.load(tmp_path / "model.onnx", data), drawings)


def _check_mean(model: Model, drawings: list[Pixels]) -> None:
    flipped = [image[MIRRORED] for image in drawings]
    for output, plain, back, again in zip(
        model(drawings, mirror=True, seed=5),
        model(drawings, seed=5),
        model(flipped, seed=5),
        model(flipped, mirror=True, seed=5),
        strict=True,
    ):
        assert (again[MIRRORED] == output).all()
        assert np.abs(output - (plain.astype(float) + back[MIRRORED]) / 2).max() <= 1
        assert np.abs(output.astype(int) - plain).max() > 5


def test_samples_and_enlarged_outputs_are_mirror_means(data: Path, drawings: list[Pixels]) -> None:
    """A further sample is that of the next seed."""
    mlflow_project.save_untrained(data, "noisy", "mine", in_channels=3, generator=NOISY)
    model = s2f_core.load("noisy", data)
    samples = model(drawings[0], samples=2, mirror=True)
    assert (samples[1] == model(drawings[0], seed=1, mirror=True)).all()
    assert (samples[1] != samples[0]).any()
    large = model(drawings[0], mirror=True, upscale=2, upscaler="bicubic")
    assert (large[::2, ::2].astype(int) - samples[0]).std() < large.std() / 2


def test_a_model_without_a_mirror_mean_is_refused(data: Path, drawings: list[Pixels]) -> None:
    """Noise, and a training that mirrored nothing."""
    noise = {"generator": {"type": "dcgan"}, "in_channels": 8, "size": 32}
    mlflow_project.save_untrained(data, "noise", "noise", **noise)
    mlflow_project.save_untrained(data, "turned", flip=False)
    with pytest.raises(UserError, match="mirror: noise makes images from noise"):
        s2f_core.load("noise", data)(samples=2, mirror=True)
    with pytest.raises(UserError, match=r"mirror: turned was trained without recipe\.flip"):
        s2f_core.load("turned", data)(drawings, mirror=True)


def test_a_registered_translation_gives_what_was_scored(data: Path, tmp_path: Path) -> None:
    """As a pyfunc, and loaded by s2f; a translation without a mirror has the file of before."""
    mlflow_project.save_untrained(data, "tones", generator=UNET)
    pairs = parse_translation(_report()).data.pairs(data, "test")
    inputs = pairs.inputs.images(pairs.inputs.positions(pairs.ids))
    outputs = {}
    for mirror in (False, True):
        name = f"mirror-{mirror}"
        translation = mlflow_project.write_evaluation(data, name, "tones", mirror=mirror)
        folder = tmp_path / name / "data"
        pack(folder, translation, pairs, data)
        assert ('"mirror": true' in (folder / SECTION_FILE).read_text()) is mirror
        assert ("mirror" in (folder / SECTION_FILE).read_text()) is mirror
        outputs[mirror] = read(data / "translations" / "tones" / name).images(range(10))
        assert (Translator(folder).predict(inputs) == outputs[mirror]).all()
        model = s2f_core.load(folder.parent, data)
        assert (np.stack(model(list(inputs))) == outputs[mirror]).all()
    assert (outputs[True] != outputs[False]).any()


def _report() -> dict[str, Any]:
    keys = {"variant": "tones", "upscaler": "bicubic", "mirror": True, "kind": "pairs"}
    return keys | {"role": "faces", "background": "kept", "condition": "pencil", "classes": None}


def test_an_evaluation_says_whether_its_outputs_are_mirror_means() -> None:
    """An older one says nothing."""
    report = _report()
    assert parse_translation(report).mirror
    del report["mirror"]
    assert not parse_translation(report).mirror


def test_the_command_translates_to_mirror_means(
    data: Path, drawings: list[Pixels], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python does."""
    expected = _project(data, drawings[0], monkeypatch)
    translate_command("model", ["drawing.png"], "mean.png", mirror=True, seed=2)
    assert (np.asarray(Image.open("mean.png")) == expected).all()


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_an_exported_graph_can_have_the_mean_inside(
    data: Path,
    drawings: list[Pixels],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    precision: Precision,
) -> None:
    """In each precision; a file of weights alone cannot."""
    expected = _project(data, drawings[0], monkeypatch)
    export_command("model", Path("mean.onnx"), precision, mirror=True)
    assert "multiples of 4; gives the mirror mean" in capsys.readouterr().out
    exported = s2f_core.load("mean.onnx", data)(drawings[0], seed=2)
    difference = np.abs(exported.astype(int) - expected)
    assert difference.max() <= {"float32": 1, "float16": 2, "int8": 40}[precision]
    with pytest.raises(UserError, match=r"--mirror: mean\.pth holds weights only, .* a \.onnx"):
        export_command("model", Path("mean.pth"), mirror=True)


def _project(data: Path, drawing: Pixels, monkeypatch: pytest.MonkeyPatch) -> Pixels:
    """Go to a project with a model and a drawing; return the mirror mean for seed 2."""
    keys: dict[str, Any] = {"role": "faces", "generator": NOISY}
    mlflow_project.save_untrained(data, "model", **keys)
    (data / "data").symlink_to(data)
    monkeypatch.chdir(data)
    Image.fromarray(drawing).save("drawing.png")
    output: Pixels = s2f_core.load("model", data)(drawing, mirror=True, seed=2)
    return output


def test_a_turned_array_is_a_picture(data: Path, drawings: list[Pixels]) -> None:
    """A view with negative strides gives the output of its copy."""
    mlflow_project.save_untrained(data, "model", "mine", in_channels=3)
    model = s2f_core.load("model", data)
    turned = drawings[0][::-1, ::-1]
    assert (model(turned) == model(turned.copy())).all()
