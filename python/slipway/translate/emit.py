"""A Form as nodes of ONNX, for skl2onnx."""

from typing import Any, Dict, List, Optional

import numpy as np

from .form import Form

AI_ONNX_ML = "ai.onnx.ml"


_waiting: Dict[str, Form] = {}


def finish(model: Any) -> Any:
    """Puts the trees into their places."""
    from onnx import helper

    most = 0
    for node in model.graph.node:
        form = _waiting.pop(node.name, None)
        if form is None:
            continue
        op, version, attributes = form.ensemble.to_node()
        made = helper.make_node(op, node.input, node.output, node.name, domain=AI_ONNX_ML, **attributes)
        node.CopyFrom(made)
        most = max(most, version)
    for opset in model.opset_import:
        if opset.domain == AI_ONNX_ML:
            opset.version = max(opset.version, most)
    return model


class Graph:
    """Adds nodes to skl2onnx's container, each under a name of its own."""

    def __init__(self, scope: Any, container: Any) -> None:
        self._scope = scope
        self._container = container

    def add(self, op: str, inputs: List[str], output: Optional[str] = None, domain: str = "", **attributes: Any) -> str:
        made = output or self._scope.get_unique_variable_name("slipway")
        version = attributes.pop("op_version", None)
        name = self._scope.get_unique_operator_name(op)
        self._container.add_node(op, inputs, [made], op_domain=domain, op_version=version, name=name, **attributes)
        return made

    def add_trees(self, form: Form, source: str) -> str:
        """skl2onnx knows no operators of version 5: an empty one of version 3 keeps the place until `finish`."""
        made = self._scope.get_unique_variable_name("slipway")
        name = self._scope.get_unique_operator_name("SlipwayTrees")
        _waiting[name] = form
        empty = {"n_targets": form.ensemble.targets, "post_transform": "NONE"}
        self._container.add_node(
            "TreeEnsembleRegressor", [source], [made], op_domain=AI_ONNX_ML, op_version=3, name=name, **empty
        )
        return made

    def constant(self, values: Any) -> str:
        from onnx import numpy_helper

        array = np.asarray(values)
        name = self._scope.get_unique_variable_name("slipway_constant")
        made = numpy_helper.from_array(array.astype(object) if array.dtype.kind in "US" else array, name)
        self._container.initializers.append(made)
        return name

    def cast(self, source: str, dtype: Any, output: Optional[str] = None) -> str:
        from onnx import helper

        to = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        return self.add("Cast", [source], output, to=to, op_version=13)


def emit_scores(graph: Graph, form: Form, source: str, source_dtype: Any) -> str:
    """What the model answers before labels: [N, targets] in the precision of its sums."""
    dtype = np.dtype(form.ensemble.dtype)
    if np.dtype(source_dtype) != dtype:
        source = graph.cast(source, dtype)
    made = graph.add_trees(form, source)
    if form.ensemble.is_shared and dtype != np.float32:
        made = graph.cast(made, dtype)
    # Constants have a dimension, for skl2onnx's own optimiser takes no scalars.
    if form.divisor is not None:
        made = graph.add("Div", [made, graph.constant(np.array([form.divisor], dtype))], op_version=14)
    if form.base is not None:
        made = graph.add("Add", [made, graph.constant(np.array(form.base, dtype))], op_version=14)
    if form.factor is not None:
        made = graph.add("Mul", [made, graph.constant(np.array([form.factor], dtype))], op_version=14)
    return emit_link(graph, form, made, dtype)


def emit_link(graph: Graph, form: Form, made: str, dtype: np.dtype) -> str:
    if form.link == "sigmoid":
        return emit_sigmoid(graph, made, dtype)
    if form.link == "softmax":
        return graph.add("Softmax", [made], axis=1, op_version=13)
    if form.link == "exp":
        return graph.add("Exp", [made], op_version=13)
    if form.link == "square":
        size = graph.add("Abs", [made], op_version=13)
        return graph.add("Mul", [made, size], op_version=14)
    return made


def emit_sigmoid(graph: Graph, made: str, dtype: np.dtype) -> str:
    """1 / (1 + exp(-x)), to the last digits, which ONNX Runtime's own Sigmoid leaves out in single precision."""
    one = graph.constant(np.array([1], dtype))
    power = graph.add("Exp", [graph.add("Neg", [made], op_version=13)], op_version=13)
    return graph.add("Div", [one, graph.add("Add", [one, power], op_version=14)], op_version=14)


def emit_probabilities(graph: Graph, form: Form, source: str, source_dtype: Any, output: str) -> None:
    """[N, classes]; one target with two classes is the second's."""
    if form.ensemble.targets > 1:
        graph.add("Identity", [emit_scores(graph, form, source, source_dtype)], output, op_version=16)
        return
    # Votes are counted, so that the first class gets the rest of them before anything is divided and rounded.
    whole = form.divisor if form.divisor is not None and form.link == "identity" else 1.0
    votes = form if whole == 1.0 else form._replace(divisor=None)
    second = emit_scores(graph, votes, source, source_dtype)
    constant = graph.constant(np.array([whole], form.ensemble.dtype))
    first = graph.add("Sub", [constant, second], op_version=14)
    if whole == 1.0:
        graph.add("Concat", [first, second], output, axis=1, op_version=13)
        return
    both = graph.add("Concat", [first, second], axis=1, op_version=13)
    graph.add("Div", [both, constant], output, op_version=14)


def emit_label(graph: Graph, probabilities: str, classes: np.ndarray, output: str) -> None:
    """The first of the likeliest classes."""
    labels = classes if classes.dtype.kind in "OUS" else classes.astype(np.int64)
    if labels.dtype.kind == "i" and np.array_equal(labels, np.arange(len(labels))):
        graph.add("ArgMax", [probabilities], output, axis=1, keepdims=0, op_version=13)
        return
    best = graph.add("ArgMax", [probabilities], axis=1, keepdims=0, op_version=13)
    texts = labels if labels.dtype.kind == "i" else np.array([str(label) for label in labels])
    graph.add("Gather", [graph.constant(texts), best], output, axis=0, op_version=13)
