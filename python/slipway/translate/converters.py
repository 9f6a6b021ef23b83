"""What skl2onnx is told about models of trees: it has converters of its own, which round thresholds and sums."""

import importlib
from typing import Any, Callable, Dict, Tuple

import numpy as np

from . import imputer, lightgbm_trees, sklearn_trees, xgboost_trees
from .emit import Graph, emit_label, emit_probabilities, emit_scores
from .form import Form
from .refusal import Refusal

Read = Callable[[Any], Form]


class Trees:
    """A booster that is no estimator, as one that skl2onnx takes."""

    def __init__(self, form: Form) -> None:
        self.form = form

    def fit(self, *_: Any) -> "Trees":
        return self

    def predict(self, _: Any) -> Any:
        raise NotImplementedError

    def get_params(self, deep: bool = True) -> Dict[str, Any]:
        return {}


def of_trees(model: Trees) -> Form:
    return model.form


def of_xgboost(model: Any) -> Form:
    if not (model.missing is None or model.missing != model.missing):
        raise Refusal("XGBoost models that take {!r} for missing have no translation.".format(model.missing))
    classes = np.asarray(model.classes_) if hasattr(model, "n_classes_") else None
    best = None
    try:
        best = model.best_iteration + 1
    except AttributeError:
        pass
    return xgboost_trees.of_booster(model.get_booster(), classes, best)


def of_lightgbm(model: Any) -> Form:
    classes = np.asarray(model.classes_) if type(model).__name__ == "LGBMClassifier" else None
    return lightgbm_trees.of_booster(model.booster_, classes)


READERS: Dict[Tuple[str, str], Read] = {
    ("sklearn.tree", "DecisionTreeClassifier"): sklearn_trees.of_forest,
    ("sklearn.tree", "DecisionTreeRegressor"): sklearn_trees.of_forest,
    ("sklearn.tree", "ExtraTreeClassifier"): sklearn_trees.of_forest,
    ("sklearn.tree", "ExtraTreeRegressor"): sklearn_trees.of_forest,
    ("sklearn.ensemble", "RandomForestClassifier"): sklearn_trees.of_forest,
    ("sklearn.ensemble", "RandomForestRegressor"): sklearn_trees.of_forest,
    ("sklearn.ensemble", "ExtraTreesClassifier"): sklearn_trees.of_forest,
    ("sklearn.ensemble", "ExtraTreesRegressor"): sklearn_trees.of_forest,
    ("sklearn.ensemble", "GradientBoostingClassifier"): sklearn_trees.of_boosting,
    ("sklearn.ensemble", "GradientBoostingRegressor"): sklearn_trees.of_boosting,
    ("sklearn.ensemble", "HistGradientBoostingClassifier"): sklearn_trees.of_histograms,
    ("sklearn.ensemble", "HistGradientBoostingRegressor"): sklearn_trees.of_histograms,
    ("xgboost", "XGBClassifier"): of_xgboost,
    ("xgboost", "XGBRegressor"): of_xgboost,
    ("xgboost", "XGBRFClassifier"): of_xgboost,
    ("xgboost", "XGBRFRegressor"): of_xgboost,
    ("lightgbm", "LGBMClassifier"): of_lightgbm,
    ("lightgbm", "LGBMRegressor"): of_lightgbm,
}


def register(loaded: Any) -> None:
    """Registers the converters of all libraries that the model brought along."""
    from skl2onnx import update_registered_converter

    options = {"zipmap": [True, False, "columns"], "output_class_labels": [False, True], "nocl": [True, False]}
    for (module, name), read in READERS.items():
        if module not in loaded:
            continue
        kind = getattr(importlib.import_module(module), name, None)
        if kind is None:
            continue
        is_classifier = name.endswith("Classifier")
        update_registered_converter(
            kind,
            "Slipway" + name,
            shape_of_classifier(read) if is_classifier else shape_of_regressor(read),
            convert_classifier(read) if is_classifier else convert_regressor(read),
            options=options if is_classifier else None,
        )
    if "sklearn.impute" in loaded:
        imputer.register()
    update_registered_converter(Trees, "SlipwayTrees", shape_of_regressor(of_trees), convert_regressor(of_trees))


def tensor_type(dtype: Any) -> Any:
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    return DoubleTensorType if np.dtype(dtype) == np.float64 else FloatTensorType


def shape_of_classifier(read: Read) -> Callable[[Any], None]:
    def shape(operator: Any) -> None:
        from skl2onnx.common.data_types import Int64TensorType, StringTensorType

        classes = np.asarray(operator.raw_operator.classes_)
        kind = StringTensorType if classes.dtype.kind in "OUS" else Int64TensorType
        rows = operator.inputs[0].get_first_dimension()
        operator.outputs[0].type = kind([rows])
        dtype = read(operator.raw_operator).ensemble.dtype
        operator.outputs[1].type = tensor_type(dtype)([rows, len(classes)])

    return shape


def shape_of_regressor(read: Read) -> Callable[[Any], None]:
    def shape(operator: Any) -> None:
        form = read(operator.raw_operator)
        rows = operator.inputs[0].get_first_dimension()
        width = 1 if form.chosen else form.ensemble.targets
        operator.outputs[0].type = tensor_type(form.ensemble.dtype)([rows, width])

    return shape


def prepare(operator: Any, graph: Graph) -> Tuple[str, Any]:
    """All inputs as one matrix, and its precision."""
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    types = {DoubleTensorType: np.float64, FloatTensorType: np.float32}
    kinds = [types.get(type(each.type)) for each in operator.inputs]
    names = [each.full_name for each in operator.inputs]
    if len(names) > 1:
        names = [name if kind is np.float64 else graph.cast(name, np.float64) for name, kind in zip(names, kinds)]
        return graph.add("Concat", names, axis=1, op_version=13), np.float64
    return names[0], kinds[0] or np.int64


def convert_classifier(read: Read) -> Callable[[Any, Any, Any], None]:
    def convert(scope: Any, operator: Any, container: Any) -> None:
        graph = Graph(scope, container)
        form = read(operator.raw_operator)
        label, probabilities = (each.full_name for each in operator.outputs)
        emit_probabilities(graph, form, *prepare(operator, graph), probabilities)
        emit_label(graph, probabilities, np.asarray(form.classes), label)

    return convert


def convert_regressor(read: Read) -> Callable[[Any, Any, Any], None]:
    def convert(scope: Any, operator: Any, container: Any) -> None:
        graph = Graph(scope, container)
        form = read(operator.raw_operator)
        scores = emit_scores(graph, form, *prepare(operator, graph))
        output = operator.outputs[0].full_name
        if not form.chosen:
            graph.add("Identity", [scores], output, op_version=16)
            return
        best = graph.add("ArgMax", [scores], axis=1, keepdims=1, op_version=13)
        graph.cast(best, form.ensemble.dtype, output)

    return convert
