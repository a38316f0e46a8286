"""Generate the reference page of ``params.yaml``: every key with type, default and description."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from s2f_core.common.config import Section
from s2f_core.common.device import Precision
from s2f_core.common.entry_names import ALLOWED
from s2f_core.common.seeding import Seed
from s2f_core.data.background import Background
from s2f_core.data.conditions import Condition
from s2f_core.data.curation.curate import Curation
from s2f_core.data.datasets import Dataset, ImageSize
from s2f_core.data.selection import TranslationOptions, VariantData
from s2f_core.data.split import Split
from s2f_core.evaluation.human_gap import Gap
from s2f_core.training.edsr import SuperResolution
from s2f_core.training.variant import (
    LearningRate,
    MaxMinutes,
    MaxSteps,
    Variant,
    Width,
)

TAGS = ("type", "source", "model")  # the keys that choose a section of a union
SCALARS = {int: "integer", float: "number", str: "text", bool: "true or false", Path: "path"}
SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


class Parameters(Section):
    """The top level of ``params.yaml``."""

    seed: Seed = Field(description="Seed of weights, batches and noise.")
    image_size: ImageSize = Field(
        description="Side in pixels of photos, sketches and reported outputs."
    )
    lr: LearningRate = Field(description="Learning rate of the generators.")
    width: Width = Field(description="Channels of the first layer of every network (papers: 64).")
    max_steps: MaxSteps = Field(
        description="Most steps of a training; null trains the recipe's epochs."
    )
    max_minutes: MaxMinutes = Field(
        description="Most minutes of a training; the learning rates fall in that time."
    )
    precision: Precision = Field(
        description="Precision of a training; auto is bf16-mixed where the device supports it."
    )
    assets: list[str] = Field(description="Assets that the pipeline fetches.")
    data: dict[str, Dataset] = Field(description="Roles, and the source that each is bound to.")
    without_background: list[str] = Field(
        description="Roles whose photos get a second table, without the background."
    )
    background: Background = Field(description="Model that removes backgrounds.")
    conditions: dict[str, Condition] = Field(description="Conditions by name.")
    tables: dict[str, VariantData] = Field(
        description="Tables of inputs that the pipeline makes, of a role, background and condition."
    )
    curation: Curation = Field(description="Images that get no split.")
    split: Split = Field(description="Training, validation and test images.")
    gap: Gap = Field(description="Comparison of computed sketches with people's.")
    edsr: SuperResolution = Field(description="Training of the upscaler EDSR ×2.")
    defaults: dict[str, Any] = Field(
        description="What every variant has unless it says otherwise, merged key by key."
    )
    variants: dict[str, Variant] = Field(description="Variants by name.")
    translations: dict[str, dict[str, TranslationOptions]] = Field(
        description="Translations by name, below the variant that makes them."
    )


def page() -> str:
    """The page, in Markdown."""
    parts = [
        "# Parameters",
        (
            "Every key of `params.yaml`. An unknown key or a wrong value is an error that names "
            "the place and lists what is allowed. `dvc exp run -S KEY=VALUE` changes a key that "
            "the file has, `-S ++KEY=VALUE` any key. A key without a default is required."
        ),
        (
            "Names of roles, conditions, tables, variants, translations and studies have "
            f"{ALLOWED}; two names of a section do not differ in case only. A class can be any "
            "text. The file is YAML 1.2, as DVC writes it: `no`, `on` and dates are text, `true` "
            "and `5` need quotes to be text."
        ),
        "P1 to P5 are the [studies](../how-to/studies.md); other names with years are papers.",
    ]
    for path, section in sections():
        parts += [f"## {title(path, section)}", markdown(docstring(section)), table(section)]
    return "\n\n".join(part for part in parts if part) + "\n"


def sections(root: type[BaseModel] = Parameters) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section once, with the key it stands under; outer sections first."""
    titles: set[str] = set()
    waiting: list[tuple[str, type[BaseModel]]] = [("", root)]
    while waiting:
        path, section = waiting.pop(0)
        name = title(path, section)
        if name in titles:
            continue
        titles.add(name)
        yield path, section
        inner = [
            (key, nested)
            for key, field in section.model_fields.items()
            for nested in sections_in(field.annotation)
        ]
        waiting = inner + waiting


def sections_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The sections that an annotation allows, through unions and containers."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from sections_in(argument)


def title(path: str, section: type[BaseModel]) -> str:
    """The heading of a section, such as ``generator: unet``; one for a source, wherever it is."""
    names = tags(section)
    path = "data" if "source" in section.model_fields else path
    return f"{path}: {', '.join(names)}" if names else path or "Top level"


