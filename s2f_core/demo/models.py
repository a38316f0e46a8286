"""The models of the demo: find them by name, export them once, run them with ONNX Runtime."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import torch

from s2f_core.common import cache, code_digest
from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels, from_model, to_model
from s2f_core.data.palette import Palette
from s2f_core.data.selection import VariantData
from s2f_core.data.sketch.alignment import Aligner, Alignment, merge_aligned
from s2f_core.demo.canvases import CANVAS_OF_CONDITION, CanvasName
from s2f_core.demo.http_errors import ApiError
from s2f_core.inference import onnx_export
from s2f_core.inference.inputs import find_aligner, noise_planes, noise_vectors, to_page
from s2f_core.inference.load import ONNX, find, variants
from s2f_core.inference.onnx_session import INPUT, Session, graph_inputs
from s2f_core.inference.options import Align
from s2f_core.networks.checkpoint import Description
from s2f_core.networks.mirror import mirror_problem

log = logging.getLogger(__name__)

MIN_SIZE = 16  # pixels a side of an output; below, it is not worth showing
LIKE_PEOPLE = ("drawing", "mixture")  # conditions that simulate the drawings that people make


@dataclass(frozen=True, eq=False)
class DemoModel:
    """A generator and the kind of canvas to draw on for it.

    ``path`` is its checkpoint or ONNX file. ``aligner`` aligns drawings for it, if it can.
    """

    name: str
    path: Path
    description: Description
    canvas: CanvasName
    aligner: Aligner | None = None
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def session(self) -> Session:
        """The ONNX session. The first use exports a checkpoint, which takes seconds."""
        with self._lock:
            return self._session

    @cached_property
    def _session(self) -> Session:
        path = self.path if self.path.suffix.lower() == ONNX else cached_export(self.path)
        return Session(path, threads=1)  # the queue runs several models at once

    @property
    def takes_noise(self) -> bool:
        """Whether the picture depends on the seed."""
        description = self.description
        return self.canvas == "noise" or bool(description.palettes or noise_planes(description))

    def check_takes_palette(self) -> None:
        """Raise ApiError 409 where it is told no palette."""
        if not self.description.palettes:
            raise ApiError(409, f"palette: {self.name} is told no palette")

    @property
    def mirror_problem(self) -> str:
        """The reason why it has no mirror mean; empty if it has one."""
        return mirror_problem(self.description)

    @property
    def for_drawings(self) -> bool:
        """Whether it learned from simulations of the drawings that people make."""
        is_forward = self.description.direction == "a-to-b"
        return is_forward and _condition_type(self.description) in LIKE_PEOPLE

    @property
    def photo_size(self) -> int:
        """Pixels a side of the photos from which its condition is computed."""
        return self.description.drawn_at

    @property
    def data(self) -> VariantData | None:
        """The selection of training data, if the model file has one."""
        description = self.description
        if description.role is None or description.background not in ("kept", "removed"):
            return None
        keys = {"role", "background", "condition", "classes"}
        return VariantData.model_validate(description.model_dump(include=keys))

    def input_pixels(self, drawing: Pixels) -> Pixels:
        """Prepare a drawing uint8 [H, H, 3] as the model's input, uint8 [size, size, C].

        ``page/pixels.js`` does the same in the browser.
        """
        return to_page(drawing, self.description.size, self.description.in_channels)

    @property
    def drawing_size(self) -> int:
        """Pixels a side of the drawings that it is best given: to align, more than its size."""
        return self.description.size if self.aligner is None else self.description.drawn_at

    def align(self, drawing: Pixels | None, align: Align) -> tuple[Alignment | None, str]:
        """Return the alignment of a drawing and a note, as :meth:`.Aligner.find` does."""
        if self.aligner is None or drawing is None or align == "off":
            return None, ""
        return self.aligner.find(drawing)

    def picture(
        self,
        drawing: Pixels | None,
        seed: int,
        *,
        mirror: bool = False,
        alignment: Alignment | None = None,
        palette: Palette | None = None,
    ) -> Pixels:
        """Translate a drawing uint8 [H, H, 3], or noise if None, to uint8 [size, size, C].

        ``mirror`` gives the mirror mean, ``alignment`` is what :meth:`align` gave, ``palette`` is
        one to take in place of the model's own.
        """
        if drawing is None:
            return self._run(noise_vectors(self.description, seed, 1), seed, mirror, None)
        drawings = [drawing] if alignment is None else [drawing, alignment.apply(drawing)]
        outputs = []
        for each in drawings:  # one by one: equal noise
            inputs = to_model(torch.from_numpy(self.input_pixels(each)[None])).numpy()
            outputs.append(self._run(inputs, seed, mirror, palette))
        return next(merge_aligned([alignment], outputs))

    def _run(self, inputs: Floats, seed: int, mirror: bool, palette: Palette | None) -> Pixels:
        outputs = self.session(inputs, seed=seed, mirror=mirror, palette=palette)
        return np.asarray(from_model(torch.from_numpy(outputs))[0])

    def as_json(self) -> dict[str, object]:
        """Return the properties as the page reads them."""
        description = self.description
        return {
            "name": self.name,
            "canvas": self.canvas,
            "condition": description.condition,
            "role": description.role,
            "size": description.size,
            "drawingSize": self.drawing_size,
            "inChannels": description.in_channels,
            "outChannels": description.out_channels,
            "forDrawings": self.for_drawings,
            "takesNoise": self.takes_noise,
            "canMirror": not self.mirror_problem,
            "canAlign": self.aligner is not None,
            "palettes": description.palettes,
        }

    def noise_inputs(self, seed: int, palette: Palette | None = None) -> dict[str, Floats]:
        """Return the random inputs by name; with them a browser computes the same picture."""
        description = self.description
        if self.canvas == "noise":
            return {INPUT: noise_vectors(description, seed, 1)}
        shape = (1, description.in_channels, description.size, description.size)
        inputs = graph_inputs(description, np.zeros(shape, np.float32), seed, palette)
        return {name: values for name, values in inputs.items() if name != INPUT}


def open_models(names: Sequence[str], root: Path) -> dict[str, DemoModel]:
    """Open the models of these names, or all under ``root``/models; return them by name.

    A name is any that :func:`s2f_core.inference.load.find` takes. Models for people's drawings come
    first. Of all models, those that cannot be opened are left out with a warning. Raises UserError
    if there is no such model, it cannot be opened, or its outputs are not pictures.
    """
    if not names and not variants(root):
        raise UserError(f"{root / 'models'} has no model; train the models with: dvc repro")
    models: dict[str, DemoModel] = {}
    for text in names or variants(root):
        file = find(text, root)
        try:
            description = file.describe()
        except UserError as error:
            if names:
                raise
            log.warning("left out: %s", error)
            continue
        if _makes_pictures(description):
            canvas = _canvas(description)
            aligner = find_aligner(description, root / "assets")
            models[file.name] = DemoModel(file.name, file.path, description, canvas, aligner)
        elif names:
            raise UserError(
                f"the demo cannot show the outputs of {text}: it shows grey or colour pictures "
                f"of at least {MIN_SIZE} px"
            )
    if not models:
        raise UserError(f"{root / 'models'} has no model that the demo can show")
    return dict(sorted(models.items(), key=lambda item: not item[1].for_drawings))


def find_model(models: Mapping[str, DemoModel], name: str) -> DemoModel:
    """Return a model by name; raises ApiError 404."""
    if name not in models:
        raise ApiError(404, f"no model {name!r} in this demo (models: {', '.join(models)})")
    return models[name]


def _makes_pictures(description: Description) -> bool:
    is_grid = description.role == "grids"
    return description.size >= MIN_SIZE and not is_grid and description.out_channels in {1, 3}


def cached_export(checkpoint: Path) -> Path:
    """Return the ONNX file of a checkpoint, exported to the user's cache on first use.

    The cache key is a hash of the checkpoint and of the code that exports it.
    """
    try:
        digest = hashlib.sha256(checkpoint.read_bytes())
    except OSError as error:
        raise UserError(f"{checkpoint} cannot be read: {error.strerror}") from None
    digest.update(_export_code().encode())
    path = cache.cache_folder("onnx") / f"{digest.hexdigest()}.onnx"
    if not path.is_file():
        log.info("export %s", checkpoint)
        onnx_export.export(checkpoint, path)
    return path


@lru_cache(maxsize=1)
def _export_code() -> str:
    return code_digest.digest(Path(onnx_export.__file__).parents[2], onnx_export.__name__)


def _canvas(description: Description) -> CanvasName:
    if description.generator.takes == "vector":
        return "noise"
    return CANVAS_OF_CONDITION.get(_condition_type(description), "lines")


def _condition_type(description: Description) -> str:
    condition = description.drawing or {"type": description.condition}
    return str(condition.get("type"))
