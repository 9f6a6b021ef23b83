"""X in the terms of slipway.yaml: named columns with a type, whatever it came as."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .errors import RecordError
from .findings import Findings

# More columns without names than this stay one tensor: a name for each would help nobody.
MOST_UNNAMED = 200


class Column(NamedTuple):
    """One input: `values` is [N] or [N, ...]; where `missing`, a value is NaN, NaT or None."""

    name: str
    type: str
    values: np.ndarray
    missing: np.ndarray
    categories: Optional[List[Any]] = None


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
    return Table("frame", tuple(_from_series(name, frame[name], findings) for name in names), len(frame))


def _from_series(name: str, series: Any, findings: Findings) -> Column:
    missing = np.asarray(series.isna(), dtype=bool)
    dtype = series.dtype
    kind = type(dtype).__name__
    if kind == "CategoricalDtype":
        categories = [_plain(each) for each in dtype.categories]
        if not all(isinstance(each, str) for each in categories):
            of = _from_series(name, series.astype(dtype.categories.dtype if not missing.any() else object), findings)
            return of._replace(categories=categories)
        return Column(name, "string", np.asarray(series.astype(object)), missing, categories)
    if kind in ("PeriodDtype", "IntervalDtype", "SparseDtype") or getattr(dtype, "kind", "") in ("m", "c"):
        raise RecordError(
            f'The column "{name}" of X is of the type {dtype}, which no request can carry. Make numbers, texts or '
            "dates of it before the "
            "model sees it, or inside of a pipeline."
        )
    if getattr(dtype, "kind", "") == "M":
        zone = getattr(dtype, "tz", None)
        moments = series if zone is None else series.dt.tz_convert("UTC").dt.tz_localize(None)
        return Column(name, "datetime", np.asarray(moments, dtype="datetime64[ns]"), missing)
    if (
        hasattr(dtype, "na_value")
        and kind not in ("StringDtype", "ArrowDtype")
        and getattr(dtype, "kind", "O") in "iufb"
    ):
        return _from_masked(name, series, missing, findings)
    return _from_values(name, np.asarray(series.astype(object) if kind == "StringDtype" else series), findings, missing)


def _from_masked(name: str, series: Any, missing: np.ndarray, findings: Findings) -> Column:
    """pandas' own nullable numbers: the process that serves has plain ones, with NaN for what is missing."""
    numpy = str(series.dtype).lower().replace("boolean", "bool")
    if not missing.any():
        return _from_values(name, np.asarray(series.astype(numpy)), findings)
    if series.dtype.kind == "b":
        return _from_values(name, np.asarray(series.astype(object).where(~missing, None)), findings, missing)
    return Column(name, "float32" if numpy == "float32" else "float64", np.asarray(series.astype("float64")), missing)


def _from_columns(kind: str, columns: dict, findings: Findings) -> Table:
    made = tuple(_from_values(name, values, findings) for name, values in columns.items())
    rows = {len(column.values) for column in made}
    if len(rows) != 1 or rows == {0}:
        raise RecordError(
            "X is empty, or its columns differ in length. Pass some rows of the data that the model was trained on."
        )
    return Table(kind, made, rows.pop())


def _from_values(name: str, values: np.ndarray, findings: Findings, missing: Optional[np.ndarray] = None) -> Column:
    kind = values.dtype.kind
    if kind == "f":
        if values.dtype.itemsize > 8:
            values = values.astype(np.float64)
        gone = np.isnan(values)
        return Column(
            name, values.dtype.name, values, gone if gone.ndim == 1 else gone.reshape(len(values), -1).any(axis=1)
        )
    if kind in "iub":
        return Column(name, values.dtype.name, values, np.zeros(len(values), dtype=bool))
    if kind == "M":
        return Column(name, "datetime", values.astype("datetime64[ns]"), np.isnat(values))
    if kind == "U":
        return Column(name, "string", values.astype(object), np.zeros(len(values), dtype=bool))
    if kind == "O" and values.ndim == 1:
        return _from_objects(name, values, missing if missing is not None else _missing(values), findings)
    raise _unsendable(name, "of the type " + str(values.dtype))


def _from_objects(name: str, values: np.ndarray, missing: np.ndarray, findings: Findings) -> Column:
    kinds = {_kind(value) for value, gone in zip(values, missing) if not gone}
    if not kinds:
        findings.add(
            "empty_column",
            f'The column "{name}" of X has no value in any row, so its type is a guess: float64.',
            "Record with rows that have one, or leave the column out of the model.",
        )
        return Column(name, "float64", np.full(len(values), np.nan), missing)
    if kinds == {"str"}:
        return Column(
            name,
            "string",
            np.array([None if gone else str(value) for value, gone in zip(values, missing)], dtype=object),
            missing,
        )
    if kinds <= {"bool", "int", "float"}:
        if kinds == {"bool"} and not missing.any():
            return Column(name, "bool", values.astype(bool), missing)
        if "bool" not in kinds or len(kinds) > 1:
            whole = kinds == {"int"} and not missing.any()
            return _from_values(
                name,
                values.astype(np.int64)
                if whole
                else np.array([np.nan if g else float(v) for v, g in zip(values, missing)]),
                findings,
            )
        raise _unsendable(
            name,
            'true, false or missing, and a truth value cannot be missing; use 1, 0 and NaN, or the texts "true" and '
            '"false":',
        )
    if kinds <= {"date"}:
        moments = np.array(
            [np.datetime64("NaT") if gone else np.datetime64(value) for value, gone in zip(values, missing)],
            dtype="datetime64[ns]",
        )
        return Column(name, "datetime", moments, missing)
    if kinds == {"nested"}:
        return _from_nested(name, values, findings)
    raise _unsendable(name, "of " + " and ".join(sorted(kinds)))


def _from_nested(name: str, values: np.ndarray, findings: Findings) -> Column:
    try:
        inner = np.array([np.asarray(value) for value in values])
    except ValueError as error:
        raise _unsendable(name, "of lists of different lengths") from error
    if inner.dtype.kind not in "iufb":
        raise _unsendable(name, "of lists that are no numbers")
    return _from_values(name, inner, findings)


def _unsendable(name: str, what: str) -> RecordError:
    return RecordError(
        f'The column "{name}" of X is {what} and cannot be sent as one type. Make it all numbers, all text '
        f'(X["{name}"].astype(str)) or all dates '
        "before fit, and record again."
    )


def _kind(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "bool"
    if isinstance(value, (int, np.integer)):
        return "int"
    if isinstance(value, (float, np.floating, decimal.Decimal)):
        return "float"
    if isinstance(value, str):
        return "str"
    if isinstance(value, (datetime.date, np.datetime64)):
        return "date"
    return "nested" if isinstance(value, (list, tuple, np.ndarray)) else type(value).__name__


def _missing(values: np.ndarray) -> np.ndarray:
    def gone(value: Any) -> bool:
        if isinstance(value, (list, tuple, np.ndarray)):
            return False
        return value is None or type(value).__name__ in ("NAType", "NaTType") or bool(value != value)

    return np.array([gone(value) for value in values], dtype=bool)


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


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _module(value: Any) -> str:
    return getattr(type(value), "__module__", "") or ""
