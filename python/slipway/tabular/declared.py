"""Inputs and outputs that a Python file declares, in the words of slipway.yaml."""

from typing import Any, List, Optional, Tuple

from ..process.errors import ModelError
from ..signature import Input, Output

TYPES = {
    "string": "BYTES",
    "datetime": "BYTES",
    "bool": "BOOL",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "float16": "FP16",
    "float32": "FP32",
    "float64": "FP64",
}


def parse_inputs(declared: Any) -> Optional[List[Input]]:
    """`{"age": "float64", "origin": {"type": "string", "nullable": True}}`."""
    if declared is None:
        return None
    return [_parse_input(str(name), value) for name, value in _items("inputs", declared)]


def parse_outputs(declared: Any) -> Optional[List[Output]]:
    """`{"late": "float64", "scores": {"type": "float64", "shape": [-1, 3], "classes": [...]}}`."""
    if declared is None:
        return None
    outputs = []
    for name, value in _items("outputs", declared):
        said = value if isinstance(value, dict) else {"type": value}
        classes = said.get("classes")
        shape = tuple(said.get("shape", [-1]))
        named = None if classes is None else tuple(map(str, classes))
        outputs.append(Output(str(name), _datatype("outputs", name, said.get("type")), shape, named))
    return outputs


def _parse_input(name: str, value: Any) -> Input:
    said = value if isinstance(value, dict) else {"type": value}
    categories = said.get("categories")
    return Input(
        name,
        _datatype("inputs", name, said.get("type")),
        tuple(said.get("shape", [-1])),
        bool(said.get("nullable", False)),
        None if categories is None else tuple(map(str, categories)),
        "date-time" if said.get("type") == "datetime" else None,
    )


def _items(what: str, declared: Any) -> List[Tuple[str, Any]]:
    if not isinstance(declared, dict):
        raise ModelError("invalid_model", f'`{what}` of the Python file is a dict such as {{"age": "float64"}}.')
    return list(declared.items())


def _datatype(what: str, name: str, said: Any) -> str:
    if said not in TYPES:
        message = f'`{what}` of the Python file gives "{name}" the type {said!r}'
        raise ModelError("invalid_model", f"{message}. There are: {', '.join(TYPES)}.")
    return TYPES[said]
