"""Runs a folder as a server would: in a new process, with nothing of this one, through the code that serves."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple

from .errors import RecordError
from .frame_client import FrameClient, ModelFailed, ModelGone, Opening, Outputs
from .signature_of import to_signature, to_tensors
from .table import Table

# The working folder is not searched for modules; the folder of this package is, last, where it is not installed.
# What was imported in the end is told.
_START = """
import json, os, sys
root, fd, told = sys.argv[1:]
if int(fd) != 3: os.dup2(int(fd), 3)
if sys.path[0] == "": sys.path.pop(0)
if root not in sys.path: sys.path.append(root)
from slipway.process.main import main
try: main()
finally:
    names = [name for name, module in list(sys.modules.items()) if module is not None]
    with open(told, "w") as file: json.dump(names, file)
"""

# What belongs to the system; a server gives a model no more than that and what slipway.yaml declares.
_KEPT = (
    *("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONHOME", "PYTHONUSERBASE"),
)
_SET = {
    **{name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")},
    # Nothing but what was recorded is to lie in the folder.
    "PYTHONDONTWRITEBYTECODE": "1",
}


class Question(NamedTuple):
    opening: Opening
    table: Table
    rows: List[int]
    variables: Mapping[str, str]


class Fresh(NamedTuple):
    outputs: Outputs
    """Of all rows in one run."""
    alone: Outputs
    """Of the last row by itself."""
    report: Dict[str, Any]
    """What the model says of itself."""
    modules: List[str]
    """What was imported in the end."""


class FreshError(RecordError):
    """The model did not open or run there. `details` are those of the process, `log` is what it wrote."""

    def __init__(self, message: str, details: Mapping[str, Any], log: str) -> None:
        super().__init__(message)
        self.details = details
        self.log = log


def can_run_fresh() -> bool:
    """A child inherits its socket by number, which Windows has no way for."""
    return os.name == "posix"


def run_fresh(question: Question, timeout_seconds: float = 300.0) -> Fresh:
    """@raises FreshError"""
    with tempfile.TemporaryDirectory(prefix="slipway-record-") as place:
        told = os.path.join(place, "modules.json")
        work = os.path.join(place, "work")
        os.mkdir(work)
        with open(os.path.join(place, "log.txt"), "w+b") as log:

            def read_log() -> str:
                log.seek(0)
                return log.read().decode("utf-8", "replace")

            here, there = socket.socketpair()
            child = subprocess.Popen(
                [sys.executable, "-c", _START, str(Path(__file__).resolve().parents[2]), str(there.fileno()), told],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=work,
                env=_environment(question.variables),
                pass_fds=[there.fileno()],
            )
            there.close()
            try:
                here.settimeout(timeout_seconds)
                outputs, alone, report = _ask(FrameClient(here), question)
                return Fresh(outputs, alone, report, _modules_at_end(child, told))
            except socket.timeout as error:
                raise FreshError(f"It did not answer within {timeout_seconds:.0f} s.", {}, read_log()) from error
            except ModelFailed as error:
                raise FreshError(str(error), error.details, read_log()) from error
            except (ModelGone, BrokenPipeError) as error:
                raise FreshError(_how_it_ended(child, read_log()), {}, read_log()) from error
            finally:
                here.close()
                if child.poll() is None:
                    child.kill()
                    child.wait()


def _ask(client: FrameClient, question: Question) -> Any:
    report = client.open(question.opening, None)
    signature = to_signature(question.table, report)
    client.open(question.opening, signature)
    outputs = client.run(to_tensors(question.table, question.rows, signature))
    alone = client.run(to_tensors(question.table, question.rows[-1:], signature))
    client.close()
    return outputs, alone, report


def _environment(variables: Mapping[str, str]) -> Dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **_SET, **variables}


def _how_it_ended(child: "subprocess.Popen[bytes]", log: str) -> str:
    code = child.wait(timeout=30)
    how = f"by signal {-code}" if code < 0 else f"with status {code}"
    lines = log.strip().splitlines()
    return "The process ended {}{}".format(how, ": " + lines[-1] if lines else ".")


def _modules_at_end(child: "subprocess.Popen[bytes]", told: str) -> List[str]:
    try:
        child.wait(timeout=10)
        with open(told, encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, subprocess.SubprocessError):
        # A model whose threads do not end is killed; a server does so too.
        return []
