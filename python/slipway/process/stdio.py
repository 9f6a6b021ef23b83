"""Where what a model prints goes: to standard error, line by line, never into the protocol."""

import os
import sys
import warnings
from typing import Any

_shown = set()


def redirect() -> None:
    """Before anything of a model is imported: standard output is standard error, also for native code."""
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]
    warnings.showwarning = _show_warning


def log_to_stderr() -> None:
    """Python's logging as one line a record. Later than `redirect`: the import takes its time."""
    import logging

    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")


def _show_warning(message: Any, category: Any, *_where: Any) -> None:
    line = f"WARNING {category.__name__}: {' '.join(str(message).split())}"
    if line not in _shown:
        _shown.add(line)
        print(line, file=sys.stderr)
