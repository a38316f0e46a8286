"""Export of generators as checkpoints of the reference implementation; the inverse of ``load``."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from s2f_core.common.errors import UserError
from s2f_core.networks.checkpoint import Description, save
from s2f_core.networks.reference.keys import resnet, unet
from s2f_core.networks.resnet import ResNetSection
from s2f_core.networks.unet import UNetSection

# Keys that the reference has too. All others have to be our defaults, which are the papers'.
# Dropout has no weights.
SUPPORTED = {
    "unet": {"type", "depth", "norm", "dropout"},
    "resnet": {"type", "blocks", "norm", "dropout"},
}
NORMS = ("batch", "instance")
MIN_LEVELS = 5  # of the reference's U-Net
UNET_NAMES = {7: "unet_128", 8: "unet_256"}  # --netG by depth
RESNET_NAMES = {6: "resnet_6blocks", 9: "resnet_9blocks"}  # --netG by blocks


def export_checkpoint(description: Description, network: nn.Module, out: Path) -> str:
    """Write a generator as the state dict that the reference loads, ``latest_net_G.pth``.

    Returns :func:`reference_options`. Raises UserError where the reference cannot build the
    network, and names the settings that it lacks.
    """
    state = reference_state_dict(description, network)
    save(out, dict(state))
    return reference_options(description)


def reference_state_dict(description: Description, network: nn.Module) -> dict[str, Tensor]:
    """Return the weights under the reference's keys; raises as :func:`export_checkpoint`."""
    modules = _modules(description)
    state = {}
    for key, value in network.state_dict().items():
        module, field = key.rsplit(".", 1)
        state[f"{modules[module]}.{field}"] = value
    return state


def reference_options(description: Description) -> str:
    """Return the reference's command-line options, or a call where they cannot name the network."""
    section, width = _supported_section(description), description.width
    ends = description.in_channels, description.out_channels
    if isinstance(section, UNetSection):
        depth = section.levels(description.size)
        name, call = UNET_NAMES.get(depth), f"UnetGenerator({ends[0]}, {ends[1]}, {depth}"
    else:
        name = RESNET_NAMES.get(section.blocks)
        call = f"ResnetGenerator({ends[0]}, {ends[1]}, n_blocks={section.blocks}"
    if name is None:
        norm, dropped = f"get_norm_layer('{section.norm}')", section.dropout > 0
        return f"{call}, ngf={width}, norm_layer={norm}, use_dropout={dropped})"
    options = f"--netG {name} --ngf {width} --norm {section.norm}"
    options += f" --input_nc {ends[0]} --output_nc {ends[1]}"
    return options if section.dropout else f"{options} --no_dropout"


def _supported_section(description: Description) -> UNetSection | ResNetSection:
    """Return the section; raises UserError unless the reference has all its settings."""
    section = description.generator
    if not isinstance(section, UNetSection | ResNetSection):
        raise UserError(
            f"{description.variant} is a {section.type}; the reference has unet and resnet only"
        )
    fields = type(section).model_fields
    supported = SUPPORTED[section.type] | ({"stem_bias"} if section.norm == "instance" else set())
    wrong = [
        f"{name} {value} (it has {fields[name].default})"
        for name, value in section
        if name not in supported and value != fields[name].default
    ]
    if section.norm not in NORMS:
        wrong.append(f"norm {section.norm} (it has {' and '.join(NORMS)})")
    if (
        isinstance(section, UNetSection)
        and (depth := section.levels(description.size)) < MIN_LEVELS
    ):
        wrong.append(f"depth {depth} (it has {MIN_LEVELS} and more)")
    if wrong:
        raise UserError(
            f"{description.variant} cannot be exported to the reference, which has no "
            f"{', no '.join(wrong)}"
        )
    return section


def _modules(description: Description) -> dict[str, str]:
    section = _supported_section(description)
    if isinstance(section, UNetSection):
        return unet(section.levels(description.size))
    return resnet(section.downs, section.blocks, dropout=section.dropout > 0)
