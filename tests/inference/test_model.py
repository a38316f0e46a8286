"""``s2f_core.load``: by every name, of every kind of generator, with every picture people have."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import mlflow_project
import numpy as np
import pytest
import torch
from fixtures import MakeTable
from PIL import Image

import s2f_core
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize
from s2f_core.data.conditions.pencil import Pencil
from s2f_core.data.selection import VariantData
from s2f_core.data.tables import read
from s2f_core.inference.onnx_export import export
from s2f_core.networks.checkpoint import FORMAT, VERSION, load_model
from s2f_core.networks.edsr import EDSRSection
from s2f_core.networks.upscalers.edsr import EDSR_FILE, save_model
from s2f_core.tracking.log_evaluation import log_evaluation
from s2f_core.tracking.pyfunc import pack

client = mlflow_project.client
PENCIL = {"type": "pencil", "blur": 5}
LINES: dict[str, Any] = {
    "direction": "a-to-b",
    "drawn_at": 32,
    "drawing": PENCIL,
    "lines": {"paper": "white", "ink": 0.1, "stroke_width": 4.0},
    "versions": {"s2f": "0", "torch": "0"},
}
NOISE = {"generator": {"type": "dcgan"}, "in_channels": 8, "size": 32}
UNET = {"type": "unet", "norm": "instance"}
CELEBA = {"source": "celeba-1k", "path": "data/assets/celeba-1k", "limit": None}


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """Tables, and models that take drawings, photos and noise."""
    root = tmp_path / "data"
    mlflow_project.write_tables(root, make_table, faces)
    mlflow_project.save_untrained(root, "tiny", **LINES)
    mlflow_project.save_untrained(root, "imported", lines=LINES["lines"])
    mlflow_project.save_untrained(root, "noise", "noise", **NOISE)
    mlflow_project.save_untrained(root, "noisy", generator={**UNET, "noise": "input"}, **LINES)
    mlflow_project.save_untrained(root, "pose", "pose", in_channels=3, **{**LINES, "lines": None})
    return root


def _sketch(side: int = 40) -> Pixels:
    page = np.full((side, side, 3), 255, np.uint8)
    page[side // 4 : side // 2, side // 4 : side // 4 + 2] = 0
    return page


def test_a_model_loads_by_name_file_and_folder(data: Path, tmp_path: Path) -> None:
    """A variant's name, its file, its folder and an exported file give equal outputs."""
    folder = data / "models" / "tiny"
    onnx = tmp_path / "tiny.onnx"
    export(folder / "a-to-b.pt", onnx)
    outputs = [
        s2f_core.load(name, data)(_sketch())
        for name in ("tiny", folder / "a-to-b.pt", str(folder), onnx)
    ]
    assert all(np.abs(each.astype(int) - outputs[0]).max() <= 1 for each in outputs)
    assert outputs[0].shape == (16, 16, 3)


def test_an_unknown_model_lists_the_known_ones(data: Path) -> None:
    """And all that is allowed."""
    with pytest.raises(UserError, match=r"no model 'tinny' \(allowed: ") as error:
        s2f_core.load("tinny", data)
    for message in (
        "models:/NAME/VERSION",
        ".onnx",
        ".pt",
        "folder",
        "imported, noise, noisy, pose, tiny",
    ):
        assert message in str(error.value)
    with pytest.raises(UserError, match=r"no model 'gone\.pt'"):
        s2f_core.load("gone.pt", data)
    with pytest.raises(UserError, match="is no model: it has neither"):
        s2f_core.load(data / "models", data)
    with pytest.raises(UserError, match="none: train one"):
        s2f_core.load("x", data / "nowhere")


def test_a_registered_translation_uses_its_own_upscaler(client: Any, data: Path) -> None:
    """It equals the evaluated output; a run's file is the generator alone."""
    mlflow_project.save_untrained(data, "plain")
    translation = mlflow_project.write_evaluation(data, "plain", "plain")
    log_evaluation("plain", "plain", data, CELEBA)
    (version,) = client.search_model_versions("name = 'plain'")
    client.log_artifact(version.run_id, str(data / "models/plain/a-to-b.pt"), "model")
    pairs = translation.data.pairs(data, "test")
    inputs = pairs.inputs.images(pairs.inputs.positions(pairs.ids))
    expected = read(data / "translations" / "plain" / "plain").images(range(10))
    model = s2f_core.load("models:/plain/1")
    outputs = model(list(inputs), pen=False)
    assert np.stack(outputs).shape == expected.shape
    assert model.description.variant == "plain"
    run = s2f_core.load(f"runs:/{version.run_id}/model/a-to-b.pt")
    assert run(inputs[0]).shape == (16, 16, 3)
    with pytest.raises(UserError, match="cannot download models:/none/1: MLflow at"):
        s2f_core.load("models:/none/1")


