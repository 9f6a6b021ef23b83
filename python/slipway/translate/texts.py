"""Missing texts, for which ONNX has no value, and texts that an encoder refuses."""

from typing import Any, Dict, List, Sequence, Union

import numpy as np

from .steps import every_estimator, iterate_chosen

MISSING = "\ufdd0missing"
"""Stands for a missing text: it begins with a character that no text has."""


NEVER = "\ufdd1"
"""Stands for what no caller can send."""


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def name_missing(model: Any, given: Any) -> None:
    """Has encoders and imputers of texts know a missing one by `MISSING`. Changes the model.

    `given`: what a missing text is for the original, None or NaN, for it tells the two apart.
    """
    for one in every_estimator(model):
        categories = getattr(one, "categories_", None)
        if isinstance(categories, list):
            one.categories_ = [rename(values, given) for values in categories]
        filled = getattr(one, "statistics_", None)
        if filled is None or getattr(filled, "dtype", None) != object or not hasattr(one, "missing_values"):
            continue
        if is_missing(one.missing_values):
            one.missing_values = name(one.missing_values, given)
            one.fill_value = None
            one.statistics_ = np.array([str(value) for value in filled], dtype=object)


def rename(values: Any, given: Any) -> Any:
    if getattr(values, "dtype", None) != object or not any(is_missing(value) for value in values):
        return values
    if not any(isinstance(value, str) for value in values):
        return values
    return np.array([name(value, given) if is_missing(value) else value for value in values], dtype=object)


def name(value: Any, given: Any) -> str:
    return MISSING if (value is None) == (given is None) else NEVER


def known_values(model: Any, names: Sequence[str]) -> Dict[str, List[Union[str, float]]]:
    """What the columns may hold whose encoder refuses everything else."""
    known: Dict[str, List[Union[str, float]]] = {}
    for steps, chosen in iterate_chosen(model, names):
        for step in steps:
            categories = getattr(step, "categories_", None)
            if isinstance(categories, list) and len(categories) == len(chosen):
                if getattr(step, "handle_unknown", None) == "error":
                    known.update(zip(chosen, (list_known(values) for values in categories)))
                break
            if "Imputer" not in type(step).__name__:
                break
    return known


def list_known(values: Any) -> List[Union[str, float]]:
    return [value if isinstance(value, str) else float(value) for value in values if not is_missing(value)]
