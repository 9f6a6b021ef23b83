"""Exceptions as one sentence that says what happened and what to do. What stands here is read by callers: no paths."""

import pickle
import re
from typing import Optional

from ..model import Source
from .errors import ModelError
from .versions import distribution_of

_PATHS = re.compile(r"(?:/[^\s/:'\"]+)+/")
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*|[\w.+-]+\.dylib): cannot open shared object|Library not loaded: (\S+)")
_DEBIAN = {"libgomp.so.1": "libgomp1", "libGL.so.1": "libgl1", "libglib-2.0.so.0": "libglib2.0-0"}

_FOR_CALLERS = re.compile(
    r"contains NaN|contains infinity|Found unknown categor|y contains previously unseen|could not convert string to float"
    r"|value too large for dtype|negative values in data|Found a category not in the training set|out of range for categorical"
    r"|enforce schema|Incompatible input types|cat_features must be integer or string"
)


def explain_opening(error: BaseException, source: Optional[Source]) -> ModelError:
    """Why a model does not open."""
    if isinstance(error, ModelError):
        return error
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing_package(error.name)
    library = _LIBRARY.search(str(error))
    if library is not None:
        return _missing_library(library.group(1) or library.group(2))
    if isinstance(error, AttributeError) and "Can't get attribute" in str(error):
        return _missing_attribute(str(error))
    what = source.path.rsplit("/", 1)[-1] if source else "the model"
    if isinstance(error, (EOFError, pickle.UnpicklingError)):
        how = "It is cut off, or no pickle: write and deploy it again"
        return ModelError("invalid_model", f"{what} could not be loaded: {one_line(error)} {how}.")
    return ModelError("invalid_model", f"{what} could not be loaded: {one_line(error)}")


def explain_run(error: BaseException) -> ModelError:
    """Why a run failed; values that the caller can mend are `invalid_input`."""
    if isinstance(error, ModelError):
        return error
    of_values = isinstance(error, (ValueError, TypeError)) or type(error).__name__ in (
        "MlflowException",
        "CatBoostError",
    )
    if of_values and _FOR_CALLERS.search(str(error)):
        return ModelError("invalid_input", f"The model does not take these values: {one_line(error)}")
    if isinstance(error, ModuleNotFoundError) and error.name:
        return ModelError("model_failed", _missing_package(error.name).message)
    return ModelError("model_failed", f"The model failed: {one_line(error)}")


def one_line(error: BaseException) -> str:
    """Type and message of an exception without paths of this machine."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    name = type(error).__name__
    if not lines:
        return f"{name}."
    # The first line says what is wrong; of a nested traceback, the last one does.
    line = lines[-1] if lines[0].startswith("Traceback") else lines[0]
    line = _PATHS.sub("", line)[:500]
    return f"{name}: {line}" if line.endswith((".", "!", "?")) else f"{name}: {line}."


def _missing_package(module: str) -> ModelError:
    package = distribution_of(module)
    message = f'The model needs the Python module "{module}", which is not in its environment'
    advice = f'Add the package that has it ("{package}") to its requirements, or the file to the model\'s folder'
    return ModelError("invalid_model", f"{message}. {advice}.", {"module": module, "package": package})


def _missing_library(library: str) -> ModelError:
    name = library.rsplit("/", 1)[-1]
    package = _DEBIAN.get(name)
    how = f", on Debian: apt-get install {package}" if package else ""
    message = f"A package of the model needs the system library {name}, which this machine does not have"
    return ModelError("invalid_model", f"{message}. Install it{how}.", {"library": name})


def _missing_attribute(text: str) -> ModelError:
    found = re.search(r"Can't get attribute '([^']+)' on <module '([^']+)'", text)
    name, module = found.groups() if found else ("a class", "a module")
    if module != "__main__":
        message = (
            f'The model needs "{name}" of the module "{module}", which is not there in the version that is installed'
        )
        return ModelError("invalid_model", f"{message}. Require the version that it was trained with.")
    message = f'The model needs "{name}", which was defined in the script or notebook that trained it'
    advice = "Move it to a module of its own beside the model and train with that, or package it with slipway.record"
    return ModelError("invalid_model", f"{message}. {advice}.")
