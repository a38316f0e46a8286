"""Names of modules here and in the reference implementation of pix2pix and CycleGAN.

The reference (junyanz/pytorch-CycleGAN-and-pix2pix) names a module by its place in lists of layers.
Each function maps our names of modules with weights to theirs.
"""

from __future__ import annotations


def unet(depth: int) -> dict[str, str]:
    """Return the names of a U-Net with ``depth`` levels.

    A level contains the next: [activation, down, norm, NEXT, activation, up, norm]. The outermost
    lacks the first activation and the norms, the innermost NEXT and one norm.
    """
    last = depth - 1
    modules = {"downs.0.0": "model.model.0", f"ups.{last}.1": "model.model.3"}
    prefix = "model.model.1"
    for level in range(1, depth):
        innermost = level == last
        up = 3 if innermost else 5
        modules[f"downs.{level}.1"] = f"{prefix}.model.1"
        if not innermost:
            modules[f"downs.{level}.2"] = f"{prefix}.model.2"
        modules[f"ups.{last - level}.1"] = f"{prefix}.model.{up}"
        modules[f"ups.{last - level}.2"] = f"{prefix}.model.{up + 1}"
        prefix += ".model.3"
    return modules


def resnet(downs: int, blocks: int, *, dropout: bool) -> dict[str, str]:
    """Return the names of a ResNet.

    It is one list: pad, stem, norm, ReLU; (down, norm, ReLU)…; blocks; ups; pad, head. A block
    is [pad, convolution, norm, ReLU, (dropout), pad, convolution, norm].
    """
    begin = 4 + 3 * downs
    end = begin + blocks
    later = 6 if dropout else 5
    modules = {"stem.0": "model.1", "stem.1": "model.2", "head": f"model.{end + 3 * downs + 1}"}
    for level in range(downs):
        for part in (0, 1):
            modules[f"downs.{level}.{part}"] = f"model.{4 + 3 * level + part}"
            modules[f"ups.{level}.{part}"] = f"model.{end + 3 * level + part}"
    for block in range(blocks):
        for ours, theirs in ((0, 1), (1, 2), (4, later), (5, later + 1)):
            modules[f"blocks.{block}.body.{ours}"] = f"model.{begin + block}.conv_block.{theirs}"
    return modules
