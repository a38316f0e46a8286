"""Model files that describe themselves, and the state of an unfinished training."""

from __future__ import annotations

import zipfile
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, Self

import torch
from pydantic import Field, JsonValue, TypeAdapter, ValidationError, model_validator
from torch import Tensor, nn

from s2f_core.common.atomic import atomic_write
from s2f_core.common.config import Section
from s2f_core.common.errors import UserError, is_out_of_memory
from s2f_core.data.landmarks.eyes import Layout
from s2f_core.data.palette import Palette
from s2f_core.data.selection import Direction
from s2f_core.data.sketch.strokes import LineStatistics
from s2f_core.networks import Generator
from s2f_core.networks.unet import UNet, takes_palette

FORMAT, VERSION = "s2f-generator", 1

Values = dict[str, JsonValue]
Count = Annotated[int, Field(ge=1, le=2**16)]  # pixels a side, or channels


class Description(Section):
    """The metadata of a model file: enough to rebuild its generator and to feed it.

    The data: ``classes`` is null where all were used. ``drawn_at`` is the tables' side in pixels,
    at which the condition was computed. ``drawing`` and ``matting`` are the sections of the
    condition and of the background as params.yaml had them, ``source`` that of the role without its
    paths. ``lines`` describes the training inputs and is null where they are no drawings. ``eyes``
    are the mean positions of the eyes in the training photos, in shares of the side, and null where
    these are no aligned faces. ``palettes`` are those of some training photos, where the generator
    is told one. The training: its ``steps``, the number of ``images``, whether half
    of them were mirrored (``flip``) and the ``scores`` of the validation that the weights were kept
    at. ``loss_networks`` names the frozen networks that the losses or the discriminators looked
    through, by their keys in :mod:`s2f_core.networks.backbones`. An imported checkpoint has null
    for all that is unknown of it. Two trainings of one seed have equal descriptions.
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
    direction: Direction
    drawn_at: Count
    drawing: Values | None = None
    matting: Values | None = None
    source: Values | None = None
    licence: str | None = None
    lines: LineStatistics | None = None
    eyes: Layout | None = None
    palettes: tuple[Palette, ...] = ()
    parameters: int | None = None
    steps: int | None = None
    images: int | None = None
    flip: bool | None = None
    scores: dict[str, float] | None = None
    loss_networks: tuple[str, ...] = ()
    versions: dict[str, str]

    @model_validator(mode="after")
    def _has_palettes(self) -> Self:
        if takes_palette(self.generator) != bool(self.palettes):
            raise ValueError("palettes are there exactly where the generator takes one")
        return self

    def build(self) -> nn.Module:
        """The generator, not yet with its weights."""
        network = self.generator.build(self.size, self.width, self.in_channels, self.out_channels)
        if isinstance(network, UNet):
            network.set_palettes(self.palettes)
        return network


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
    """Read a generator in eval mode.

    Raises UserError for a file that is missing, damaged or of another version of the format.
    """
    content = _load_content(path)
    try:
        description = TypeAdapter(Description).validate_python(content["description"])
        _check(description, content["weights"], path.stat().st_size)
        network = description.build()
        network.load_state_dict(content["weights"])
    except Exception as error:  # a description can ask for what torch refuses in many ways
        raise _unusable(path, error) from None
    return description, network.eval()


def read_description(path: Path) -> Description:
    """Read the description of a model file; raises UserError as :func:`load_model`."""
    try:
        return TypeAdapter(Description).validate_python(_load_content(path)["description"])
    except (KeyError, ValidationError) as error:
        raise _unusable(path, error) from None


def _load_content(path: Path) -> dict[str, Any]:
    """Read a model file; raises UserError where it is none, or of another version."""
    content = load(path)
    if content.get("format") != FORMAT:
        raise UserError(f"{path} is not an s2f model (format {content.get('format')!r})")
    check_version(path, content.get("version"))
    return content


def check_version(path: Path, version: object) -> None:
    """Raise UserError unless a file has the version of the model format that s2f reads."""
    if type(version) is not int or version != VERSION:
        raise UserError(
            f"{path} has version {version!r} of the model format; this s2f reads version "
            f"{VERSION}: train, import or export the model again"
        )


def library_versions() -> dict[str, str]:
    """Return the versions of s2f and PyTorch that a model file names."""
    return {name: metadata.version(name) for name in ("s2f", "torch")}


def _check(description: Description, weights: dict[str, Tensor], size: int) -> None:
    """Raise ValueError unless the weights are the network's, and no more than a file of ``size``.

    Before the network is built, whose memory the file's word alone would decide.
    """
    held = sum(weight.numel() * weight.element_size() for weight in weights.values())
    if held > size:
        raise ValueError(f"weights of {held:,} bytes in a file of {size:,}")
    with torch.device("meta"):
        expected = description.build().state_dict()
    for name, weight in expected.items():
        if name not in weights or weights[name].shape != weight.shape:
            shape = list(weights[name].shape) if name in weights else "missing"
            raise ValueError(f"{name} is {shape}, not {list(weight.shape)}")


def save(path: Path, content: dict[str, Any]) -> None:
    """Write tensors and plain values; the file appears whole or not at all."""
    try:
        with atomic_write(path) as unfinished, unfinished.open("wb") as file:
            torch.save(content, file)
    except (OSError, RuntimeError) as error:
        # torch closes its archive also after a failed write, and that error hides the system's
        cause = error.__context__ if isinstance(error, RuntimeError) else error
        if not isinstance(cause, OSError):
            raise
        raise UserError(f"{path} cannot be written: {cause}") from None


def load(path: Path) -> dict[str, Any]:
    """Read what :func:`save` wrote; runs no code of the file. Raises UserError."""
    try:
        refuse_bomb(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except Exception as error:  # torch raises many kinds for a broken file
        raise _unusable(path, error) from None
    if not isinstance(content, dict):
        raise UserError(f"{path} does not hold what s2f writes")
    return content


def _unusable(path: Path, error: Exception) -> UserError:
    if is_out_of_memory(error):
        return UserError(f"there is not enough memory to open {path}")
    reason = str(error).partition("\n")[0] or type(error).__name__
    return UserError(f"{path} is damaged: {reason}")


def refuse_bomb(path: Path) -> None:
    """Raise ValueError where a zip's members are larger than the file; torch packs none of them.

    Raises BadZipFile where it is no zip, OSError where it cannot be read.
    """
    with zipfile.ZipFile(path) as archive:
        declared = sum(info.file_size for info in archive.infolist())
    if declared > (size := path.stat().st_size):
        raise ValueError(f"members of {declared:,} bytes in a file of {size:,}")
