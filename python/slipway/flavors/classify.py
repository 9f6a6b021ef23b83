"""Labels and probabilities of a classifier, asked for once where one follows from the other."""

from typing import Any, Callable, Sequence, Tuple

import numpy as np

Answer = Callable[[Any], Sequence[Tuple[str, Any]]]

# Their predict() is the class of the highest of predict_proba(), to the last bit.
_BY_PROBABILITY = {
    "sklearn.ensemble._forest": ("RandomForestClassifier", "ExtraTreesClassifier"),
    "sklearn.tree._classes": ("DecisionTreeClassifier", "ExtraTreeClassifier"),
    "xgboost.sklearn": ("XGBClassifier", "XGBRFClassifier"),
    "lightgbm.sklearn": ("LGBMClassifier",),
}

# Their predict() is the highest of what predict_proba() grows with: the same unless two are closer than rounding.
_BY_CLEAR_PROBABILITY = {
    "sklearn.linear_model._logistic": ("LogisticRegression", "LogisticRegressionCV"),
    "sklearn.naive_bayes": ("GaussianNB", "MultinomialNB", "BernoulliNB"),
    "sklearn.neural_network._multilayer_perceptron": ("MLPClassifier",),
    "sklearn.ensemble._gb": ("GradientBoostingClassifier",),
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting": ("HistGradientBoostingClassifier",),
}

_CLEAR = 1e-9


def classify(estimator: Any, classes: np.ndarray, wanted: Sequence[str]) -> Answer:
    """A function that answers with `label` and `probabilities`, or with the one of them that is wanted."""
    probabilities = getattr(estimator, "predict_proba", None)
    if probabilities is None or (wanted and "probabilities" not in wanted):
        predict = estimator.predict
        return lambda data: [("label", predict(data))]
    if wanted and "label" not in wanted:
        return lambda data: [("probabilities", _doubles(probabilities(data)))]
    before, last = _split(estimator)
    answer = _of_step(last, classes)
    return answer if before is None else lambda data: answer(before.transform(data))


def _split(estimator: Any) -> Tuple[Any, Any]:
    """A pipeline's transformations and its last step, so that columns are transformed once."""
    kind = type(estimator)
    if kind.__name__ != "Pipeline" or kind.__module__ != "sklearn.pipeline" or len(estimator.steps) < 2:
        return None, estimator
    return estimator[:-1], estimator.steps[-1][1]


def _of_step(last: Any, classes: np.ndarray) -> Answer:
    def once(data: Any) -> Sequence[Tuple[str, Any]]:
        found = last.predict_proba(data)
        return [("label", classes.take(np.argmax(found, axis=1))), ("probabilities", _doubles(found))]

    def once_where_clear(data: Any) -> Sequence[Tuple[str, Any]]:
        found = last.predict_proba(data)
        label = classes.take(np.argmax(found, axis=1)) if _is_clear(found) else last.predict(data)
        return [("label", label), ("probabilities", _doubles(found))]

    def twice(data: Any) -> Sequence[Tuple[str, Any]]:
        return [("label", last.predict(data)), ("probabilities", _doubles(last.predict_proba(data)))]

    if _is_one_of(last, _BY_PROBABILITY):
        return once
    return once_where_clear if _is_one_of(last, _BY_CLEAR_PROBABILITY) else twice


def _is_one_of(estimator: Any, table: "dict[str, tuple[str, ...]]") -> bool:
    kind = type(estimator)
    return kind.__name__ in table.get(kind.__module__, ())


def _is_clear(found: np.ndarray) -> bool:
    """Whether the highest probability of each row is well above the next one."""
    if found.shape[1] == 2:
        return bool(np.abs(found[:, 0] - found[:, 1]).min() > _CLEAR) if len(found) else True
    highest = np.partition(found, -2, axis=1)
    return bool((highest[:, -1] - highest[:, -2] > _CLEAR).all())


def _doubles(values: Any) -> np.ndarray:
    return np.asarray(values, np.float64)
