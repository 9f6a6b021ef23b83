"""How an object is pickled: by the standard library, or with the code that only this notebook has."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any, Callable, NamedTuple

from .errors import RecordError
from .findings import Findings
from .pickles import facts_of, find_cloudpickle, pickle_problem


class Dump(NamedTuple):
    write: Callable[[Path], None]
    by_value: bool
    """cloudpickle keeps the code of what `__main__` defines."""


def choose_dump(model: Any, findings: Findings) -> Dump:
    """The standard library's pickle where that does, else cloudpickle. @raises RecordError where neither does"""
    what = _what_is_lost(model)
    if what is None:
        return Dump(lambda path: _write(pickle, model, path), False)
    cloudpickle = find_cloudpickle()
    if cloudpickle is None:
        raise RecordError(
            f"{what}: where it serves there is no such notebook. Either move it to a module of its own (a file "
            "my_steps.py), import it from there, fit again and pass include=[my_steps]; or pip install cloudpickle, "
            "which keeps the code itself."
        )
    try:
        cloudpickle.dumps(model)
    except Exception as error:
        raise RecordError(
            f"{what}, and cloudpickle cannot keep it either: {error}. Open files, connections and locks inside of the "
            "function that uses them, or write a Python file with load() and predict()."
        ) from error
    findings.add(
        "kept_by_value",
        f"{what}; cloudpickle keeps its code inside of the model.",
        "That works with this minor version of Python only, which slipway.yaml asks for. A module of its own, with "
        "include=, can be read and tested.",
    )
    return Dump(lambda path: _write(cloudpickle, model, path), True)


def _what_is_lost(model: Any) -> "str | None":
    """What another process could not find, as the beginning of a sentence; None where it finds all."""
    problem = pickle_problem(model, "The model")
    if problem is not None:
        # As formats.py keeps a model and a function together.
        return problem.replace("The model's ['predict']", "predict=")
    names = facts_of(model).mains
    if not names:
        return None
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"The model needs {', '.join(names[:3])}{more}, defined in this notebook or script"


def _write(module: Any, model: Any, path: Path) -> None:
    with open(path, "wb") as file:
        module.dump(model, file)
