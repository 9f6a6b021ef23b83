"""Whatever has the interface of scikit-learn's estimators, and how its answers are named."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run
from ..process.tensors import datatype_of
from ..signature import Input, Matrix, Output, Signature
from ..tabular.answers import to_array
from ..tabular.frame import to_frame
from ..tabular.matrix import to_matrix
from .columns import describe_columns, missing_text_of, takes_missing

# Their predict() is the class of the highest of predict_proba(), so one of the two is enough.
_BY_PROBABILITY = {
    "sklearn.ensemble._forest": ("RandomForestClassifier", "ExtraTreesClassifier"),
    "sklearn.tree._classes": ("DecisionTreeClassifier", "ExtraTreeClassifier"),
    "xgboost.sklearn": ("XGBClassifier", "XGBRFClassifier"),
    "lightgbm.sklearn": ("LGBMClassifier",),
}


class EstimatorModel(Model):
    """An estimator that takes a DataFrame where it was trained on one, else a matrix."""

    def __init__(
        self,
        estimator: Any,
        platform: str,
        options: Dict[str, Any],
        categories: Optional[Dict[str, Sequence[Any]]] = None,
    ) -> None:
        self.platform = platform
        self._estimator = estimator
        self._options = options
        self._categories = categories
        names = _attribute(estimator, "feature_names_in_")
        self._names: Optional[List[str]] = None if names is None else [str(name) for name in names]

    def describe(self) -> Description:
        if self._names is not None:
            inputs: Optional[List[Input]] = describe_columns(self._estimator, self._names)
            return Description(inputs, None, self._outputs())
        count = _attribute(self._estimator, "n_features_in_")
        if count is None:
            return Description(None, None, self._outputs())
        nullable = takes_missing(self._estimator)
        inputs = [Input(f"x{position}", "FP64", (-1,), nullable) for position in range(int(count))]
        return Description(inputs, Matrix("X", "FP64"), self._outputs())

    def _outputs(self) -> Optional[List[Output]]:
        classes = _classes(self._estimator)
        if classes is None:
            return None
        label = Output("label", datatype_of(to_array("label", classes)))
        if not hasattr(self._estimator, "predict_proba"):
            return [label]
        names = tuple(str(name) for name in classes.tolist())
        return [label, Output("probabilities", "FP64", (-1, len(classes)), names)]

    def bind(self, signature: Signature) -> Run:
        make = self._input_maker(signature)
        answer = self._answerer(signature)
        return lambda arrays: answer(make(arrays))

    def _input_maker(self, signature: Signature) -> Callable[[List[np.ndarray]], Any]:
        if self._names is not None:
            return to_frame(signature, self._names, missing_text_of(self._estimator), self._categories)
        if any(column.datatype == "BYTES" for column in signature.inputs) and signature.packed is None:
            # It never said that it wants names, but texts beside numbers make no matrix.
            return to_frame(signature, None, missing_text_of(self._estimator), self._categories)
        return to_matrix(signature)

    def _answerer(self, signature: Signature) -> Callable[[Any], Sequence[Tuple[str, Any]]]:
        predict = self._estimator.predict
        classes = _classes(self._estimator)
        if classes is None:
            name = signature.outputs[0].name if len(signature.outputs) == 1 else "prediction"
            return lambda data: [(name, predict(data))]
        wanted = {output.name for output in signature.outputs} or {"label", "probabilities"}
        probabilities = getattr(self._estimator, "predict_proba", None)
        if probabilities is None or "probabilities" not in wanted:
            return lambda data: [("label", predict(data))]
        if "label" not in wanted:
            return lambda data: [("probabilities", _doubles(probabilities(data)))]
        if _labels_by_probability(_last_step(self._estimator)):

            def answer_once(data: Any) -> Sequence[Tuple[str, Any]]:
                found = probabilities(data)
                return [("label", classes.take(np.argmax(found, axis=1))), ("probabilities", _doubles(found))]

            return answer_once
        return _answer_both(self._estimator)


def _answer_both(estimator: Any) -> Callable[[Any], Sequence[Tuple[str, Any]]]:
    """Labels and probabilities; a pipeline's columns are transformed once."""
    if _is_pipeline(estimator) and len(estimator.steps) > 1:
        before, last = estimator[:-1], estimator.steps[-1][1]

        def answer(data: Any) -> Sequence[Tuple[str, Any]]:
            ready = before.transform(data)
            return [("label", last.predict(ready)), ("probabilities", _doubles(last.predict_proba(ready)))]

        return answer

    def answer_twice(data: Any) -> Sequence[Tuple[str, Any]]:
        return [("label", estimator.predict(data)), ("probabilities", _doubles(estimator.predict_proba(data)))]

    return answer_twice


def _doubles(values: Any) -> np.ndarray:
    return np.asarray(values, np.float64)


def _is_pipeline(estimator: Any) -> bool:
    kind = type(estimator)
    return kind.__name__ == "Pipeline" and kind.__module__ == "sklearn.pipeline"


def _last_step(estimator: Any) -> Any:
    while _is_pipeline(estimator):
        estimator = estimator.steps[-1][1]
    return estimator


def _labels_by_probability(estimator: Any) -> bool:
    kind = type(estimator)
    return kind.__name__ in _BY_PROBABILITY.get(kind.__module__, ())


def _classes(estimator: Any) -> Optional[np.ndarray]:
    """The classes of a classifier with one target."""
    classes = _attribute(estimator, "classes_")
    if classes is None or not hasattr(estimator, "predict"):
        return None
    if isinstance(classes, list) and any(isinstance(one, (list, np.ndarray)) for one in classes):
        return None
    found = np.asarray(classes)
    return found if found.ndim == 1 else None


def _attribute(estimator: Any, name: str) -> Any:
    """None where it is not there, as scikit-learn's delegated properties may raise other errors than AttributeError."""
    try:
        return getattr(estimator, name, None)
    except Exception:
        return None


def limit_jobs(estimator: Any, threads: int) -> None:
    """A fitted model's `n_jobs` no longer than the threads that it may use: a pool a run costs more than most runs."""
    try:
        parameters = estimator.get_params(deep=True)
    except Exception:
        return
    many = {
        name: threads
        for name, value in parameters.items()
        if (name == "n_jobs" or name.endswith("__n_jobs")) and isinstance(value, int) and not 1 <= value <= threads
    }
    if many:
        try:
            estimator.set_params(**many)
        except Exception:
            return
