"""The `model.py` of a model that no flavor knows: what opens its pickle and gives it rows as X was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List

from .answers import classes_of
from .table import Table

_HEAD = '''"""Written by slipway.record: opens model.pkl and gives it what X was, {what}."""

import pickle
from pathlib import Path
{imports}{constants}

def load():
    with open(Path(__file__).with_name("model.pkl"), "rb") as file:
        return pickle.load(file)


def predict(model, data):
'''


def write_python_file(path: Path, table: Table, model: Any, call: str) -> None:
    """`call` says what to ask: the `function` itself, the `method` predict, or `both`: a dict of model and predict."""
    what, imports, constants, rows = _rows(table)
    text = _HEAD.format(what=what, imports=imports, constants=constants)
    text += f"    rows = {rows}\n"
    for line in _asking(model, call):
        text += "    " + line + "\n"
    path.write_text(text, encoding="utf-8")


def _rows(table: Table) -> "tuple[str, str, str, str]":
    names = [column.name for column in table.columns]
    if table.kind == "frame":
        return "a DataFrame", "", "", "data"
    if table.kind == "texts":
        return "a list of texts", "", "", f"list(data[{_quoted(names[0])}])"
    if table.kind == "tensor":
        return "an array", "", "", 'data["X"]'
    dtypes = {column.values.dtype.name for column in table.columns}
    dtype = dtypes.pop() if len(dtypes) == 1 else "float64"
    constants = f"\nCOLUMNS = {_list(names)}\n"
    return (
        "a matrix",
        "\nimport numpy as np\n",
        constants,
        f'np.column_stack([np.asarray(data[name], dtype="{dtype}") for name in COLUMNS])',
    )


def _asking(model: Any, call: str) -> List[str]:
    if call == "both":
        return ['return model["predict"](model["model"], rows)']
    if call == "function":
        return ["return model(rows)"]
    if classes_of(model) is None:
        return ['return {"prediction": model.predict(rows)}']
    if not callable(getattr(model, "predict_proba", None)):
        return ['return {"label": model.predict(rows)}']
    return ['return {"label": model.predict(rows), "probabilities": model.predict_proba(rows)}']


def _list(names: List[str]) -> str:
    return "[\n" + "".join(f"    {_quoted(name)},\n" for name in names) + "]"


def _quoted(text: str) -> str:
    return json.dumps(text)
