"""From a model file and tables to a table of outputs: both directions, noise, errors."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from fixtures import MakeTable

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.selection import Translation, VariantData
from s2f_core.evaluation.translate import translate_split
from s2f_core.networks.checkpoint import Description, load_model, save_model
from s2f_core.networks.generate import generate

TRAIN, TEST = [f"{row:03d}" for row in range(30)], [f"{row:03d}" for row in range(30, 40)]
UNET = {"type": "unet", "norm": "instance"}
PENCIL = VariantData(role="faces", background="kept", condition="pencil")
NOISE = VariantData(role="faces", background="kept", condition="noise")


@pytest.fixture
def data(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """The tables of a role, as the stages write them, with sketches and with noise."""
    root = tmp_path / "data"
    grey = faces.mean(axis=3, keepdims=True).astype(np.uint8)
    noise = np.random.default_rng(0).integers(0, 256, (40, 1, 1, 8)).astype(np.uint8)
    make_table("data/faces/kept", faces)
    make_table("data/faces/kept-pencil", grey)
    make_table("data/faces/kept-noise", noise)
    rows = pd.DataFrame({"id": TRAIN + TEST, "split": ["train"] * 30 + ["test"] * 10})
    rows.to_parquet(root / "faces" / "split.parquet")
    return root


def _model(path: Path, generator: dict[str, Any], channels: tuple[int, int], **other: Any) -> Path:
    description = Description.model_validate(
        {
            "variant": "tiny",
            "condition": "pencil",
            "background": "kept",
            "generator": generator,
            "size": 32,
            "width": 4,
            "in_channels": channels[0],
            "out_channels": channels[1],
            "direction": "a-to-b",
            "drawn_at": 32,
            "versions": {"s2f": "0", "torch": "0"},
            **other,
        }
    )
    torch.manual_seed(1)
    save_model(path, description, description.build().state_dict())
    return path


def test_the_test_split_is_translated(data: Path, tmp_path: Path) -> None:
    """Ten colour images have the targets' size and ids; a second run writes the same."""
    model = _model(tmp_path / "a-to-b.pt", UNET, (1, 3))
    translation = Translation(variant="tiny", data=PENCIL)
    table = translate_split(model, translation, data, tmp_path / "out")
    assert table.accepted["id"].tolist() == TEST
    assert table.shape == (32, 32, 3)
    second = translate_split(model, translation, data, tmp_path / "again")
    assert (second.images(range(10)) == table.images(range(10))).all()


def test_split_val_translates_validation_images(data: Path, tmp_path: Path) -> None:
    """Settings are compared without test images."""
    file = data / "faces" / "split.parquet"
    rows = pd.read_parquet(file)
    rows.loc[:3, "split"] = "val"
    rows.to_parquet(file)
    model = _model(tmp_path / "a-to-b.pt", UNET, (1, 3))
    translation = Translation(variant="tiny", data=PENCIL, split="val")
    assert (
        translate_split(model, translation, data, tmp_path / "out").accepted["id"].tolist()
        == TRAIN[:4]
    )


def test_the_other_direction_starts_from_the_photos(data: Path, tmp_path: Path) -> None:
    """Photos with three channels become sketches with one."""
    model = _model(tmp_path / "b-to-a.pt", UNET, (3, 1))
    translation = Translation(variant="tiny", data=PENCIL, direction="b-to-a")
    assert translate_split(model, translation, data, tmp_path / "out").shape == (32, 32, 1)


def test_grey_inputs_are_repeated_for_a_colour_network(data: Path, tmp_path: Path) -> None:
    """A CycleGAN of one domain takes three channels from either side."""
    model = _model(tmp_path / "model.pt", UNET, (3, 3))
    for direction in ("a-to-b", "b-to-a"):
        translation = Translation(variant="tiny", data=PENCIL, direction=direction)
        assert translate_split(model, translation, data, tmp_path / direction).shape == (32, 32, 3)


def test_each_noise_vector_becomes_an_image(data: Path, tmp_path: Path) -> None:
    """Ten vectors of eight numbers give ten different images."""
    model = _model(tmp_path / "model.pt", {"type": "dcgan"}, (8, 3), condition="noise")
    translation = Translation(variant="tiny", data=NOISE, scores="samples")
    table = translate_split(model, translation, data, tmp_path / "out")
    assert table.shape == (32, 32, 3)
    assert len({image.tobytes() for image in table.images(range(10))}) == 10


