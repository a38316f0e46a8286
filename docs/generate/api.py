"""Generate the reference page of the Python interface, which mkdocstrings fills."""

from __future__ import annotations

USE = (
    "s2f_core.load",
    "s2f_core.inference.model.Model",
    "s2f_core.inference.options.Options",
    "s2f_core.inference.onnx_session.Session",
    "s2f_core.common.errors.UserError",
)
EXTEND = (
    "s2f_core.common.config.Section",
    "s2f_core.data.conditions.formula.FormulaCondition",
    "s2f_core.data.conditions.per_photo.PhotoCondition",
    "s2f_core.networks.discriminator_base.ConvolutionalSection",
    "s2f_core.training.objectives.base",
    "s2f_core.training.objectives.discriminator",
    "s2f_core.training.objectives.losses",
    "s2f_core.metrics.types",
)


def page() -> str:
    """The page, in Markdown."""
    parts = ["# Python", "## Use a model", *map(entry, USE)]
    parts += [
        "## Extend",
        "The base classes of what [Extend](../how-to/extend.md) adds.",
        *map(entry, EXTEND),
    ]
    return "\n\n".join(parts) + "\n"


def entry(name: str) -> str:
    """The directive of mkdocstrings for an object or a module."""
    return f"::: {name}"
