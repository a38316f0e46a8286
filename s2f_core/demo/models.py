"""The models of the demo: found by name, exported once, each with what one draws on for it."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
import torch

from s2f_core.common import cache, code_digest
from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats, Pixels, from_model, to_model
from s2f_core.data.selection import VariantData
from s2f_core.demo.canvases import OF_CONDITION, Name
from s2f_core.inference import onnx_export
from s2f_core.inference.inputs import condition_side, noise_vectors, to_page
from s2f_core.inference.load import ONNX, find, variants
from s2f_core.inference.onnx_session import INPUT, Session, fed, planes
from s2f_core.networks.checkpoint import Description

log = logging.getLogger(__name__)


DRAWABLE = 16  # pixels a side of an output from which it is a picture


@dataclass(frozen=True, eq=False)
class Model:
    """A generator that people draw for.

    ``path`` is its checkpoint or ONNX file, ``sheet`` what is drawn on.
    """

    name: str
    path: Path
    description: Description
    sheet: Name
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def session(self) -> Session:
        """What computes; a checkpoint is exported first, which takes seconds, and once."""
        with self._lock:
            return self._session

    @cached_property
    def _session(self) -> Session:
        file = self.path if self.path.suffix == ONNX else exported(self.path)
        return Session(file, threads=1)  # models compute beside each other

    @property
    def noisy(self) -> bool:
        """Whether another seed gives another picture."""
        return self.sheet == "noise" or bool(planes(self.description))

    @property
    def photo_size(self) -> int:
        """Pixels a side of the photos of which its condition is made."""
        return condition_side(self.description)

    @property
    def data(self) -> VariantData | None:
        """What it learned from, where the file knows that."""
        told = self.description
        if told.role is None or told.background not in ("kept", "removed"):
            return None
        known = told.model_dump(include={"role", "background", "condition", "classes"})
        return VariantData.model_validate(known)

    def page(self, drawing: Pixels) -> Pixels:
        """A drawing uint8 [H, H, 3] as the model sees it, uint8 [size, size, C]: see ``pixels.js``.

        Shrunk by areas, then grey by BT.601 where the model takes one channel.
        """
        return to_page(drawing, self.description.size, self.description.in_channels)

    def picture(self, drawing: Pixels | None, seed: int) -> Pixels:
        """What the model makes of a drawing uint8 [H, H, 3], or of noise: uint8 [size, size, C]."""
        if drawing is None:
            inputs = noise_vectors(self.description, seed, 1)
        else:
            inputs = to_model(torch.from_numpy(self.page(drawing)[None])).numpy()
        return np.asarray(from_model(torch.from_numpy(self.session(inputs, seed=seed)))[0])

    def drawn(self, seed: int) -> dict[str, Floats]:
        """The inputs that are noise, by name: what a browser needs to make the same picture."""
        told = self.description
        if self.sheet == "noise":
            return {INPUT: noise_vectors(told, seed, 1)}
        page = np.zeros((1, told.in_channels, told.size, told.size), np.float32)
        return {name: plane for name, plane in fed(told, page, seed).items() if name != INPUT}


def opened(names: Sequence[str], root: Path) -> dict[str, Model]:
    """The models of these names, or all of ``root``/models, by name.

    A name is any that :func:`s2f_core.inference.load.find` takes. Raises UserError where there is
    no such model, or it makes no pictures.
    """
    if not names and not variants(root):
        raise UserError(f"{root / 'models'} has no model: dvc repro trains those of params.yaml")
    models: dict[str, Model] = {}
    for text in names or variants(root):
        file = find(text, root)
        description = file.describe()
        if _shown(description):
            models[file.name] = Model(file.name, file.path, description, _sheet(description))
        elif names:
            raise UserError(f"{text} makes no pictures, which the demo shows")
    return models


def _shown(told: Description) -> bool:
    return told.size >= DRAWABLE and told.role != "grids" and told.out_channels in {1, 3}


def exported(checkpoint: Path) -> Path:
    """The ONNX file of a checkpoint, in the user's cache under a hash of what it is made of."""
    try:
        digest = hashlib.sha256(checkpoint.read_bytes())
    except OSError as error:
        raise UserError(f"{checkpoint} cannot be read: {error.strerror}") from None
    digest.update(_code().encode())  # another export, another file
    file = cache.cache_folder("onnx") / f"{digest.hexdigest()}.onnx"
    if not file.is_file():
        log.info("export %s", checkpoint)
        onnx_export.export(checkpoint, file)
    return file


@lru_cache(maxsize=1)
def _code() -> str:
    return code_digest.digest(Path(onnx_export.__file__).parents[2], onnx_export.__name__)


def _sheet(told: Description) -> Name:
    if told.generator.takes == "vector":
        return "noise"
    drawn = told.drawing or {"type": told.condition}  # an older file knows the name alone
    return OF_CONDITION.get(str(drawn.get("type")), "lines")
