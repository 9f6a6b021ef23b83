"""Which rows of X become examples."""

from __future__ import annotations

from typing import List

import numpy as np

from .column import Column
from .table import Table

# Beyond so many different texts one of each would be all examples.
_MOST_KINDS = 8


def choose_rows(table: Table, count: int) -> List[int]:
    """`count` rows or fewer, in their order: one with a missing value of each column that has some, the smallest and
    the largest of each column of numbers, one of each of the few texts of a column; the others evenly from all over."""
    if table.rows <= count:
        return list(range(table.rows))
    chosen: List[int] = []
    # Even rows keep half of the places, however many columns ask for their own.
    for column in table.columns:
        for row in _telling(column):
            if row not in chosen and len(chosen) < count // 2:
                chosen.append(row)
    for row in np.linspace(0, table.rows - 1, count).round().astype(int).tolist():
        if len(chosen) < count and row not in chosen:
            chosen.append(row)
    for row in range(table.rows):
        if len(chosen) >= count:
            break
        if row not in chosen:
            chosen.append(row)
    return sorted(chosen)


def _telling(column: Column) -> List[int]:
    rows = []
    if column.missing.any():
        rows.append(int(np.argmax(column.missing)))
    present = np.flatnonzero(~column.missing)
    if len(present) == 0 or column.values.ndim > 1:
        return rows
    values = column.values[present]
    if column.type == "string":
        found = {}
        for row, value in zip(present.tolist(), values.tolist()):
            found.setdefault(value, row)
            if len(found) > _MOST_KINDS:
                return rows
        return rows + list(found.values())
    order = values.astype("int64") if column.type == "datetime" else values
    return rows + [int(present[int(np.argmin(order))]), int(present[int(np.argmax(order))])]


def sample_rows(rows: int, most: int) -> List[int]:
    """At most so many rows, at random, the same ones each time, in their order."""
    if rows <= most:
        return list(range(rows))
    return sorted(np.random.RandomState(0).permutation(rows)[:most].tolist())
