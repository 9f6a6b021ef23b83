"""What every Python peer that is a program of its user's has in common: the model behind one call, and its two ways on the wire.

Environment: BENCH_MODEL is the file, a pickle of scikit-learn or an ONNX file; BENCH_WIRE is `json` or `binary`.
"""

import os

import numpy as np

PATH = os.environ["BENCH_MODEL"]
BINARY = os.environ.get("BENCH_WIRE") == "binary"
# The batch that the peers may form at most, where they can: what Slipway's batcher may form by default.
MAX_BATCH = int(os.environ.get("BENCH_MAX_BATCH", "64"))
BATCHING = os.environ.get("BENCH_BATCHING") == "on"
TYPES = {"tensor(string)": object, "tensor(int64)": np.int64, "tensor(float)": np.float32}


class OnnxModel:
    """One thread: the server has one core. Spinning off, so that no thread waits by burning it.
    https://onnxruntime.ai/docs/performance/tune-performance/threading.html"""

    def __init__(self, path):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.inputs = {each.name: (TYPES[each.type], each.shape) for each in self.session.get_inputs()}
        self.outputs = [each.name for each in self.session.get_outputs()]

    def predict(self, inputs):
        return dict(zip(self.outputs, self.session.run(None, inputs)))


class ScikitModel:
    """With `assume_finite`, which scikit-learn recommends for short latencies:
    https://scikit-learn.org/stable/computing/computational_performance.html#configuring-scikit-learn-for-reduced-validation-overhead"""

    def __init__(self, path):
        import pickle

        import sklearn

        sklearn.set_config(assume_finite=True)
        with open(path, "rb") as file:
            self.model = pickle.load(file)
        self.inputs = {"X": (np.float32, [None, self.model.n_features_in_])}
        self.outputs = ["label", "probabilities"]

    def predict(self, inputs):
        probabilities = self.model.predict_proba(inputs["X"])
        return {"label": self.model.classes_[probabilities.argmax(axis=1)], "probabilities": probabilities}


def load():
    return ScikitModel(PATH) if PATH.endswith(".pkl") else OnnxModel(PATH)


def to_arrays(request, inputs):
    """A JSON request: one nested list for a model with one input, else one record with a value for each input."""
    if len(inputs) == 1:
        return {name: np.asarray(request[name], dtype) for name, (dtype, _) in inputs.items()}
    return {
        name: np.array([[np.nan if request[name] is None else request[name]]], dtype)
        for name, (dtype, _) in inputs.items()
    }


def from_bytes(body, inputs):
    """Raw little-endian values of the one input."""
    ((name, (dtype, shape)),) = inputs.items()
    return {name: np.frombuffer(body, dtype).reshape([-1, *shape[1:]])}


def to_json(answer):
    return {name: value.tolist() for name, value in answer.items()}


def to_bytes(answer):
    (value,) = answer.values()
    return value.tobytes()


def join(requests):
    """One batch of several requests. @returns it, and how many rows each of them has"""
    names = requests[0].keys()
    rows = [len(next(iter(each.values()))) for each in requests]
    return {name: np.concatenate([each[name] for each in requests]) for name in names}, rows


def split(answer, rows):
    ends = np.cumsum(rows)
    return [{name: value[end - size : end] for name, value in answer.items()} for end, size in zip(ends, rows)]
