"""Variants: those of params.yaml and of the studies, and combinations that are refused."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from backbone_weights import write_narrow_assets
from clones import with_variants
from fixtures import MakeTable, modify
from pydantic import ValidationError

from s2f_core.common import study_variants
from s2f_core.common.config import merge, validate
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.common.yaml_file import file_version, read_yaml
from s2f_core.data.batches import Batch
from s2f_core.data.pairs import Pairs
from s2f_core.data.selection import (
    TranslatedVariant,
    TranslationOptions,
    VariantData,
    resolve_translations,
)
from s2f_core.training.objectives import Blueprint
from s2f_core.training.variant import Settings, Variant

PARAMS = Path(__file__).parents[2] / "params.yaml"
ADDED = study_variants.read(PARAMS.parent)
FILE = with_variants(read_yaml(PARAMS, file_version(PARAMS)), *ADDED)
STUDIES = yaml.safe_load(PARAMS.with_name("studies.yaml").read_text(encoding="utf-8"))["studies"]
MERGED = {name: merge(FILE["defaults"], own) for name, own in FILE["variants"].items()}
VARIANTS = validate(dict[str, TranslatedVariant], MERGED, "variants")
OPTIONS = validate(dict[str, dict[str, TranslationOptions]], FILE["translations"], "translations")
TRANSLATIONS = resolve_translations(VARIANTS, OPTIONS, FILE["gap"]["people"])
SIZES = {"points": 1, "grids": FILE["data"]["grids"]["size"]}  # the others have image_size


def _variant(name: str) -> Variant:
    variant: Variant = validate(Variant, MERGED[name], "variants", name)
    return variant


@pytest.mark.parametrize("name", FILE["variants"])
def test_a_variant_can_be_built(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sections are valid, and its networks fit the images of its role."""
    write_narrow_assets(tmp_path / "data" / "assets")
    monkeypatch.chdir(tmp_path)
    variant = _variant(name)
    size = round(SIZES.get(variant.data.role, FILE["image_size"]) * variant.scale)
    noise = FILE["conditions"]["noise"]["channels"]
    start = noise if variant.objective.takes == "vector" else 1
    end = 1 if variant.data.role == "doodles" else 3
    if variant.objective.one_domain:
        start = end
    blueprint = Blueprint(variant.generator, variant.discriminator, size, 4, (start, end))
    blueprint.make_generator("a-to-b")
    blueprint.make_discriminator(end)
    assert variant.study is None or variant.study in STUDIES


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_each_translation_fits_its_variant(name: str) -> None:
    """Only a CycleGAN runs b-to-a; pairs need image inputs, surfaces need noise."""
    translation = TRANSLATIONS[name]
    objective = _variant(translation.variant).objective
    assert translation.direction == "a-to-b" or objective.type == "cyclegan"
    fits = {"image": ("pairs", "samples"), "vector": ("samples", "surfaces")}
    assert translation.scores in fits[objective.takes]


@pytest.mark.parametrize("recipe", [{"best": "ssim"}, {"schedule": {"type": "plateau"}}], ids=str)
def test_noise_has_no_validation_scores(settings: Settings, recipe: dict[str, Any]) -> None:
    """The best checkpoint and the plateau schedule need pairs."""
    dcgan = {"generator": {"type": "dcgan"}, "objective": {"type": "unconditional"}}
    with pytest.raises(ValidationError, match="unconditional has no pairs to score"):
        modify(settings, {**dcgan, "recipe": {"best": "last", **recipe}})


def test_share_scales_max_steps(settings: Settings) -> None:
    """Half of 12 steps is 6; without a cap 10 epochs of 30 images in batches of 4 are 75."""
    assert settings.steps(30) == 12
    half = modify(settings, {"share": 0.5})
    assert half.steps(30) == 6
    assert half.model_copy(update={"max_steps": None}).steps(30) == 75


