"""In which file a model is kept, by what it is. Frameworks are told by name: only the model's own is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional

import numpy as np

from .answers import Answer, of_estimator, of_function
from .dump import choose_dump
from .errors import RecordError
from .findings import Findings
from .python_file import write_python_file
from .table import Table


class Format(NamedTuple):
    flavor: str
    path: str
    """Of the file to open, below the folder."""
    save: Callable[[Path], None]
    """Writes what is kept into the folder."""
    answer: Answer
    pickled: Any = None
    """The object that is kept as a pickle, if one is."""
    by_value: bool = False
    """cloudpickle keeps what __main__ defines."""


class Request(NamedTuple):
    model: Any
    table: Table
    predict: Optional[Callable[..., Any]]
    skops: bool
    findings: Findings


def find_format(request: Request) -> Format:
    """@raises RecordError for what cannot be kept"""
    model, predict = request.model, request.predict
    if predict is not None:
        return _python(request, model, _bound(model, predict))
    names = _bases(model)
    for known, make in _KNOWN:
        if known in names:
            return make(request)
    if callable(getattr(model, "predict", None)):
        return _estimator(request) if _is_sklearn(model, names) else _python(request, model, None)
    if callable(model):
        return _python(request, model, None)
    raise RecordError(
        f"A {type(model).__name__} has no predict() and is no function, so there is nothing to ask. Pass predict=, a "
        "function of (model, rows)."
    )


def _bases(model: Any) -> "set[str]":
    return {"{}.{}".format(kind.__module__.split(".")[0], kind.__name__) for kind in type(model).__mro__}


def _bound(model: Any, predict: Callable[..., Any]) -> Callable[[Any], Any]:
    return lambda rows: predict(model, rows)


# --- pickles


def _estimator(request: Request) -> Format:
    """scikit-learn's way of a model, from whichever library."""
    model, table = request.model, request.table
    has_texts = any(column.type in ("string", "datetime") for column in table.columns)
    knows_names = _names_of(model) == [column.name for column in table.columns]
    if table.kind in ("texts", "tensor") or (table.kind == "frame" and not has_texts and not knows_names):
        # As a scikit-learn file it would be given a matrix.
        return _python(request, model, None)
    answer = of_estimator(model)
    if request.skops:
        return Format("sklearn", "model.skops", lambda folder: _save_skops(model, folder), answer)
    dump = choose_dump(model, request.findings)
    if dump.by_value:
        return Format("sklearn", "model.pkl", lambda folder: dump.write(folder / "model.pkl"), answer, model, True)
    return Format("sklearn", "model.joblib", lambda folder: _save_joblib(model, folder), answer, model)


def _python(request: Request, model: Any, bound: Optional[Callable[[Any], Any]]) -> Format:
    """A generated Python file that opens a pickle."""
    predict = request.predict
    has_method = predict is None and callable(getattr(model, "predict", None))
    answer = of_function(bound or model) if not has_method else of_estimator(model)
    kept = {"model": model, "predict": predict} if predict is not None else model
    dump = choose_dump(kept, request.findings)

    def save(folder: Path) -> None:
        dump.write(folder / "model.pkl")
        call = "function" if not has_method and predict is None else "method" if has_method else "both"
        write_python_file(folder / "model.py", request.table, model, call)

    return Format("python", "model.py", save, answer, kept, dump.by_value)


def _save_joblib(model: Any, folder: Path) -> None:
    import joblib

    joblib.dump(model, folder / "model.joblib")


def _save_skops(model: Any, folder: Path) -> None:
    try:
        from skops import io
    except ImportError as error:
        raise RecordError('format="skops" needs skops: pip install skops.') from error
    io.dump(model, folder / "model.skops")


def _is_sklearn(model: Any, names: "set[str]") -> bool:
    return "sklearn.BaseEstimator" in names or (hasattr(model, "get_params") and hasattr(model, "fit"))


