"""Model files with wrong descriptions, missing weights, or other content than declared."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

import onnx
import torch
from bad_pictures import Make
from onnx import TensorProto, helper

from s2f_core.networks.checkpoint import FORMAT, VERSION, Description
from s2f_core.networks.unet import UNetSection

Weights = dict[str, torch.Tensor]


@cache
def description() -> Description:
    """The description of a tiny U-Net for drawings of 16 pixels."""
    return Description(
        variant="tiny",
        condition="given",
        background="kept",
        generator=UNetSection(type="unet", depth=2, norm="instance", up="nearest", dropout=0),
        size=16,
        width=4,
        in_channels=1,
        out_channels=3,
        direction="a-to-b",
        drawn_at=16,
        versions={"s2f": "0", "torch": "0"},
    )


@cache
def weights() -> Weights:
    """The weights of the tiny U-Net."""
    torch.manual_seed(0)
    return description().build().state_dict()


def checkpoint(change: Callable[[Weights], object] = dict, **changes: Any) -> bytes:
    """A model file with changed weights and a changed description."""
    content = {
        "format": FORMAT,
        "version": VERSION,
        "description": {**description().model_dump(mode="json"), **changes},
        "weights": change(dict(weights())),
    }
    return _torch_file(content)


def _torch_file(content: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()


def _huge_weights(_weights: Weights) -> Weights:
    """Weights with terabytes of elements, each an expanded single number."""
    with torch.device("meta"):
        shapes = description().model_copy(update={"width": 2**12}).build().state_dict()
    return {name: torch.zeros(()).expand(one.shape) for name, one in shapes.items()}


def _deflated(data: bytes) -> bytes:
    """The same zip with compressed members and an additional member of zeros."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for name in source.namelist():
            target.writestr(name, source.read(name))
        target.writestr("archive/data/99", bytes(2**24))
    return buffer.getvalue()


def _torchscript() -> bytes:
    """A TorchScript file, which contains code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/code/__torch__.py", "import os\n")
        archive.writestr("archive/constants.pkl", b"\x80\x02).")
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def graph(
    *nodes: onnx.NodeProto,
    takes: str = "input",
    channels: int = 1,
    parts: tuple[onnx.TensorProto, ...] = (),
    text: str | None = None,
) -> bytes:
    """An ONNX file of these nodes, by default one that repeats a channel, with a description."""
    image = helper.make_tensor_value_info(takes, TensorProto.FLOAT, ["n", channels, 16, 16])
    output = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    used = nodes or (helper.make_node("Concat", [takes] * 3, ["output"], axis=1),)
    graph = helper.make_graph(used, "g", [image], [output], initializer=parts)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    metadata = description().model_dump_json() if text is None else text
    helper.set_model_props(model, {"s2f": metadata, "s2f-version": str(VERSION)})
    return bytes(model.SerializeToString())


def _external_weights(location: str) -> bytes:
    """An ONNX file whose weights are in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1, 1, 1, 1])
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", "4")):
        tensor.external_data.add(key=key, value=value)
    return graph(
        helper.make_node("Mul", ["input", "w"], ["x"]),
        helper.make_node("Concat", ["x"] * 3, ["output"], axis=1),
        parts=(tensor,),
    )


def _expanding_graph() -> bytes:
    shape = helper.make_tensor("s", TensorProto.INT64, [4], [1, 2**40, 16, 16])
    return graph(helper.make_node("Expand", ["input", "s"], ["output"]), parts=(shape,))


MODELS: dict[str, Make] = {
    "good.pt": lambda _: checkpoint(),
    "wide.pt": lambda _: checkpoint(width=10**9),
    "endless.pt": lambda _: checkpoint(size=2**80),
    "negative.pt": lambda _: checkpoint(width=-1, in_channels=0),
    "expanded.pt": lambda _: checkpoint(_huge_weights, width=2**12),
    "nan.pt": lambda _: checkpoint(
        lambda weights: {k: v * float("nan") for k, v in weights.items()}
    ),
    "complex.pt": lambda _: checkpoint(
        lambda weights: {k: v.to(torch.complex64) for k, v in weights.items()}
    ),
    "less.pt": lambda _: checkpoint(lambda weights: dict(list(weights.items())[:-1])),
    "more.pt": lambda _: checkpoint(lambda weights: {**weights, "more": torch.zeros(1)}),
    "texts.pt": lambda _: checkpoint(lambda weights: dict.fromkeys(weights, "weight")),
    "none.pt": lambda _: checkpoint(lambda _: None),
    "meta.pt": lambda _: checkpoint(lambda weights: {k: v.to("meta") for k, v in weights.items()}),
    "description.pt": lambda _: checkpoint(variant="../../x", condition="no such", background="?"),
    "unknown.pt": lambda _: checkpoint(generator={"type": "os.system"}),
    "list.pt": lambda _: _torch_file([1, 2]),
    "cut.pt": lambda _: checkpoint()[:-300],
    "packed.pt": lambda _: _deflated(checkpoint()),
    "script.pt": lambda _: _torchscript(),
    "good.onnx": lambda _: graph(),
    "cut.onnx": lambda _: graph()[:-40],
    "elsewhere.onnx": lambda _: _external_weights("../../../../etc/hostname"),
    "absolute.onnx": lambda _: _external_weights("/etc/hostname"),
    "renamed.onnx": lambda _: graph(takes="image"),
    "channels.onnx": lambda _: graph(channels=7),
    "flat.onnx": lambda _: graph(helper.make_node("Flatten", ["input"], ["output"])),
    "expanding.onnx": lambda _: _expanding_graph(),
    "unknown.onnx": lambda _: graph(helper.make_node("System", ["input"], ["output"], domain="x")),
    "deep.onnx": lambda _: graph(text='{"drawing": ' + '{"a": ' * 5000 + "1" + "}" * 5001),
    "lies.onnx": lambda _: graph(text=description().model_dump_json().replace("16", "32")),
}
