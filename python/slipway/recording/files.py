"""The text files of a recorded folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence

import numpy as np

from .column import Column
from .findings import Findings
from .json_values import moment_text, to_json, to_records
from .table import Table, to_table
from .yaml_text import Block, Commented

_MOST_EXAMPLE_BYTES = 15 * 2**20


def write_examples(
    path: Path, table: Table, rows: List[int], outputs: Mapping[str, np.ndarray], findings: Findings
) -> int:
    """As many of these rows as a server keeps, with their outputs; how many they were."""
    lines = []
    size = 0
    for i, record in enumerate(to_records(table, rows)):
        row = {"inputs": record, "outputs": {name: to_json(values[i]) for name, values in outputs.items()}}
        lines.append(json.dumps(row, ensure_ascii=False))
        size += len(lines[-1].encode("utf-8")) + 2
        if size > _MOST_EXAMPLE_BYTES and len(lines) > 1:
            lines.pop()
            findings.add(
                "few_examples",
                f"Only {len(lines)} of {len(rows)} examples were kept: a server takes 16 MiB of them.",
                "Pass fewer with examples=, spread over what matters.",
            )
            break
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
    return len(lines)


def write_sample(folder: Path, table: Table, rows: List[int], target: Optional[Column]) -> str:
    """The training sample as Parquet where pyarrow is there, else as CSV; its path below the folder."""
    (folder / "training").mkdir()
    columns = list(table.columns) + ([] if target is None else [target])
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        _write_csv(folder / "training" / "sample.csv", columns, rows)
        return "training/sample.csv"
    arrays = {column.name: _to_arrow(pyarrow, column, rows) for column in columns}
    parquet.write_table(pyarrow.table(arrays), str(folder / "training" / "sample.parquet"))
    return "training/sample.parquet"


def _to_arrow(pyarrow: Any, column: Column, rows: List[int]) -> Any:
    values, missing = column.values[rows], column.missing[rows]
    if values.ndim > 1:
        return pyarrow.array(values.tolist())
    if column.type == "string":
        return pyarrow.array([None if gone else value for value, gone in zip(values, missing)], pyarrow.string())
    if column.type == "datetime":
        return pyarrow.array(values.astype("datetime64[us]"), pyarrow.timestamp("us"), mask=missing)
    return pyarrow.array(values, mask=missing)


def _write_csv(path: Path, columns: Sequence[Column], rows: List[int]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([column.name for column in columns])
        for row in rows:
            writer.writerow([_cell(column, row) for column in columns])


def _cell(column: Column, row: int) -> Any:
    value = column.values[row]
    if column.values.ndim > 1:
        return json.dumps(to_json(value))
    if column.missing[row]:
        return ""
    return moment_text(value) if column.type == "datetime" else to_json(value)


def to_target(y: Any, table: Table, findings: Findings) -> Optional[Column]:
    """y as one more column of the sample."""
    if y is None:
        return None
    values = np.asarray(y)
    if values.ndim > 1 and values.shape[1:] == (1,):
        values = values.reshape(-1)
    if values.ndim != 1 or len(values) != table.rows:
        findings.add(
            "y_left_out",
            f"y has the shape {list(values.shape)} and X has {table.rows} rows, so y is not in the training sample.",
            "Pass one value a row.",
        )
        return None
    taken = {column.name for column in table.columns}
    name = next(
        each
        for each in (getattr(y, "name", None), "target", "y", "target_")
        if each is not None and str(each) not in taken
    )
    (column,) = to_table({str(name): values}, findings).columns
    return column


def input_lines(table: Table, ranges: bool) -> Dict[str, Any]:
    """`model.inputs` of slipway.yaml."""
    lines: Dict[str, Any] = Block()
    for column in table.columns:
        said: Dict[str, Any] = {"type": column.type}
        if column.values.ndim > 1:
            said["shape"] = [-1] + list(column.values.shape[1:])
        if column.missing.any():
            said["nullable"] = True
        if column.categories is not None and column.type == "string":
            said["categories"] = column.categories
        seen = _range(column)
        if ranges and seen is not None:
            said["range"] = list(seen)
        value: Any = column.type if list(said) == ["type"] else said
        lines[column.name] = (
            value if seen is None or ranges else Commented(value, "range: [{}, {}] was seen".format(*map(_short, seen)))
        )
    return lines


def _range(column: Column) -> Optional[Sequence[Any]]:
    if column.type in ("string", "bool", "datetime") or column.values.ndim > 1:
        return None
    finite = column.values[~column.missing]
    finite = finite[np.isfinite(finite)]
    if len(finite) == 0:
        return None
    return (to_json(finite.min()), to_json(finite.max()))


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
