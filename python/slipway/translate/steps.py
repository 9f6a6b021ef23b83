"""Ways through fitted pipelines."""

from typing import Any, Iterator, List, Sequence, Tuple

import numpy as np


def steps_of(model: Any) -> List[Any]:
    """The estimators of a pipeline, pipelines in it flattened; or the model itself."""
    steps = getattr(model, "steps", None)
    if not isinstance(steps, list):
        return [] if isinstance(model, str) or model is None else [model]
    return [inner for _, step in steps for inner in steps_of(step)]


def first_step(model: Any) -> Any:
    steps = steps_of(model)
    return steps[0] if steps else model


def last_step(model: Any) -> Any:
    steps = steps_of(model)
    return steps[-1] if steps else model


def iterate_chosen(model: Any, names: Sequence[str]) -> Iterator[Tuple[List[Any], List[str]]]:
    """What each group of the model's own columns goes through before columns are mixed, and the group."""
    first = first_step(model)
    if not hasattr(first, "transformers_"):
        yield steps_of(model), list(names)
        return
    for _, transformer, columns in first.transformers_:
        yield steps_of(transformer), choose(columns, list(names))


def choose(columns: Any, names: List[str]) -> List[str]:
    """Columns as ColumnTransformer names them."""
    if isinstance(columns, str):
        return [columns]
    if isinstance(columns, slice):
        if isinstance(columns.start, str) or isinstance(columns.stop, str):
            start = 0 if columns.start is None else names.index(columns.start)
            stop = len(names) if columns.stop is None else names.index(columns.stop) + 1
            return names[start:stop]
        return names[columns]
    listed = list(columns) if not isinstance(columns, (int, np.integer)) else [columns]
    if listed and all(isinstance(one, (bool, np.bool_)) for one in listed):
        return [name for name, chosen in zip(names, listed) if chosen]
    return [one if isinstance(one, str) else names[int(one)] for one in listed]


def every_estimator(model: Any) -> Iterator[Any]:
    """The model and all fitted estimators in it, each once."""
    seen = set()
    waiting = [model]
    while waiting:
        one = waiting.pop()
        if isinstance(one, (list, tuple)):
            waiting.extend(one)
            continue
        if isinstance(one, dict):
            waiting.extend(one.values())
            continue
        if id(one) in seen or not hasattr(one, "get_params") or isinstance(one, type):
            continue
        seen.add(id(one))
        yield one
        waiting.extend(vars(one).values())
