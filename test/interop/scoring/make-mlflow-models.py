"""Saves the models of the interop test as MLflow models: `make-mlflow-models.py FLIGHTS MATRIX TARGET`.

Each folder TARGET/NAME is an MLflow model of the ONNX flavor with signature and input example; its model.onnx is the file that
Slipway deploys.
"""

import sys
from pathlib import Path

import mlflow.onnx
import numpy as np
import onnx
import pandas as pd
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from onnx import TensorProto, helper

FLIGHTS, MATRIX, TARGET = (Path(argument) for argument in sys.argv[1:])
OPSETS = [helper.make_opsetid("", 17)]


def graph(name, nodes, inputs, outputs):
    tensors = [[helper.make_tensor_value_info(*one) for one in some] for some in (inputs, outputs)]
    model = helper.make_model(helper.make_graph(nodes, name, *tensors), opset_imports=OPSETS, ir_version=8)
    onnx.checker.check_model(model)
    return model


def columns():
    """One value a row in each of six columns of six types, which are given back; and a sum of two."""
    kinds = {
        "single": TensorProto.FLOAT,
        "wide": TensorProto.DOUBLE,
        "long": TensorProto.INT64,
        "short": TensorProto.INT32,
        "flag": TensorProto.BOOL,
        "text": TensorProto.STRING,
    }
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in kinds]
    nodes.append(helper.make_node("Cast", ["long"], ["long_float"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Add", ["single", "long_float"], ["sum"]))
    outputs = [(f"{name}_out", kind, ["N"]) for name, kind in kinds.items()] + [("sum", TensorProto.FLOAT, ["N"])]
    return graph("columns", nodes, [(name, kind, ["N"]) for name, kind in kinds.items()], outputs)


def shapes():
    """A row of fixed and a row of open sizes, given back with what they come to."""
    nodes = [
        helper.make_node("ReduceSum", ["walk"], ["walked"], keepdims=0),
        helper.make_node("Identity", ["grid"], ["grid_out"]),
        helper.make_node("Identity", ["count"], ["count_out"]),
    ]
    floats = TensorProto.FLOAT
    inputs = [
        ("grid", floats, ["N", 2, 2]),
        ("walk", floats, ["N", "T"]),
        ("count", TensorProto.INT64, ["N"]),
    ]
    nodes[0] = helper.make_node("ReduceMean", ["walk"], ["walked"], axes=[1], keepdims=0)
    outputs = [("walked", floats, ["N"]), ("grid_out", floats, ["N", 2, 2]), ("count_out", TensorProto.INT64, ["N"])]
    return graph("shapes", nodes, inputs, outputs)


def tensors(**specs):
    return Schema([TensorSpec(np.dtype(kind), shape, name) for name, (kind, shape) in specs.items()])


def save(name, model, schema, example):
    mlflow.onnx.save_model(
        model,
        str(TARGET / name),
        signature=ModelSignature(inputs=schema),
        input_example=example,
        pip_requirements=[],
        save_as_external_data=False,
    )


def main():
    kinds = {
        "single": DataType.float,
        "wide": DataType.double,
        "long": DataType.long,
        "short": DataType.integer,
        "flag": DataType.boolean,
        "text": DataType.string,
    }
    frame = pd.DataFrame({"single": [0.5], "wide": [0.25], "long": [3], "short": [4], "flag": [True], "text": ["x"]})
    save("columns", columns(), Schema([ColSpec(kind, name) for name, kind in kinds.items()]), frame)
    packed = Schema([ColSpec(DataType.float, "a"), ColSpec(DataType.double, "b"), ColSpec(DataType.long, "c"),
                     ColSpec(DataType.float, "d")])
    row = pd.DataFrame({"a": [1.0], "b": [2.0], "c": [3], "d": [4.0]})
    save("packed", onnx.load(MATRIX), packed, row)
    save("matrix", onnx.load(MATRIX), Schema([TensorSpec(np.dtype("float32"), (-1, 4))]),
         np.ones((1, 4), dtype=np.float32))
    flights = tensors(
        origin=("object", (-1, 1)),
        destination=("object", (-1, 1)),
        hour=("int64", (-1, 1)),
        weekday=("int64", (-1, 1)),
        distance=("float32", (-1, 1)),
        origin_late_3h=("float32", (-1, 1)),
    )
    save("flights", onnx.load(FLIGHTS), flights, None)
    save("shapes", shapes(), tensors(grid=("float32", (-1, 2, 2)), walk=("float32", (-1, -1)), count=("int64", (-1,))),
         None)


main()
