"""MLflow folders of any flavor, through their `python_function`."""

import inspect
import os
from typing import Any, Callable, Dict, List, Optional, Sequence

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..signature import Signature
from ..tabular.frame import to_frame
from ..tabular.matrix import is_numeric, to_matrix
from .columns import sees_numbers_alone
from .mlflow_schema import MlflowSchema, read_schema, to_example
from .python_model import name_answers


def load(source: Source) -> Model:
    folder = source.path if os.path.isdir(source.path) else os.path.dirname(source.path)
    # Before the import: it looks for git and says so, and sends what it is used for to its makers.
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow.pyfunc
    from mlflow.exceptions import MlflowException

    try:
        model = mlflow.pyfunc.load_model(folder, suppress_warnings=True)
    except MlflowException as error:
        if "python_function" in str(error):
            message = "The MLflow model has no python_function flavor, so nothing in Python can run it"
            raise ModelError("invalid_model", f"{message}. Log it with another flavor.") from error
        raise
    return MlflowModel(model, folder)


class MlflowModel(Model):
    platform = "mlflow_pyfunc"

    def __init__(self, model: Any, folder: str) -> None:
        self._model = model
        self._schema: MlflowSchema = read_schema(model.metadata, folder)
        self._example = to_example(model.metadata, folder)

    def describe(self) -> Description:
        schema = self._schema
        return Description(schema.inputs, schema.matrix, schema.outputs, example=self._example, notes=schema.notes)

    def bind(self, signature: Signature) -> Run:
        make = self._input_maker(signature)
        predict = self._predictor(signature)
        outputs = self._schema.outputs or signature.outputs
        declared = [output.name for output in outputs]
        return lambda arrays: name_answers(predict(make(arrays)), declared, "predictions")

    def _input_maker(self, signature: Signature) -> Callable[[List[np.ndarray]], Any]:
        schema = self._schema
        if schema.tensors is not None:
            names = signature.names
            if not schema.named:
                return lambda arrays: arrays[0].copy()
            return lambda arrays: {name: array.copy() for name, array in zip(names, arrays)}
        if self._takes_numbers(signature):
            estimator = self._model._model_impl.sklearn_model
            return to_matrix(signature, order=list(estimator.feature_names_in_), by_column=True)
        frame = to_frame(signature)
        if schema.named:
            return _with_schema(frame, schema)

        def unnamed(arrays: List[np.ndarray]) -> Any:
            made = frame(arrays)
            made.columns = range(made.shape[1])
            return made

        return unnamed

    def _takes_numbers(self, signature: Signature) -> bool:
        """Whether it is an estimator that makes a matrix of its DataFrame before anything else."""
        estimator = getattr(getattr(self._model, "_model_impl", None), "sklearn_model", None)
        names = getattr(estimator, "feature_names_in_", None)
        if names is None or not self._is_simple() or not is_numeric(signature):
            return False
        return set(names) <= set(signature.names) and sees_numbers_alone(estimator)

    def _is_simple(self) -> bool:
        """Whether what comes is of the schema's types by construction, so that MLflow need not see to it at each run."""
        metadata = self._model.metadata
        hinted = getattr(metadata, "_is_signature_from_type_hint", bool)()
        by_example = getattr(metadata, "_is_type_hint_from_example", bool)()
        return (
            self._schema.is_simple
            and not hinted
            and not by_example
            and callable(getattr(self._model, "_predict_fn", None))
        )

    def _predictor(self, signature: Signature) -> Callable[[Any], Any]:
        if not self._is_simple():
            return self._model.predict
        predict: Callable[..., Any] = self._model._predict_fn
        parameter = inspect.signature(predict).parameters.get("params")
        if parameter is None or parameter.kind == inspect.Parameter.VAR_KEYWORD:
            return predict
        defaults = _default_params(self._model)
        return lambda data: predict(data, params=defaults)


def _default_params(model: Any) -> Optional[Dict[str, Any]]:
    schema = model.metadata.get_params_schema()
    return {} if schema is None else {param.name: param.default for param in schema.params}


def _with_schema(frame: Callable[[List[np.ndarray]], Any], schema: MlflowSchema) -> Callable[[List[np.ndarray]], Any]:
    """Columns that travel as something else become what the schema says."""
    convert: Sequence[Any] = [(name, to) for name, to in schema.conversions.items()]
    if not convert:
        return frame

    def make(arrays: List[np.ndarray]) -> Any:
        data = frame(arrays)
        for name, to in convert:
            data[name] = to(data[name])
        return data

    return make
