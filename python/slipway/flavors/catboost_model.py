"""CatBoost: `.cbm`."""

import os
from typing import Any, Callable, List, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..process.tensors import datatype_of
from ..signature import Input, Matrix, Output, Signature
from ..tabular.answers import to_array
from ..tabular.frame import to_frame
from ..tabular.matrix import to_matrix

_CLASSIFIERS = ("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll")


def load(source: Source) -> Model:
    import catboost

    try:
        model = catboost.CatBoost().load_model(source.path)
        loss = str(model.get_all_params().get("loss_function", "")).split(":")[0]
        if loss in _CLASSIFIERS:
            model = catboost.CatBoostClassifier().load_model(source.path)
    except catboost.CatBoostError as error:
        message = f"{os.path.basename(source.path)} is no model of CatBoost that version {catboost.__version__} reads"
        raise ModelError("invalid_model", f"{message}.") from error
    return CatboostModel(model, loss in _CLASSIFIERS, source.threads)


class CatboostModel(Model):
    platform = "catboost_cbm"

    def __init__(self, model: Any, classifies: bool, threads: int) -> None:
        self._model = model
        self._classifies = classifies
        self._threads = threads
        self._names: List[str] = list(model.feature_names_)
        texts = (*model.get_cat_feature_indices(), *model.get_text_feature_indices())
        self._texts = {self._names[position] for position in texts}

    def describe(self) -> Description:
        inputs = [Input(name, *(("BYTES",) if name in self._texts else ("FP32", (-1,), True))) for name in self._names]
        named = self._names != [str(position) for position in range(len(self._names))]
        return Description(inputs, None if named or self._texts else Matrix("X", "FP32"), self._outputs())

    def _outputs(self) -> Any:
        if not self._classifies:
            return None
        classes = np.asarray(self._model.classes_)
        names = tuple(str(one) for one in classes.tolist())
        label = Output("label", datatype_of(to_array("label", classes)))
        return [label, Output("probabilities", "FP64", (-1, len(names)), names)]

    def bind(self, signature: Signature) -> Run:
        make: Callable[[List[np.ndarray]], Any]
        if self._texts:
            make = to_frame(signature, self._names)
        else:
            named = set(self._names) <= set(signature.names)
            make = to_matrix(signature, np.dtype("<f4"), self._names if named else None)
        model, threads = self._model, self._threads
        wanted = {output.name for output in signature.outputs} or {"label", "probabilities"}

        def predict(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            return [("prediction", model.predict(make(arrays), thread_count=threads))]

        def classify(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            data = make(arrays)
            answers: List[Tuple[str, Any]] = []
            if "label" in wanted:
                answers.append(("label", np.asarray(model.predict(data, thread_count=threads)).reshape(-1)))
            if "probabilities" in wanted:
                answers.append(("probabilities", model.predict_proba(data, thread_count=threads)))
            return answers

        return classify if self._classifies else predict
