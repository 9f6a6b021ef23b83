"""Writes the small ONNX files of ./models that the tests open.

    python3 -m venv /tmp/onnxgen
    /tmp/onnxgen/bin/pip install numpy==2.4.6 onnx==1.23.2 scikit-learn==1.9.1 skl2onnx==1.20.0
    /tmp/onnxgen/bin/python packages/runtime/src/onnx/testing/make-models.py

The results are committed, so the tests need no Python. Each file stays under 50 KB.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

OUT = Path(__file__).parent / "models"
OPSETS = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]


def tensor(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, initializers=(), check=True, **save_options):
    graph = helper.make_graph(nodes, name, inputs, outputs, list(initializers))
    model = helper.make_model(graph, opset_imports=OPSETS, ir_version=8)
    if check:
        onnx.checker.check_model(model)
    onnx.save(model, OUT / f"{name}.onnx", **save_options)


def iris():
    data = load_iris()
    names = np.array(["setosa", "versicolor", "virginica"])
    for suffix, target in (("int", data.target), ("text", names[data.target])):
        model = LogisticRegression(max_iter=500).fit(data.data, target)
        # input is [N, 4]: sepal length, sepal width, petal length, petal width
        kinds = [("X", FloatTensorType([None, 4]))]
        for zipmap in (True, False):
            made = convert_sklearn(model, "iris", kinds, target_opset=17, options={"zipmap": zipmap})
            path = OUT / f"iris-{suffix}{'-zipmap' if zipmap else ''}.onnx"
            path.write_bytes(made.SerializeToString())
    # labels and probabilities for the first, the 75th and the last flower, to compare with
    rows = data.data[[0, 74, 149]]
    print("iris rows", rows.tolist())
    print("iris labels", model.predict(rows), "probabilities", model.predict_proba(rows).round(5).tolist())


def columns():
    """Named columns: a string and two numbers, each [N, 1]; a pipeline as people export it."""
    generator = np.random.default_rng(1)
    n = 400
    origin = generator.choice(["ATL", "JFK", "SFO"], n)
    hour = generator.integers(0, 24, n)
    late = generator.normal(10, 5, n)
    target = (hour / 24 + (origin == "JFK") * 0.5 + late / 40 + generator.normal(0, 0.1, n) > 0.9).astype(int)
    frame = np.empty((n, 3), dtype=object)
    frame[:, 0], frame[:, 1], frame[:, 2] = origin, hour.astype(float), late
    pipeline = Pipeline(
        [
            ("columns", ColumnTransformer([("text", OneHotEncoder(handle_unknown="ignore"), [0]), ("number", "passthrough", [1, 2])])),
            ("model", LogisticRegression(max_iter=500)),
        ]
    ).fit(frame, target)
    kinds = [
        ("origin", StringTensorType([None, 1])),
        ("hour", FloatTensorType([None, 1])),
        ("late", FloatTensorType([None, 1])),
    ]
    made = convert_sklearn(pipeline, "columns", kinds, target_opset=17, options={"zipmap": False})
    (OUT / "columns.onnx").write_bytes(made.SerializeToString())


def identities():
    kinds = {
        "bool": TensorProto.BOOL,
        "uint8": TensorProto.UINT8,
        "uint16": TensorProto.UINT16,
        "uint32": TensorProto.UINT32,
        "uint64": TensorProto.UINT64,
        "int8": TensorProto.INT8,
        "int16": TensorProto.INT16,
        "int32": TensorProto.INT32,
        "int64": TensorProto.INT64,
        "fp16": TensorProto.FLOAT16,
        "fp32": TensorProto.FLOAT,
        "fp64": TensorProto.DOUBLE,
        "text": TensorProto.STRING,
    }
    save(
        "identity",
        [helper.make_node("Identity", [f"{k}_in"], [f"{k}_out"]) for k in kinds],
        [tensor(f"{k}_in", v, ["N", 2]) for k, v in kinds.items()],
        [tensor(f"{k}_out", v, ["N", 2]) for k, v in kinds.items()],
    )
    save(
        "bfloat16",
        [helper.make_node("Identity", ["x"], ["y"])],
        [tensor("x", TensorProto.BFLOAT16, ["N", 2])],
        [tensor("y", TensorProto.BFLOAT16, ["N", 2])],
    )


def matrices():
    weights = np.array([[1.0], [2.0], [3.0], [4.0]], dtype=np.float32)
    floats = [tensor("X", TensorProto.FLOAT, ["N", 4])], [tensor("y", TensorProto.FLOAT, ["N", 1])]
    product = helper.make_node("MatMul", ["X", "W"], ["y"])
    save("matrix", [product], *floats, [numpy_helper.from_array(weights, "W")])
    save(
        "external",
        [product],
        *floats,
        [numpy_helper.from_array(weights, "W")],
        save_as_external_data=True,
        location="external.weights",
        size_threshold=0,
        convert_attribute=False,
    )
    save(
        "fixed-batch",
        [product],
        [tensor("X", TensorProto.FLOAT, [1, 4])],
        [tensor("y", TensorProto.FLOAT, [1, 1])],
        [numpy_helper.from_array(weights, "W")],
    )
    # The mean over the batch: symbolic dimensions that look like a batch, but rows are not independent.
    save(
        "centred",
        [helper.make_node("ReduceMean", ["X"], ["mean"], axes=[0], keepdims=1), helper.make_node("Sub", ["X", "mean"], ["y"])],
        [tensor("X", TensorProto.FLOAT, ["N", 4])],
        [tensor("y", TensorProto.FLOAT, ["N", 4])],
    )
    # An output without a declared shape, and one that sums the whole batch into a scalar.
    save(
        "scalar",
        [helper.make_node("ReduceSum", ["X"], ["total"], keepdims=0)],
        [tensor("X", TensorProto.FLOAT, ["N", 4])],
        [tensor("total", TensorProto.FLOAT, [])],
    )


def simple():
    """The models that the examples of Triton's clients ask: a sum and a difference, the same of digits as text, an identity."""
    sides = ["INPUT0", "INPUT1"]
    operations = [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])]
    for name, kind in (("simple", TensorProto.INT32), ("simple-string", TensorProto.STRING)):
        casts_in = [helper.make_node("Cast", [side], [to], to=TensorProto.INT32) for side, to in zip(sides, "ab")]
        casts_out = [
            helper.make_node("Cast", ["sum"], ["OUTPUT0"], to=kind),
            helper.make_node("Cast", ["difference"], ["OUTPUT1"], to=kind),
        ]
        save(
            name,
            casts_in + operations + casts_out,
            [tensor(side, kind, ["N", 16]) for side in sides],
            [tensor(side, kind, ["N", 16]) for side in ("OUTPUT0", "OUTPUT1")],
        )
    for name, kind, shape, x, y in (
        ("simple-identity", TensorProto.STRING, ["N", "M"], "INPUT0", "OUTPUT0"),
        ("one-text", TensorProto.STRING, ["N"], "INPUT0", "OUTPUT0"),
        ("vector", TensorProto.FLOAT, ["N", 128], "INPUT0", "OUTPUT0"),
        ("half", TensorProto.FLOAT16, ["N", 2], "x", "y"),
    ):
        save(name, [helper.make_node("Identity", [x], [y])], [tensor(x, kind, shape)], [tensor(y, kind, shape)])