def test_a_packed_translation_equals_the_evaluation(data: Path, tmp_path: Path) -> None:
    """Its folder, as MLflow keeps it, of a model that takes pictures as they are."""
    translation = mlflow_project.write_evaluation(
        data, "posed", "pose", condition="pencil", transfer=True
    )
    pack(tmp_path / "kept" / "data", translation, translation.data.pairs(data, "test"), data)
    pairs = translation.data.pairs(data, "test")
    inputs = pairs.inputs.images(pairs.inputs.positions(pairs.ids))
    outputs = np.stack(s2f_core.load(tmp_path / "kept", data)(list(inputs)))
    assert (outputs == read(data / "translations" / "pose" / "posed").images(range(10))).all()


def test_the_output_has_the_type_of_the_input(data: Path, tmp_path: Path) -> None:
    """An array gives an array, a path or PIL image a PIL image, a list a list."""
    model, page = s2f_core.load("tiny", data), _sketch()
    Image.fromarray(page).save(tmp_path / "page.png")
    expected = model(page)
    for picture in (str(tmp_path / "page.png"), tmp_path / "page.png", Image.fromarray(page)):
        output = model(picture)
        assert isinstance(output, Image.Image)
        assert (np.asarray(output) == expected).all()
    alpha = np.dstack([np.zeros_like(page), 255 - page[..., :1]])
    several = model([page, page[..., 0], page[..., :1], alpha])
    assert all((each == expected).all() for each in several)
    for wrong in (5, b"png", [None]):
        with pytest.raises(UserError, match=r"is no picture \(allowed: path, PIL image"):
            model(wrong)  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"float64 \[4, 4\] is no picture \(allowed: uint8"):
        model(np.zeros((4, 4)))  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"gone\.png cannot be read"):
        model("gone.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(UserError, match=r"broken\.png: a text file"):
        model(tmp_path / "broken.png")


def test_an_output_has_the_shape_of_its_drawing(data: Path) -> None:
    """Half as wide as high; the whole square where it is asked for, or another fit."""
    model, page = s2f_core.load("tiny", data), _sketch()[:, :20]
    assert model(page).shape == (16, 8, 3)
    assert model(page, cut=False).shape == (16, 16, 3)
    assert model(page, fit="crop").shape == (16, 16, 3)
    assert model(page, upscale=4).shape == (64, 32, 3)


def test_a_photo_is_conditioned_as_in_training(data: Path, faces: Pixels) -> None:
    """The condition has the file's parameters and the tables' size."""
    model = s2f_core.load("tiny", data)
    large = resize(faces[0], 96)
    sketch = Pencil(type="pencil", blur=5).apply(resize(large, 32))
    assert (model(large, from_photo=True) == model(sketch, pen=False)).all()
    imported = s2f_core.load("imported", data)
    assert imported(large, from_photo=True).shape == (16, 16, 3)


def test_missing_needs_of_a_photo_are_named(data: Path, faces: Pixels) -> None:
    """Missing weights; a condition that is not made of photos."""
    hed = {**LINES, "drawing": {"type": "hed"}}
    mlflow_project.save_untrained(data, "hed", "hed", **hed)
    with pytest.raises(UserError, match="s2f fetch hed"):
        s2f_core.load("hed", data)(faces[0], from_photo=True)
    bare = {**LINES, "matting": {"model": "u2netp"}, "background": "removed"}
    mlflow_project.save_untrained(data, "bare", **bare)
    with pytest.raises(UserError, match="s2f fetch u2netp"):
        s2f_core.load("bare", data)(faces[0], from_photo=True)
    mlflow_project.save_untrained(data, "given", "given", **{**LINES, "drawing": {"type": "given"}})
    with pytest.raises(UserError, match="'given', were not made of photos"):
        s2f_core.load("given", data)(faces[0], from_photo=True)
    mlflow_project.save_untrained(data, "unknown", "mine")
    with pytest.raises(UserError, match="does not say how the condition of its images was made"):
        s2f_core.load("unknown", data)(faces[0], from_photo=True)


def test_the_reverse_direction_takes_photos(data: Path, faces: Pixels) -> None:
    """They are cropped; the network has three input channels."""
    mlflow_project.save_untrained(
        data, "back", in_channels=3, out_channels=1, **{**LINES, "direction": "b-to-a"}
    )
    output = s2f_core.load("back", data)(faces[0][:, :16])
    assert output.shape == (16, 16, 1)


def test_a_noise_model_makes_samples(data: Path) -> None:
    """Samples differ and depend on the seed; an image is refused."""
    model = s2f_core.load("noise", data)
    first, second, other = (model(samples=3, seed=seed) for seed in (1, 1, 2))
    assert [image.size for image in first] == [(32, 32)] * 3
    assert [image.tobytes() for image in first] == [image.tobytes() for image in second]
    everything = {image.tobytes() for image in [*first, *other]}
    assert len(everything) == 6
    assert model(seed=1).tobytes() == first[0].tobytes()
    with pytest.raises(UserError, match="makes images from noise: pass samples"):
        model(_sketch())
    with pytest.raises(UserError, match="makes images from images: pass one"):
        s2f_core.load("tiny", data)()


def test_a_noisy_model_makes_several_samples_of_an_image(data: Path, tmp_path: Path) -> None:
    """They do not depend on other images; the exported file gives the same."""
    model, page = s2f_core.load("noisy", data), _sketch()
    state = torch.random.get_rng_state()
    samples = model(page, samples=3)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert len({image.tobytes() for image in samples}) == 3
    assert (model([page[::-1], page])[1] == samples[0]).all()
    assert (model(page, seed=2) == samples[2]).all()
    export(data / "models" / "noisy" / "a-to-b.pt", tmp_path / "noisy.onnx")
    exported = s2f_core.load(tmp_path / "noisy.onnx", data)(page, samples=3)
    assert np.abs(np.stack(exported).astype(int) - np.stack(samples)).max() <= 1
    with pytest.raises(UserError, match="draws no noise, so all 2 samples of an image would be"):
        s2f_core.load("tiny", data)(page, samples=2)


def test_outputs_are_enlarged_by_the_best_upscaler_available(data: Path) -> None:
    """Bicubic, or EDSR once it is trained, once or twice."""
    model, page = s2f_core.load("tiny", data), _sketch()
    plain = model(page, upscale=2)
    assert (plain == model(page, upscale=2, upscaler="bicubic")).all()
    section = EDSRSection(blocks=1, channels=4)
    save_model(data / EDSR_FILE, section, section.build().state_dict(), self_ensemble=False)
    for factor in (2, 4):
        best = model(page, upscale=factor)
        assert best.shape == (16 * factor, 16 * factor, 3)
        assert (best == model(page, upscale=factor, upscaler="edsr")).all()
    assert (model(page, upscale=2) != plain).any()
    (data / EDSR_FILE).unlink()
    with pytest.raises(UserError, match="dvc repro upscaler"):
        model(page, upscale=2, upscaler="edsr")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"upscale": 3}, r"upscale: 3 is not possible \(allowed: 2, 4\)"),
        ({"upscaler": "x"}, r"allowed: auto, bicubic, edsr, dat-x2"),
        ({"fit": "x"}, r"allowed: pad, crop, stretch"),
        ({"samples": 0}, "samples: 0"),
        ({"size": 3}, r"'size' \(known: seed, from_photo"),
    ],
)
def test_an_invalid_option_lists_the_allowed_values(
    data: Path, options: dict[str, Any], message: str
) -> None:
    """The error comes before any computation."""
    with pytest.raises(UserError, match=message):
        s2f_core.load("tiny", data)(_sketch(), **options)


