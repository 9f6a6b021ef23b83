"""One column of X, with its type in the words of slipway.yaml."""

from __future__ import annotations

import datetime
import decimal
from typing import Any, List, NamedTuple, Optional

import numpy as np

from .errors import RecordError
from .findings import Findings


class Column(NamedTuple):
    """One input: `values` is [N] or [N, ...]; where `missing`, a value is NaN, NaT or None."""

    name: str
    type: str
    values: np.ndarray
    missing: np.ndarray
    categories: Optional[List[Any]] = None


def from_series(name: str, series: Any, findings: Findings) -> Column:
    missing = np.asarray(series.isna(), dtype=bool)
    dtype = series.dtype
    kind = type(dtype).__name__
    if kind == "CategoricalDtype":
        categories = [_plain(each) for each in dtype.categories]
        if not all(isinstance(each, str) for each in categories):
            of = from_series(name, series.astype(dtype.categories.dtype if not missing.any() else object), findings)
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
    return from_values(name, np.asarray(series.astype(object) if kind == "StringDtype" else series), findings, missing)


def from_values(name: str, values: np.ndarray, findings: Findings, missing: Optional[np.ndarray] = None) -> Column:
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


def _from_masked(name: str, series: Any, missing: np.ndarray, findings: Findings) -> Column:
    """pandas' own nullable numbers: the process that serves has plain ones, with NaN for what is missing."""
    numpy = str(series.dtype).lower().replace("boolean", "bool")
    if not missing.any():
        return from_values(name, np.asarray(series.astype(numpy)), findings)
    if series.dtype.kind == "b":
        return from_values(name, np.asarray(series.astype(object).where(~missing, None)), findings, missing)
    return Column(name, "float32" if numpy == "float32" else "float64", np.asarray(series.astype("float64")), missing)


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
            return from_values(
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
    return from_values(name, inner, findings)


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


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
