"""From a fitted model to files of ONNX."""

import copy
import sys
import warnings
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..signature import Signature
from . import lightgbm_trees, xgboost_trees
from .converters import READERS, Trees, register
from .emit import finish
from .form import Form
from .inputs import Port, choose_ports, feature_names
from .load import Loaded
from .refusal import Refusal
from .steps import last_step, steps_of
from .texts import MISSING, known_values, name_missing

TARGET = {"": 18, "ai.onnx.ml": 3}
MOST_THRESHOLDS = 60


def translate(loaded: Loaded, signature: Signature, target: str) -> Dict[str, Any]:
    """Writes `target`.0.onnx and further ways, and says what they take and give."""
    model, form = as_estimator(loaded)
    single = form is not None and np.dtype(form.ensemble.dtype) == np.float32
    register({name.rpartition(".")[0] for name in list(sys.modules)} | set(sys.modules))
    ways = choose_ports(model, signature, single)
    names = feature_names(model, signature)
    prepared = with_missing_texts(model, signature, loaded.missing_text)
    reasons: List[str] = []
    made: List[Dict[str, Any]] = []
    for ports in ways:
        try:
            onnx = convert(prepared, ports, loaded)
        except Refusal:
            raise
        except Exception as error:
            reasons.append(explain(error))
            continue
        path = "{}.{}.onnx".format(target, len(made))
        with open(path, "wb") as file:
            file.write(onnx.SerializeToString())
        inputs = [{"name": port.name, "datatype": port.datatype, "columns": port.columns} for port in ports]
        made.append({"path": path, "inputs": inputs, "outputs": name_outputs(onnx, loaded, signature)})
    if not made:
        raise Refusal(reasons[0])
    return {
        "ways": made,
        "missing_text": MISSING,
        "known": known_values(prepared, names),
        "thresholds": list_thresholds(form, names),
    }


def as_estimator(loaded: Loaded) -> "tuple[Any, Optional[Form]]":
    """What skl2onnx is given, and its trees where it is nothing but trees."""
    if loaded.kind == "xgboost":
        form = xgboost_trees.of_booster(loaded.model)
        return Trees(form), form
    if loaded.kind == "lightgbm":
        form = lightgbm_trees.of_booster(loaded.model)
        return Trees(form), form
    steps = steps_of(loaded.model)
    if len(steps) == 1:
        for (module, name), read in READERS.items():
            if type(steps[0]).__name__ == name and type(steps[0]).__module__.split(".")[0] == module.split(".")[0]:
                return loaded.model, read(steps[0])
    return loaded.model, None


def with_missing_texts(model: Any, signature: Signature, missing_text: Any) -> Any:
    if not any(column.datatype == "BYTES" for column in signature.inputs):
        return model
    prepared = copy.deepcopy(model)
    name_missing(prepared, missing_text)
    return prepared


def convert(model: Any, ports: Sequence[Port], loaded: Loaded) -> Any:
    from skl2onnx import convert_sklearn

    is_classifier = loaded.kind == "estimator" and hasattr(last_step(model), "classes_")
    options = {id(last_step(model)): {"zipmap": False}} if is_classifier else None
    initial = [port.to_skl() for port in ports]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = convert_sklearn(model, initial_types=initial, options=options, target_opset=TARGET)
    return finish(made)


def name_outputs(onnx: Any, loaded: Loaded, signature: Signature) -> List[Dict[str, Any]]:
    """For each output that callers see, the file's own."""
    given = [output.name for output in onnx.graph.output]
    is_classifier = loaded.kind == "estimator" and hasattr(last_step(loaded.model), "classes_")
    named = {"label": given[0], "probabilities": given[-1]} if is_classifier else {"prediction": given[0]}
    wanted = [output.name for output in signature.outputs]
    if len(wanted) == 1 and wanted[0] not in named:
        answer = "probabilities" if loaded.answer == "predict_proba" else next(iter(named))
        named = {wanted[0]: named[answer]}
    absent = [name for name in wanted if name not in named]
    if absent:
        raise Refusal("Its output {} has no translation.".format(absent[0]))
    if not wanted:
        raise Refusal("Its outputs are not known.")
    return [{"name": name, "from": named[name]} for name in wanted]


def list_thresholds(form: Optional[Form], names: Sequence[str]) -> Dict[str, List[float]]:
    """Of each column some at which trees decide."""
    if form is None:
        return {}
    features = np.concatenate(form.ensemble.features)
    splits = np.concatenate(form.ensemble.thresholds).astype(np.float64)
    found: Dict[str, List[float]] = {}
    for place, name in enumerate(names):
        # Next to zero, LightGBM does not read back to the last digit what it wrote.
        own = np.unique(splits[(features == place) & np.isfinite(splits) & (np.abs(splits) > 1e-30)])
        if len(own) > MOST_THRESHOLDS:
            own = own[np.linspace(0, len(own) - 1, MOST_THRESHOLDS).astype(int)]
        if len(own) > 0:
            found[name] = own.tolist()
    return found


def explain(error: Exception) -> str:
    """One sentence for whoever deploys."""
    kind = type(error).__name__
    text = " ".join(str(error).split())
    if kind in ("MissingShapeCalculator", "MissingConverter"):
        import re

        found = re.search(r"type '?<class '([^']+)'>|alias '([^']+)'", text)
        what = next((group for group in found.groups() if group), "a step") if found else "a step"
        return "skl2onnx has no translation of {}.".format(what)
    return "skl2onnx could not translate it: {}.".format((text or kind).rstrip(".")[:300])
