"""The fitted model itself, without what serves it."""

import os
from typing import Any, Dict, NamedTuple, Optional

from ..flavors.columns import missing_text_of
from ..model import Source
from ..process.load import load as load_flavor
from .refusal import Refusal


class Loaded(NamedTuple):
    model: Any
    kind: str
    """estimator, xgboost or lightgbm."""
    answer: Optional[str] = None
    """The only method that answers, where it is known: predict, predict_proba."""
    missing_text: Any = None
    """What a missing text is in a DataFrame of the original: None or NaN."""


def load(flavor: str, source: Source) -> Loaded:
    if flavor == "mlflow":
        return load_mlflow(source)
    made, _ = load_flavor(flavor, source)
    kept: Dict[str, Any] = vars(made)
    estimator = kept.get("_estimator")
    if estimator is not None:
        return Loaded(estimator, "estimator", missing_text=missing_text_of(estimator))
    if flavor in ("xgboost", "lightgbm"):
        return Loaded(kept["_booster"], flavor)
    raise Refusal("The flavor {} has no translation.".format(flavor))


def load_mlflow(source: Source) -> Loaded:
    """What scikit-learn, XGBoost and LightGBM are logged as."""
    folder = source.path if os.path.isdir(source.path) else os.path.dirname(source.path)
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow.models import Model

    said = Model.load(folder)
    for name in ("sklearn", "xgboost", "lightgbm"):
        if name not in said.flavors or said.flavors["python_function"].get("loader_module") != "mlflow." + name:
            continue
        from importlib import import_module

        model = import_module("mlflow." + name).load_model(folder)
        method = said.flavors["python_function"].get("predict_fn", "predict")
        if name == "sklearn" or hasattr(model, "get_params"):
            if method not in ("predict", "predict_proba"):
                raise Refusal("It answers by {}(), which has no translation.".format(method))
            return Loaded(model, "estimator", method)
        return Loaded(model, name, "predict")
    raise Refusal("The MLflow flavor {} has no translation.".format(said.flavors["python_function"]["loader_module"]))