def test_generators_with_noise_are_reproducible(data: Path, tmp_path: Path) -> None:
    """Earlier random numbers do not matter."""
    model = _model(tmp_path / "model.pt", {**UNET, "noise": "input"}, (1, 3))
    translation = Translation(variant="tiny", data=PENCIL)
    first = translate_split(model, translation, data, tmp_path / "first").images(range(10))
    torch.rand(7)
    assert (
        translate_split(model, translation, data, tmp_path / "second").images(range(10)) == first
    ).all()


def test_a_half_size_model_is_upscaled(data: Path, tmp_path: Path) -> None:
    """Bicubic enlarges 16 px to 32 px; without an upscaler there is an error."""
    model = _model(tmp_path / "model.pt", UNET, (1, 3), size=16)
    translation = Translation(variant="tiny", data=PENCIL, upscaler="bicubic")
    assert translate_split(model, translation, data, tmp_path / "out").shape == (32, 32, 3)
    plain = Translation(variant="tiny", data=PENCIL)
    with pytest.raises(UserError, match=r"generates images of 16 px.*other than 'none'"):
        translate_split(model, plain, data, tmp_path / "none")
    sr = Translation(variant="tiny", data=PENCIL, upscaler="dat-x2")
    with pytest.raises(UserError, match=r"dat-x2\.pth cannot be loaded"):
        translate_split(model, sr, data, tmp_path / "none")


def test_a_model_of_other_data_is_refused(data: Path, tmp_path: Path) -> None:
    """Pencil models refuse edges, and models of grey inputs refuse photos."""
    model = _model(tmp_path / "model.pt", UNET, (1, 3))
    edges = PENCIL.model_copy(update={"condition": "edges"})
    trained = r"was trained on faces/kept-pencil, but variants.tiny.data is faces/kept-edges: train"
    with pytest.raises(UserError, match=trained):
        translate_split(model, Translation(variant="tiny", data=edges), data, tmp_path / "out")
    back = Translation(variant="tiny", data=PENCIL, direction="b-to-a")
    with pytest.raises(UserError, match=r"takes 1 channels, .*kept has 3"):
        translate_split(model, back, data, tmp_path / "out")


def test_known_roles_and_classes_are_compared(data: Path, tmp_path: Path) -> None:
    """Of other images than the model's it is refused; a file of others does not say."""
    translation = Translation(variant="tiny", data=PENCIL)
    other = _model(tmp_path / "other.pt", UNET, (1, 3), role="cats")
    with pytest.raises(UserError, match="was trained on cats/kept-pencil, but"):
        translate_split(other, translation, data, tmp_path / "out")
    some = _model(tmp_path / "some.pt", UNET, (1, 3), role="faces", classes=["old"])
    with pytest.raises(UserError, match=r"trained on faces/kept-pencil \(old\), but"):
        translate_split(some, translation, data, tmp_path / "out")
    unknown = _model(tmp_path / "unknown.pt", UNET, (1, 3))
    translate_split(unknown, translation, data, tmp_path / "out")


def test_a_transfer_allows_other_data(data: Path, tmp_path: Path) -> None:
    """An edges model runs on grey pictures; a colour model repeats the grey."""
    for channels in (1, 3):
        model = _model(tmp_path / "m.pt", UNET, (channels, 3), role="cats", condition="edges")
        translation = Translation(variant="tiny", data=PENCIL, transfer=True)
        assert translate_split(model, translation, data, tmp_path / "out").shape == (32, 32, 3)
    noise = Translation(variant="tiny", data=NOISE, transfer=True, scores="samples")
    with pytest.raises(UserError, match=r"takes images, .*kept-noise has none"):
        translate_split(model, noise, data, tmp_path / "none")


def test_mirror_averages_over_the_mirrored_inputs(data: Path, tmp_path: Path) -> None:
    """Within the rounding of 8 bits; a training without flips is named with the key."""
    model = _model(tmp_path / "model.pt", UNET, (1, 3), flip=True)
    plain = Translation(variant="tiny", data=PENCIL)
    mean = plain.model_copy(update={"mirror": True})
    outputs = translate_split(model, mean, data, tmp_path / "mean").images(range(10))
    _, generator = load_model(model)
    pairs = PENCIL.pairs(data, "test")
    back = generate(generator, [pairs.a(range(10)).flip(-1)])[:, :, ::-1]
    straight = translate_split(model, plain, data, tmp_path / "plain").images(range(10))
    assert np.abs(outputs - (straight.astype(float) + back) / 2).max() <= 1
    assert (outputs != straight).any()
    unflipped = _model(tmp_path / "unflipped.pt", UNET, (1, 3), flip=False)
    with pytest.raises(UserError, match=r"^translations\.tiny: mirror: tiny was trained without"):
        translate_split(unflipped, mean, data, tmp_path / "no")
