"""Columns as a pandas DataFrame: names, types and order as the model was trained with."""

from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from ..process.tensors import DTYPES
from ..signature import Input, Signature
from .matrix import positions, to_matrix
from .moments import to_moments

ToFrame = Callable[[List[np.ndarray]], Any]
ToColumn = Callable[[np.ndarray], Any]


def to_frame(
    signature: Signature,
    order: Optional[Sequence[str]] = None,
    missing: Any = None,
    categories: Optional[Dict[str, Sequence[Any]]] = None,
) -> ToFrame:
    """Makes a DataFrame of a run's arrays.

    `order`: the columns as the model was trained, where it says so; `missing`: what a missing text becomes; `categories`: of
    columns, in the model's order, beside those that the signature declares.
    """
    import pandas as pd

    names = signature.names if order is None else list(order)
    where = positions(signature, names)
    index = pd.Index(names)
    own = categories or {}
    if signature.packed is not None and not own:
        matrix = to_matrix(signature, order=names, by_column=True)
        return lambda arrays: pd.DataFrame(matrix(arrays), columns=index, copy=False)
    columns = [signature.inputs[position] for position in where]
    packed = signature.packed is not None
    plain = {column.datatype for column in columns}
    if len(plain) == 1 and not own and not packed and all(map(_is_plain, columns)):
        return _numbers(index, where, DTYPES[plain.pop()])
    parts = [
        (column.name, to_column(column, missing, own.get(column.name)), position)
        for column, position in zip(columns, where)
    ]

    def make(arrays: List[np.ndarray]) -> Any:
        if packed:
            arrays = [arrays[0][:, position] for position in range(arrays[0].shape[1])]
        made = {name: maker(arrays[position]) for name, maker, position in parts}
        return pd.DataFrame(made, copy=False)

    return make


def _is_plain(column: Input) -> bool:
    return column.is_column and column.datatype in DTYPES and column.categories is None


def _numbers(index: Any, where: Sequence[int], dtype: np.dtype) -> ToFrame:
    """Columns of one type become one block, which pandas takes as it is."""
    import pandas as pd

    def make(arrays: List[np.ndarray]) -> Any:
        block = np.empty((len(where), len(arrays[0])), dtype)
        for row, position in enumerate(where):
            block[row] = arrays[position].reshape(-1)
        return pd.DataFrame(block.T, columns=index, copy=False)

    return make


def to_column(column: Input, missing: Any, own: Optional[Sequence[Any]] = None) -> ToColumn:
    """Makes what a DataFrame takes for one column."""
    if not column.is_column:
        return lambda array: list(array)
    make = _to_column(column, missing, own)
    return make if len(column.shape) == 1 else lambda array: make(array.reshape(-1))


def _to_column(column: Input, missing: Any, own: Optional[Sequence[Any]]) -> ToColumn:
    if own is not None:
        return _categorical(own)
    if column.format == "date-time":
        return lambda array: to_moments(column.name, array)
    if column.categories is not None:
        return _categorical(column.categories)
    if column.datatype == "BYTES":
        return (lambda array: array) if missing is None else _texts(missing)
    return lambda array: array.copy()


def _texts(missing: Any) -> ToColumn:
    def make(array: np.ndarray) -> np.ndarray:
        array[np.equal(array, None)] = missing
        return array

    return make


def _categorical(categories: Sequence[Any]) -> ToColumn:
    import pandas as pd

    dtype = pd.CategoricalDtype(list(categories))
    codes = {value: code for code, value in enumerate(categories)}
    get = codes.get

    def make(array: np.ndarray) -> Any:
        """Unknown and missing values have no category."""
        found = np.fromiter((get(value, -1) for value in array.tolist()), np.int64, len(array))
        return pd.Categorical.from_codes(found, dtype=dtype)

    return make
