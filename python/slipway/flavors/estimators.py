"""Whatever has the interface of scikit-learn's estimators, and how its answers are named."""

from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run
from ..process.tensors import datatype_of
from ..signature import Input, Matrix, Output, Signature
from ..tabular.answers import to_array
from ..tabular.frame import to_frame
from ..tabular.matrix import is_numeric, to_matrix
from .classify import classify
from .columns import describe_columns, missing_text_of, sees_numbers_alone, takes_missing, takes_texts
from .xgboost_model import note_of_unknown, require_categories


class EstimatorModel(Model):
    """An estimator that takes a DataFrame where it was trained on one, else a matrix."""

    def __init__(
        self,
        estimator: Any,
        platform: str,
        categories: Dict[str, Sequence[Any]],
        unknown: Sequence[str],
    ) -> None:
        """`categories`: of columns, in the order of training, where the estimator itself takes categories; `unknown`: the columns of
        which they are not known.
        """
        self.platform = platform
        self._estimator = estimator
        self._categories = categories
        self._unknown = unknown
        self._names = _names(estimator)

    def describe(self) -> Description:
        if takes_texts(self._estimator):
            return Description([Input("text", "BYTES")], None, self._outputs())
        if self._names is not None:
            inputs = [self._with_categories(one) for one in describe_columns(self._estimator, self._names)]
            return Description(inputs, None, self._outputs(), notes=note_of_unknown(self._unknown))
        count = _attribute(self._estimator, "n_features_in_")
        if count is None:
            return Description(None, None, self._outputs())
        nullable = takes_missing(self._estimator)
        inputs = [Input(f"x{position}", "FP64", (-1,), nullable) for position in range(int(count))]
        return Description(inputs, Matrix("X", "FP64"), self._outputs())

    def _with_categories(self, column: Input) -> Input:
        known = self._categories.get(column.name)
        if known is None:
            return Input(column.name, "BYTES", (-1,), True) if column.name in self._unknown else column
        if all(isinstance(one, str) for one in known):
            return Input(column.name, "BYTES", (-1,), True, tuple(known))
        return Input(column.name, "INT64" if all(isinstance(one, int) for one in known) else "FP64")

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
        require_categories(signature, self._unknown)
        make = self._input_maker(signature)
        answer = self._answerer(signature)
        return lambda arrays: answer(make(arrays))

    def _input_maker(self, signature: Signature) -> Callable[[List[np.ndarray]], Any]:
        if takes_texts(self._estimator) and len(signature.inputs) == 1:
            return lambda arrays: arrays[0].reshape(-1)
        if self._names is not None:
            if not self._categories and sees_numbers_alone(self._estimator) and is_numeric(signature):
                # It makes a matrix of a DataFrame anyway, and checks the names of its columns for longer than it predicts.
                return to_matrix(signature, order=self._names, by_column=True)
            return to_frame(signature, self._names, missing_text_of(self._estimator), self._categories)
        if signature.packed is None and any(column.datatype == "BYTES" for column in signature.inputs):
            # It never said that it wants names, but texts beside numbers make no matrix.
            return to_frame(signature, None, missing_text_of(self._estimator), self._categories)
        return to_matrix(signature)

    def _answerer(self, signature: Signature) -> Callable[[Any], Sequence[Tuple[str, Any]]]:
        classes = _classes(self._estimator)
        if classes is not None:
            return classify(self._estimator, classes, [output.name for output in signature.outputs])
        predict = self._estimator.predict
        name = signature.outputs[0].name if len(signature.outputs) == 1 else "prediction"
        return lambda data: [(name, predict(data))]


def _classes(estimator: Any) -> Optional[np.ndarray]:
    """The classes of a classifier with one target."""
    classes = _attribute(estimator, "classes_")
    if classes is None or not hasattr(estimator, "predict"):
        return None
    if isinstance(classes, list) and any(isinstance(one, (list, np.ndarray)) for one in classes):
        return None
    found = np.asarray(classes)
    return found if found.ndim == 1 else None


def _names(estimator: Any) -> Optional[List[str]]:
    """Of the columns that it was trained with; None where it was trained with a matrix."""
    names = _attribute(estimator, "feature_names_in_")
    if names is None:
        # LightGBM before it followed scikit-learn in this.
        names = _attribute(estimator, "feature_name_")
        if names is not None and list(names) == [f"Column_{position}" for position in range(len(names))]:
            return None
    return None if names is None else [str(name) for name in names]


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
