"""Where a recorded folder goes, and what the model is called."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple, Optional

from .errors import RecordError

MARK = "Written by slipway.record"
"""How slipway.yaml begins: only what has it is replaced."""

_NAME = re.compile(r"^[a-z0-9][a-z0-9._-]{0,99}$")


class Place(NamedTuple):
    path: Path
    name: str


def to_place(path: Any, name: Optional[str], model: Any, overwrite: bool) -> Place:
    if name is None:
        name = _to_name(Path(path).resolve().name if path is not None else _kind_of(model))
    if not _NAME.match(name):
        raise RecordError(
            f'name="{name}" cannot be a model\'s name: use 1 to 100 of a-z, 0-9, ".", "_" and "-", beginning with a '
            "letter or digit."
        )
    folder = Path(path if path is not None else name).expanduser()
    if not folder.exists():
        return Place(folder, name)
    if not folder.is_dir():
        raise RecordError(f"{folder} is a file. Name another folder.")
    if not any(folder.iterdir()):
        return Place(folder, name)
    manifest = folder / "slipway.yaml"
    is_ours = manifest.is_file() and MARK in manifest.read_text(encoding="utf-8", errors="replace")[:200]
    if not is_ours:
        raise RecordError(f"{folder} holds other files, and record replaces whole folders. Name another one.")
    if not overwrite:
        raise RecordError(
            f"{folder} is there already, from an earlier record. Pass overwrite=True, or name another one."
        )
    return Place(folder, name)


def _kind_of(model: Any) -> str:
    steps = getattr(model, "steps", None)
    last = steps[-1][1] if isinstance(steps, list) and steps else model
    kind = getattr(last, "__name__", type(last).__name__)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", kind)


def _to_name(text: str) -> str:
    name = re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")
    return name[:100] or "model"


def move_into(folder: Path, path: Path) -> None:
    """Into its place; what was there goes only when the new one is whole."""
    old = None
    if path.exists():
        old = Path(tempfile.mkdtemp(prefix=".old-", dir=str(path.parent)))
        os.rename(str(path), str(old / "folder"))
    # mkdtemp makes it for its owner alone.
    os.chmod(str(folder), 0o755)
    os.rename(str(folder), str(path))
    if old is not None:
        shutil.rmtree(str(old), ignore_errors=True)
