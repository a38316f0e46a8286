"""Import of checkpoints of the reference PyTorch implementation of pix2pix and CycleGAN.

Such a checkpoint, ``latest_net_G.pth`` of junyanz/pytorch-CycleGAN-and-pix2pix, is a state dict
whose keys name modules by their place. Keys and shapes tell which network it is.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from s2f_core.common.errors import UserError
from s2f_core.data.selection import Direction
from s2f_core.data.sketch.strokes import UNITS, LineStatistics
from s2f_core.networks import Generator
from s2f_core.networks.checkpoint import (
    Description,
    library_versions,
    refuse_bomb,
    save_model,
)
from s2f_core.networks.layers import Norm
from s2f_core.networks.reference.keys import resnet, unet

State = dict[str, Tensor]
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
# Usual stroke widths of conditions, in 128ths of the side.
STROKE_WIDTHS = {"edges": 1.0, "face-mesh": 2.0, "hed": 6.6, "pencil": 1.6, "xdog": 2.0}
POINTER = b"version https://git-lfs"


@dataclass(frozen=True)
class Labels:
    """The data of a checkpoint, which the file does not name; as ``translations:`` will name it."""

    variant: str
    condition: str
    background: Literal["kept", "removed"]
    size: int
    direction: Direction = "a-to-b"

    def lines(self) -> LineStatistics | None:
        """The usual lines of the condition, by which drawings are normalised; None for others."""
        if self.direction == "b-to-a" or self.condition not in STROKE_WIDTHS:
            return None
        width = STROKE_WIDTHS[self.condition]
        return LineStatistics(paper="white", ink=0.1, stroke_width=width)


@dataclass(frozen=True)
class Architecture:
    """A generator's section, read off keys and shapes.

    ``modules`` maps the names of our modules with weights to theirs. ``first`` and ``last`` are the
    outermost convolutions.
    """

    generator: dict[str, object]
    modules: dict[str, str]
    first: str
    last: str


def import_checkpoint(file: Path, labels: Labels, out: Path) -> Description:
    """Write a reference generator as a model file; return its description.

    Use the model in eval mode, as with the reference's ``--eval``; without that flag the reference
    normalises by the batch at hand. Raises UserError where ``out`` exists or ``file`` is not such a
    generator.
    """
    if out.exists():
        raise UserError(f"{out} exists: give another name, or delete it first")
    description, weights = convert(read_state_dict(file), labels, str(file))
    save_model(out, description, weights)
    return description


def read_state_dict(file: Path) -> State:
    """Return the tensors of a state dict, on the CPU; runs no code of the file.

    Raises UserError where the file is missing, damaged, a Git LFS pointer, pickled code, or not a
    state dict.
    """
    try:
        with file.open("rb") as stream:
            is_pointer = stream.read(len(POINTER)) == POINTER
        if is_pointer:
            raise UserError(f"{file} is a Git LFS pointer, not the file itself: git lfs pull")
        if zipfile.is_zipfile(file):
            refuse_bomb(file)
        content = torch.load(file, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise UserError(f"{file} does not exist") from None
    except pickle.UnpicklingError:
        raise UserError(
            f"{file} is not a state dict, or holds pickled code, which is not run: save it again "
            "as torch.save(network.state_dict(), …)"
        ) from None
    except UserError:
        raise
    except Exception as error:  # torch raises many kinds for a broken file
        why = str(error).partition("\n")[0] or type(error).__name__
        raise UserError(f"{file} cannot be read: {why}") from None
    if not isinstance(content, dict) or not content:
        raise UserError(f"{file} holds {_type_name(content)}, not a state dict")
    for key, value in content.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise UserError(
                f"{file} holds {_type_name(value)} under {key!r}, not a state dict's tensors"
            )
    return dict(content)


def _type_name(value: object) -> str:
    return f"an empty {type(value).__name__}" if value == {} else f"a {type(value).__name__}"


def convert(state: State, labels: Labels, name: str) -> tuple[Description, State]:
    """Return description and weights of a reference generator.

    ``name`` is that of the file, for messages. Raises UserError where it is not such a generator,
    or ``labels.size`` does not fit it.
    """
    if all(key.startswith("module.") for key in state):  # saved from inside DataParallel
        state = {key.removeprefix("module."): value for key, value in state.items()}
    scaled = any(key.endswith(".weight") and value.dim() == 1 for key, value in state.items())
    norm: Norm = "batch" if scaled else "instance"
    if not scaled:  # files from before PyTorch 0.4 have statistics that instance norm never uses
        state = {key: value for key, value in state.items() if not key.endswith(STATISTICS)}
    architecture = _recognise(state, norm, name)
    first = _require(state, f"{architecture.modules[architecture.first]}.weight", name)
    last = _require(state, f"{architecture.modules[architecture.last]}.bias", name)
    if first.dim() != 4 or last.dim() != 1:
        raise UserError(f"{name}: its outermost layers are no convolutions of images")
    try:
        description = Description(
            variant=labels.variant,
            condition=labels.condition,
            background=labels.background,
            generator=TypeAdapter(Generator).validate_python(architecture.generator),
            size=labels.size,
            width=first.shape[0],
            in_channels=first.shape[1],
            out_channels=last.shape[0],
            direction=labels.direction,
            drawn_at=max(labels.size, UNITS),
            lines=labels.lines(),
            versions=library_versions(),
        )
    except ValidationError as error:
        raise UserError(f"{name} cannot be a model here: {error}") from None
    return description, _map_weights(state, description, architecture, name)


def _require(state: State, key: str, name: str) -> Tensor:
    if key not in state:
        raise UserError(f"{name}: {key} is missing")
    return state[key]


def _recognise(state: State, norm: Norm, name: str) -> Architecture:
    if "model.model.0.weight" in state:
        return _unet(state, norm)
    blocks = {int(match[1]) for key in state if (match := re.match(r"model\.(\d+)\.conv_b", key))}
    if "model.1.weight" in state and blocks:
        return _resnet(state, norm, sorted(blocks), name)
    if "net.0.weight" in state or state.get("model.0.weight", torch.empty(0)).shape[2:] == (4, 4):
        content = "a discriminator"
    else:
        content = f"something else: its keys begin {', '.join([*state][:3])}"
    raise UserError(
        f"{name} is {content}; give the U-Net or ResNet generator of the reference implementation "
        "of pix2pix and CycleGAN (latest_net_G.pth)"
    )


def _unet(state: State, norm: Norm) -> Architecture:
    """The reference's U-Net: as many levels as its keys have."""
    depth, prefix = 2, "model.model.1"
    while f"{prefix}.model.3.model.1.weight" in state:
        depth, prefix = depth + 1, f"{prefix}.model.3"
    # Dropout leaves no trace in the keys, and does nothing in eval mode.
    section: dict[str, object] = {
        "type": "unet",
        "depth": depth,
        "norm": norm,
        "dropout": 0.5,
        "up": "transposed",
    }
    return Architecture(section, unet(depth), first="downs.0.0", last=f"ups.{depth - 1}.1")


