"""Model files that describe themselves, and the state of an unfinished training."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import Field, JsonValue, TypeAdapter
from torch import Tensor, nn

from s2f_core.common.atomic import atomic_write
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError
from s2f_core.data.selection import Direction
from s2f_core.data.sketch.strokes import LineStatistics
from s2f_core.networks import Generator

FORMAT, VERSION = "s2f-generator", 3

Told = dict[str, JsonValue]
Count = Annotated[int, Field(ge=1, le=2**16)]  # pixels a side, or channels


class Description(Section):
    """What a model file says of its generator; enough to rebuild it and to feed it.

    ``role`` is null where nobody knows it, as in a file of others; ``classes`` where the generator
    was trained on all. What follows ``out_channels`` came with version 3 of the format and is null
    in older files. It says how the data were made, ``drawing`` and ``matting`` being the sections
    of the condition and of the removed background as params.yaml had them, ``source`` that of the
    role without its paths; ``drawn_at``, the tables' side in pixels, at which the condition was
    made; ``lines``, what the drawings were like, null where they are none. Then the training:
    ``steps``, the number of ``images`` that it saw one of, and the ``scores`` of the validation
    that the weights were kept for. Nothing in it differs between two trainings of one seed.
    """

    variant: str
    role: str | None = None
    condition: str
    background: str
    classes: tuple[str, ...] | None = None
    generator: Generator
    size: Count
    width: Count
    in_channels: Count
    out_channels: Count
    direction: Direction | None = None
    drawn_at: Count | None = None
    drawing: Told | None = None
    matting: Told | None = None
    source: Told | None = None
    licence: str | None = None
    lines: LineStatistics | None = None
    parameters: int | None = None
    steps: int | None = None
    images: int | None = None
    scores: dict[str, float] | None = None
    versions: dict[str, str] | None = None

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
    version = content.get("version")
    if not isinstance(version, int) or version < 1:
        raise UserError(f"{path} is damaged: its version of the model format is {version!r}")
    if version > VERSION:
        raise UserError(
            f"{path} has version {version} of the model format; this s2f reads up to {VERSION}: "
            "upgrade it"
        )
    try:
        description = TypeAdapter(Description).validate_python(content["description"])
        _check(description, content["weights"], path.stat().st_size)
        network = description.build()
        network.load_state_dict(content["weights"])
    except Exception as error:  # a description can ask for what torch refuses in many ways
        raise UserError(f"{path} is damaged: {error}") from None
    return description, network.eval()


def _check(description: Description, weights: dict[str, Tensor], size: int) -> None:
    """Raise ValueError unless the weights are the network's, and no more than a file of ``size``.

    Before the network is built, whose memory the file's word alone would decide.
    """
    held = sum(weight.numel() * weight.element_size() for weight in weights.values())
    if held > size:
        raise ValueError(f"weights of {held:,} bytes in a file of {size:,}")
    with torch.device("meta"):
        expected = description.build().state_dict()
    for name, wanted in expected.items():
        if name not in weights or weights[name].shape != wanted.shape:
            found = list(weights[name].shape) if name in weights else "missing"
            raise ValueError(f"{name} is {found}, not {list(wanted.shape)}")


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values; the file appears whole or not at all."""
    try:
        with atomic_write(path) as unfinished, unfinished.open("wb") as file:
            torch.save(content, file)
    except (OSError, RuntimeError) as error:
        # torch closes its archive also after a failed write, and that error hides the system's
        told = error.__context__ if isinstance(error, RuntimeError) else error
        if not isinstance(told, OSError):
            raise
        raise UserError(f"{path} cannot be written: {told}") from None


def load(path: Path) -> dict[str, Any]:
    """Read what :func:`save` wrote; runs no code of the file. Raises UserError."""
    try:
        refuse_bomb(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except Exception as error:  # torch raises many kinds for a broken file
        said = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"{path} is damaged: {said}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path} does not hold what s2f writes")
    return content


def refuse_bomb(path: Path) -> None:
    """Raise ValueError where a zip's members are larger than the file; torch packs none of them.

    Raises BadZipFile where it is no zip, OSError where it cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        declared = sum(info.file_size for info in archive.infolist())
    if declared > (size := path.stat().st_size):
        raise ValueError(f"members of {declared:,} bytes in a file of {size:,}")
