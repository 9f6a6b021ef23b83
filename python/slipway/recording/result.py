"""What record says when it is done."""

from __future__ import annotations

import html
import textwrap
from pathlib import Path
from typing import List, NamedTuple, Tuple

from .findings import Finding


class Recording(NamedTuple):
    """A folder that deploys as it is."""

    path: Path
    name: str
    flavor: str
    files: Tuple[Tuple[str, int], ...]
    """Each below the folder, with its bytes."""
    examples: int
    sample: int
    outputs: Tuple[str, ...]
    verified: bool
    """It answered in a new process as it does here."""
    warnings: Tuple[Finding, ...]

    @property
    def command(self) -> str:
        """What to type next, in a terminal."""
        text = str(self.path)
        return "slipway deploy " + (
            "'" + text.replace("'", "'\\''") + "'" if any(not (c.isalnum() or c in "/._-+") for c in text) else text
        )

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self.files)
        lines = [f"{self.name}: {self.flavor} in {self.path}"]
        lines += [f"  {name.ljust(width)}  {_size(size)}" for name, size in self.files]
        lines.append("")
        lines.append(
            "{} {} with {}, {} training rows. {}".format(
                self.examples,
                "example" if self.examples == 1 else "examples",
                ", ".join(self.outputs),
                self.sample,
                "A new process answered all examples alike." if self.verified else "NOT tried in a new process.",
            )
        )
        for found in self.warnings:
            lines += textwrap.wrap(
                f"warning: {found}", 110, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
            )
        lines += ["", "Next: " + self.command]
        return "\n".join(lines)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def list_files(folder: Path) -> Tuple[Tuple[str, int], ...]:
    paths: List[Path] = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return tuple((path.relative_to(folder).as_posix(), path.stat().st_size) for path in paths)


def _size(count: int) -> str:
    if count < 1000:
        return f"{count} B"
    for unit in ("kB", "MB", "GB"):
        count_in = count / 1000.0
        if count_in < 1000 or unit == "GB":
            return f"{count_in:.1f} {unit}"
        count = int(count_in)
    return ""