def _resnet(state: State, norm: Norm, blocks: list[int], name: str) -> Architecture:
    """The reference's ResNet: ``blocks`` are the places of its residual blocks."""
    begin, end = blocks[0], blocks[-1] + 1
    downs, rest = divmod(begin - 4, 3)
    if rest or downs < 1 or blocks != list(range(begin, end)):
        raise UserError(f"{name}: residual blocks at {blocks} are not the reference's ResNet")
    if f"model.{begin}.conv_block.1.weight" not in state:
        raise UserError(f"{name} pads its residual blocks with zeros; only reflection is supported")
    second = f"model.{begin}.conv_block.6.weight"
    dropout = second in state and state[second].dim() == 4
    section: dict[str, object] = {
        "type": "resnet",
        "downs": downs,
        "blocks": len(blocks),
        "norm": norm,
        "dropout": 0.5 if dropout else 0,
        "skips": False,
        "up": "transposed",
    }
    modules = resnet(downs, len(blocks), dropout=dropout)
    return Architecture(section, modules, first="stem.0", last="head")


def _map_weights(
    state: State, description: Description, architecture: Architecture, name: str
) -> State:
    """Return their values under our keys; raises UserError unless they fit one for one."""
    with torch.device("meta"):
        expected = description.build().state_dict()
    left, weights = dict(state), {}
    for key, ours in expected.items():
        module, field = key.rsplit(".", 1)
        theirs = f"{architecture.modules[module]}.{field}"
        if field == "num_batches_tracked":  # older files lack it; it is not used
            left.setdefault(theirs, torch.zeros((), dtype=torch.int64))
        value = _require(left, theirs, name)
        if value.shape != ours.shape:
            raise UserError(f"{name}: {theirs} is {list(value.shape)}, not {list(ours.shape)}")
        weights[key] = left.pop(theirs).to(ours.dtype).contiguous()
    if left:
        section = architecture.generator
        raise UserError(
            f"{name} has {len(left)} keys more than the reference's {section['type']} with "
            f"{section['norm']} norm, such as {next(iter(left))}"
        )
    return weights