def _names_of(model: Any) -> Optional[List[str]]:
    try:
        names = getattr(model, "feature_names_in_", None)
    except Exception:  # noqa: BLE001 - a delegated property may raise anything
        return None
    return None if names is None else [str(name) for name in names]


# --- files of the frameworks


def _xgboost_booster(request: Request) -> Format:
    import xgboost

    model = request.model

    def answer(rows: Any) -> Dict[str, Any]:
        return {"prediction": model.predict(xgboost.DMatrix(rows, enable_categorical=True))}

    return Format("xgboost", "model.ubj", lambda folder: model.save_model(str(folder / "model.ubj")), answer)


def _xgboost_estimator(request: Request) -> Format:
    model = request.model
    return Format(
        "xgboost", "model.ubj", lambda folder: model.save_model(str(folder / "model.ubj")), of_estimator(model)
    )


def _lightgbm_booster(request: Request) -> Format:
    model = request.model
    return Format(
        "lightgbm",
        "model.txt",
        lambda folder: model.save_model(str(folder / "model.txt")),
        lambda rows: {"prediction": model.predict(rows)},
    )


def _catboost(request: Request) -> Format:
    model = request.model
    answer = of_estimator(model)

    def flat(rows: Any) -> Dict[str, Any]:
        found = answer(rows)
        # Of several classes it answers a column.
        return {**found, "label": np.asarray(found["label"]).reshape(-1)} if "label" in found else found

    return Format("catboost", "model.cbm", lambda folder: model.save_model(str(folder / "model.cbm")), flat)


def _keras(request: Request) -> Format:
    from ..flavors.keras_model import _output_names as output_names
    from ..flavors.tensors_in import name_outputs

    model = request.model

    def answer(rows: Any) -> Dict[str, Any]:
        given = rows if isinstance(rows, (dict, list)) else np.asarray(rows)
        return dict(name_outputs(model.predict(given, verbose=0), output_names(model)))

    return Format("keras", "model.keras", lambda folder: model.save(str(folder / "model.keras")), answer)


def _torch(request: Request) -> Format:
    import torch

    from ..flavors.tensors_in import name_outputs

    model = _to_cpu(request.model, request.findings).eval()
    whole = np.array(request.table.columns[0].values if request.table.kind == "tensor" else _matrix(request.table))
    floats = next((each.dtype for each in model.parameters() if each.is_floating_point()), torch.float32)

    def to_tensor(rows: Any) -> Any:
        given = rows.detach().cpu() if torch.is_tensor(rows) else torch.from_numpy(np.array(rows))
        return given.to(floats) if given.is_floating_point() else given

    def save(folder: Path) -> None:
        is_script = isinstance(model, torch.jit.ScriptModule)
        traced = model if is_script else torch.jit.trace(model, to_tensor(whole[:2]))
        traced.save(str(folder / "model.pt"))

    def answer(rows: Any) -> Dict[str, Any]:
        with torch.inference_mode():
            return dict(name_outputs(model(to_tensor(rows)), []))

    return Format("torch", "model.pt", save, answer)


def _to_cpu(model: Any, findings: Findings) -> Any:
    on = sorted({parameter.device.type for parameter in model.parameters()} - {"cpu"})
    if not on:
        return model
    findings.add(
        "gpu",
        f"The model lies on {' and '.join(on)}; it is recorded as it answers on a CPU, and stays there.",
        "Move it back with model.to(...) where you go on. serve.device: cuda serves it on a GPU.",
    )
    return model.to("cpu")


def _matrix(table: Table) -> np.ndarray:
    return np.column_stack([column.values for column in table.columns])


_KNOWN = (
    ("xgboost.Booster", _xgboost_booster),
    ("xgboost.XGBModel", _xgboost_estimator),
    ("lightgbm.Booster", _lightgbm_booster),
    ("catboost.CatBoost", _catboost),
    ("keras.Model", _keras),
    ("torch.Module", _torch),
)
