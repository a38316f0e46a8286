"""s2f: sketch-to-image GANs as a declarative, reproducible pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from s2f_core.inference.model import Model

__all__ = ["load"]


def load(model: str | Path, data: str | Path | None = None) -> Model:
    """Open a trained model, then call it with a picture: ``load("best")("sketch.png").show()``.

    ``model`` is the name of a variant under ``data/models``, a model file, its folder, an exported
    ONNX file, or an address in MLflow such as ``models:/best/1``. ``data`` is the folder of
    models, fetched weights and trained upscalers, by default the ``data`` folder of the project
    that the working directory is in. Raises UserError if there is no such model, or its file is
    damaged or newer than this s2f.
    """
    from s2f_core.inference.load import load as open_model

    return open_model(model, None if data is None else Path(data))
