"""Modules of a project: what no distribution brings, so that a server has it only where it is packaged."""

from __future__ import annotations

import ast
import os
import shutil
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Set

from .distributions import Installed, is_standard
from .errors import RecordError

_IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", ".git", ".ipynb_checkpoints", ".venv", "node_modules")


class Included(NamedTuple):
    name: str
    """As it is imported, or as the file is called."""
    source: Path


def to_included(given: Sequence[Any]) -> List[Included]:
    """Modules, their names, or paths of files and folders. @raises RecordError"""
    found = []
    for each in given:
        if isinstance(each, ModuleType):
            found.append(_of_module(each))
        elif isinstance(each, str) and each in sys.modules and not os.path.exists(each):
            found.append(_of_module(sys.modules[each]))
        else:
            path = Path(each)
            if not path.exists():
                raise RecordError(
                    f'include= names "{each}", which is neither a file or folder here nor an imported module.'
                )
            found.append(Included(path.resolve().name, path.resolve()))
    return found


def _of_module(module: ModuleType) -> Included:
    """The whole top-level package that it belongs to: its imports name that."""
    top = module.__name__.split(".")[0]
    where = getattr(sys.modules.get(top, module), "__file__", None)
    if where is None:
        places = list(getattr(sys.modules.get(top, module), "__path__", []))
        if len(places) != 1:
            raise RecordError(f"include= has the module {top}, which has no file. Pass its path.")
        return Included(top, Path(places[0]).resolve())
    path = Path(where).resolve()
    return Included(top, path.parent if path.name == "__init__.py" else path)


def copy_included(included: Iterable[Included], folder: Path) -> None:
    for _, source in included:
        target = folder / source.name
        if target.exists():
            raise RecordError(f"include= has {source.name}, and the folder already has a file of this name. Rename it.")
        if source.is_dir():
            shutil.copytree(source, target, ignore=_IGNORED)
        else:
            shutil.copyfile(source, target)


def local_modules(modules: Iterable[str], installed: Installed) -> List[str]:
    """Top-level names of those that are imported here and belong to no distribution and not to Python."""
    found = []
    for top in sorted({name.split(".")[0] for name in modules}):
        if top in ("__main__", "slipway", "") or is_standard(top) or installed.knows(top):
            continue
        module = sys.modules.get(top)
        if module is not None and _is_project_file(module):
            found.append(top)
    return found


def with_imports(tops: Iterable[str], installed: Installed) -> List[str]:
    """These and what local modules they import in turn."""
    known: Set[str] = set()
    waiting = list(tops)
    while waiting:
        top = waiting.pop()
        if top in known:
            continue
        known.add(top)
        included = _of_module(sys.modules[top])
        waiting += local_modules(imports_of([included.source]), installed)
    return sorted(known)


def imports_of(sources: Iterable[Path]) -> Set[str]:
    """Names that these files, and those below these folders, import."""
    names: Set[str] = set()
    for tree in _trees(sources).values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names.add(node.module)
    return names


def texts_of(sources: Iterable[Path]) -> Dict[str, List[str]]:
    """The texts that stand in each of these files."""
    return {
        path.name: [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        for path, tree in _trees(sources).items()
    }


def _trees(sources: Iterable[Path]) -> Dict[Path, ast.AST]:
    trees: Dict[Path, ast.AST] = {}
    for source in sources:
        for path in sorted(source.rglob("*.py")) if source.is_dir() else [source]:
            if path.suffix != ".py":
                continue
            try:
                trees[path] = ast.parse(path.read_text(encoding="utf-8"))
            except (OSError, SyntaxError, ValueError):
                continue
    return trees


def _is_project_file(module: ModuleType) -> bool:
    where = getattr(module, "__file__", None)
    if where is None:
        return len(list(getattr(module, "__path__", []))) > 0
    paths = sysconfig.get_paths()
    places = {os.path.realpath(paths[key]) for key in ("stdlib", "platstdlib")}
    real = os.path.realpath(where)
    return not any(real.startswith(place + os.sep) and "-packages" not in real for place in places)
