"""Keras 3: `.keras`."""

import os
from typing import Any, List, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..process.tensors import DTYPES
from ..signature import Input, Output, Signature
from .tensors_in import name_outputs, to_tensors

_BY_DTYPE = {str(dtype): name for name, dtype in DTYPES.items()}


def load(source: Source) -> Model:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    limit_threads(source.threads)
    try:
        model = keras.saving.load_model(source.path, compile=False)
    except ValueError as error:
        if "safe_mode" not in str(error) and "unsafe" not in str(error).lower():
            raise
        message = (
            f"{os.path.basename(source.path)} holds a lambda, which Keras does not load from a file it does not trust"
        )
        raise ModelError(
            "invalid_model", f"{message}. Make it a layer of its own, or load it in a Python file."
        ) from error
    return KerasModel(model)


def limit_threads(threads: int) -> None:
    """Of TensorFlow and of PyTorch, whichever the backend has brought."""
    import sys

    if "tensorflow" in sys.modules:
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    if "torch" in sys.modules:
        import torch

        torch.set_num_threads(threads)


class KerasModel(Model):
    platform = "keras_v3"

    def __init__(self, model: Any) -> None:
        self._model = model
        self._inputs: Sequence[Any] = model.inputs or []

    def describe(self) -> Description:
        if not self._inputs:
            return Description(notes=["The Keras model was saved before it was built: declare model.inputs."])
        inputs = [Input(one.name, _datatype(one), _shape(one)) for one in self._inputs]
        outputs = [
            Output(name, _datatype(one), _shape(one))
            for name, one in zip(_output_names(self._model), self._model.outputs)
        ]
        return Description(inputs, None, outputs)

    def bind(self, signature: Signature) -> Run:
        model = self._model
        prepare = to_tensors(signature, len(self._inputs) or 1)
        names = _output_names(model)
        declared = names if names else [output.name for output in signature.outputs]

        def run(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            tensors = prepare(arrays)
            return name_outputs(model.predict_on_batch(tensors[0] if len(tensors) == 1 else tensors), declared)

        return run


def _output_names(model: Any) -> List[str]:
    """Names of layers; of several, so that no two are alike."""
    names = list(getattr(model, "output_names", None) or [])
    outputs = model.outputs or []
    if len(names) != len(outputs) or len(set(names)) != len(names):
        return ["output"] if len(outputs) == 1 else [f"output_{position}" for position in range(len(outputs))]
    return names


def _shape(tensor: Any) -> Tuple[int, ...]:
    return tuple(-1 if size is None else int(size) for size in tensor.shape)


def _datatype(tensor: Any) -> str:
    kind = str(tensor.dtype)
    return "BYTES" if kind == "string" else _BY_DTYPE.get(kind, "FP32")
