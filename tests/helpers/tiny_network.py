"""A TensorFlow Lite network of two outputs, small enough to be written by a test."""

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema


def doubling(size: int) -> bytes:
    """The file of a network whose outputs are x + x and -x, of an input float32 [1, size]."""
    model = schema.ModelT()
    model.version = 3
    model.buffers = [schema.BufferT()]
    model.operatorCodes = [_code(schema.BuiltinOperator.ADD), _code(schema.BuiltinOperator.NEG)]
    graph = schema.SubGraphT()
    graph.tensors = [_tensor(name, size) for name in ("x", "double", "negative")]
    graph.inputs, graph.outputs = [0], [1, 2]
    add, negate = schema.OperatorT(), schema.OperatorT()
    add.opcodeIndex, add.inputs, add.outputs = 0, [0, 0], [1]
    add.builtinOptionsType = schema.BuiltinOptions.AddOptions
    add.builtinOptions = schema.AddOptionsT()
    negate.opcodeIndex, negate.inputs, negate.outputs = 1, [0], [2]
    graph.operators = [add, negate]
    model.subgraphs = [graph]
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _code(operator: int) -> schema.OperatorCodeT:
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = operator
    code.version = 1
    return code


def _tensor(name: str, size: int) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.type = name, schema.TensorType.FLOAT32
    tensor.shape, tensor.buffer = np.array([1, size], np.int32), 0
    return tensor
