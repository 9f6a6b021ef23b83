"""Columns as one matrix of numbers."""

from typing import Callable, List, Optional, Sequence

import numpy as np

from ..process.errors import ModelError
from ..process.tensors import DTYPES
from ..signature import Signature

ToMatrix = Callable[[List[np.ndarray]], np.ndarray]


def to_matrix(signature: Signature, dtype: Optional[np.dtype] = None) -> ToMatrix:
    """Makes [rows, columns] of a run's arrays, in the order of the signature. `dtype`: what the columns are taken as."""
    if signature.packed is not None:
        if dtype is None or DTYPES.get(signature.packed.datatype) == dtype:
            return lambda arrays: arrays[0]
        return lambda arrays: arrays[0].astype(dtype)
    if len(signature.inputs) == 1 and not signature.inputs[0].is_column:
        return lambda arrays: arrays[0]
    dtypes = [DTYPES.get(column.datatype) for column in signature.inputs]
    if None in dtypes:
        texts = next(column.name for column in signature.inputs if column.datatype not in DTYPES)
        if dtype is not None:
            message = f'The model takes a matrix of numbers, and the input "{texts}" is text.'
            raise ModelError("invalid_model", f"{message} Declare it as a number.")
        return _objects
    common = dtype if dtype is not None else np.result_type(*dtypes)  # type: ignore[arg-type]
    return lambda arrays: _fill(arrays, common)


def _fill(arrays: Sequence[np.ndarray], dtype: np.dtype) -> np.ndarray:
    matrix = np.empty((len(arrays[0]), len(arrays)), dtype)
    for position, array in enumerate(arrays):
        matrix[:, position] = array.reshape(-1)
    return matrix


def _objects(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return _fill(arrays, np.dtype(object))
