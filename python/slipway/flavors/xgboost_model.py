"""XGBoost: `.json` and `.ubj`, of a Booster or of its scikit-learn estimators."""

import json
import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..signature import Input, Matrix, Output, Signature
from ..tabular.frame import to_frame
from ..tabular.matrix import to_matrix
from .classify import classify


def load(source: Source) -> Model:
    import xgboost

    booster = xgboost.Booster({"nthread": source.threads})
    try:
        booster.load_model(source.path)
    except (xgboost.core.XGBoostError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        message = f"{os.path.basename(source.path)} is no model of XGBoost that version {xgboost.__version__} reads"
        raise ModelError("invalid_model", f"{message}: {first.split('] ')[-1][:200]}") from error
    booster.set_param({"nthread": source.threads})
    platform = "xgboost_ubj" if source.path.endswith(".ubj") else "xgboost_json"
    return XgboostModel(booster, _estimator(booster, source), platform)


def _estimator(booster: Any, source: Source) -> Any:
    """The scikit-learn estimator that was saved; None where a Booster was."""
    import xgboost

    said = json.loads(booster.attr("scikit_learn") or "{}").get("_estimator_type")
    kind = {"classifier": xgboost.XGBClassifier, "regressor": xgboost.XGBRegressor, "ranker": xgboost.XGBRanker}.get(
        said
    )
    if kind is None:
        return None
    estimator = kind(n_jobs=source.threads)
    estimator.load_model(source.path)
    estimator.set_params(n_jobs=source.threads)
    estimator.get_booster().set_param({"nthread": source.threads})
    return estimator


class XgboostModel(Model):
    def __init__(self, booster: Any, estimator: Any, platform: str) -> None:
        self.platform = platform
        self._booster = booster
        self._estimator = estimator
        self._learner: Dict[str, Any] = json.loads(booster.save_config())["learner"]
        self._types: List[str] = booster.feature_types or []
        names: Optional[List[str]] = booster.feature_names
        self._named = names is not None
        self._names = names or [f"f{position}" for position in range(booster.num_features())]
        self._categories = categories_of(booster, self._names) if "c" in self._types else {}
        self._unknown = unknown_categories(booster, self._categories)

    def describe(self) -> Description:
        types = self._types or ["float"] * len(self._names)
        inputs = [self._input(name, kind) for name, kind in zip(self._names, types)]
        matrix = None if self._named else Matrix("X", "FP32")
        return Description(inputs, matrix, self._outputs(), notes=note_of_unknown(self._unknown))

    def _input(self, name: str, kind: str) -> Input:
        if kind == "c":
            known = self._categories.get(name)
            if known is not None and not all(isinstance(one, str) for one in known):
                return Input(name, "INT64" if all(isinstance(one, int) for one in known) else "FP64", (-1,), False)
            return Input(name, "BYTES", (-1,), True, None if known is None else tuple(known))
        return Input(name, "FP32", (-1,), True)

    def _outputs(self) -> List[Output]:
        classes = getattr(self._estimator, "n_classes_", None)
        if classes is not None:
            names = tuple(str(one) for one in range(int(classes)))
            return [Output("label", "INT64"), Output("probabilities", "FP64", (-1, len(names)), names)]
        objective = self._learner["objective"]["name"]
        several = int(self._learner["learner_model_param"].get("num_class", "0"))
        targets = int(self._learner["learner_model_param"].get("num_target", "1"))
        width = several if objective == "multi:softprob" else targets if targets > 1 else 0
        return [Output("prediction", "FP32", (-1, width) if width else (-1,))]

    def bind(self, signature: Signature) -> Run:
        require_categories(signature, self._unknown)
        if "c" in self._types:
            make = to_frame(signature, self._names, np.nan, self._categories)
        else:
            make = to_matrix(signature, np.dtype("<f4"), self._names if self._named else None)
        if self._estimator is None:
            predict = self._predictor()
        elif hasattr(self._estimator, "n_classes_"):
            wanted = [output.name for output in signature.outputs]
            answer = classify(self._estimator, np.arange(self._estimator.n_classes_), wanted)
            return lambda arrays: answer(make(arrays))
        else:
            predict = self._estimator.predict

        def run(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            return [("prediction", predict(make(arrays)))]

        return run

    def _predictor(self) -> Any:
        import xgboost

        booster, names, types = self._booster, self._booster.feature_names, self._booster.feature_types
        if self._learner["gradient_booster"]["name"] != "gblinear":
            return lambda data: booster.inplace_predict(data, validate_features=False)
        return lambda data: booster.predict(xgboost.DMatrix(data, feature_names=names, feature_types=types))


def require_categories(signature: Signature, unknown: Sequence[str]) -> None:
    """Of columns whose categories are not in the file, the manifest has to tell them."""
    declared = {column.name for column in signature.inputs if column.categories is not None}
    for name in unknown:
        if name not in declared:
            message = f'The categories of "{name}" are not in the file'
            advice = "Declare them under model.inputs (type: string, categories: [...]) in the order of training"
            raise ModelError("invalid_model", f"{message}. {advice}.")


def note_of_unknown(unknown: Sequence[str]) -> List[str]:
    """For the person who deploys."""
    listed = ", ".join(f'"{name}"' for name in unknown[:5])
    note = f"The file does not hold the categories of {listed}: declare them under model.inputs, as in training."
    return [note] if unknown else []


def unknown_categories(booster: Any, categories: Dict[str, Sequence[Any]]) -> List[str]:
    """Categorical columns of which they are not in the model."""
    types = booster.feature_types or []
    return [name for name, kind in zip(booster.feature_names or [], types) if kind == "c" and name not in categories]


def categories_of(booster: Any, names: Sequence[str]) -> Dict[str, Sequence[Any]]:
    """Those that are in the model, which XGBoost 3.1 began to keep."""
    raw = bytes(booster.save_raw("json"))
    start = raw.rfind(_CATEGORIES)
    if start < 0:
        return {}
    try:
        kept, _ = json.JSONDecoder().raw_decode(raw[start + len(_CATEGORIES) - 1 :].decode("utf-8", "replace"))
        listed = [_decode(one) for one in kept["enc"]]
    except (KeyError, TypeError, ValueError):
        # It keeps as many bytes of a name as it has characters, so what is no ASCII is cut.
        return {}
    return {name: values for name, values in zip(names, listed) if values}


_CATEGORIES = b'"cats":{'


def _decode(kept: Dict[str, Any]) -> List[Any]:
    """Texts are kept as bytes and where they begin, numbers as they are."""
    values, offsets = kept["values"], kept.get("offsets")
    if offsets is None:
        return values
    content = bytes(value & 0xFF for value in values)
    return [content[start:end].decode("utf-8") for start, end in zip(offsets, offsets[1:])]
