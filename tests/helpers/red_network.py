"""A matting model like rembg's whose matte is the red channel."""

from pathlib import Path

import onnx


def write_red_network(file: Path, *, fixed: bool = False) -> None:
    """Write a model like rembg's whose matte is the red channel; ``fixed``: of 320 pixels only."""
    sides: list[int | str] = [1, 3, 320, 320]
    tensor = onnx.helper.make_tensor_value_info
    start, end = (
        onnx.helper.make_tensor(name, onnx.TensorProto.INT64, [1], [value])
        for name, value in (("start", 0), ("end", 1))
    )
    axis = onnx.helper.make_tensor("axis", onnx.TensorProto.INT64, [1], [1])
    shape = onnx.helper.make_tensor("shape", onnx.TensorProto.INT64, [4], [1, 1, 320, 320])
    red = onnx.helper.make_node(
        "Slice", ["photo", "start", "end", "axis"], ["red" if fixed else "matte"]
    )
    reshape = onnx.helper.make_node("Reshape", ["red", "shape"], ["matte"])
    graph = onnx.helper.make_graph(
        [red, reshape] if fixed else [red],
        "red",
        [tensor("photo", onnx.TensorProto.FLOAT, sides)],
        [tensor("matte", onnx.TensorProto.FLOAT, [1, 1, 320, 320])],
        [start, end, axis, shape],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    model.ir_version = 9
    onnx.save(model, file)
