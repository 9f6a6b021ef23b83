"""What a new process says to a recorded folder, held against what the model of this one answered."""

from __future__ import annotations

import os
import re
from typing import Any, List, NamedTuple, Sequence, Tuple

from .answers import differences
from .distributions import Installed
from .errors import RecordError
from .findings import Findings
from .frame_client import Outputs
from .fresh import FreshError, Question, can_run_fresh, run_fresh
from .local_code import local_modules, with_imports

Difference = Tuple[int, str, Any, Any]
_MOST_SHOWN = 10


class Trial(NamedTuple):
    verify: bool
    installed: Installed
    findings: Findings


def try_out(question: Question, expected: Outputs, trial: Trial) -> List[str]:
    """The modules that it imported there; none where it was not tried. @raises RecordError where answers differ"""
    if not trial.verify:
        return []
    if not can_run_fresh():
        trial.findings.add(
            "not_tried",
            "The folder was not tried in a new process: that needs Linux or macOS.",
            "The server runs the examples at the first deploy.",
        )
        return []
    try:
        fresh = run_fresh(question)
    except FreshError as error:
        raise RecordError(_explain(error, trial)) from error
    require_parity(
        [(question.rows[row], *rest) for row, *rest in differences(expected, fresh.outputs)],
        "In a new process the model answers differently than here",
        "What does it depend on that is not in it: a variable of this notebook, a file, a setting, the order of "
        "columns?" + _also(trial),
    )
    last = {name: values[-1:] for name, values in expected.items()}
    require_parity(
        [(question.rows[-1], *rest) for _, *rest in differences(last, fresh.alone)],
        "The model answers a row by itself differently than among others",
        "A served model gets rows as they come, alone and together: nothing that it does may look at the other rows, "
        "such as a mean over them." + _also(trial),
    )
    return fresh.modules


def require_parity(found: Sequence[Difference], what: str, advice: str) -> None:
    """@raises RecordError with a table"""
    if found:
        raise RecordError(f"{what}. {advice}\n\n{to_table_text(found)}")


def to_table_text(found: Sequence[Difference]) -> str:
    """Row, output, expected and got, in columns."""
    lines = [("row", "output", "here", "there")]
    lines += [(str(row), output, _show(wanted), _show(got)) for row, output, wanted, got in found[:_MOST_SHOWN]]
    widths = [max(len(line[i]) for line in lines) for i in range(4)]
    text = "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines)
    more = len(found) - _MOST_SHOWN
    return text if more <= 0 else f"{text}\n… and {more} more"


def _explain(error: FreshError, trial: Trial) -> str:
    text = "In a new process, where only the recorded folder is, the model does not work: "
    module = str(error.details.get("module") or "").split(".")[0]
    if module and local_modules([module], trial.installed):
        needed = with_imports([module], trial.installed)
        return f"{text}it needs {module}, a module of this project. Pass include=[{', '.join(needed)}]."
    text += str(error)
    variable = re.search(r"KeyError: '(\w+)'", str(error))
    if variable and variable.group(1) in os.environ:
        text += (
            f" {variable.group(1)} is an environment variable: declare it with variables={{...}}, or "
            "with secrets=[...] where the value is a secret."
        )
    lines = [line for line in error.log.strip().splitlines() if line.strip()]
    log = "\n\n" + "\n".join("  | " + line for line in lines[-12:]) if lines and not module else ""
    return text + _also(trial) + log


def _also(trial: Trial) -> str:
    noticed = [f"\n- {each}" for each in trial.findings]
    return "\nAlso noticed:" + "".join(noticed) if noticed else ""


def _show(value: Any) -> str:
    text = repr(value.item() if hasattr(value, "item") else value)
    return text if len(text) <= 40 else text[:39] + "…"
