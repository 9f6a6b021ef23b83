"""A table as the signature and the tensors that a server makes of slipway.yaml and a request."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from ..process.tensors import DTYPES
from ..tabular.declared import TYPES
from .column import Column
from .json_values import moment_text
from .table import Table


def to_signature(table: Table, report: Dict[str, Any]) -> Dict[str, Any]:
    """`report` is what the model says of itself."""
    inputs = [_to_input(column) for column in table.columns]
    are_numbers = all(len(spec["shape"]) == 1 and spec["datatype"] != "BYTES" for spec in inputs)
    packed = (report.get("matrix") or _find_array(table, report)) if are_numbers else None
    return {
        "inputs": inputs,
        "outputs": report.get("outputs") or [],
        "packed": packed,
        "batched": report.get("batched", True),
    }


def _find_array(table: Table, report: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """The only input, where it is an array of floats: columns of other names are those of it."""
    inputs = report.get("inputs") or []
    if len(inputs) != 1 or len(inputs[0]["shape"]) != 2 or not inputs[0]["datatype"].startswith("FP"):
        return None
    name = inputs[0]["name"]
    return (
        None
        if any(column.name == name for column in table.columns)
        else {"tensor": name, "datatype": inputs[0]["datatype"]}
    )


def to_tensors(table: Table, rows: List[int], signature: Dict[str, Any]) -> List[Tuple[str, np.ndarray]]:
    """These rows in the order and types of the signature."""
    packed = signature["packed"]
    if packed is None:
        return [(column.name, _to_array(column, rows)) for column in table.columns]
    matrix = np.empty((len(rows), len(table.columns)), DTYPES[packed["datatype"]])
    for i, column in enumerate(table.columns):
        matrix[:, i] = column.values[rows]
    return [(packed["tensor"], matrix)]


def _to_input(column: Column) -> Dict[str, Any]:
    said: Dict[str, Any] = {
        "name": column.name,
        "datatype": TYPES[column.type],
        "shape": [-1] + list(column.values.shape[1:]),
        "nullable": is_nullable(column),
    }
    if column.categories is not None and column.type == "string":
        said["categories"] = column.categories
    if column.type == "datetime":
        said["format"] = "date-time"
    return said


def is_nullable(column: Column) -> bool:
    """Whether a request may leave it out, as rows of X do."""
    return bool(column.missing.any())


def _to_array(column: Column, rows: List[int]) -> np.ndarray:
    values = column.values[rows]
    if column.type == "datetime":
        texts = [None if gone else moment_text(value) for value, gone in zip(values, column.missing[rows])]
        return np.array(texts, dtype=object)
    if column.type == "string":
        return np.array([None if gone else value for value, gone in zip(values, column.missing[rows])], dtype=object)
    return np.ascontiguousarray(values.astype(DTYPES[TYPES[column.type]]))
