"""A generator as an ONNX file that says of itself what a checkpoint does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn
from torch.export import Dim

from s2f_core.common import project
from s2f_core.common.atomic import atomic_write
from s2f_core.common.errors import UserError
from s2f_core.common.images import Floats
from s2f_core.data.palette import CHANNELS
from s2f_core.data.selection import VariantData
from s2f_core.inference.inputs import noise_planes
from s2f_core.inference.onnx_session import (
    DESCRIPTION,
    FORMAT,
    INPUT,
    OUTPUT,
    PALETTE,
    graph_inputs,
    side_multiple,
)
from s2f_core.networks.checkpoint import VERSION, Description, load_model
from s2f_core.networks.convolutions import NearestUp

if TYPE_CHECKING:
    from onnx import ModelProto

Precision = Literal["float32", "float16", "int8"]
OPSET = 20
BATCH, TIMES = 2, (2, 3)  # of the example that is traced; 1 would be taken for a constant
CALIBRATION = 64  # training inputs that tell the ranges of the maps
QUANTISED = ("Conv", "Gemm")  # what has an 8-bit kernel on a processor; ConvTranspose has none


def export(
    model: Path, out: Path, precision: Precision = "float32", data: Path | None = None
) -> Description:
    """:func:`write` the generator of a model file; raises UserError where that is damaged too."""
    description, network = load_model(model)
    write(description, network, out, precision, data)
    return description


def write(
    description: Description,
    network: nn.Module,
    out: Path,
    precision: Precision = "float32",
    data: Path | None = None,
) -> None:
    """Write a generator in eval mode as ONNX.

    Its input is ``input`` [batch, in, H, W] float32 in [-1, 1], its output ``output`` the same with
    the generator's own channels. A generator that draws noise has each plane as an input of its
    own, to be filled from N(0, 1): see :func:`.inputs.noise_planes`. One that is told a palette
    has it as ``palette`` [batch, 12] in [-1, 1]. H and W are free where the section is
    :class:`.onnx_session.Scalable`, else those of the model. The metadata has the description as
    JSON under ``s2f``.

    ``precision``: ``float16`` keeps the weights in half the bytes, and computes in float32;
    ``int8`` computes convolutions in 8 bits, with the ranges that maps have on training inputs,
    whose table is read under ``data``, by default the project's data folder.

    Raises UserError where ``out`` cannot be written, and where int8 finds no training inputs.
    """
    ranges = (
        training_inputs(description, data or project.data_folder()) if precision == "int8" else None
    )
    with _merged(network, ranges is None):  # a transposed convolution has no 8-bit kernel
        graph = traced(description, network)
    if precision == "float16":
        _halve(graph)
    elif ranges is not None:
        graph = _quantised(graph, description, ranges)
    for key, value in {DESCRIPTION: description.model_dump_json(), FORMAT: str(VERSION)}.items():
        graph.metadata_props.add(key=key, value=value)
    _save(graph, out)


@contextmanager
def _merged(network: nn.Module, merged: bool) -> Iterator[None]:
    """Merge nearest up with the convolution after it, or not; restored at the end."""
    layers = {layer: layer.merged for layer in network.modules() if isinstance(layer, NearestUp)}
    for layer in layers:
        layer.merged = merged
    try:
        yield
    finally:
        for layer, before in layers.items():
            layer.merged = before


def traced(description: Description, network: nn.Module) -> ModelProto:
    """The network's graph in ONNX, in float32, for any batch, and any size that it can take."""
    inputs, others, free = _example(description)
    program = torch.onnx.export(
        network,
        (inputs,),
        kwargs=others,
        input_names=[INPUT, *others],
        output_names=[OUTPUT],
        opset_version=OPSET,
        dynamo=True,
        dynamic_shapes=free,
        verbose=False,
    )
    if program is None:
        raise TypeError("torch.onnx.export gave no program")
    graph: ModelProto = program.model_proto
    return graph