def slow():
    """A big product from a file of a few hundred bytes: the row fills a [700, 700] matrix that is squared."""
    size = numpy_helper.from_array(np.array([700, 700], dtype=np.int64), "size")
    save(
        "slow",
        [
            helper.make_node("ReduceSum", ["X"], ["one"], keepdims=0),
            helper.make_node("Expand", ["one", "size"], ["big"]),
            helper.make_node("MatMul", ["big", "big"], ["squared"]),
            helper.make_node("ReduceMean", ["squared"], ["mean"], keepdims=0),
            helper.make_node("Mul", ["X", "mean"], ["y"]),
        ],
        [tensor("X", TensorProto.FLOAT, ["N", 1])],
        [tensor("y", TensorProto.FLOAT, ["N", 1])],
        [size],
    )
    # A loop whose trip count is the input: fills memory or time, as asked.
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["sum", "one"], ["more"])],
        "body",
        [tensor("i", TensorProto.INT64, []), tensor("go", TensorProto.BOOL, []), tensor("sum", TensorProto.FLOAT, [])],
        [tensor("go_on", TensorProto.BOOL, []), tensor("more", TensorProto.FLOAT, [])],
        [numpy_helper.from_array(np.array(1, dtype=np.float32), "one")],
    )
    constants = [
        numpy_helper.from_array(np.array(2_000_000_000, dtype=np.int64), "trips"),
        numpy_helper.from_array(np.array(True), "yes"),
        numpy_helper.from_array(np.array(0, dtype=np.float32), "zero"),
    ]
    save(
        "endless",
        [helper.make_node("Loop", ["trips", "yes", "zero"], ["sum"], body=body), helper.make_node("Add", ["X", "sum"], ["y"])],
        [tensor("X", TensorProto.FLOAT, ["N", 1])],
        [tensor("y", TensorProto.FLOAT, ["N", 1])],
        constants,
    )
    # 16 GiB asked for at the first run.
    save(
        "huge",
        [
            helper.make_node("Expand", ["X", "size"], ["big"]),
            helper.make_node("ReduceMean", ["big"], ["mean"], keepdims=0),
            helper.make_node("Mul", ["X", "mean"], ["y"]),
        ],
        [tensor("X", TensorProto.FLOAT, ["N", 1])],
        [tensor("y", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(np.array([65536, 65536], dtype=np.int64), "size")],
    )


def picky():
    """Fails on the values that a probe makes up: indices must be 10 to 12 of a table of 13."""
    table = numpy_helper.from_array(np.arange(3, dtype=np.float32), "table")
    ten = numpy_helper.from_array(np.array(10, dtype=np.int64), "ten")
    save(
        "picky",
        [helper.make_node("Sub", ["code", "ten"], ["index"]), helper.make_node("Gather", ["table", "index"], ["y"])],
        [tensor("code", TensorProto.INT64, ["N"])],
        [tensor("y", TensorProto.FLOAT, ["N"])],
        [table, ten],
    )


def unsupported():
    """A sequence output that no ZipMap makes."""
    sequence = helper.make_tensor_sequence_value_info("parts", TensorProto.FLOAT, None)
    save(
        "sequence",
        [helper.make_node("SplitToSequence", ["X"], ["parts"], axis=0)],
        [tensor("X", TensorProto.FLOAT, ["N", 4])],
        [sequence],
    )
    # An operator that no runtime has.
    save(
        "unknown-operator",
        [helper.make_node("Frobnicate", ["X"], ["y"], domain="com.example")],
        [tensor("X", TensorProto.FLOAT, ["N", 4])],
        [tensor("y", TensorProto.FLOAT, ["N", 4])],
        check=False,
    )


def garbage():
    whole = (OUT / "iris-int.onnx").read_bytes()
    (OUT / "garbage-truncated.onnx").write_bytes(whole[: len(whole) // 2])
    (OUT / "garbage-text.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    (OUT / "garbage-empty.onnx").write_bytes(b"")
    (OUT / "garbage-pickle.onnx").write_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x07sklearn.")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for make in (iris, columns, identities, matrices, simple, slow, picky, unsupported, garbage):
        make()
    for path in sorted(OUT.iterdir()):
        print(f"{path.stat().st_size:8} {path.name}")
