"""The trees of scikit-learn."""

from typing import Any, Optional

import numpy as np

from .form import Form, prune_zero
from .refusal import Refusal
from .trees import Ensemble, switch_points


def of_forest(model: Any) -> Form:
    """Random forests, extra trees, and single trees."""
    trees = [each.tree_ for each in getattr(model, "estimators_", [model])]
    is_single = not hasattr(model, "estimators_")
    divisor = None if is_single or len(trees) == 1 else float(len(trees))
    classes = getattr(model, "classes_", None)
    outputs = int(trees[0].n_outputs)
    if classes is None:
        ensemble = Ensemble(outputs)
        for tree in trees:
            values = tree.value[:, :, 0]
            add(ensemble, tree, values[:, 0] if outputs == 1 else values, 0 if outputs == 1 else None)
        return Form(ensemble, divisor=divisor, plain=outputs == 1)
    if outputs > 1:
        raise Refusal("A forest that answers several labels has no translation.")
    count = len(classes)
    ensemble = Ensemble(count if count > 2 else 1)
    for tree in trees:
        values = tree.value[:, 0, :]
        totals = values.sum(axis=1, keepdims=True)
        shares = values / np.where(totals == 0, 1, totals)
        add(ensemble, tree, shares if count > 2 else shares[:, -1], None if count > 2 else 0)
    return Form(ensemble, divisor=divisor, classes=classes)


def add(ensemble: Ensemble, tree: Any, weights: np.ndarray, target: Optional[int]) -> None:
    """A tree that compares single precision with thresholds of double precision."""
    state = tree.__getstate__()["nodes"]
    has_missing = "missing_go_to_left" in (state.dtype.names or ())
    missing = state["missing_go_to_left"] != 0 if has_missing else np.zeros(tree.node_count, dtype=bool)
    threshold = switch_points(np.asarray(tree.threshold))
    ensemble.add(tree.children_left, tree.children_right, tree.feature, threshold, missing, weights, target)


def of_boosting(model: Any) -> Form:
    """GradientBoostingClassifier and -Regressor."""
    base = model._raw_predict_init(np.zeros((1, model.n_features_in_))).ravel()
    if not (model.init_ == "zero" or type(model.init_).__name__ in ("DummyClassifier", "DummyRegressor")):
        raise Refusal("Gradient boosting that starts from another model (`init`) has no translation.")
    targets = model.estimators_.shape[1]
    ensemble = Ensemble(targets)
    for stage in model.estimators_:
        for target, each in enumerate(stage):
            add(ensemble, each.tree_, each.tree_.value[:, 0, 0] * model.learning_rate, target)
    classes = getattr(model, "classes_", None)
    if classes is None:
        return Form(ensemble, base=prune_zero(base), plain=True)
    link = "sigmoid" if targets == 1 else "softmax"
    factor = 2.0 if model.loss == "exponential" else None
    return Form(ensemble, link=link, base=prune_zero(base), factor=factor, classes=classes)


def of_histograms(model: Any) -> Form:
    """HistGradientBoostingClassifier and -Regressor."""
    if getattr(model, "is_categorical_", None) is not None and np.any(model.is_categorical_):
        raise Refusal("Histogram boosting with categorical features has no translation.")
    targets = int(model.n_trees_per_iteration_)
    ensemble = Ensemble(targets)
    for iteration in model._predictors:
        for target, predictor in enumerate(iteration):
            nodes = predictor.nodes
            is_leaf = nodes["is_leaf"] != 0
            left = np.where(is_leaf, -1, nodes["left"].astype(np.int64))
            right = np.where(is_leaf, -1, nodes["right"].astype(np.int64))
            missing = nodes["missing_go_to_left"] != 0
            ensemble.add(left, right, nodes["feature_idx"], nodes["num_threshold"], missing, nodes["value"], target)
    base = prune_zero(np.ravel(model._baseline_prediction))
    classes = getattr(model, "classes_", None)
    if classes is None:
        link = {"squared_error": "identity", "absolute_error": "identity", "quantile": "identity"}.get(model.loss)
        link = link or {"poisson": "exp", "gamma": "exp"}.get(model.loss)
        if link is None:
            raise Refusal("Histogram boosting with the loss {!r} has no translation.".format(model.loss))
        return Form(ensemble, link=link, base=base, plain=True)
    return Form(ensemble, link="sigmoid" if targets == 1 else "softmax", base=base, classes=classes)
