"""TensorFlow: a SavedModel, by its signature `serving_default`."""

import os
from typing import Any, List, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..process.tensors import DTYPES
from ..signature import Input, Output, Signature
from .tensors_in import to_tensors

_BY_DTYPE = {dtype: name for name, dtype in DTYPES.items()}


def load(source: Source) -> Model:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(source.threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    folder = source.path if os.path.isdir(source.path) else os.path.dirname(source.path)
    loaded = tensorflow.saved_model.load(folder)
    wanted = source.options.get("signature", "serving_default")
    if wanted not in loaded.signatures:
        there = ", ".join(loaded.signatures) or "none"
        message = f'The SavedModel has no signature "{wanted}"; it has: {there}'
        raise ModelError(
            "invalid_model", f"{message}. Save it with one, or name another under model.options.signature."
        )
    return TensorflowModel(loaded, loaded.signatures[wanted])


class TensorflowModel(Model):
    platform = "tensorflow_savedmodel"

    def __init__(self, loaded: Any, function: Any) -> None:
        self._loaded = loaded  # Its variables live as long as it does.
        self._function = function
        self._inputs = dict(function.structured_input_signature[1])

    def describe(self) -> Description:
        inputs = [Input(name, _datatype(name, spec), _shape(spec)) for name, spec in self._inputs.items()]
        given = self._function.structured_outputs.items()
        outputs = [Output(name, _datatype(name, spec), _shape(spec)) for name, spec in given]
        batched = all(one.shape[:1] == (-1,) for one in (*inputs, *outputs))
        return Description(inputs, None, outputs, batched)

    def bind(self, signature: Signature) -> Run:
        import tensorflow

        function, constant = self._function, tensorflow.constant
        names = list(self._inputs)
        if len(names) > 1:
            names = [column.name for column in signature.inputs]
        dtypes = [self._inputs[name].dtype for name in names]
        prepare = to_tensors(signature, len(names))

        def run(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            tensors = prepare(arrays)
            fed = {name: constant(array, dtype) for name, array, dtype in zip(names, tensors, dtypes)}
            return [(name, tensor.numpy()) for name, tensor in function(**fed).items()]

        return run


def _shape(spec: Any) -> Tuple[int, ...]:
    if spec.shape.rank is None:
        raise ModelError("invalid_model", f'"{spec.name}" has no rank. Save the model with an input signature.')
    return tuple(-1 if size is None else int(size) for size in spec.shape)


def _datatype(name: str, spec: Any) -> str:
    if spec.dtype.name == "string":
        return "BYTES"
    datatype = _BY_DTYPE.get(np.dtype(spec.dtype.as_numpy_dtype))
    if datatype is None:
        raise ModelError("invalid_model", f'"{name}" is of the type {spec.dtype.name}, which cannot be sent.')
    return datatype
