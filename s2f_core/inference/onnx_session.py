"""An exported generator, run by ONNX Runtime on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch

from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats
from s2f_core.data.palette import Palette
from s2f_core.inference.inputs import choose_palette, noise_planes
from s2f_core.networks.checkpoint import VERSION, Description, check_version
from s2f_core.networks.mirror import mirror_mean

INPUT, PALETTE, OUTPUT, FLOAT = "input", "palette", "output", "tensor(float)"
DESCRIPTION, FORMAT = "s2f", "s2f-version"  # keys of the file's metadata


@runtime_checkable
class Scalable(Protocol):
    """The section of a generator that takes other sizes than the one it is built for."""

    def multiple(self, size: int) -> int:
        """Return the number that the sides are multiples of, for a network built for ``size``."""


def side_multiple(description: Description) -> int | None:
    """Return the number that the inputs' sides are multiples of; None where the size is fixed."""
    section = description.generator
    return section.multiple(description.size) if isinstance(section, Scalable) else None


def input_names(description: Description) -> list[str]:
    """Return the names of a graph's inputs, in their order."""
    palette = [PALETTE] if description.palettes else []
    return [INPUT, *noise_planes(description), *palette]


def input_shape(description: Description) -> str:
    """Describe the shape of a generator's input for a message."""
    side = 1 if description.generator.takes == "vector" else description.size
    if multiple := side_multiple(description):
        return f"[n, {description.in_channels}, H, W], H and W multiples of {multiple}"
    return f"[n, {description.in_channels}, {side}, {side}]"


def graph_inputs(
    description: Description, inputs: Floats, seed: int, palette: Palette | None = None
) -> dict[str, Floats]:
    """Return the inputs of a graph by name: images, palettes, and noise.

    Noise is that which PyTorch draws after a seed.
    """
    arrays = {INPUT: np.ascontiguousarray(inputs, np.float32)}
    if (told := choose_palette(description, seed, palette)) is not None:
        arrays[PALETTE] = told.numpy().repeat(len(inputs), axis=0)
    random = torch.Generator().manual_seed(seed)
    count, _, height, width = inputs.shape
    for name, divisor in noise_planes(description).items():
        shape = count, 1, height // divisor, width // divisor
        arrays[name] = torch.randn(*shape, generator=random).numpy()
    return arrays


class Session:
    """The generator of an ONNX file that ``s2f export`` wrote.

    ``threads`` is the number of threads of one call, by default one per core. Several threads may
    call it at once. Raises UserError if the file is missing, damaged, of another version of the
    format, or not exported by s2f.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        self.path = path
        if not path.is_file():
            raise UserError(f"{path} does not exist")
        try:
            self._session = _open_session(path, threads)
            metadata = self._session.get_modelmeta().custom_metadata_map
        except Exception as error:  # onnxruntime raises many kinds for a broken file
            raise UserError(f"{path} is damaged: {str(error).partition(chr(10))[0]}") from None
        self.description = _description(path, metadata)
        self._check_graph()

    def __call__(
        self,
        inputs: Floats,
        *,
        seed: int = 0,
        mirror: bool = False,
        palette: Palette | None = None,
    ) -> Floats:
        """Translate images [n, in, H, W], or vectors [n, in, 1, 1], of float32 in [-1, 1].

        Return [n, out, H, W] in [-1, 1]. Noise equals PyTorch's after ``manual_seed(seed)``, as for
        the checkpoint. ``palette`` is as in :func:`.choose_palette`. ``mirror`` returns the
        :func:`.mirror_mean`. Raises UserError if the shape does not fit.
        """
        if mirror:
            return mirror_mean(
                lambda images: torch.from_numpy(self(images.numpy(), seed=seed, palette=palette)),
                torch.from_numpy(inputs),
            ).numpy()
        self._check(inputs.shape)
        try:
            output: Floats = self._session.run(
                [OUTPUT], graph_inputs(self.description, inputs, seed, palette)
            )[0]
        except Exception as error:  # onnxruntime raises many kinds where a graph cannot be run
            raise UserError(f"{self.path} is damaged: {str(error).partition(chr(10))[0]}") from None
        if output.ndim != 4 or output.shape[:2] != (len(inputs), self.description.out_channels):
            raise UserError(f"{self.path} is damaged: it gives {list(output.shape)}")
        return output.clip(-1, 1, out=output)

    def _check_graph(self) -> None:
        """Raise UserError unless the graph takes and gives what its description says."""
        for verb, expected, nodes in (
            ("takes", input_names(self.description), self._session.get_inputs()),
            ("gives", [OUTPUT], self._session.get_outputs()),
        ):
            names = {node.name: node.type for node in nodes}
            if names != dict.fromkeys(expected, FLOAT):
                listed = ", ".join(f"{name}: {type_}" for name, type_ in names.items())
                raise UserError(f"{self.path} is damaged: it {verb} {listed}")

    def _check(self, shape: tuple[int, ...]) -> None:
        description, multiple = self.description, side_multiple(self.description)
        side = 1 if description.generator.takes == "vector" else description.size
        if len(shape) == 4 and shape[1] == description.in_channels:
            if multiple and all(length and length % multiple == 0 for length in shape[2:]):
                return
            if shape[2:] == (side, side):
                return
        raise UserError(f"{self.path} takes {input_shape(description)}, not {list(shape)}")


def _open_session(path: Path, threads: int | None) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3  # errors: its warnings are about its own optimisations
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _description(path: Path, metadata: dict[str, str]) -> Description:
    if DESCRIPTION not in metadata:
        raise UserError(f"{path} is no generator that s2f exported: its metadata has no 's2f'")
    version = metadata.get(FORMAT, "")
    check_version(path, VERSION if version == str(VERSION) else version)
    try:
        return Description.model_validate_json(metadata[DESCRIPTION])
    except ValueError as error:  # pydantic's is one
        raise UserError(f"{path} is damaged: {error}") from None
