"""Our generators as checkpoints of the reference implementation: the way back of ``importing``."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.networks.checkpoint import Description, save
from s2f_core.networks.reference.keys import resnet, unet
from s2f_core.networks.resnet import ResNetSection
from s2f_core.networks.unet import UNetSection

# What the reference has a choice of too; all else has to be as our sections have it by default,
# which is the papers'. Dropout leaves no weights.
FREE = {
    "unet": {"type", "depth", "norm", "dropout"},
    "resnet": {"type", "blocks", "norm", "dropout"},
}
NORMS = ("batch", "instance")
LEAST = 5  # levels of the reference's U-Net, however few are asked for
NAMED = {7: "unet_128", 8: "unet_256"}  # its --netG by depth; of a ResNet it names 6 and 9 blocks


def export_checkpoint(description: Description, network: nn.Module, out: Path) -> str:
    """Write a generator as the state dict that the reference loads, ``latest_net_G.pth``.

    The result says how the reference builds it. Raises UserError where it cannot, naming what it
    has no place for.
    """
    state = converted(description, network)
    save(out, dict(state))
    return built_by(description)


def converted(description: Description, network: nn.Module) -> dict[str, Tensor]:
    """The weights under the reference's keys; raises UserError as :func:`export_checkpoint`."""
    modules = _modules(description)
    state = {}
    for key, value in network.state_dict().items():
        module, field = key.rsplit(".", 1)
        state[f"{modules[module]}.{field}"] = value
    return state


def built_by(description: Description) -> str:
    """The reference's options, or the call where it has no name for a depth or for the blocks."""
    section, width = _known(description), description.width
    ends = description.in_channels, description.out_channels
    if isinstance(section, UNetSection):
        depth = section.levels(description.size)
        name, call = NAMED.get(depth), f"UnetGenerator({ends[0]}, {ends[1]}, {depth}"
    else:
        name = f"resnet_{section.blocks}blocks" if section.blocks in {6, 9} else None
        call = f"ResnetGenerator({ends[0]}, {ends[1]}, n_blocks={section.blocks}"
    if name is None:
        norm, dropped = f"get_norm_layer('{section.norm}')", section.dropout > 0
        return f"{call}, ngf={width}, norm_layer={norm}, use_dropout={dropped})"
    words = f"--netG {name} --ngf {width} --norm {section.norm}"
    words += f" --input_nc {ends[0]} --output_nc {ends[1]}"
    return words if section.dropout else f"{words} --no_dropout"


def _known(description: Description) -> UNetSection | ResNetSection:
    """The section; raises UserError unless the reference has all that it says."""
    section = description.generator
    if not isinstance(section, UNetSection | ResNetSection):
        raise UserError(
            f"{description.variant} is a {section.type}; the reference has unet and resnet alone"
        )
    fields = type(section).model_fields
    free = FREE[section.type] | ({"stem_bias"} if section.norm == "instance" else set())
    wrong = [
        f"{name} {value} (it has {fields[name].default})"
        for name, value in section
        if name not in free and value != fields[name].default
    ]
    if section.norm not in NORMS:
        wrong.append(f"norm {section.norm} (it has {' and '.join(NORMS)})")
    if isinstance(section, UNetSection) and (depth := section.levels(description.size)) < LEAST:
        wrong.append(f"depth {depth} (it has {LEAST} and more)")
    if wrong:
        raise UserError(
            f"{description.variant} cannot be a checkpoint of the reference, which has no "
            f"{', no '.join(wrong)}"
        )
    return section


def _modules(description: Description) -> dict[str, str]:
    section = _known(description)
    if isinstance(section, UNetSection):
        return unet(section.levels(description.size))
    return resnet(section.downs, section.blocks, dropout=section.dropout > 0)
