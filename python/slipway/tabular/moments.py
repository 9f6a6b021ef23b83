"""Texts of ISO 8601 as numpy's moments in UTC, without a zone."""

import re
from typing import List, Optional

import numpy as np

from ..process.errors import ModelError

_ZONED = re.compile(r"^(.+?)([+-])(\d{2}):?(\d{2})$")


def to_moments(name: str, array: np.ndarray) -> np.ndarray:
    """datetime64[ns]; a missing text is NaT."""
    texts: List[Optional[str]] = array.tolist()
    _require_range(name, texts)
    try:
        try:
            return np.array([_without_z(text) for text in texts], "datetime64[ns]")
        except ValueError:
            return np.array([_in_utc(text) for text in texts], "datetime64[ns]")
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        message = f'Input "{name}" holds a text that is no moment: {error}.'
        raise ModelError("invalid_input", message, {"input": name}) from None


def _require_range(name: str, texts: List[Optional[str]]) -> None:
    """numpy takes a year that 64 bits of nanoseconds do not reach for another one."""
    for text in texts:
        if text is not None and not "1678" <= text[:4] <= "2261":
            message = f'Input "{name}" holds {text[:40]}, and the model takes moments between 1678 and 2261.'
            raise ModelError("invalid_input", message, {"input": name})


def _without_z(text: Optional[str]) -> str:
    if text is None:
        return "NaT"
    # numpy reads "2026-03-01T12:00+01:00" with a warning, as another moment in some releases.
    if "+" in text or text.count("-") > 2:
        raise ValueError("it has a zone")
    return text[:-1] if text.endswith("Z") else text


def _in_utc(text: Optional[str]) -> np.datetime64:
    zoned = None if text is None else _ZONED.match(text)
    if zoned is None or "T" not in zoned[1].replace(" ", "T"):
        return np.datetime64(_without_z(text), "ns")
    ahead = np.timedelta64(int(zoned[3]) * 60 + int(zoned[4]), "m")
    local = np.datetime64(zoned[1], "ns")
    return local - ahead if zoned[2] == "+" else local + ahead
