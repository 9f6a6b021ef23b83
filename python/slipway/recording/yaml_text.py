"""As much YAML as slipway.yaml needs, without a library for it: block maps, flow lists and maps, comments."""

from __future__ import annotations

import json
import math
import re
from typing import Any, List, Mapping, Optional, Sequence

_PLAIN = re.compile(r"^[A-Za-z_][A-Za-z0-9_./ -]*[A-Za-z0-9_./-]$|^[A-Za-z_]$")
# YAML 1.1 readers take these for truth values or null; a quoted one is text for all of them.
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n", "nan", "inf"}


class Commented:
    """A value with a remark behind it."""

    def __init__(self, value: Any, comment: str) -> None:
        self.value = value
        self.comment = comment


def yaml_text(data: Mapping[str, Any], head: Sequence[str] = ()) -> str:
    """`data` as a document. Maps of maps are blocks; the innermost maps and all lists stand on one line."""
    lines = ["# " + one_line(line) for line in head]
    _write(data, "", lines)
    return "\n".join(lines) + "\n"


def _write(data: Mapping[str, Any], indent: str, lines: List[str]) -> None:
    for key, given in data.items():
        value, comment = (given.value, given.comment) if isinstance(given, Commented) else (given, None)
        remark = "" if comment is None else "  # " + one_line(comment)
        if isinstance(value, Mapping) and _is_block(value):
            lines.append(indent + scalar(key) + ":" + remark)
            _write(value, indent + "  ", lines)
        else:
            lines.append(indent + scalar(key) + ": " + flow(value) + remark)


def _is_block(value: Mapping[str, Any]) -> bool:
    return len(value) > 0 and (
        isinstance(value, Block) or any(isinstance(each, (Mapping, Commented)) for each in value.values())
    )


class Block(dict):
    """A map that is written one key a line."""


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(scalar(key) + ": " + flow(each) for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(flow(each) for each in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """A text, number, truth value or null; text is quoted wherever a reader could take it for something else."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    # No place or time looks plain: a leading digit or a colon is quoted.
    return text if _PLAIN.match(text) and text.lower() not in _WORDS else quote(text)


def quote(text: str) -> str:
    """A double-quoted scalar; JSON's escapes are YAML's."""
    return (
        json.dumps(text, ensure_ascii=False)
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
        .replace("\x7f", "\\x7f")
        .replace("\x85", "\\x85")
        .replace("\ufeff", "\\ufeff")
    )


def one_line(text: str, most: Optional[int] = 300) -> str:
    """Safe in a comment: nothing in it ends the line."""
    plain = "".join(each if each.isprintable() else " " for each in str(text))
    return plain if most is None or len(plain) <= most else plain[: most - 1] + "…"


def _number(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    # YAML wants a dot before an exponent: 1e-09 would be text.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
