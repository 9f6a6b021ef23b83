"""When, and with which code, a model was recorded."""

from __future__ import annotations

import datetime
import subprocess
from typing import List, Optional


def now() -> str:
    """As slipway.yaml writes a time."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def find_commit() -> Optional[str]:
    """The commit of the working folder, `+dirty` behind it where files differ from it; None outside of git."""
    commit = _git(["rev-parse", "HEAD"])
    if commit is None or commit == "":
        return None
    changed = _git(["status", "--porcelain", "--untracked-files=no"])
    return commit if changed == "" else commit + "+dirty"


def _git(arguments: List[str]) -> Optional[str]:
    try:
        done = subprocess.run(["git"] + arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
