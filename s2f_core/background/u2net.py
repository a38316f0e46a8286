"""rembg's U²-Net matting (Qin et al. 2020), at a working size of one's choice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime as ort
from PIL import Image
from pydantic import Field
from rembg.sessions.u2netp import U2netpSession

from s2f_core.errors import UserError
from s2f_core.images import Pixels
from s2f_core.params import Section

REMBG_SIZE = 320


class U2NetP(Section):
    """``background: {model: u2netp, …}``: the small U²-Net.

    ``size`` is the side in pixels of what the network sees. rembg always takes 320; time grows
    with the square, and photos of 128 or 178 pixels hold no more detail than 160 shows.
    """

    model: Literal["u2netp"]
    size: int = Field(REMBG_SIZE, ge=64, le=1024, multiple_of=32)
    colour: tuple[int, int, int] = (255, 255, 255)

    def open(self, asset: Path) -> Matting:
        """Load the weights from the fetched folder; raises UserError where they are missing."""
        return Matting(asset / "u2netp.onnx", self.size)


class Matting(U2netpSession):  # type: ignore[misc]  # rembg has no types
    """rembg's session with the input size freed; safe to call from several threads."""

    def __init__(self, weights: Path, size: int) -> None:
        self.model_name = "u2netp"
        self.size = size
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # the images are what runs in parallel
        options.log_severity_level = 3
        try:
            self.inner_session = ort.InferenceSession(
                _any_size(weights), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnx and onnxruntime raise many kinds for a broken file
            raise UserError(f"{weights}: cannot be loaded: {error}; fetch it again") from None

    def normalize(self, img: Image.Image, mean: Any, std: Any, size: Any, **_: Any) -> Any:
        """rembg's own normalisation, at our working size in place of its 320."""
        del size
        return super().normalize(img, mean, std, (self.size, self.size))

    def matte(self, photo: Pixels) -> Pixels:
        """Alpha of a photo uint8 [H, W, 3]: uint8 [H, W, 1], 255 where the subject is."""
        return np.asarray(self.predict(Image.fromarray(photo))[0])[..., None]


def _any_size(weights: Path) -> bytes:
    """The graph with height and width left open, and its finest output alone."""
    model = onnx.load(weights)
    for side, value in zip((2, 3), ("height", "width"), strict=True):
        model.graph.input[0].type.tensor_type.shape.dim[side].dim_param = value
        model.graph.output[0].type.tensor_type.shape.dim[side].dim_param = value
    del model.graph.output[1:]
    data: bytes = model.SerializeToString()
    return data
