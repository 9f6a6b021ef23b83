"""The trees of XGBoost, which compares and sums in single precision."""

import json
import math
from typing import Any, Dict, List, Optional

import numpy as np

from .form import Form, prune_zero
from .refusal import Refusal
from .trees import Ensemble

SIGMOID = ("binary:logistic", "reg:logistic")
EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie", "survival:cox", "survival:aft")
PLAIN = (
    "reg:squarederror",
    "reg:linear",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:quantileerror",
    "binary:logitraw",
    "binary:hinge",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
)


def of_booster(booster: Any, classes: Any = None, rounds: Optional[int] = None) -> Form:
    """A Booster, or that of an estimator with its classes; `rounds`: only so many of boosting."""
    learner = json.loads(bytes(booster.save_raw(raw_format="json")))["learner"]
    gradient = learner["gradient_booster"]
    if gradient["name"] != "gbtree":
        raise Refusal("XGBoost's booster {} has no translation.".format(gradient["name"]))
    model = gradient["model"]
    objective = learner["objective"]["name"]
    described = learner["learner_model_param"]
    targets = max(1, int(described.get("num_class", 0)), int(described.get("num_target", 1)))
    ensemble = Ensemble(targets, np.float32)
    parallel = max(1, int(model["gbtree_model_param"].get("num_parallel_tree", 1)))
    most = len(model["trees"]) if rounds is None else rounds * parallel * targets
    for tree, target in list(zip(model["trees"], model["tree_info"]))[:most]:
        add_tree(ensemble, tree, int(target))
    if not ensemble.roots:
        raise Refusal("An XGBoost model without trees has no translation.")
    base = to_margins(described["base_score"], objective)
    offsets = prune_zero(base * targets if len(base) == 1 else base)
    link = to_link(objective)
    chosen = objective == "multi:softmax" and classes is None
    is_plain = classes is None and targets == 1
    return Form(ensemble, link=link, base=offsets, classes=classes, chosen=chosen, plain=is_plain or chosen)


def to_link(objective: str) -> str:
    """What becomes of the sums."""
    if objective == "binary:hinge":
        raise Refusal("XGBoost's objective binary:hinge has no translation.")
    if objective in SIGMOID:
        return "sigmoid"
    if objective in EXPONENTIAL:
        return "exp"
    if objective in ("multi:softprob", "multi:softmax"):
        return "softmax"
    if objective in PLAIN:
        return "identity"
    raise Refusal("XGBoost's objective {} has no translation.".format(objective))


def to_margins(said: str, objective: str) -> List[float]:
    """The base score is written as an answer; sums begin with what gives that answer."""
    scores = [float(each) for each in said.strip("[]").split(",")]
    if objective in SIGMOID:
        return [float(np.float32(-math.log(1.0 / score - 1.0))) for score in scores]
    if objective in EXPONENTIAL:
        return [float(np.float32(math.log(score))) for score in scores]
    return [float(np.float32(score)) for score in scores]


def add_tree(ensemble: Ensemble, tree: Dict[str, Any], target: int) -> None:
    """Its splits go left where x < t: in single precision, where x <= the number before t."""
    if any(tree.get("split_type") or []):
        raise Refusal("XGBoost models with categorical features have no translation.")
    conditions = np.array(tree["split_conditions"], dtype=np.float32)
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise Refusal("XGBoost models with a vector in each leaf have no translation.")
    left = np.array(tree["left_children"])
    ensemble.add(
        left,
        np.array(tree["right_children"]),
        np.array(tree["split_indices"]),
        np.nextafter(conditions, np.float32(-np.inf)),
        np.array(tree["default_left"]) != 0,
        conditions,
        target,
    )