def test_a_variant_names_the_networks_that_its_losses_have_seen(settings: Settings) -> None:
    """Those of the discriminators, and of the perceptual loss unless its weight is 0."""
    projected = {"type": "projected", "backbone": {"name": "lpips-vgg"}}
    both = {"type": "several", "of": [{"type": "patchgan"}, projected]}
    for changes, names in (
        ({}, ()),
        ({"objective": {"type": "pix2pix", "perceptual": {"name": "lpips-alex"}}}, ()),
        ({"objective": {"type": "pix2pix", "lambda_perceptual": 1}}, ("efficientnet-lite0",)),
        ({"discriminator": both}, ("lpips-vgg",)),
        (
            {"discriminator": projected, "objective": {"type": "pix2pix", "lambda_perceptual": 1}},
            ("efficientnet-lite0", "lpips-vgg"),
        ),
    ):
        assert modify(settings, changes).variant.loss_networks == names


def test_smoothing_is_refused_for_losses_without_targets(settings: Settings) -> None:
    """Hinge and WGAN-GP have no targets to soften."""
    hinge = {"type": "pix2pix", "adversarial": "hinge"}
    with pytest.raises(ValidationError, match=r"recipe.smoothing \(0.1\) softens"):
        modify(settings, {"objective": hinge, "recipe": {"smoothing": 0.1}})


@pytest.mark.parametrize(
    ("generator", "objective", "message"),
    [
        ("dcgan", "pix2pix", "the dcgan generator takes a vector, pix2pix gives it an image"),
        ("unet", "unconditional", "the unet generator takes an image, unconditional gives"),
    ],
)
def test_generator_and_objective_must_take_the_same_inputs(
    settings: Settings, generator: str, objective: str, message: str
) -> None:
    """Noise for a U-Net and a sketch for a DCGAN are refused."""
    sections = {"generator": {"type": generator}, "objective": {"type": objective}}
    with pytest.raises(ValidationError, match=message):
        modify(settings, {**sections, "recipe": {"best": "last"}})


def test_condition_and_objective_must_take_the_same_inputs(
    settings: Settings, splits: dict[str, Pairs], noise_splits: dict[str, Pairs]
) -> None:
    """The tables show whether a condition gives images or vectors."""
    dcgan: dict[str, Any] = {
        "generator": {"type": "dcgan"},
        "discriminator": {"type": "dcgan"},
        "objective": {"type": "unconditional"},
        "recipe": {"best": "last"},
    }
    with pytest.raises(UserError, match="takes a vector, the condition 'pencil' is an image"):
        modify(settings, dcgan).blueprint(splits["train"])
    with pytest.raises(UserError, match="takes an image, the condition 'pencil' is a vector"):
        settings.blueprint(noise_splits["train"])


def test_identity_loss_turns_grey_into_rgb(settings: Settings, splits: dict[str, Pairs]) -> None:
    """An identity loss needs G(B), so A gets B's three channels."""
    assert settings.blueprint(splits["train"]).channels == (1, 3)
    identity = {"type": "pix2pix", "lambda_identity": 1}
    both = modify(settings, {"objective": identity}).blueprint(splits["train"])
    assert both.channels == (3, 3)
    batch = Batch.load(splits["train"].with_channels(both.channels), range(2))
    assert batch.a.shape == batch.b.shape
    assert (batch.a[:, 0] == batch.a[:, 2]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "unconditional"}, "unconditional takes none"),
        ({"type": "cyclegan"}, "cyclegan trains on unpaired A and B: leave canny out"),
    ],
)
def test_canny_augmentation_needs_pairs_of_images(
    settings: Settings, change: dict[str, Any], message: str
) -> None:
    """Noise has no lines, and an unpaired A cannot be computed from B."""
    generator = "dcgan" if change["type"] == "unconditional" else "unet"
    recipe = {"best": "last", "sketch": {"canny": {}}}
    sections = {"generator": {"type": generator}, "objective": change, "recipe": recipe}
    with pytest.raises(ValidationError, match=message):
        modify(settings, sections)
    assert modify(settings, {"recipe": recipe}).variant.recipe.sketch is not None


@pytest.fixture
def objects(tmp_path: Path, make_table: MakeTable, faces: Pixels) -> Path:
    """Images of three classes in turn, and grey inputs without a class."""
    classes = [("apple", "pizza", "tree")[row % 3] for row in range(40)]
    make_table("objects/kept", faces, **{"class": classes})
    make_table("objects/kept-edges", faces[..., :1].copy())
    rows = pd.DataFrame({"id": [f"{row:03d}" for row in range(40)], "split": "train"})
    rows.to_parquet(tmp_path / "objects" / "split.parquet")
    return tmp_path


def test_classes_selects_the_images(objects: Path) -> None:
    """A class in either table counts; null selects all images."""
    data = VariantData(role="objects", background="kept", condition="edges")
    assert len(data.pairs(objects, "train")) == 40
    two = VariantData.model_validate({**data.model_dump(), "classes": ["tree", "pizza"]})
    pairs = two.pairs(objects, "train")
    assert pairs.ids == [f"{row:03d}" for row in range(40) if row % 3]
    assert two.pairs(objects, "train", direction="b-to-a").ids == pairs.ids


def test_an_unknown_class_is_refused_and_the_known_ones_are_listed(objects: Path) -> None:
    """The list is the same for any unknown class."""
    data = VariantData(role="objects", background="kept", condition="edges", classes=("piza",))
    with pytest.raises(UserError, match=r"no class 'piza' \(allowed: apple, pizza, tree\)"):
        data.pairs(objects, "train")
    other = data.model_copy(update={"classes": ("zebra",)})
    with pytest.raises(UserError, match=r"allowed: apple, pizza, tree\)"):
        other.pairs(objects, "train")


def test_a_class_without_an_image_in_a_part_is_told_before_a_training(
    objects: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """None of the test images would be an error after it; one class of two, no word at all."""
    parts = ["train"] * 30 + ["val"] * 6 + ["test"] * 4  # the last four: apple, pizza, tree, apple
    rows = pd.DataFrame({"id": [f"{row:03d}" for row in range(40)], "split": parts})
    rows.loc[37, "split"] = "train"  # the only pizza among the four
    rows.to_parquet(objects / "objects" / "split.parquet")
    data = VariantData(role="objects", background="kept", condition="edges", classes=("pizza",))
    with pytest.raises(UserError, match=r"objects/kept-edges has no image of pizza in test: choos"):
        data.check_parts(objects)
    data.model_copy(update={"classes": ("pizza", "tree")}).check_parts(objects)
    assert caplog.messages == ["data.classes: pizza has no image in test"]


def test_merged_settings_equal_the_recorded_ones() -> None:
    """``variants.json`` records each variant with all its settings written out."""
    recorded = json.loads(Path(__file__).with_name("variants.json").read_text(encoding="utf-8"))
    for name, settings in recorded.items():
        merged = _variant(name).model_dump(mode="json")
        assert {key: merged[key] for key in settings} == settings


def test_translations_have_defaults_and_unique_names() -> None:
    """Outputs of a smaller variant are enlarged; a transfer uses people's drawings."""
    data = {"role": "faces", "background": "kept", "condition": "edges"}
    full = TranslatedVariant.model_validate({"data": data})
    plain = full.resolve("whole", {"plain": TranslationOptions()}, "people")["plain"]
    assert (plain.upscaler, plain.scores) == ("none", "pairs")
    half = TranslatedVariant.model_validate({"data": data, "scale": 0.5})
    far = TranslationOptions(upscaler="edsr")
    options = {"tried": TranslationOptions(transfer=True, scores="samples"), "far": far}
    translations = half.resolve("half", options, "people")
    assert [one.upscaler for one in translations.values()] == ["bicubic", "edsr"]
    assert str(translations["tried"].data) == "people/kept-given"
    variants = {"a": half, "b": half}
    message = "translations.b: 'far' is a translation of a already"
    with pytest.raises(UserError, match=re.escape(message)):
        resolve_translations(variants, {"a": options, "b": {"far": far}}, "people")
    with pytest.raises(UserError, match="only one of them has b"):
        resolve_translations(variants, {"a": options}, "people")