@pytest.mark.parametrize("version", [None, "1", 0, 2, 3, True])
def test_a_file_of_another_version_is_refused(tmp_path: Path, version: object) -> None:
    """The message has the supported version."""
    torch.save({"format": FORMAT, "version": version}, tmp_path / "odd.pt")
    with pytest.raises(UserError, match=r"has version .* this s2f reads version 1: train, import"):
        load_model(tmp_path / "odd.pt")


def test_a_file_without_a_description_is_refused(tmp_path: Path) -> None:
    """Its version is right."""
    torch.save({"format": FORMAT, "version": VERSION, "description": 3}, tmp_path / "odd.pt")
    with pytest.raises(UserError, match="is damaged"):
        load_model(tmp_path / "odd.pt")


def test_importing_s2f_core_does_not_import_torch() -> None:
    """No torch before a model is loaded."""
    code = "import s2f_core, sys; s2f_core.load; print('torch' in sys.modules)"
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_outputs_equal_the_evaluation(data: Path) -> None:
    """To the byte, tones of the table given one by one to a model that has no paper to look for."""
    mlflow_project.write_evaluation(data, "tones", "imported")
    pairs = VariantData(role="faces", background="kept", condition="pencil").pairs(data, "test")
    inputs = pairs.inputs.images(pairs.inputs.positions(pairs.ids))
    mlflow_project.save_untrained(data, "as-is", "mine")
    model = s2f_core.load("as-is", data)
    enlarged = [model(each, upscale=2, upscaler="bicubic") for each in inputs]
    assert (
        np.stack(enlarged) == read(data / "translations" / "imported" / "tones").images(range(10))
    ).all()
