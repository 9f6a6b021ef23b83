"""What the steps of a fitted scikit-learn pipeline tell about its columns: texts or numbers, missing or not."""

from typing import Any, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ..signature import Input


class _Seen(NamedTuple):
    datatype: str
    nullable: bool


_MATTERS_NOT = ("Encoder", "Imputer", "Discretizer", "Binarizer", "Vectorizer")


def describe_columns(estimator: Any, names: Sequence[str]) -> List[Input]:
    """Each column as a number, or as a text where an encoder learned texts of it."""
    nullable = takes_missing(estimator)
    seen: Dict[str, _Seen] = {name: _Seen("FP64", nullable) for name in names}
    _walk(_first_step(estimator), list(names), seen, nullable)
    return [Input(name, seen[name].datatype, (-1,), seen[name].nullable) for name in names]


def _walk(step: Any, names: List[str], seen: Dict[str, _Seen], nullable: bool) -> None:
    if hasattr(step, "transformers_"):
        for _, transformer, columns in step.transformers_:
            chosen = _names(columns, names)
            absorbs = _takes_missing_before(transformer, nullable)
            for name in chosen:
                seen[name] = _Seen(seen[name].datatype, absorbs)
            _walk(_first_step(transformer), chosen, seen, absorbs)
            _read_categories(_steps(transformer), chosen, seen)
        return
    _read_categories([step], names, seen)


def _read_categories(steps: Sequence[Any], names: List[str], seen: Dict[str, _Seen]) -> None:
    for step in steps:
        if type(step).__name__.endswith("Vectorizer") and len(names) == 1:
            seen[names[0]] = _Seen("BYTES", False)
        fill = getattr(step, "statistics_", None)
        if fill is not None and getattr(fill, "dtype", None) == object and len(fill) == len(names):
            for name, value in zip(names, fill):
                if isinstance(value, str):
                    seen[name] = _Seen("BYTES", True)
        categories = getattr(step, "categories_", None)
        if not isinstance(categories, list) or len(categories) != len(names):
            continue
        for name, values in zip(names, categories):
            if any(isinstance(value, str) for value in values):
                learned = any(value is None or value != value for value in values)
                seen[name] = _Seen("BYTES", seen[name].nullable or learned)
            elif np.asarray(values).dtype == bool:
                seen[name] = _Seen("BOOL", False)


def _names(columns: Any, names: List[str]) -> List[str]:
    if isinstance(columns, str):
        return [columns]
    found = list(columns) if not isinstance(columns, slice) else columns
    if isinstance(found, slice):
        if isinstance(found.start, str) or isinstance(found.stop, str):
            start = names.index(found.start) if found.start is not None else 0
            stop = names.index(found.stop) + 1 if found.stop is not None else len(names)
            return names[start:stop]
        return names[found]
    if found and all(isinstance(one, (bool, np.bool_)) for one in found):
        return [name for name, chosen in zip(names, found) if chosen]
    return [one if isinstance(one, str) else names[int(one)] for one in found]


def _steps(estimator: Any) -> List[Any]:
    steps = getattr(estimator, "steps", None)
    return [step for _, step in steps] if isinstance(steps, list) else [estimator]


def _first_step(estimator: Any) -> Any:
    steps = _steps(estimator)
    first = steps[0]
    return first if first is estimator else _first_step(first)


def takes_missing(estimator: Any) -> bool:
    """Whether a NaN in a number may come out as an answer: it is imputed or encoded, or every step lets it through."""
    return _takes_missing_before(estimator, True)


def _takes_missing_before(estimator: Any, after: bool) -> bool:
    for step in _steps(estimator):
        if isinstance(step, str):
            continue
        if any(word in type(step).__name__ for word in _MATTERS_NOT):
            return True
        if hasattr(step, "transformers_"):
            continue
        if not _allows_nan(step):
            return False
    return after


def _allows_nan(step: Any) -> bool:
    try:
        tags = step.__sklearn_tags__()
        return bool(tags.input_tags.allow_nan)
    except Exception:
        try:
            return bool(step._get_tags().get("allow_nan", False))
        except Exception:
            return type(step).__module__.split(".")[0] in ("xgboost", "lightgbm", "catboost")


def missing_text_of(estimator: Any) -> Optional[float]:
    """What a missing text was in training: NaN, as pandas reads files, unless an encoder or imputer knows None."""
    return None if _knows_none(estimator) else np.nan


def _knows_none(estimator: Any) -> bool:
    for step in _steps(estimator):
        if hasattr(step, "transformers_"):
            if any(_knows_none(transformer) for _, transformer, _ in step.transformers_):
                return True
        if type(step).__name__.endswith("Imputer") and getattr(step, "missing_values", 0) is None:
            return True
        categories = getattr(step, "categories_", None)
        if isinstance(categories, list) and any(value is None for values in categories for value in values):
            return True
    return False


def takes_texts(estimator: Any) -> bool:
    """Whether it begins with a vectorizer, which takes a list of texts."""
    first = _first_step(estimator)
    return type(first).__name__ in ("TfidfVectorizer", "CountVectorizer", "HashingVectorizer")


_BY_NAME = ("ColumnTransformer", "FunctionTransformer")
_NUMERIC_PACKAGES = ("sklearn", "xgboost", "lightgbm")


def sees_numbers_alone(estimator: Any) -> bool:
    """Whether it makes one matrix of numbers of a DataFrame before anything else, so that it need not be given one."""
    try:
        parts = [estimator, *estimator.get_params(deep=True).values()]
    except Exception:
        return False
    for part in parts:
        if not (hasattr(part, "fit") or callable(part)):
            continue
        kind = part if isinstance(part, type) or not hasattr(part, "fit") else type(part)
        if str(getattr(kind, "__module__", "")).split(".")[0] not in _NUMERIC_PACKAGES:
            return False
        if getattr(kind, "__name__", "") in _BY_NAME or hasattr(part, "_sklearn_output_config"):
            return False
        if getattr(part, "enable_categorical", False) or _has_categories(part):
            return False
    return True


def _has_categories(part: Any) -> bool:
    """Of a booster or a tree that splits by category."""
    if getattr(part, "is_categorical_", None) is not None:
        return True
    booster = getattr(part, "_Booster", None)
    return bool(getattr(booster, "pandas_categorical", None))
