"""The table as the model names and types it: what a server will be told has to be what the model's file says."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

import numpy as np

from .checks import check_order, fitted_names
from .column import Column
from .errors import RecordError
from .findings import Findings
from .table import Table, to_table

_FEW_ROWS = 20


def to_model_table(model: Any, X: Any, columns: Optional[Sequence[str]], findings: Findings) -> Tuple[Table, Any]:
    """X as a table, and X itself, with the columns in the order of fit. @raises RecordError"""
    table = _adapt(to_table(X, findings, columns), model, columns)
    order = check_order(model, table, findings)
    if order is not None:
        X = X[order]
        table = to_table(X, findings, columns)
    if table.rows < _FEW_ROWS:
        count = f"{table.rows} {'row' if table.rows == 1 else 'rows'}"
        findings.add(
            "few_rows",
            f"What may be missing is known from X alone, and it has {count}.",
            "Pass more of the training data.",
        )
    if table.kind == "frame" and hasattr(model, "feature_names_in_"):
        _require_columns([column.name for column in table.columns], fitted_names(model) or [])
    return table, X


def _require_columns(given: List[str], seen: List[str]) -> None:
    if set(seen) == set(given):
        return
    less = ", ".join([each for each in seen if each not in given][:5])
    more = ", ".join([each for each in given if each not in seen][:5])
    what = [f"it lacks {less}"] if less else []
    what += [f"fit did not see {more}"] if more else []
    raise RecordError(
        f"X is not what the model was fitted on: {' and '.join(what)}. Pass the columns of fit, such as "
        "X[list(model.feature_names_in_)]."
    )


def _adapt(table: Table, model: Any, columns: Optional[Sequence[str]]) -> Table:
    """A bare matrix gets the names that the library gives it; a network's stays one tensor, of the network's type."""
    if table.kind not in ("matrix", "tensor") or columns is not None:
        return table
    kinds = {f"{kind.__module__.split('.')[0]}.{kind.__name__}" for kind in type(model).__mro__}
    if "torch.Module" in kinds:
        return _to_tensor(table, "X", _torch_dtype(model))
    if "keras.Model" in kinds and len(model.inputs or []) == 1:
        return _to_tensor(table, model.inputs[0].name, np.dtype(str(model.inputs[0].dtype)))
    if table.kind == "tensor":
        return table
    names = _names(model, len(table.columns))
    return table._replace(columns=tuple(column._replace(name=name) for column, name in zip(table.columns, names)))


def _names(model: Any, count: int) -> List[str]:
    names = fitted_names(model) or []
    # CatBoost calls them 0, 1, 2.
    if len(names) == count and not all(name.isdigit() for name in names):
        return names
    stem = "f" if type(model).__module__.split(".")[0] == "xgboost" else "x"
    return [f"{stem}{i}" for i in range(count)]


def _to_tensor(table: Table, name: str, dtype: np.dtype) -> Table:
    values = [column.values for column in table.columns]
    array = values[0] if table.kind == "tensor" else np.column_stack(values)
    if array.dtype.kind == "f" or dtype.kind != "f":
        array = array.astype(dtype)
    missing = np.zeros(len(array), dtype=bool)
    return Table("tensor", (Column(name, array.dtype.name, array, missing),), table.rows)


def _torch_dtype(module: Any) -> np.dtype:
    """That of the parameters: floats have to be as they are. Numbers of tokens stay whole."""
    first = next((parameter.dtype for parameter in module.parameters() if parameter.is_floating_point()), None)
    return (
        np.dtype("float32")
        if first is None
        else np.dtype(str(first).replace("torch.", "").replace("bfloat16", "float32"))
    )
