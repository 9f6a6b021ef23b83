"""What the model of this process answers, under the names that it has when it serves."""

from __future__ import annotations

from typing import Any, Callable, Dict, Tuple

import numpy as np

from ..flavors.python_model import name_answers
from ..process.errors import ModelError
from ..tabular.answers import to_array
from .errors import RecordError

Answer = Callable[[Any], Dict[str, Any]]
"""Rows as X has them to outputs by name."""


def of_estimator(model: Any) -> Answer:
    """A classifier's labels and probabilities, or the prediction of all else with `predict`."""
    if classes_of(model) is None:
        return lambda rows: {"prediction": model.predict(rows)}
    if not callable(getattr(model, "predict_proba", None)):
        return lambda rows: {"label": model.predict(rows)}
    return lambda rows: {
        "label": model.predict(rows),
        "probabilities": np.asarray(model.predict_proba(rows), np.float64),
    }


def classes_of(model: Any) -> Any:
    """The classes of a classifier with one target, else None."""
    try:
        classes = getattr(model, "classes_", None)
    except Exception:  # noqa: BLE001 - delegated properties of scikit-learn raise what they like
        return None
    if classes is None or not hasattr(model, "predict"):
        return None
    if isinstance(classes, list) and any(isinstance(each, (list, np.ndarray)) for each in classes):
        return None
    found = np.asarray(classes)
    return found if found.ndim == 1 and len(found) > 0 else None


def of_function(function: Callable[[Any], Any]) -> Answer:
    return lambda rows: dict(name_answers(function(rows), [], "prediction"))


def answer_rows(answer: Answer, rows: Any, count: int) -> Dict[str, np.ndarray]:
    """Outputs as arrays. @raises RecordError where the model fails, or does not answer once a row"""
    try:
        found = answer(rows)
    except Exception as error:
        raise RecordError(
            f"The model failed on rows of X, here, before anything was recorded: {type(error).__name__}: {error}"
        ) from error
    try:
        arrays = {name: to_array(name, value) for name, value in found.items()}
    except ModelError as error:
        raise RecordError(error.message) from error
    for name, array in arrays.items():
        if array.ndim == 0 or len(array) != count:
            got = "one value" if array.ndim == 0 else f"{len(array)} of them"
            raise RecordError(
                f'The output "{name}" has {got} for {count} rows. A served model answers once for each row: return an '
                "array, list or Series as long as its input, or a dict or DataFrame of such."
            )
    return arrays


def differences(
    expected: Dict[str, np.ndarray], got: Dict[str, np.ndarray], share: float = 1.0
) -> "list[Tuple[int, str, Any, Any]]":
    """`(row, output, expected, got)` beyond this share of `1e-6 + 1e-4 * |expected|`, which is what a server allows."""
    found = []
    for name, wanted in expected.items():
        if name not in got:
            found.append((0, name, "an output of this name", "only " + ", ".join(got)))
            continue
        there = got[name]
        if wanted.size != there.size:
            found.append((0, name, f"shape {list(wanted.shape)}", f"shape {list(there.shape)}"))
            continue
        same = _same(wanted.ravel(), there.ravel(), share)
        width = max(1, wanted.size // max(1, len(wanted)))
        for place in np.flatnonzero(~same).tolist():
            index = "" if width == 1 else f"[{place % width}]"
            found.append((place // width, name + index, wanted.ravel()[place], there.ravel()[place]))
    return found


def _same(wanted: np.ndarray, there: np.ndarray, share: float) -> np.ndarray:
    if wanted.dtype.kind != "f" or there.dtype.kind not in "fiub":
        return np.array([_plain(a) == _plain(b) for a, b in zip(wanted.tolist(), there.tolist())], dtype=bool)
    there = there.astype(np.float64)
    wanted = wanted.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = np.abs(there - wanted) <= share * (1e-6 + 1e-4 * np.abs(wanted))
    return near | (wanted == there) | (np.isnan(wanted) & np.isnan(there))


def _plain(value: Any) -> Any:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
