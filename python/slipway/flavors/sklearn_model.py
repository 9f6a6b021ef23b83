"""scikit-learn, and whatever a pickle holds that has its `predict`."""

import os
from typing import Any, Dict, List, Sequence, Tuple

from ..model import Model, Source
from ..process.errors import ModelError
from .estimators import EstimatorModel, limit_jobs


def load(source: Source) -> Model:
    """Opens `.joblib`, `.pkl` or `.skops`. Pickles run code: they are opened in a model process only."""
    suffix = os.path.splitext(source.path)[1].lower()
    if suffix == ".skops":
        return to_model(_load_skops(source), "sklearn_skops", source)
    return to_model(_load_pickle(source.path), "sklearn_joblib" if suffix == ".joblib" else "sklearn_pickle", source)


def to_model(loaded: Any, platform: str, source: Source) -> Model:
    """Of an estimator, or of a booster that was pickled."""
    if not callable(getattr(loaded, "predict", None)):
        what = f"{type(loaded).__module__}.{type(loaded).__qualname__}"
        message = f"{os.path.basename(source.path)} holds an object of the type {what}, which has no predict()"
        raise ModelError(
            "invalid_model", f"{message}. Save the estimator alone, or write a Python file with predict()."
        )
    package = type(loaded).__module__.split(".")[0]
    if type(loaded).__name__ == "Booster" and package in ("xgboost", "lightgbm"):
        return _booster(loaded, package, platform, source.threads)
    limit_jobs(loaded, source.threads)
    return EstimatorModel(loaded, platform, *_categories(loaded, package))


def _booster(booster: Any, package: str, platform: str, threads: int) -> Model:
    if package == "xgboost":
        from .xgboost_model import XgboostModel

        booster.set_param({"nthread": threads})
        return XgboostModel(booster, None, platform)
    from .lightgbm_model import LightgbmModel

    return LightgbmModel(booster, threads, platform)


def _categories(estimator: Any, package: str) -> Tuple[Dict[str, Sequence[Any]], List[str]]:
    """Of an estimator of boosters that was trained with a DataFrame: those of each column, and the columns of which they are not known."""
    if package == "xgboost" and "c" in (estimator.get_booster().feature_types or []):
        from .xgboost_model import categories_of, unknown_categories

        booster = estimator.get_booster()
        known = categories_of(booster, list(booster.feature_names or []))
        return known, unknown_categories(booster, known)
    if package == "lightgbm" and estimator.booster_.pandas_categorical:
        from .lightgbm_model import categories_of as of_lightgbm

        return of_lightgbm(estimator.booster_), []
    return {}, []


def _load_pickle(path: str) -> Any:
    try:
        import joblib
    except ModuleNotFoundError:
        import pickle

        with open(path, "rb") as file:
            return pickle.load(file)
    return joblib.load(path)


def _load_skops(source: Source) -> Any:
    from skops import io

    trusted = source.options.get("trusted", [])
    if not isinstance(trusted, list):
        raise ModelError("invalid_model", "model.options.trusted is a list of the names of types.")
    untrusted = [name for name in io.get_untrusted_types(file=source.path) if name not in trusted]
    if untrusted:
        message = f"{os.path.basename(source.path)} holds types that skops does not trust: {', '.join(untrusted)}"
        advice = "Look at what they are, and name them under model.options.trusted"
        raise ModelError("invalid_model", f"{message}. {advice}.", {"untrusted": untrusted})
    return io.load(source.path, trusted=trusted)
