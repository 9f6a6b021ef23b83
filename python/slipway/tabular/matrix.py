"""Columns as one matrix of numbers."""

from typing import Callable, List, Optional, Sequence

import numpy as np

from ..process.errors import ModelError
from ..process.tensors import DTYPES
from ..signature import Signature

ToMatrix = Callable[[List[np.ndarray]], np.ndarray]


def is_numeric(signature: Signature) -> bool:
    """Whether each input is one number, so that they make a matrix."""
    return all(column.is_column and DTYPES.get(column.datatype, _TEXTS).kind in "iuf" for column in signature.inputs)


def to_matrix(
    signature: Signature,
    dtype: Optional[np.dtype] = None,
    order: Optional[Sequence[str]] = None,
    by_column: bool = False,
) -> ToMatrix:
    """Makes [rows, columns] of a run's arrays.

    `dtype`: what the columns are taken as; `order`: of the columns, where it is not the signature's; `by_column`: laid out as in a
    DataFrame.
    """
    if signature.packed is None and len(signature.inputs) == 1 and not signature.inputs[0].is_column:
        return lambda arrays: arrays[0].copy()
    where = positions(signature, signature.names if order is None else order)
    if signature.packed is not None:
        return _of_packed(dtype or DTYPES[signature.packed.datatype], where, by_column)
    dtypes = [DTYPES.get(column.datatype, _TEXTS) for column in signature.inputs]
    if _TEXTS in dtypes and dtype is not None:
        name = signature.inputs[dtypes.index(_TEXTS)].name
        message = f'The model takes a matrix of numbers, and the input "{name}" is text.'
        raise ModelError("invalid_model", f"{message} Declare it as a number.")
    common = dtype or np.result_type(*dtypes)
    if by_column:
        return lambda arrays: _fill_columns(arrays, where, common)
    return lambda arrays: _fill(arrays, where, common)


_TEXTS = np.dtype(object)


def positions(signature: Signature, names: Sequence[str]) -> List[int]:
    """Where the inputs of these names are; the model was trained with them."""
    given = {column.name: position for position, column in enumerate(signature.inputs)}
    absent = [name for name in names if name not in given]
    if absent:
        listed = ", ".join(f'"{name}"' for name in absent[:5])
        message = f"The model was trained with {listed}, which the declared inputs leave out."
        raise ModelError(
            "invalid_model", f"{message} Declare {'it' if len(absent) == 1 else 'them'} under model.inputs."
        )
    return [given[name] for name in names]


def _of_packed(dtype: np.dtype, where: List[int], by_column: bool) -> ToMatrix:
    order = "F" if by_column else "C"
    # A copy: some libraries add up otherwise where memory begins elsewhere, and a model may keep what it is given.
    if where == list(range(len(where))):
        return lambda arrays: np.array(arrays[0], dtype, order=order)  # type: ignore[call-overload]
    return lambda arrays: np.array(arrays[0][:, where], dtype, order=order)  # type: ignore[call-overload]


def _fill(arrays: Sequence[np.ndarray], where: Sequence[int], dtype: np.dtype) -> np.ndarray:
    matrix = np.empty((len(arrays[0]), len(where)), dtype)
    for column, position in enumerate(where):
        matrix[:, column] = arrays[position].reshape(-1)
    return matrix


def _fill_columns(arrays: Sequence[np.ndarray], where: Sequence[int], dtype: np.dtype) -> np.ndarray:
    block = np.empty((len(where), len(arrays[0])), dtype)
    for row, position in enumerate(where):
        block[row] = arrays[position].reshape(-1)
    return block.T
