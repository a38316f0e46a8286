"""Edges by holistically-nested edge detection (Xie and Tu 2015)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels, resize, to_rgb
from s2f_core.data.conditions.per_photo import PhotoCondition

if TYPE_CHECKING:
    from torch import Tensor

DEPTHS = (2, 2, 3, 3, 3)  # convolutions in each block of VGG-16
MEAN = (104.007, 116.669, 122.679)  # of ImageNet: blue, green, red

Conv = tuple["Tensor", "Tensor"]  # weight [out, in, k, k] and bias [out]


class Hed(PhotoCondition):
    """Soft, dark contours by a network: ``{type: hed}`` (Xie and Tu 2015).

    A VGG-16 with an output at each of its five scales, trained on BSDS500.
    """

    ASSETS: ClassVar[tuple[str, ...]] = ("hed",)

    type: Literal["hed"]
    size: int | None = Field(
        None,
        ge=16,
        le=2048,
        description=(
            "Side of the network's input in pixels; twice the photo's halves "
            "the line width at four times the cost. null: the photo's."
        ),
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description=(
            "bfloat16 differs from float32 by up to 3 of 255; auto uses it "
            "if the CPU has instructions for it."
        ),
    )

    def load(self, assets: Path) -> EdgeDetector:
        """The function from a photo to its edges."""
        return EdgeDetector(assets / "hed" / "hed.h5", self.size, self.precision)


class EdgeDetector:
    """Detects edges; the first call reads the weights. Picklable, safe in threads."""

    def __init__(self, path: Path, size: int | None = None, precision: str = "float32") -> None:
        self.path, self.size, self.precision = path, size, precision
        self._reading = threading.Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        return EdgeDetector, (self.path, self.size, self.precision)

    def __call__(self, photo: Pixels) -> Pixels:
        """Edges of a photo uint8 [H, W, 1 or 3]: uint8 [H, W, 1], dark lines on white.

        Raises UserError if the weights are missing or damaged.
        """
        import torch

        with self._reading:
            network = self._network
        image = to_rgb(photo) if self.size is None else resize(to_rgb(photo), self.size)
        values = image[..., ::-1].astype(np.float32) - np.array(MEAN, np.float32)
        with torch.inference_mode():
            edges = network(torch.from_numpy(values).permute(2, 0, 1)[None])[0, 0].numpy()
        if self.size is not None:
            method = cv2.INTER_AREA if self.size > max(photo.shape[:2]) else cv2.INTER_LINEAR
            edges = cv2.resize(edges, photo.shape[1::-1], interpolation=method)
        return np.asarray(np.rint(255 * (1 - edges)), dtype=np.uint8)[..., None]

    @cached_property
    def _network(self) -> HedNetwork:
        import h5py
        import torch

        from s2f_core.common.device import resolve_precision

        use_bfloat16 = {"auto": resolve_precision("auto") == "bf16-mixed", "bfloat16": True}
        dtype = torch.bfloat16 if use_bfloat16.get(self.precision) else torch.float32
        if not self.path.is_file():
            asset = self.path.parent.name
            raise UserError(f"{self.path} does not exist: run 's2f fetch {asset}'")
        try:
            with h5py.File(self.path) as file:
                return HedNetwork.read(file, dtype)
        except (OSError, KeyError, ValueError) as error:
            raise UserError(f"{self.path} has no weights of HED: {error}; fetch it again") from None


@dataclass(frozen=True)
class HedNetwork:
    """HED's convolutions: block by block, one side output a block, and their fusion."""

    blocks: list[list[Conv]]
    sides: list[Conv]
    fuse: Conv

    @classmethod
    def read(cls, file: Any, dtype: Any) -> HedNetwork:
        """Read the weights of an open HDF5 file in Keras's layout, [k, k, in, out].

        All weights become ``dtype``, a dtype of torch, but ``fuse``, which stays float32. Raises
        KeyError or ValueError for another file.
        """
        import torch

        def conv(name: str, dtype: Any) -> Conv:
            weight, bias = (
                torch.from_numpy(file[f"{name}/vars/{i}"][()]).to(dtype) for i in (0, 1)
            )
            return weight.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last), bias

        layers = ("conv2d", "conv2d_1", "conv2d_2")
        return cls(
            blocks=[
                [conv(f"block{number}/layers/{layer}", dtype) for layer in layers[:depth]]
                for number, depth in enumerate(DEPTHS, 1)
            ],
            sides=[conv(f"dsn{number}", dtype) for number in range(1, len(DEPTHS) + 1)],
            fuse=conv("fuse", torch.float32),
        )

    def __call__(self, image: Tensor) -> Tensor:
        """The probability of an edge, float32 [B, 1, H, W] in [0, 1].

        ``image`` is float32 [B, 3, H, W]: blue, green and red less their means. Deviation from the
        paper: its Caffe network pads the image by 35 pixels and crops the outputs, whereas here
        every convolution pads by one, as in the Keras port that the weights come from.
        """
        import torch
        from torch.nn.functional import conv2d

        return torch.sigmoid(conv2d(torch.cat(list(self._outputs(image)), dim=1), *self.fuse))

    def _outputs(self, image: Tensor) -> Iterator[Tensor]:
        import torch
        from torch.nn import functional as F

        x = image.to(self.blocks[0][0][0].dtype).contiguous(memory_format=torch.channels_last)
        for number, (block, side) in enumerate(zip(self.blocks, self.sides, strict=True)):
            x = F.max_pool2d(x, 2, ceil_mode=True) if number else x
            for weight, bias in block:
                x = F.relu_(F.conv2d(x, weight, bias, padding=1))
            output = F.conv2d(x, *side).float()
            yield F.interpolate(output, image.shape[-2:], mode="bilinear", align_corners=False)
