"""SimpleImputer of numbers: ONNX Runtime's own operator knows single precision only."""

from typing import Any

import numpy as np

from .emit import Graph
from .refusal import Refusal


def register() -> None:
    """Texts stay with skl2onnx."""
    from skl2onnx import update_registered_converter
    from skl2onnx.common._registration import get_converter, get_shape_calculator
    from sklearn.impute import SimpleImputer

    theirs, shape = get_converter("SklearnSimpleImputer"), get_shape_calculator("SklearnSimpleImputer")

    def convert(scope: Any, operator: Any, container: Any) -> None:
        from skl2onnx.common.data_types import DoubleTensorType

        if not all(isinstance(each.type, DoubleTensorType) for each in operator.inputs):
            theirs(scope, operator, container)
            return
        impute(Graph(scope, container), operator)

    update_registered_converter(SimpleImputer, "SlipwaySimpleImputer", shape, convert)


def impute(graph: Graph, operator: Any) -> None:
    model = operator.raw_operator
    fill = np.asarray(model.statistics_, dtype=np.float64)
    if getattr(model, "add_indicator", False):
        raise Refusal("An imputer with add_indicator has no translation.")
    if np.isnan(fill).any():
        raise Refusal("An imputer of a column that had no values in training has no translation.")
    names = [each.full_name for each in operator.inputs]
    source = names[0] if len(names) == 1 else graph.add("Concat", names, axis=1, op_version=13)
    if isinstance(model.missing_values, (int, float)) and model.missing_values == model.missing_values:
        missing = graph.constant(np.array([model.missing_values], dtype=np.float64))
        lacks = graph.add("Equal", [source, missing], op_version=13)
    else:
        lacks = graph.add("IsNaN", [source], op_version=13)
    constant = graph.constant(fill.reshape(1, -1))
    graph.add("Where", [lacks, constant, source], operator.outputs[0].full_name, op_version=16)
