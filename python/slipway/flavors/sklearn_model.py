"""scikit-learn, and whatever a pickle holds that has its `predict`."""

import os
from typing import Any

from ..model import Model, Source
from ..process.errors import ModelError
from .estimators import EstimatorModel, limit_jobs


def load(source: Source) -> Model:
    """Opens `.joblib`, `.pkl` or `.skops`. Pickles run code: they are opened in a model process only."""
    suffix = os.path.splitext(source.path)[1].lower()
    if suffix == ".skops":
        return _model(_load_skops(source), "sklearn_skops", source)
    return _model(_load_pickle(source.path), "sklearn_joblib" if suffix == ".joblib" else "sklearn_pickle", source)


def _model(loaded: Any, platform: str, source: Source) -> Model:
    if not callable(getattr(loaded, "predict", None)):
        what = f"{type(loaded).__module__}.{type(loaded).__qualname__}"
        message = f"{os.path.basename(source.path)} holds an object of the type {what}, which has no predict()"
        raise ModelError(
            "invalid_model", f"{message}. Save the estimator alone, or write a Python file with predict()."
        )
    limit_jobs(loaded, source.threads)
    return EstimatorModel(loaded, platform, source.options)


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