def _example(
    description: Description,
) -> tuple[Tensor, dict[str, Tensor], tuple[dict[int, object], ...]]:
    """Return the example input, the others by name, and the free dimensions of each."""
    batch, rows, columns = (Dim(name, min=1) for name in ("batch", "rows", "columns"))
    channels, size = description.in_channels, description.size
    if description.generator.takes == "vector":
        return torch.zeros(BATCH, channels, 1, 1), {}, ({0: batch},)
    if (each := side_multiple(description)) is None:
        return torch.zeros(BATCH, channels, size, size), {}, ({0: batch},)
    height, width = (times * each for times in TIMES)
    others = {
        name: torch.zeros(BATCH, 1, height // part, width // part)
        for name, part in noise_planes(description).items()
    }
    if description.palettes:
        others[PALETTE] = torch.zeros(BATCH, CHANNELS)
    free: dict[int, object] = {0: batch, 2: each * rows, 3: each * columns}
    as_inputs = (dict.fromkeys({0, *range(2, x.ndim)}, Dim.AUTO) for x in others.values())
    return torch.zeros(BATCH, channels, height, width), others, (free, *as_inputs)


def training_inputs(description: Description, data: Path) -> Floats:
    """The first inputs that a model was trained on, at its size, from the table under ``data``.

    Raises UserError where the model does not know its role, or a table is missing.
    """
    if description.role is None:
        raise UserError(
            f"{description.variant} does not say what it was trained on, so there is nothing to "
            "find the ranges of int8 on: choose float32 or float16"
        )
    known = description.model_dump(include={"role", "background", "condition", "classes"})
    pairs = VariantData.model_validate(known).pairs(data, "train", direction=description.direction)
    channels = description.in_channels, pairs.targets.shape[2]
    resized = pairs.with_channels(channels).resized_to(description.size)
    inputs: Floats = resized.a(range(min(CALIBRATION, len(resized.ids)))).numpy()
    return inputs


def _halve(graph: ModelProto) -> None:
    """Store weights as float16, each cast back where it is used: once, when a session opens."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for weight in graph.graph.initializer:
        if weight.data_type == TensorProto.FLOAT and len(weight.dims) > 1:
            name, half_name = weight.name, f"{weight.name}.float16"
            halved = numpy_helper.to_array(weight).astype(np.float16)
            weight.CopyFrom(numpy_helper.from_array(halved, half_name))
            casts.append(helper.make_node("Cast", [half_name], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def _quantised(graph: ModelProto, description: Description, inputs: Floats) -> ModelProto:
    """The graph with 8-bit convolutions, but for the first and the last, which decide the most.

    Weights have 7 bits and a scale for each channel: processors without VNNI add two products in
    16 bits, which 8 would overflow.
    """
    import onnx
    from onnxruntime import quantization
    from onnxruntime.quantization.quant_utils import add_pre_process_metadata

    class Inputs(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.rows = iter(range(len(inputs)))

        def get_next(self) -> dict[str, Floats] | None:
            row = next(self.rows, None)
            return (
                None if row is None else graph_inputs(description, inputs[row : row + 1], seed=row)
            )

    add_pre_process_metadata(graph)  # constants are folded and shapes known: else it warns
    products = [node.name for node in graph.graph.node if node.op_type in QUANTISED]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "int8.onnx"
        quantization.quantize_static(
            graph,
            file,
            Inputs(),
            op_types_to_quantize=list(QUANTISED),
            nodes_to_exclude=[*products[:1], *products[-1:]],
            per_channel=True,
            reduce_range=True,
        )
        return onnx.load(file)


def _save(graph: ModelProto, out: Path) -> None:
    try:
        with atomic_write(out, shared=True) as unfinished:
            unfinished.write_bytes(graph.SerializeToString())
    except OSError as error:
        raise UserError(f"{out} cannot be written: {error.strerror or error}") from None
