"""From the text of `open` to a loaded model."""

import os
import sys
import warnings
from importlib import import_module
from typing import Any, Dict, List, Tuple

from ..model import Model, Source
from .errors import ModelError
from .versions import note_of_warning

FLAVORS = (
    "catboost",
    "keras",
    "lightgbm",
    "mlflow",
    "python",
    "sklearn",
    "tensorflow",
    "torch",
    "transformers",
    "xgboost",
)


def to_source(setup: Dict[str, Any]) -> Source:
    model = setup["model"]
    path = os.path.normpath(os.path.join(setup["folder"], model["path"]))
    return Source(path, model.get("options") or {}, setup["threads"], setup["device"])


def load(flavor: str, source: Source) -> Tuple[Model, List[str]]:
    """The model, and notes for whoever deploys it."""
    if flavor not in FLAVORS:
        raise ModelError("invalid_model", f'There is no flavor "{flavor}". There are: {", ".join(FLAVORS)}.')
    # Modules beside the model, as in the script that trained it.
    beside = source.path if os.path.isdir(source.path) else os.path.dirname(source.path)
    sys.path.insert(0, beside)
    loader = import_module(f"slipway.flavors.{flavor}_model")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        model = loader.load(source)
    notes: List[str] = []
    for warning in caught:
        note = note_of_warning(warning)
        if note is None:
            warnings.showwarning(warning.message, warning.category, warning.filename, warning.lineno)
        elif note not in notes:
            notes.append(note)
    return model, notes