def tags(section: type[BaseModel]) -> tuple[str, ...]:
    """The names that choose the section in its union; none outside a union."""
    for key in TAGS:
        if key in section.model_fields:
            return tuple(map(str, get_args(section.model_fields[key].annotation)))
    return ()


def docstring(section: type[BaseModel]) -> str:
    """The docstring of a section; of a generic one, that of its origin."""
    origin = section.__pydantic_generic_metadata__["origin"] or section
    return origin.__doc__ or ""


def table(section: type[BaseModel]) -> str:
    """The keys of a section as a Markdown table; empty where it has none but its tag."""
    rows = [
        f"| `{key}` | {type_name(key, field.annotation)}{limits(field)} "
        f"| {default(field)} | {sentence(field.description or '')} |"
        for key, field in section.model_fields.items()
        if not (key in TAGS and get_origin(field.annotation) is Literal)
    ]
    return "\n".join(["| key | type | default | |", "|---|---|---|---|", *rows]) if rows else ""


def type_name(path: str, annotation: Any) -> str:
    """The type in words: ``integer or null``, ``list of text``, links to sections."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        fields = [rule for rule in arguments[1:] if isinstance(rule, FieldInfo)]
        return type_name(path, arguments[0]) + "".join(map(limits, fields))
    if origin in (Union, UnionType):
        names = [type_name(path, one) for one in arguments if one is not NoneType]
        if all(name.startswith("[") for name in names):
            names = [", ".join(names)]
        return " or ".join(dict.fromkeys([*names, *(["null"] if NoneType in arguments else [])]))
    if origin is Literal:
        return ", ".join(f"`{yaml_text(value)}`" for value in arguments)
    if origin in (tuple, list, dict):
        return container_name(path, origin, arguments)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        heading = title(path, annotation)
        return f"[{', '.join(tags(annotation)) or 'section'}](#{anchor(heading)})"
    return SCALARS.get(annotation, str(annotation))


def container_name(path: str, origin: Any, arguments: tuple[Any, ...]) -> str:
    """The type of a list, a tuple or a mapping in words."""
    if origin is dict and arguments[1] is Any:
        return "mapping"
    if origin is dict:
        return f"mapping of names to {type_name(path, arguments[1])}"
    inner = type_name(path, arguments[0])
    fixed = origin is tuple and Ellipsis not in arguments
    return f"{len(arguments)} × {inner}" if fixed else f"list of {inner}"


def limits(field: FieldInfo) -> str:
    """The limits of a number, such as ``, ≥ 0, < 1``."""
    rules = [
        f"{sign} {number(getattr(rule, name))}"
        for rule in field.metadata
        for name, sign in SIGNS.items()
        if getattr(rule, name, None) is not None
    ]
    return "".join(f", {limit}" for limit in rules)


def number(value: float) -> str:
    """A limit: ``0.5``, or ``1,000,000``."""
    return f"{int(value):,}" if value == int(value) else f"{value:g}"


def default(field: FieldInfo) -> str:
    """The default as YAML; empty where the key is required."""
    value = field.get_default(call_default_factory=True)
    return "" if value is PydanticUndefined else f"`{yaml_text(value)}`"


def yaml_text(value: Any) -> str:
    """A value as YAML on one line."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json", exclude_defaults=True)
    elif isinstance(value, tuple):
        value = list(value)
    elif isinstance(value, Path):
        value = str(value)
    text = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def anchor(heading: str) -> str:
    """The fragment that MkDocs gives a heading."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def sentence(text: str) -> str:
    """A description as a sentence of a cell; a value at its start, ``fixed: …``, keeps its case."""
    word = text.partition(" ")[0]
    start = text if word.endswith(":") else text[:1].upper() + text[1:]
    return cell(start if start.endswith((".", ")")) or not start else f"{start}.")


def cell(text: str) -> str:
    """Text of a table's cell; upright bars are escaped."""
    return markdown(text).replace("|", "\\|").replace("\n", " ")


def markdown(docstring: str) -> str:
    """A docstring in Markdown: no indentation, single backticks, no roles of Sphinx."""
    lines = docstring.strip().split("\n")
    text = "\n".join([lines[0], *(line.removeprefix("    ") for line in lines[1:])])
    text = re.sub(r":\w+:`~?\.?([^`]+)`", r"`\1`", text)
    return text.replace("``", "`")
