"""What is installed here, and what of it a model needs."""

from __future__ import annotations

import json
import os
import re
import sys
import sysconfig
from importlib import metadata
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Set

# They make environments; a model does not need them.
_TOOLS = {"pip", "setuptools", "wheel", "slipway", "uv"}
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[([^\]]*)\])?[^;]*(?:;\s*(.*))?$", re.DOTALL)


class Pinned(NamedTuple):
    """A distribution in the version that is installed. `marker`: where it is needed, as the one that needs it says."""

    name: str
    version: str
    marker: Optional[str]
    origin: Optional[str]
    """Why no package index has it: where it was installed from; None for what came from one, as far as can be told."""
    built: bool
    """It was compiled on this machine, or packed by another installer than pip's."""

    @property
    def line(self) -> str:
        return "{}=={}{}".format(self.name, self.version, "" if self.marker is None else " ; " + self.marker)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


class Installed:
    """The distributions of this interpreter, read once."""

    def __init__(self) -> None:
        self._found: Dict[str, metadata.Distribution] = {}
        self._tops: Optional[Dict[str, Set[str]]] = None
        self._files: Dict[str, Set[str]] = {}
        for distribution in metadata.distributions():
            name = distribution.metadata["Name"]
            # The first one on the path is the one that is imported.
            if name:
                self._found.setdefault(canonical(name), distribution)

    def has(self, name: str) -> bool:
        return canonical(name) in self._found

    def knows(self, top: str) -> bool:
        """Whether a distribution brings something of this top-level module."""
        return top in self._top_levels()

    def providers(self, modules: Iterable[str]) -> Set[str]:
        """Canonical names of the distributions that bring these modules."""
        tops = self._top_levels()
        found: Set[str] = set()
        for module in modules:
            names = tops.get(module.split(".")[0], set())
            # Several share a namespace, such as `google`: who has the file of this very module?
            found |= names if len(names) < 2 else {name for name in names if self._has_file(name, module)}
        return found - _TOOLS

    def closure(self, names: Iterable[str]) -> List[Pinned]:
        """These distributions and all that they require here, each pinned, by name."""
        marked: Dict[str, Optional[str]] = {}
        extras_of: Dict[str, Set[str]] = {}
        waiting = [_Required(name, frozenset(), None) for name in names]
        while waiting:
            name, extras, marker = waiting.pop()
            if name not in self._found or name in _TOOLS:
                continue
            known = name in marked
            is_new = not known or (marked[name] is not None and marker is None) or not extras <= extras_of[name]
            if not is_new:
                continue
            marked[name] = marker if not known or marker is None else marked[name]
            extras_of.setdefault(name, set()).update(extras)
            for required in _requirements(self._found[name], extras_of[name]):
                # What is needed under a condition only is so for all that it needs.
                waiting.append(required if required.marker is not None else required._replace(marker=marked[name]))
        return [self._pin(name, marked[name]) for name in sorted(marked)]

    def _pin(self, name: str, marker: Optional[str]) -> Pinned:
        distribution = self._found[name]
        said = distribution.metadata["Name"]
        return Pinned(said, distribution.version, marker, _origin(distribution), _is_built_here(distribution))

    def _top_levels(self) -> Dict[str, Set[str]]:
        if self._tops is None:
            self._tops = {}
            for name, distribution in self._found.items():
                for top in _tops_of(distribution):
                    self._tops.setdefault(top, set()).add(name)
        return self._tops

    def _has_file(self, name: str, module: str) -> bool:
        if name not in self._files:
            self._files[name] = {file.split(".")[0] for file in _files_of(self._found[name])}
        stem = module.replace(".", "/")
        return stem in self._files[name] or stem + "/__init__" in self._files[name]


def is_standard(module: str) -> bool:
    """Whether a top-level module comes with Python."""
    if module in sys.builtin_module_names:
        return True
    known = getattr(sys, "stdlib_module_names", None)
    if known is not None:
        return module in known
    where = getattr(sys.modules.get(module), "__file__", None) or ""
    library = sysconfig.get_paths()["stdlib"]
    return where.startswith(library + os.sep) and "site-packages" not in where and "dist-packages" not in where


class _Required(NamedTuple):
    name: str
    extras: "frozenset[str]"
    marker: Optional[str]


def _requirements(distribution: metadata.Distribution, extras: Set[str]) -> List[_Required]:
    """What it requires, with these extras."""
    found = []
    for text in distribution.requires or []:
        match = _REQUIREMENT.match(text)
        if match is None:
            continue
        name, wanted, marker = match.groups()
        of_extra = re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", marker or "")
        if of_extra and not extras & set(map(canonical, of_extra)):
            continue
        # Versions of Python are no condition: the lock is for this one. Nor is an extra, which is wanted.
        if marker is not None and (of_extra or re.search(r"\bpython_(?:full_)?version\b", marker)):
            marker = None
        named = frozenset(canonical(each.strip()) for each in (wanted or "").split(",") if each.strip())
        found.append(_Required(canonical(name), named, None if marker is None else marker.strip()))
    return found


def _tops_of(distribution: metadata.Distribution) -> Set[str]:
    named = distribution.read_text("top_level.txt")
    if named and named.strip():
        return set(named.split())
    tops = set()
    for file in _files_of(distribution):
        first, slash, _ = file.partition("/")
        if not first.endswith((".dist-info", ".egg-info", ".data")) and first not in ("..", "__pycache__", ""):
            tops.add(first if slash else first.split(".")[0])
    return tops


def _files_of(distribution: metadata.Distribution) -> List[str]:
    """Below site-packages. `Distribution.files` makes a path of each of what may be thousands."""
    record = distribution.read_text("RECORD")
    if record is None:
        return [str(file) for file in distribution.files or []]
    return [line.split(",", 1)[0].strip('"') for line in record.splitlines()]


def _origin(distribution: metadata.Distribution) -> Optional[str]:
    text = distribution.read_text("direct_url.json")
    if text is None:
        place = str(getattr(distribution, "_path", ""))
        return (
            "a folder, for development"
            if place.endswith(".egg-info") and "site-packages" not in place and "dist-packages" not in place
            else None
        )
    try:
        said: Dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    url = str(said.get("url", ""))
    if said.get("dir_info", {}).get("editable"):
        return f"a folder, for development ({url})"
    if "vcs_info" in said:
        return "{} at {}".format(url, str(said["vcs_info"].get("commit_id", ""))[:12])
    return url


def _is_built_here(distribution: metadata.Distribution) -> bool:
    wheel = distribution.read_text("WHEEL")
    installer = (distribution.read_text("INSTALLER") or "").strip()
    if installer == "conda" or wheel is None:
        return True
    # The index takes wheels for Linux as manylinux or musllinux only.
    return any(re.search(r"-linux_\w+$", line.strip()) for line in wheel.splitlines() if line.startswith("Tag:"))
