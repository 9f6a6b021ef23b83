"""What a model prints is for its log, line by line. The protocol has a descriptor of its own."""

import sys
import warnings
from typing import Any, Set, TextIO

_shown: Set[str] = set()


def by_line() -> None:
    """Before anything of a model is imported: both streams are written at the end of each line, warnings in one line."""
    sys.stdout = sys.__stdout__ = _lines_to(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = _lines_to(2)  # type: ignore[misc]
    warnings.showwarning = _show_warning


def _lines_to(fd: int) -> TextIO:
    return open(fd, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


def log_to_stderr() -> None:
    """Python's logging as one line a record. Later than `by_line`: the import takes its time."""
    import logging

    # Not a handler of the root, or basicConfig() of the model would do nothing.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.lastResort = handler
    logging.getLogger().setLevel(logging.INFO)


def _show_warning(message: Any, category: Any, *_where: Any) -> None:
    line = f"WARNING {category.__name__}: {' '.join(str(message).split())}"
    # Texts may hold values, of which there is no end.
    if line not in _shown and len(_shown) < 1000:
        _shown.add(line)
        print(line, file=sys.stderr)
