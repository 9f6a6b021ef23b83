"""Writes the models of the serving benchmarks into a folder, the same bytes each time:

    iris.pkl, iris.onnx   logistic regression on four numbers, as scikit-learn pickles it and as skl2onnx converts it
    mlp.onnx              128-512-512-10, ReLU, softmax; random weights
    convolution.onnx      [N, 3, 32, 32] -> six convolutions -> [N, 10]; some milliseconds a row on one core

    python make-models.py FOLDER [NAME ...]

Needs the packages of bench/peers/fastapi/requirements.txt; NAME limits it to some of iris, mlp, convolution, and the last two
need numpy and onnx only.
"""

import pickle
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSETS = [helper.make_opsetid("", 17)]


def save(path, nodes, x, y, weights):
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, x)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, y)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def weigh(generator, *shape):
    """He's initialisation, so that values neither grow nor vanish from layer to layer."""
    inputs = shape[0] if len(shape) == 2 else np.prod(shape[1:])
    return (generator.standard_normal(shape) * np.sqrt(2 / inputs)).astype(np.float32)


def iris(folder):
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    data = load_iris()
    model = LogisticRegression(max_iter=500).fit(data.data, data.target)
    (folder / "iris.pkl").write_bytes(pickle.dumps(model))
    made = convert_sklearn(
        model, "iris", [("X", FloatTensorType([None, 4]))], target_opset=17, options={"zipmap": False}
    )
    (folder / "iris.onnx").write_bytes(made.SerializeToString())


def mlp(folder):
    generator = np.random.default_rng(1)
    sizes = [128, 512, 512, 10]
    weights, nodes, name = {}, [], "X"
    for layer, (size, next_size) in enumerate(zip(sizes, sizes[1:])):
        weights[f"w{layer}"] = weigh(generator, size, next_size)
        weights[f"b{layer}"] = np.zeros(next_size, np.float32)
        nodes.append(helper.make_node("Gemm", [name, f"w{layer}", f"b{layer}"], [f"sum{layer}"]))
        name = f"sum{layer}"
        if layer < len(sizes) - 2:
            nodes.append(helper.make_node("Relu", [name], [f"hidden{layer}"]))
            name = f"hidden{layer}"
    nodes.append(helper.make_node("Softmax", [name], ["y"], axis=1))
    save(folder / "mlp.onnx", nodes, ["N", 128], ["N", 10], weights)


def convolution(folder):
    generator = np.random.default_rng(2)
    weights, nodes, name = {}, [], "X"
    # channels in, channels out, stride
    for layer, (depth, next_depth, stride) in enumerate(
        [(3, 32, 1), (32, 64, 1), (64, 64, 1), (64, 96, 2), (96, 96, 1), (96, 128, 2)]
    ):
        weights[f"w{layer}"] = weigh(generator, next_depth, depth, 3, 3)
        weights[f"b{layer}"] = np.zeros(next_depth, np.float32)
        nodes += [
            helper.make_node(
                "Conv", [name, f"w{layer}", f"b{layer}"], [f"sum{layer}"], pads=[1, 1, 1, 1], strides=[stride, stride]
            ),
            helper.make_node("Relu", [f"sum{layer}"], [f"hidden{layer}"]),
        ]
        name = f"hidden{layer}"
    weights["w"], weights["b"] = weigh(generator, 128, 10), np.zeros(10, np.float32)
    nodes += [
        helper.make_node("GlobalAveragePool", [name], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["sum"]),
        helper.make_node("Softmax", ["sum"], ["y"], axis=1),
    ]
    save(folder / "convolution.onnx", nodes, ["N", 3, 32, 32], ["N", 10], weights)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for make in (iris, mlp, convolution):
        if make.__name__ in (sys.argv[2:] or ["iris", "mlp", "convolution"]):
            make(folder)
