"""Values of a table as JSON that `slipway predict` takes, and arrays of outputs as it answers them."""

from __future__ import annotations

import math
from typing import Any, Dict, List

import numpy as np

from .column import Column
from .table import Table

_SAFE = 2**53


def to_records(table: Table, rows: List[int]) -> List[Dict[str, Any]]:
    """These rows as `{input: value}`. A missing value is null."""
    columns = [(column.name, [_value(column, row) for row in rows]) for column in table.columns]
    return [{name: values[i] for name, values in columns} for i in range(len(rows))]


def _value(column: Column, row: int) -> Any:
    value = column.values[row]
    if column.values.ndim > 1:
        return to_json(value)
    if column.missing[row]:
        return None
    if column.type == "datetime":
        return moment_text(value)
    return to_json(value)


def moment_text(value: np.datetime64) -> str:
    """ISO 8601, as short as it is exact: at most microseconds."""
    text = str(value.astype("datetime64[us]"))
    day, _, time = text.partition("T")
    time = time[:-7] if time.endswith(".000000") else time
    return day if time in ("", "00:00:00") else day + "T" + time + "Z"


def to_json(value: Any) -> Any:
    """A number, text or (nested) list without what JSON cannot say."""
    if isinstance(value, np.ndarray):
        return [to_json(each) for each in value]
    if isinstance(value, np.generic):
        # The shortest text that is this number in its own precision.
        value = float(str(value)) if isinstance(value, (np.float16, np.float32)) else value.item()
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _SAFE else str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value)
