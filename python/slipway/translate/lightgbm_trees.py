"""The trees of LightGBM, which compares in double precision."""

import re
from typing import Any, Dict, List, Tuple

import numpy as np

from .form import Form
from .refusal import Refusal
from .trees import Ensemble


def of_booster(booster: Any, classes: Any = None, best: bool = True) -> Form:
    """A Booster, or that of an estimator with its classes; `best` leaves out what follows the best iteration."""
    iterations = booster.best_iteration if best and booster.best_iteration > 0 else None
    dump = booster.dump_model(num_iteration=iterations)
    targets = int(dump["num_tree_per_iteration"])
    ensemble = Ensemble(targets)
    for place, tree in enumerate(dump["tree_info"]):
        add_tree(ensemble, tree["tree_structure"], place % targets)
    rounds = max(1, len(dump["tree_info"]) // targets)
    divisor = float(rounds) if dump.get("average_output") else None
    link, factor = read_objective(dump.get("objective", ""))
    if classes is not None and link == "identity":
        raise Refusal("A LightGBM classifier with an objective of its own has no translation.")
    is_plain = classes is None and targets == 1
    return Form(ensemble, link=link, divisor=divisor, factor=factor, classes=classes, plain=is_plain)


def read_objective(objective: str) -> Tuple[str, Any]:
    """Link and factor, of a text such as `binary sigmoid:1`."""
    name = objective.split(" ")[0]
    options: Dict[str, str] = dict(re.findall(r"(\w+):(\S+)", objective))
    sigmoid = float(options.get("sigmoid", 1))
    factor = None if sigmoid == 1 else sigmoid
    if name in ("binary", "cross_entropy", "xentropy"):
        return "sigmoid", factor
    if name == "multiclass":
        return "softmax", None
    if name == "multiclassova":
        return "sigmoid", factor
    if name in ("poisson", "gamma", "tweedie"):
        return "exp", None
    if name == "cross_entropy_lambda":
        raise Refusal("LightGBM's objective {} has no translation.".format(name))
    if " sqrt" in objective:
        return "square", None
    return "identity", None


def add_tree(ensemble: Ensemble, root: Dict[str, Any], target: int) -> None:
    """Depth first, without recursion: trees that grow leaf by leaf may be deep."""
    nodes: List[Dict[str, Any]] = []
    left: List[int] = []
    right: List[int] = []
    waiting: List[Tuple[Dict[str, Any], int, str]] = [(root, -1, "")]
    while waiting:
        node, parent, side = waiting.pop()
        at = len(nodes)
        nodes.append(node)
        left.append(-1)
        right.append(-1)
        if parent >= 0:
            (left if side == "left" else right)[parent] = at
        if "split_feature" in node:
            waiting.append((node["right_child"], at, "right"))
            waiting.append((node["left_child"], at, "left"))
    splits = [read_split(node) for node in nodes]
    ensemble.add(
        np.array(left),
        np.array(right),
        np.array([feature for feature, _, _ in splits]),
        np.array([threshold for _, threshold, _ in splits]),
        np.array([missing for _, _, missing in splits]),
        np.array([float(node.get("leaf_value", 0)) for node in nodes]),
        target,
    )


def read_split(node: Dict[str, Any]) -> Tuple[int, float, bool]:
    """Feature, threshold, and whether a missing value goes left."""
    if "split_feature" not in node:
        return 0, 0.0, False
    if node["decision_type"] != "<=":
        raise Refusal("LightGBM models with categorical features have no translation.")
    threshold = float(node["threshold"])
    kind = node.get("missing_type", "None")
    if kind == "Zero":
        raise Refusal("LightGBM models that take zeros for missing values have no translation.")
    # Without missing values in training, it reads them as zeros.
    return int(node["split_feature"]), threshold, bool(node["default_left"]) if kind == "NaN" else 0.0 <= threshold
