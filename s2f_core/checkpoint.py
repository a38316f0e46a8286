"""Model files that describe themselves, and the state of an unfinished training."""

from __future__ import annotations

import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor, nn

from s2f_core.errors import UserError
from s2f_core.networks import Generator
from s2f_core.params import Section

FORMAT, VERSION = "s2f-generator", 2


class Description(Section):
    """What a model file says of its generator; enough to rebuild it and to feed it.

    ``role`` is null where nobody knows it, as in a file of others; ``classes`` where the generator
    was trained on all.
    """

    variant: str
    role: str | None = None
    condition: str
    background: str
    classes: tuple[str, ...] | None = None
    generator: Generator
    size: int
    width: int
    in_channels: int
    out_channels: int

    def build(self) -> nn.Module:
        """The generator, not yet with its weights."""
        return self.generator.build(self.size, self.width, self.in_channels, self.out_channels)


def save_model(path: Path, description: Description, weights: dict[str, Tensor]) -> None:
    """Write a generator as one file that ``torch.load(weights_only=True)`` reads."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "description": description.model_dump(mode="json"),
        "weights": weights,
    }
    save(path, content)


def load_model(path: Path) -> tuple[Description, nn.Module]:
    """Read a generator in eval mode; raises UserError for a missing, damaged or newer file."""
    content = load(path)
    if content.get("format") != FORMAT:
        raise UserError(f"{path} is not an s2f model (format {content.get('format')!r})")
    if content["version"] > VERSION:
        raise UserError(
            f"{path} has version {content['version']} of the model format; this s2f reads up to "
            f"{VERSION}: upgrade it"
        )
    try:
        description = TypeAdapter(Description).validate_python(content["description"])
        network = description.build()
        network.load_state_dict(content["weights"])
    except (ValidationError, KeyError, RuntimeError) as error:
        raise UserError(f"{path} is damaged: {error}") from None
    return description, network.eval()


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error}") from None
    finally:
        unfinished.unlink(missing_ok=True)


def load(path: Path) -> dict[str, Any]:
    """Read what :func:`save` wrote; runs no code of the file. Raises UserError."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile) as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"{path} is damaged: {said}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} does not hold what s2f writes")
    return content
