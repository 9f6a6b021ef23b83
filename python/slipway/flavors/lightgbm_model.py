"""LightGBM: the text file of a Booster."""

import os
from typing import Any, Dict, List, Sequence, Tuple

import numpy as np

from ..model import Description, Model, Run, Source
from ..process.errors import ModelError
from ..signature import Input, Matrix, Output, Signature
from ..tabular.frame import to_frame
from ..tabular.matrix import to_matrix


def load(source: Source) -> Model:
    import lightgbm

    try:
        booster = lightgbm.Booster(params={"num_threads": source.threads, "verbose": -1}, model_file=source.path)
    except lightgbm.basic.LightGBMError as error:
        message = f"{os.path.basename(source.path)} is no model of LightGBM that version {lightgbm.__version__} reads"
        raise ModelError("invalid_model", f"{message}: {str(error).splitlines()[0][:200]}") from error
    return LightgbmModel(booster, source.threads, "lightgbm_text")


def categories_of(booster: Any) -> Dict[str, Sequence[Any]]:
    """Of the columns that were categorical in the DataFrame of the training, in its order; none where they cannot be told."""
    lists = getattr(booster, "pandas_categorical", None) or []
    if not lists:
        return {}
    names = booster.feature_name()
    infos = _feature_infos(booster)
    columns = [name for name, info in zip(names, infos) if info != "none" and not info.startswith("[")]
    if len(columns) != len(lists):
        # A categorical column with a single value has no splits and says "none".
        columns = [name for name, info in zip(names, infos) if not info.startswith("[")]
    return dict(zip(columns, lists)) if len(columns) == len(lists) else {}


def _feature_infos(booster: Any) -> List[str]:
    """What the head of its file says of each column: a range, its categories, or none."""
    for line in booster.model_to_string(num_iteration=1).splitlines():
        if line.startswith("feature_infos="):
            return line[len("feature_infos=") :].split(" ")
    return []


class LightgbmModel(Model):
    def __init__(self, booster: Any, threads: int, platform: str) -> None:
        self.platform = platform
        self._booster = booster
        self._threads = threads
        self._names: List[str] = booster.feature_name()
        self._named = self._names != [f"Column_{position}" for position in range(len(self._names))]
        self._categories = categories_of(booster)

    def describe(self) -> Description:
        inputs = [self._input(name) for name in self._names]
        matrix = None if self._named or self._categories else Matrix("X", "FP64")
        width = self._booster.num_model_per_iteration()
        output = Output("prediction", "FP64", (-1, width) if width > 1 else (-1,))
        return Description(inputs, matrix, [output])

    def _input(self, name: str) -> Input:
        known = self._categories.get(name)
        if known is None:
            return Input(name, "FP64", (-1,), True)
        if all(isinstance(one, str) for one in known):
            return Input(name, "BYTES", (-1,), True, tuple(known))
        return Input(name, "INT64" if all(isinstance(one, int) for one in known) else "FP64", (-1,), False)

    def bind(self, signature: Signature) -> Run:
        booster, threads = self._booster, self._threads
        lists = getattr(booster, "pandas_categorical", None)
        if lists and not self._categories:
            message = "The model was trained with categorical columns, and its file does not tell which they are"
            raise ModelError("invalid_model", f"{message}. Save it with joblib, or serve it from a Python file.")
        if self._categories:
            make = to_frame(signature, self._names, np.nan, self._categories)
        else:
            make = to_matrix(signature, np.dtype("<f8"), self._names if self._named else None)

        def run(arrays: List[np.ndarray]) -> Sequence[Tuple[str, Any]]:
            return [("prediction", booster.predict(make(arrays), num_threads=threads))]

        return run
