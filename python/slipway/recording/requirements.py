"""The environment that a model was recorded in, as far as the model needs it."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, List, NamedTuple, Sequence, Union

from .distributions import Installed, Pinned
from .errors import RecordError
from .table import Table

# What opens a pickle, or makes rows for the model, without being named in it.
_BY_FLAVOR = {
    "sklearn": ("scikit-learn", "joblib"),
    "xgboost": ("xgboost", "xgboost-cpu"),
    "lightgbm": ("lightgbm",),
    "catboost": ("catboost",),
    "keras": ("keras",),
    "torch": ("torch",),
}


class Needed(NamedTuple):
    pinned: List[Pinned]


def find_needed(modules: Iterable[str], installed: Installed, flavor: str, table: Table) -> Needed:
    """The distributions of these modules and all that they require in turn."""
    names = installed.providers(modules)
    names |= {name for name in _BY_FLAVOR.get(flavor, ()) if installed.has(name)}
    if table.kind == "frame" and installed.has("pandas"):
        names.add("pandas")
    return Needed(installed.closure(names | {"numpy"}))


def write_requirements(path: Path, needed: Needed, given: Union[Sequence[str], str, None]) -> None:
    """What is installed here, pinned; or what the author says instead."""
    if isinstance(given, (str, Path)):
        source = Path(given)
        if not source.is_file():
            raise RecordError(
                f"requirements= names {given}, which is no file. Pass a path, or a list of lines such as numpy==2.1.0."
            )
        path.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        return
    lines = [one.line for one in needed.pinned] if given is None else [str(line) for line in given]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
