"""X in the terms of slipway.yaml: named columns with a type, whatever it came as."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .column import Column, from_series, from_values
from .errors import RecordError
from .findings import Findings

# More columns without names than this stay one tensor: a name for each would help nobody.
MOST_UNNAMED = 200


class Table(NamedTuple):
    """`kind` is what the model is given: a `frame`, a `matrix` of numbers, a `tensor`, or `texts`, one list."""

    kind: str
    columns: Tuple[Column, ...]
    rows: int


def to_table(X: Any, findings: Findings, columns: Optional[Sequence[str]] = None) -> Table:
    """@raises RecordError for an X that cannot be sent as columns."""
    if _module(X).startswith("scipy.sparse"):
        raise RecordError(
            "X is a sparse matrix of SciPy, which no request can carry. Record the whole pipeline, with the step "
            "that makes "
            "the matrix (a vectoriser, an encoder), and give what goes into that; or pass X.toarray()."
        )
    frame = to_pandas(X)
    if frame is not None:
        return _from_frame(frame, findings)
    if isinstance(X, dict):
        return _from_columns("frame", {str(key): np.asarray(value) for key, value in X.items()}, findings)
    _require_rows(X)
    array = np.asarray(_to_numpy(X))
    if array.dtype.names is not None:
        return _from_columns("frame", {name: array[name] for name in array.dtype.names}, findings)
    if array.ndim == 1 and _holds_text(array):
        return _from_columns("texts", {(columns or ["text"])[0]: array}, findings)
    if array.ndim == 1:
        raise RecordError(
            "X has one dimension. Pass an array [rows, columns]: X.reshape(-1, 1) for one column, X.reshape(1, -1) "
            "for one row."
        )
    if array.ndim == 2 and array.dtype == object or _holds_text(array):
        names = _names(columns, array.shape[1])
        return _from_columns("frame", {name: array[:, i] for i, name in enumerate(names)}, findings)
    if array.ndim == 2 and (columns is not None or array.shape[1] <= MOST_UNNAMED):
        names = _names(columns, array.shape[1])
        return _from_columns("matrix", {name: array[:, i] for i, name in enumerate(names)}, findings)
    return _from_columns("tensor", {"X": array}, findings)


def to_pandas(X: Any) -> Any:
    """A pandas DataFrame of X where it is one of pandas or polars (or has `to_pandas`), else None."""
    library = _module(X).split(".")[0]
    if library == "pandas":
        return X if hasattr(X, "columns") else None
    if library in ("polars", "pyarrow") and hasattr(X, "to_pandas"):
        try:
            return X.to_pandas()
        except ImportError as error:
            raise RecordError(
                f"X is a table of {library}; what serves it makes a pandas DataFrame of the columns, and that does "
                f"not work here: {error}. "
                "pip install pandas pyarrow."
            ) from error
    return None


def take_rows(X: Any, rows: Sequence[int]) -> Any:
    """These rows of X, as whatever X is."""
    index = list(int(row) for row in rows)
    if hasattr(X, "iloc"):
        return X.iloc[index]
    if isinstance(X, dict):
        return {key: take_rows(value, index) for key, value in X.items()}
    if isinstance(X, (list, tuple)):
        return [X[row] for row in index]
    if _module(X).split(".")[0] == "pyarrow":
        return X.take(index)
    return X[index]


def _require_rows(X: Any) -> None:
    """@raises RecordError for what is often passed by mistake"""
    advice = "Pass the rows that the model is asked with: a DataFrame, an array [rows, columns], or a list of texts."
    if callable(getattr(X, "predict", None)):
        raise RecordError("X is a model. The model comes first: slipway.record(model, X).")
    if X is None or (not isinstance(X, (list, tuple)) and np.ndim(X) == 0):
        raise RecordError(f"X is {'None' if X is None else 'one value'}. {advice}")
    if hasattr(X, "to_frame"):
        raise RecordError(
            "X is a Series. One column as rows: X.to_frame() (texts for a vectoriser: X.tolist()); one row: "
            "df.iloc[[0]], with two brackets."
        )
    if isinstance(X, (list, tuple)) and len(X) > 0 and isinstance(X[0], dict):
        raise RecordError("X is a list of dicts. Make a table of it: pandas.DataFrame(X).")


def _from_frame(frame: Any, findings: Findings) -> Table:
    if getattr(frame.columns, "nlevels", 1) > 1:
        raise RecordError(
            "The columns of X have several levels. Join their names first: X.columns = ['_'.join(name) for name in "
            "X.columns]."
        )
    names = list(frame.columns)
    doubled = sorted({str(name) for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if doubled:
        raise RecordError(
            "X has more than one column named {}. A request has each name once: rename them.".format(
                ", ".join(doubled[:5])
            )
        )
    if len(frame) == 0 or not names:
        raise RecordError("X is empty. Pass some rows of the data that the model was trained on.")
    if not all(isinstance(name, str) for name in names):
        plain = frame.to_numpy()
        if plain.dtype == object:
            raise RecordError(
                "The columns of X have numbers for names ({}). Requests and the model need texts: X.columns = "
                "X.columns.astype(str), "
                "then fit and record again.".format(", ".join(map(str, names[:5])))
            )
        return to_table(plain, findings)
    return Table("frame", tuple(from_series(name, frame[name], findings) for name in names), len(frame))


def _from_columns(kind: str, columns: dict, findings: Findings) -> Table:
    made = tuple(from_values(name, values, findings) for name, values in columns.items())
    rows = {len(column.values) for column in made}
    if len(rows) != 1 or rows == {0}:
        raise RecordError(
            "X is empty, or its columns differ in length. Pass some rows of the data that the model was trained on."
        )
    return Table(kind, made, rows.pop())


def _names(given: Optional[Sequence[str]], width: int) -> List[str]:
    if given is None:
        return [f"x{i}" for i in range(width)]
    names = [str(name) for name in given]
    if len(names) != width or len(set(names)) != width:
        raise RecordError(f"columns has {len(set(names))} names, and X has {width} columns. Give each its own name.")
    return names


def _holds_text(array: np.ndarray) -> bool:
    if array.dtype.kind == "U":
        return True
    return (
        array.dtype == object
        and array.size > 0
        and all(isinstance(each, str) or each is None for each in array.ravel()[:100])
    )


def _to_numpy(X: Any) -> Any:
    """A tensor of torch or tensorflow by the way that they have for it."""
    if _module(X).startswith("torch") and hasattr(X, "detach"):
        return X.detach().cpu().numpy()
    return X.to_numpy() if hasattr(X, "to_numpy") else X.numpy() if hasattr(X, "numpy") else X


def _module(value: Any) -> str:
    return getattr(type(value), "__module__", "") or ""
