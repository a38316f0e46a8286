"""Values for each key of each section of ``params.yaml``, and a small use of each section."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import cv2
import numpy as np
import pandas as pd
import torch
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from torch import nn

from s2f_core.common.images import Pixels
from s2f_core.data.background.fill import Blur, Colour
from s2f_core.data.conditions.formula import FormulaCondition
from s2f_core.data.sketch.augment import CannyRanges, SketchAugment
from s2f_core.data.split import Split, assign
from s2f_core.networks.discriminator_base import ConvolutionalSection
from s2f_core.networks.fc import FCDiscriminatorSection
from s2f_core.training.objectives.discriminator import AdversarialSection
from s2f_core.training.recipe import Recipe
from s2f_core.training.schedules import Policy

SIZE, WIDTH, LARGEST = 32, 2, 4096  # of what is used; a larger bound is not built

WRONG: list[Any] = [
    *(None, True, False, -1, 0, 1, 2 * 10**19, -(10**30), 0.5, -0.5, 1.5, 1e308, 5e-324),
    *(
        math.nan,
        math.inf,
        -math.inf,
        "",
        "no",
        "a b",
        "1e-4",
        "..",
        "a/b",
        "été",
        "${x}",
        "x" * 300,
    ),
    *([], [1], [0.5, 0.1], [None], ["a", "a"], [math.nan, 1], {}, {"a": 1}, {"type": "none"}),
]
REQUIRED: dict[str, Any] = {  # of keys without a default, which are no tags
    "path": "data/assets",
    "role": "faces",
    "background": "kept",
    "condition": "pencil",
    "conditions": ["pencil"],
    "people": "drawn",
    "format": "points",
    "sketch": {},
    "a": "real",
    "b": "sketch",
    "of": [{"type": "patchgan"}],
}
SOURCE = {"source": "celeba-1k", "path": "data/assets/a"}
VARIANT = {
    "data": {key: REQUIRED[key] for key in ("role", "background", "condition")},
    "generator": {"type": "unet"},
    "discriminator": {"type": "patchgan"},
    "objective": {"type": "pix2pix"},
    "recipe": {"epochs": 1},
}


def valid_values(section: type[BaseModel]) -> dict[str, Any]:
    """The required keys of a section with right values."""
    special: dict[str, dict[str, Any]] = {
        "Variant": VARIANT,
        "Domains": {"source": "domains", "path": "data/assets", "a": SOURCE, "b": SOURCE},
        "Recipe": {"epochs": 1},
        "Mixture": {"type": "mixture", "of": [{"type": "drawing"}]},
    }
    if (name := section.__name__.partition("[")[0]) in special:
        return copy.deepcopy(special[name])
    values = {}
    for key, field in section.model_fields.items():
        tag = get_args(field.annotation)[0] if get_origin(field.annotation) is Literal else None
        if field.is_required():
            values[key] = tag if key in ("type", "source", "model") else REQUIRED[key]
    return values


def limits(annotation: Any, rules: tuple[Any, ...] = ()) -> Iterator[float]:
    """The bounds within an annotation, the least and the largest value that they allow."""
    if get_origin(annotation) is Annotated:
        kind, *own = get_args(annotation)
        inner = [rule for each in own for rule in getattr(each, "metadata", [each])]
        yield from limits(kind, (*rules, *inner))
        return
    if annotation in {int, float}:
        for rule in rules:
            for name, step in (("ge", 0), ("le", 0), ("gt", 1), ("lt", -1)):
                if (bound := getattr(rule, name, None)) is not None:
                    number = annotation(bound)
                    nearest = math.nextafter(number, step * math.inf) if step else number
                    yield number + step if annotation is int else nearest
    for argument in get_args(annotation):
        yield from limits(argument, rules)


def values_of(field: FieldInfo) -> list[Any]:
    """Wrong values of every type, and the bounds of a number alone and as a range."""
    bounds = list(dict.fromkeys(limits(field.annotation, tuple(field.metadata))))
    return [*WRONG, *bounds, *([bound, bound] for bound in bounds)]


def is_small(value: Any) -> bool:
    """Whether a use of the value takes no time and no memory."""
    if isinstance(value, (list, tuple)):
        return all(map(is_small, value))
    return not isinstance(value, int) or value <= LARGEST


def _photo(channels: int = 3) -> Pixels:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (SIZE, SIZE, channels), dtype=np.uint8)


def _drawing() -> Pixels:
    drawing = np.full((SIZE, SIZE, 1), 255, np.uint8)
    cv2.line(drawing, (2, 3), (25, 20), 0, 2)
    return drawing


def _run(network: nn.Module, *shape: int) -> None:
    with torch.no_grad():
        outputs = network.eval()(torch.zeros(2, *shape))
    last = outputs[-1] if isinstance(outputs, (list, tuple)) else outputs
    assert torch.isfinite(last).all()


def _generate(section: Any) -> None:
    takes_image = section.takes == "image"
    size = 1 if section.type == "fc" else SIZE
    channels = 3 if takes_image else 8
    network = section.build(size, WIDTH, channels, 3)
    _run(network, channels, *((size, size) if takes_image else (1, 1)))


def _discriminate(section: Any) -> None:
    size = 1 if isinstance(section, FCDiscriminatorSection) else SIZE
    _run(section.build(size, WIDTH, 0, 3), 3, size, size)


def _schedule(section: Policy) -> None:
    assert all(math.isfinite(section.factor(progress)) for progress in (0, 0.3, 0.999))
    history = [{"d_real": 1.0, "d_fake": 1.0, "g_adversarial": 1.0}] * 30
    scores = [{"pixel_difference": 0.5}] * 8
    assert math.isfinite(section.feedback_factor(history, scores))


def _recipe(recipe: Recipe) -> None:
    assert recipe.steps(100, None) >= 1
    for step in (0, 1, 2, 1000):
        turn = recipe.turn(step, step / 1001)
        assert math.isfinite(turn.noise)
    weight = nn.Parameter(torch.ones(3))
    optimizer = recipe.optimizer([weight], 1e-3 * recipe.lr_ratio * recipe.lr_d_ratio)
    weight.grad = torch.ones(3)
    optimizer.step()


def _split(split: Split) -> None:
    rows = pd.DataFrame({"id": list("abc"), "group": None, "sha256": list("xyz"), "rejected": None})
    assert set(assign(rows, split)["split"]) <= {"train", "val", "test"}


def _fill(section: Any) -> None:
    alpha = _photo(1)
    result = section.render(_photo(), alpha)
    assert np.isfinite(result).all()


def _augment(section: SketchAugment) -> None:
    changed = section.augment(_drawing(), _photo(), np.random.default_rng(0))
    assert changed.shape == (SIZE, SIZE, 1)


def _apply(section: FormulaCondition) -> None:
    assert section.apply(_photo()).dtype == np.uint8


USES: list[tuple[type | tuple[type, ...], Callable[[Any], object]]] = [
    (FormulaCondition, _apply),
    (CannyRanges, lambda section: section.draw_edges(_photo(), np.random.default_rng(0))),
    (SketchAugment, _augment),
    ((Colour, Blur), _fill),
    (Split, _split),
    (Policy, _schedule),
    (Recipe, _recipe),
    ((ConvolutionalSection, FCDiscriminatorSection), _discriminate),
]


def use(section: object) -> None:
    """Do with a section what a stage does, in milliseconds; nothing where that takes weights."""
    for kind, function in USES:
        if isinstance(section, kind):
            function(section)
            return
    if (
        hasattr(section, "takes")
        and hasattr(section, "build")
        and not isinstance(section, AdversarialSection)
    ):
        _generate(section)
