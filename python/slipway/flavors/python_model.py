"""A Python file with `predict(data)`, or with `load()` and `predict(model, data)`."""

import importlib.util
import inspect
import os
import sys
from types import ModuleType
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..signature import Input, Output, Signature
from ..tabular.declared import parse_inputs, parse_outputs
from ..tabular.frame import to_frame
from ..tabular.moments import to_moments


def load(source: Source) -> Model:
    module = _import(source.path)
    file = os.path.basename(source.path)
    predict = getattr(module, "predict", None)
    if not callable(predict):
        message = f"{file} has no function predict(data), or predict(model, data) beside load()"
        raise ModelError("invalid_model", f"{message}. Write one that answers with one element a row.")
    make = getattr(module, "load", None)
    made = _call_load(make, os.path.dirname(source.path)) if callable(make) else None
    takes_model = callable(make) and _positional(predict) != 1
    return PythonModel(module, (lambda data: predict(made, data)) if takes_model else predict)


def _import(path: str) -> ModuleType:
    name = os.path.splitext(os.path.basename(path))[0].replace("-", "_")
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ModelError("invalid_model", f"{os.path.basename(path)} is no Python file.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _call_load(make: Callable[..., Any], folder: str) -> Any:
    """Files are opened relative to the model's folder; `load` may ask for it."""
    os.chdir(folder)
    return make(folder) if _positional(make) == 1 else make()


def _positional(function: Callable[..., Any]) -> int:
    """How many arguments it wants."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 1
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(parameter.kind in kinds and parameter.default is parameter.empty for parameter in parameters)


class PythonModel(Model):
    platform = "python_file"

    def __init__(self, module: ModuleType, predict: Callable[[Any], Any]) -> None:
        self._predict = predict
        self._inputs: Optional[Sequence[Input]] = parse_inputs(getattr(module, "inputs", None))
        self._outputs: Optional[Sequence[Output]] = parse_outputs(getattr(module, "outputs", None))
        self._example: Optional[Dict[str, List[Any]]] = _parse_example(getattr(module, "example", None))

    def describe(self) -> Description:
        return Description(self._inputs, None, self._outputs, example=self._example)

    def bind(self, signature: Signature) -> Run:
        make = _input_maker(signature)
        declared = [output.name for output in self._outputs or signature.outputs]
        predict = self._predict
        return lambda arrays: name_answers(predict(make(arrays)), declared, "prediction")


def _parse_example(value: Any) -> Optional[Dict[str, List[Any]]]:
    if value is None:
        return None
    if hasattr(value, "to_dict"):
        value = value.to_dict(orient="list")
    return {str(name): list(values) for name, values in value.items()}


def _input_maker(signature: Signature) -> Callable[[List[np.ndarray]], Any]:
    """A DataFrame where pandas is there, else a dict of arrays. Both are the function's own: it may keep them."""
    if signature.packed is not None:
        return lambda arrays: arrays[0].copy()
    if all(column.is_column for column in signature.inputs):
        try:
            return to_frame(signature)
        except ModuleNotFoundError as error:
            if error.name != "pandas":
                raise
    columns = signature.inputs

    def make(arrays: List[np.ndarray]) -> Any:
        return {column.name: _to_array(column, array) for column, array in zip(columns, arrays)}

    return make


def _to_array(column: Input, array: np.ndarray) -> np.ndarray:
    return to_moments(column.name, array) if column.format == "date-time" else array.copy()


def name_answers(answer: Any, declared: Sequence[str], otherwise: str) -> Sequence[Tuple[str, Any]]:
    """A DataFrame or a dict has an output a column; anything else is the only one, or the tuple of those declared."""
    if isinstance(answer, dict):
        return [(str(name), value) for name, value in answer.items()]
    if hasattr(answer, "columns") and hasattr(answer, "items"):
        return [(str(name), value) for name, value in answer.items()]
    if isinstance(answer, tuple) and len(answer) == len(declared) and len(declared) > 1:
        return list(zip(declared, answer))
    return [(declared[0] if len(declared) == 1 else otherwise, answer)]
