"""rembg's models of salient objects, at a working size of choice.

U²-Net (Qin et al. 2020), its small, human and pruned versions, and IS-Net (Qin et al. 2022).
"""

from __future__ import annotations

import os
import threading
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from s2f_core.common.cache import cache_folder
from s2f_core.common.errors import UserError
from s2f_core.common.images import Pixels
from s2f_core.data.background.matting import Matting, MattingModel

RembgName = Literal["u2netp", "u2net", "u2net_human_seg", "silueta", "isnet-general-use"]


class Rembg(MattingModel):
    """A matting model of rembg, by rembg's name: ``background: {model: u2netp}``.

    Time grows with the square of ``size``; photos of 128 or 178 pixels hold no more detail than 160
    shows.
    """

    model: RembgName
    size: int | None = Field(
        None,
        ge=64,
        le=1024,
        multiple_of=32,
        description=(
            "Side of the network's input in pixels, a multiple of 32; null is "
            "rembg's own, 320 (isnet-general-use: 1024)."
        ),
    )

    def open(self, asset: Path) -> Matting:
        """The model with the weights in a fetched folder."""
        return RembgSession(self.model, asset / f"{self.model}.onnx", self.size)


class RembgSession:
    """A model of rembg at any input size; picklable, safe in threads."""

    def __init__(self, name: RembgName, weights: Path, size: int | None = None) -> None:
        self.name: RembgName = name
        self.weights = weights
        self.size = size
        self._loading = threading.Lock()

    def __reduce__(self) -> tuple[type[RembgSession], tuple[RembgName, Path, int | None]]:
        return RembgSession, (self.name, self.weights, self.size)

    def __call__(self, photo: Pixels) -> Pixels:
        """The alpha matte uint8 [H, W, 1] of a photo uint8 [H, W, 3], 255 on the subject.

        Raises UserError if the weights are missing or damaged, or do not work at this size.
        """
        with self._loading:
            session = self._session
        try:
            with np.errstate(invalid="ignore"):  # 0 / 0 if all of the photo is as salient: alpha 0
                return np.asarray(session.predict(Image.fromarray(photo))[0])[..., None]
        except Exception as error:  # onnxruntime's own kinds, for a size that the graph refuses
            raise UserError(f"{self.name} cannot work at size {self.size}: {error}") from None

    @cached_property
    def _session(self) -> Any:
        import onnxruntime as ort

        _give_numba_a_cache()
        from rembg.sessions import sessions

        options = ort.SessionOptions()
        options.intra_op_num_threads = 1  # images run in parallel instead
        options.log_severity_level = 3
        session = sessions[self.name].__new__(sessions[self.name])  # its __init__ would download
        try:
            session.inner_session = ort.InferenceSession(
                _any_size(self.weights), options, providers=["CPUExecutionProvider"]
            )
        except FileNotFoundError:
            raise UserError(f"{self.weights} does not exist: run 's2f fetch {self.name}'") from None
        except Exception as error:  # onnx and onnxruntime raise many kinds for a broken file
            raise UserError(f"{self.weights} cannot be loaded: {error}; fetch it again") from None
        normalize = session.normalize

        def normalize_at_size(image: Any, mean: Any, std: Any, size: tuple[int, int]) -> Any:
            side = self.size or size[0]
            return normalize(image, mean, std, (side, side))

        session.normalize = normalize_at_size
        return session


def _give_numba_a_cache() -> None:
    """Let numba, which compiles rembg's kernels, run where neither .venv nor the home is writable.

    It keeps compiled kernels beside their sources or in the home, and without both it fails.
    """
    package = find_spec("pymatting")
    if package and package.origin and not os.access(Path(package.origin).parent, os.W_OK):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(cache_folder("numba")))


def _any_size(weights: Path) -> bytes:
    """The graph with any height and width, and with its finest output only."""
    import onnx

    model = onnx.load(weights)
    for side, value in zip((2, 3), ("height", "width"), strict=True):
        model.graph.input[0].type.tensor_type.shape.dim[side].dim_param = value
        model.graph.output[0].type.tensor_type.shape.dim[side].dim_param = value
    del model.graph.output[1:]
    data: bytes = model.SerializeToString()
    return data
