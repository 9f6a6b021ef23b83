"""What a framework answered as arrays that can be sent."""

import json
from typing import Any, Callable, List, Optional, Sequence, Tuple

import numpy as np

from ..process.errors import ModelError
from ..process.tensors import DTYPES, datatype_of
from ..signature import Output

Answers = Sequence[Tuple[str, Any]]
Arrays = List[Tuple[str, np.ndarray]]


def to_arrays(wanted: Sequence[Output], batched: bool = True) -> Callable[[Answers, int], Arrays]:
    """Makes the outputs of a run that are wanted, in order and of their types; all that there are where none is named.

    The function gets the answer and the number of rows that were asked about.
    """
    specs = {output.name: output for output in wanted}
    order = [output.name for output in wanted]

    def convert(answers: Answers, rows: int) -> Arrays:
        found = {}
        for name, value in answers:
            if order and name not in specs:
                continue
            array = to_array(name, value)
            if batched and (array.ndim == 0 or array.shape[0] != rows):
                raise _wrong_rows(name, array, rows)
            found[name] = _as_declared(array, specs.get(name))
        if not order:
            return list(found.items())
        for name in order:
            if name not in found:
                listed = ", ".join(f'"{name}"' for name, _ in answers)
                raise ModelError("model_failed", f'The model did not give the output "{name}", only {listed}.')
        return [(name, found[name]) for name in order]

    return convert


def _wrong_rows(name: str, array: np.ndarray, rows: int) -> ModelError:
    got = "a single value" if array.ndim == 0 else f"{array.shape[0]} {'row' if array.shape[0] == 1 else 'rows'}"
    message = f'The model gave {got} in its output "{name}" for {rows} {"row" if rows == 1 else "rows"}.'
    return ModelError("model_failed", f"{message} It has to answer with one element a row.")


def _as_declared(array: np.ndarray, spec: Optional[Output]) -> np.ndarray:
    if spec is None:
        return array
    if len(spec.shape) == 2 and spec.shape[1] == 1 and array.ndim == 1:
        array = array.reshape(-1, 1)
    elif len(spec.shape) == 1 and array.ndim == 2 and array.shape[1] == 1:
        array = array.reshape(-1)
    got = datatype_of(array)
    if got == spec.datatype:
        return array
    dtype = DTYPES.get(spec.datatype)
    if dtype is None or got == "BYTES":
        raise _wrong_type(spec, got)
    with np.errstate(invalid="ignore"):
        cast = array.astype(dtype)
    # A column of floats may hold whole numbers alone this time, and one of long integers short ones.
    if dtype.kind in "iub" and not np.array_equal(cast, array):
        raise _wrong_type(spec, got)
    return cast


def _wrong_type(spec: Output, got: str) -> ModelError:
    message = f'The model gave {got} in its output "{spec.name}", which is declared as {spec.datatype}, and which does not hold it.'
    return ModelError("model_failed", message)


def to_array(name: str, value: Any) -> np.ndarray:
    """One answer of a framework as an array of numbers, or of texts as objects."""
    if not isinstance(value, np.ndarray):
        value = _to_numpy(value)
    kind = value.dtype.kind
    if kind == "O":
        return _of_objects(name, value)
    if kind in "biuf":
        return _little_endian(value)
    if kind in "US":
        return _texts(value.astype(str) if kind == "U" else np.char.decode(value, "utf-8"))
    if kind == "M":
        return _moments(value)
    raise ModelError("model_failed", f'The output "{name}" is of the type {value.dtype}, which cannot be sent.')


def _to_numpy(value: Any) -> np.ndarray:
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        return value.toarray()
    if hasattr(value, "to_numpy"):
        return _of_pandas(value)
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "numpy"):
        return np.asarray(value.numpy())
    if isinstance(value, (list, tuple)):
        return _of_list(list(value))
    return np.asarray(value)


def _of_pandas(value: Any) -> np.ndarray:
    dtype = getattr(value, "dtype", None)
    if dtype is None or isinstance(dtype, np.dtype):
        return value.to_numpy()
    kind = getattr(dtype, "kind", "O")
    # pandas' own types: numbers with missing ones become floats, all else objects.
    if kind in "iuf" and value.isna().any():
        return value.to_numpy(dtype="float64", na_value=np.nan)
    if kind in "biuf" and not value.isna().any():
        return value.to_numpy(dtype=getattr(dtype, "numpy_dtype", None))
    if kind == "M":
        return value.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    return value.astype(object).to_numpy()


def _of_list(values: List[Any]) -> np.ndarray:
    if not any(isinstance(value, (str, bytes, dict, type(None))) for value in values):
        try:
            array = np.array(values)
        except ValueError:
            array = None
        if array is not None and array.dtype.kind in "biufM":
            return array
    objects = np.empty(len(values), dtype=object)
    objects[:] = values
    return objects


def _little_endian(array: np.ndarray) -> np.ndarray:
    if array.dtype.itemsize > 8:
        return array.astype("<f8")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("<"))


def _texts(array: np.ndarray) -> np.ndarray:
    return array.astype(object)


def _moments(array: np.ndarray) -> np.ndarray:
    unit = "us" if np.datetime_data(array.dtype)[0] in ("ns", "us", "ps", "fs", "as") else "ms"
    texts = np.datetime_as_string(array.astype(f"datetime64[{unit}]"), timezone="UTC").astype(object)
    texts[np.isnat(array)] = None
    return texts


def _of_objects(name: str, array: np.ndarray) -> np.ndarray:
    values = array.ravel().tolist()
    kinds = {type(value) for value in values}
    if kinds <= {str, type(None), bytes}:
        return array
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return array.astype(bool)
    if all(isinstance(value, (int, np.integer)) and not isinstance(value, bool) for value in values):
        return _whole_numbers(name, array)
    if all(_is_number(value) for value in values):
        return np.array([np.nan if _is_missing(value) else value for value in values], "<f8").reshape(array.shape)
    sent = np.empty(len(values), dtype=object)
    sent[:] = [_to_text(name, value) for value in values]
    return sent.reshape(array.shape)


def _whole_numbers(name: str, array: np.ndarray) -> np.ndarray:
    try:
        return array.astype("<i8")
    except OverflowError:
        raise ModelError("model_failed", f'The output "{name}" holds a number beyond 64 bits.') from None


def _is_number(value: Any) -> bool:
    if isinstance(value, (bool, np.bool_)):
        return False
    return isinstance(value, (int, float, np.integer, np.floating)) or _is_missing(value)


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _to_text(name: str, value: Any) -> Optional[str]:
    """Texts as they are, moments as ISO 8601, lists and dicts as JSON."""
    if isinstance(value, (str, bytes)):
        return value  # type: ignore[return-value]
    if _is_missing(value) or (isinstance(value, float) and value != value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    try:
        return json.dumps(value, ensure_ascii=False, default=_plain)
    except (TypeError, ValueError):
        what = f"{type(value).__module__}.{type(value).__qualname__}"
        message = f'The output "{name}" holds objects of the type {what}, which cannot be sent.'
        raise ModelError("model_failed", f"{message} Answer with numbers, texts, lists or dicts.") from None


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError
