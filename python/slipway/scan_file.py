"""Says what a model file needs, without loading it: `python -I -S scan_file.py FILE FLAVOR` prints JSON.

Runs in any Python from 3.8 on, with the standard library alone. Nothing that a pickle names is imported, and nothing of it
is called: what it would take from a module is a stand-in that does nothing.
"""

import ast
import bz2
import gzip
import importlib.util
import io
import json
import lzma
import os
import pickle
import re
import sys
import zipfile
import zlib
from typing import Any, BinaryIO, Dict, List, Optional, Set

# Longer ones are looked at at both ends only.
_MOST_BYTES = 1 << 16
_EDGE = 1 << 12
_CHUNK = 1 << 20


class Facts:
    """What was found: modules, versions of distributions, and whether columns had names at training."""

    def __init__(self) -> None:
        self.modules: Set[str] = set()
        self.versions: Dict[str, str] = {}
        self.frames = False
        self.problem: Optional[str] = None

    def to_json(self) -> Dict[str, Any]:
        return {
            "modules": sorted(self.modules),
            "versions": self.versions,
            "frames": self.frames,
            "problem": self.problem,
        }


class _StandIn:
    """In place of whatever a pickle takes from a module."""

    module = ""
    name = ""

    def __new__(cls, *args: Any, **_kwargs: Any) -> "_StandIn":
        made = object.__new__(cls)
        made.arguments = args
        made.state = None
        return made

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def __call__(self, *args: Any, **_kwargs: Any) -> "_StandIn":
        return _StandIn(*args)

    def __setitem__(self, _key: Any, _value: Any) -> None:
        pass

    def append(self, _item: Any) -> None:
        pass

    def extend(self, _items: Any) -> None:
        pass

    def add(self, _item: Any) -> None:
        pass


class _Scanner(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Walks a pickle. The arrays that joblib writes between the opcodes are passed over."""

    dispatch = dict(pickle._Unpickler.dispatch)  # type: ignore[attr-defined]

    def __init__(self, file: BinaryIO, facts: Facts) -> None:
        super().__init__(file, encoding="latin1")
        self._file = file
        self._facts = facts
        self._kinds: Dict[Any, type] = {}

    def find_class(self, module: str, name: str) -> Any:
        self._facts.modules.add(module)
        key = (module, name)
        if key not in self._kinds:
            self._kinds[key] = type("StandIn", (_StandIn,), {"module": module, "name": name})
        return self._kinds[key]

    def persistent_load(self, _pid: Any) -> Any:
        return None

    def get_extension(self, _code: int) -> None:
        self.append(_StandIn)

    def load_build(self) -> None:
        state = self.stack.pop()
        made = self.stack[-1]
        parts = state if isinstance(state, tuple) else (state,)
        for part in parts:
            if isinstance(part, dict):
                self._see(part)
        if isinstance(made, _StandIn):
            made.state = state
            if made.module.startswith("joblib.") and made.name == "NumpyArrayWrapper" and isinstance(state, dict):
                self._skip_array(state)

    dispatch[pickle.BUILD[0]] = load_build

    def _see(self, state: Dict[Any, Any]) -> None:
        version = state.get("_sklearn_version")
        if isinstance(version, str):
            self._facts.versions.setdefault("scikit-learn", version)
        if "feature_names_in_" in state:
            self._facts.frames = True

    def _skip_array(self, state: Dict[str, Any]) -> None:
        """Reads on behind the array. Its layout is that of joblib.numpy_pickle.NumpyArrayWrapper.write_array."""
        kind = state.get("dtype")
        code = kind.arguments[0] if isinstance(kind, _StandIn) and kind.arguments else ""
        code = code.decode("latin1") if isinstance(code, bytes) else str(code)
        found = re.match(r"[<>|=]?([a-zA-Z])(\d*)$", code)
        if found is None:
            raise pickle.UnpicklingError("an array of an unknown kind")
        if found.group(1) == "O":
            _Scanner(self._file, self._facts).load()
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            padding = self._file.read(1)
            self._file.read(padding[0] if padding else 0)
        size = int(found.group(2) or 1) * (4 if found.group(1) == "U" else 1)
        for length in state.get("shape", ()):
            size *= int(length)
        _skip(self._file.read, size)

    def _push_bytes(self, size: int) -> None:
        if size <= _MOST_BYTES:
            data = self.read(size)
            _find_booster(data, self._facts)
            self.append(data)
            return
        start = self.read(_EDGE)
        end = _skip(self.read, size - _EDGE)
        _find_booster(start, self._facts)
        _find_booster(end, self._facts)
        self.append(b"")

    def load_binbytes(self) -> None:
        self._push_bytes(int.from_bytes(self.read(4), "little"))

    dispatch[pickle.BINBYTES[0]] = load_binbytes

    def load_binbytes8(self) -> None:
        self._push_bytes(int.from_bytes(self.read(8), "little"))

    dispatch[pickle.BINBYTES8[0]] = load_binbytes8
    if hasattr(pickle, "BYTEARRAY8"):
        dispatch[pickle.BYTEARRAY8[0]] = load_binbytes8

    def load_binstring(self) -> None:
        self._push_bytes(int.from_bytes(self.read(4), "little"))

    dispatch[pickle.BINSTRING[0]] = load_binstring


def _skip(read: Any, size: int) -> bytes:
    """Reads on, and returns the end of what was read."""
    end = b""
    while size > 0:
        chunk = read(min(size, _CHUNK))
        if not chunk:
            raise EOFError("the file is cut")
        size -= len(chunk)
        end = (end + chunk)[-_EDGE:]
    return end


class _Inflated(io.RawIOBase):
    """A zlib stream, which the standard library reads from memory only."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._inflate = zlib.decompressobj()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest and not self._inflate.eof:
            given = self._inflate.unconsumed_tail or self._file.read(_CHUNK)
            if not given:
                break
            self._rest = self._inflate.decompress(given, _CHUNK)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _open_pickle(path: str) -> Optional[BinaryIO]:
    """Null where it is compressed as this cannot read."""
    with open(path, "rb") as file:
        magic = file.read(8)
    if magic[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    if magic[:3] == b"BZh":
        return bz2.open(path, "rb")  # type: ignore[return-value]
    if magic[:6] == b"\xfd7zXZ\x00" or magic[:3] == b"\x5d\x00\x00":
        return lzma.open(path, "rb")  # type: ignore[return-value]
    if magic[:4] == b"\x04\x22\x4d\x18":
        return None
    if magic[:1] == b"\x78" and len(magic) > 1 and (magic[0] * 256 + magic[1]) % 31 == 0:
        return io.BufferedReader(_Inflated(open(path, "rb")))
    return open(path, "rb")


def scan_pickle(path: str, facts: Facts) -> None:
    file = _open_pickle(path)
    if file is None:
        facts.modules.add("lz4")
        facts.problem = "it is compressed with lz4"
        return
    try:
        with file:
            _Scanner(file, facts).load()
    except Exception as error:  # Whatever the file is: it says less about itself, and the process that loads it says why.
        facts.problem = "it could not be read to its end ({})".format(str(error)[:200] or type(error).__name__)


def scan_skops(path: str, facts: Facts) -> None:
    with zipfile.ZipFile(path) as archive:
        text = archive.read("schema.json").decode("utf-8", "replace")
    facts.modules.update(re.findall(r'"__module__":\s*"([\w.]+)"', text))
    facts.modules.add("skops")
    schema = json.loads(text)
    if isinstance(schema.get("_skops_version"), str):
        facts.versions["skops"] = schema["_skops_version"]
    found = re.search(r'"_sklearn_version":\s*\{[^{}]*?"content":\s*"\\"([\w.+]+)\\""', text)
    if found:
        facts.versions["scikit-learn"] = found.group(1)
    facts.frames = '"feature_names_in_"' in text


_UBJ_SIZES = {b"i": 1, b"U": 1, b"I": 2, b"l": 4, b"L": 8}


def _ubj_version(data: bytes) -> Optional[str]:
    for found in re.finditer(rb"version\[", data):
        at, numbers = found.end(), []  # type: int, List[int]
        if data[at : at + 1] == b"#":
            at += 2 + _UBJ_SIZES.get(data[at + 1 : at + 2], 0)
        while len(numbers) < 3 and data[at : at + 1] in _UBJ_SIZES:
            size = _UBJ_SIZES[data[at : at + 1]]
            numbers.append(int.from_bytes(data[at + 1 : at + 1 + size], "big"))
            at += 1 + size
        if len(numbers) == 3:
            return ".".join(map(str, numbers))
    return None


def _find_booster(data: bytes, facts: Facts) -> None:
    """The version of XGBoost, which stands at an end of what it saves."""
    found = re.search(rb'"version"\s*:\s*\[(\d+),\s*(\d+),\s*(\d+)\]', data)
    version = b".".join(found.groups()).decode() if found else _ubj_version(data)
    if version is not None:
        facts.versions.setdefault("xgboost", version)


def scan_xgboost(path: str, facts: Facts) -> None:
    facts.modules.add("xgboost")
    edges = _edges(path)
    _find_booster(edges, facts)
    if b"scikit_learn" in edges:
        # An estimator of XGBoost's scikit-learn interface, which cannot be loaded without it.
        facts.modules.add("sklearn")
    # As JSON writes a list of texts with "c" in it, and as UBJSON does.
    categories = re.search(rb'"feature_types"\s*:\s*\[[^\]]*"c"|feature_types\[#(?s:.{0,65536})SL\x00{7}\x01c', edges)
    facts.frames = categories is not None


def scan_lightgbm(path: str, facts: Facts) -> None:
    facts.modules.add("lightgbm")
    found = re.search(rb"pandas_categorical:(.*)", _edges(path))
    facts.frames = found is not None and found.group(1).strip() not in (b"", b"null", b"[]")


def _edges(path: str) -> bytes:
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        start = file.read(_CHUNK)
        file.seek(max(len(start), size - _CHUNK))
        return start + file.read()


def scan_python(path: str, facts: Facts) -> None:
    """Its imports, and those of the modules beside it."""
    root = os.path.dirname(os.path.abspath(path))
    waiting, seen = [os.path.abspath(path)], set()  # type: List[str], Set[str]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in _imports(file, facts):
            local = _local(root, name)
            if local:
                waiting.extend(local)
            else:
                facts.modules.add(name)


def _imports(path: str, facts: Facts) -> Set[str]:
    with open(path, "rb") as file:
        text = file.read()
    try:
        tree = ast.parse(text, path)
    except (SyntaxError, ValueError) as error:
        facts.problem = "{} cannot be parsed ({})".format(os.path.basename(path), str(error)[:200])
        return set()
    names: Set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
    return names


def _local(root: str, name: str) -> List[str]:
    top = name.split(".")[0]
    single, folder = os.path.join(root, top + ".py"), os.path.join(root, top)
    if os.path.isfile(single):
        return [single]
    if not os.path.isdir(folder):
        return []
    return [
        os.path.join(where, file) for where, _, files in os.walk(folder) for file in files if file.endswith(".py")
    ] or [__file__]


def scan_keras(path: str, facts: Facts) -> None:
    facts.modules.update(("keras", "tensorflow"))
    with zipfile.ZipFile(path) as archive:
        version = json.loads(archive.read("metadata.json")).get("keras_version")
    if isinstance(version, str):
        facts.versions["keras"] = version


def scan_tensorflow(path: str, facts: Facts) -> None:
    facts.modules.add("tensorflow")
    # MetaInfoDef.tensorflow_version is field 5, a string.
    found = re.search(rb"\x2a[\x05-\x0a](\d+\.\d+\.\d+)", _edges(path))
    if found:
        facts.versions["tensorflow"] = found.group(1).decode()


def scan_transformers(path: str, facts: Facts) -> None:
    facts.modules.update(("transformers", "torch"))
    with open(path, encoding="utf-8") as file:
        version = json.load(file).get("transformers_version")
    if isinstance(version, str) and "dev" not in version:
        facts.versions["transformers"] = version


def scan(path: str, flavor: str) -> Facts:
    """What the file needs. @raises nothing: what is wrong with it is in `problem`"""
    facts = Facts()
    plain = {"torch": "torch", "catboost": "catboost"}
    special = {
        "xgboost": scan_xgboost,
        "lightgbm": scan_lightgbm,
        "python": scan_python,
        "keras": scan_keras,
        "tensorflow": scan_tensorflow,
        "transformers": scan_transformers,
    }
    if flavor in plain:
        facts.modules.add(plain[flavor])
        return facts
    scanner = scan_skops if path.endswith(".skops") else special.get(flavor, scan_pickle)
    try:
        scanner(path, facts)
    except Exception as error:
        facts.problem = "it could not be read ({})".format(str(error)[:200] or type(error).__name__)
    return facts


def main() -> None:
    facts = scan(sys.argv[1], sys.argv[2])
    # Without site, the path has nothing but the standard library. This file's own folder is not on it either.
    tops = {module.split(".")[0] for module in facts.modules}
    standard = {top for top in tops if _is_standard(top)}
    facts.modules = {module for module in facts.modules if module.split(".")[0] not in standard}
    json.dump(facts.to_json(), sys.stdout)


def _is_standard(name: str) -> bool:
    if name in ("__main__", "builtins", "__builtin__", "copy_reg"):
        return True
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


if __name__ == "__main__":
    sys.setrecursionlimit(10_000)
    main()
