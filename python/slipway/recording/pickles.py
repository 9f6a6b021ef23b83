"""Pickling a model, and what can be read from the result without running it."""

from __future__ import annotations

import io
import pickle
import pickletools
from itertools import islice
from typing import Any, Callable, List, NamedTuple, Optional, Set

from .errors import RecordError

# A vocabulary of a million words says nothing more about paths than its first ones.
_MOST_OPCODES = 2_000_000


class PickleFacts(NamedTuple):
    modules: Set[str]
    """Every module that something in the pickle is taken from."""
    mains: List[str]
    """Names of what it takes from `__main__`, the notebook or script."""
    strings: List[str]


def read_facts(dump: Callable[[io.BytesIO, Callable[[Any], Any]], None]) -> PickleFacts:
    """`dump(file, drop)` pickles with protocol 5; buffers of numbers that `drop` takes are left out."""
    file = io.BytesIO()
    dump(file, lambda _buffer: False)
    modules: Set[str] = set()
    mains: List[str] = []
    strings: List[str] = []
    # What the last two texts on the stack are: STACK_GLOBAL takes its module and name from there.
    recent: List[str] = []
    memo: List[Optional[str]] = []
    pushed: Optional[str] = None
    for opcode, argument, _ in islice(pickletools.genops(file.getvalue()), _MOST_OPCODES):
        if opcode.name == "MEMOIZE":
            memo.append(pushed)
            continue
        pushed = None
        if opcode.name == "STACK_GLOBAL" and len(recent) == 2:
            modules.add(recent[0])
            if recent[0] == "__main__" and recent[1] not in mains:
                mains.append(recent[1])
        elif opcode.name in ("BINGET", "LONG_BINGET"):
            pushed = memo[argument]
        elif "UNICODE" in opcode.name:
            pushed = argument
            strings.append(argument)
        if pushed is not None:
            recent = [*recent[-1:], pushed]
    return PickleFacts(modules, mains, strings)


def facts_of(model: Any, by_value: bool = False) -> PickleFacts:
    """@raises whatever pickling raises"""

    def dump(file: io.BytesIO, drop: Callable[[Any], Any]) -> None:
        maker = pickle.Pickler
        if by_value:
            import cloudpickle

            maker = cloudpickle.CloudPickler
        maker(file, protocol=5, buffer_callback=drop).dump(model)

    return read_facts(dump)


def find_cloudpickle() -> Optional[Any]:
    try:
        import cloudpickle
    except ImportError:
        return None
    return cloudpickle


def pickle_problem(model: Any, what: str) -> Optional[str]:
    """Why the standard library cannot pickle it, with the place in it: `steps[1].func`. None where it can."""
    error = _try(model)
    if error is None:
        return None
    place, part = _deepest(model, "", 0, set())
    place = f"{what}'s {place.lstrip('.')}" if place else what
    name = getattr(part, "__qualname__", None)
    if name is not None and "<lambda>" in name:
        return f"{place} is a lambda, and pickle keeps functions by their names only"
    if name is not None and "<locals>" in name:
        return f"{place} is {name.replace('<locals>.', '')}, defined inside of a function, where pickle cannot find it"
    return f"{place} ({type(part).__name__}) cannot be pickled ({error})"


def _try(value: Any) -> Optional[str]:
    try:
        pickle.Pickler(io.BytesIO(), protocol=5, buffer_callback=lambda _buffer: False).dump(value)
    except RecursionError:
        raise RecordError(
            "The model is nested too deeply to be pickled. sys.setrecursionlimit(...) raises the limit."
        ) from None
    except Exception as error:  # noqa: BLE001 - anything may come out of a __reduce__
        return str(error) or type(error).__name__
    return None


def _deepest(value: Any, place: str, depth: int, seen: Set[int]) -> Any:
    if depth > 12 or id(value) in seen:
        return place, value
    seen.add(id(value))
    for name, part in _parts(value):
        if _try(part) is not None:
            return _deepest(part, place + name, depth + 1, seen)
    return place, value


def _parts(value: Any) -> Any:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in list(value.items())[:1000]]
    if isinstance(value, (list, tuple)):
        return [(f"[{i}]", part) for i, part in enumerate(value[:1000])]
    if isinstance(value, type) or callable(getattr(value, "__code__", None)):
        return []
    return (
        [("." + name, part) for name, part in getattr(value, "__dict__", {}).items()]
        if not isinstance(value, type(_parts))
        else []
    )
