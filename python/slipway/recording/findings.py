from __future__ import annotations

from typing import Iterator, List, NamedTuple


class Finding(NamedTuple):
    """Something that would break, or differ, where the model serves. `code` is for programs, the rest for people."""

    code: str
    message: str
    advice: str

    def __str__(self) -> str:
        return self.message + " " + self.advice


class Findings:
    """What was noticed, each once."""

    def __init__(self) -> None:
        self._all: List[Finding] = []

    def add(self, code: str, message: str, advice: str) -> None:
        found = Finding(code, message, advice)
        if found not in self._all:
            self._all.append(found)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)
