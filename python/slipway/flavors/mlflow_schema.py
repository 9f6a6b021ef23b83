"""The signature of an MLflow model in Slipway's words."""

import base64
import json
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence

import numpy as np

from ..process.tensors import DTYPES
from ..signature import Input, Matrix, Output

_TYPES = {
    "boolean": "BOOL",
    "integer": "INT32",
    "long": "INT64",
    "float": "FP32",
    "double": "FP64",
    "string": "BYTES",
    "binary": "BYTES",
    "datetime": "BYTES",
}
_BY_DTYPE = {dtype: name for name, dtype in DTYPES.items()}


class MlflowSchema(NamedTuple):
    inputs: Optional[List[Input]] = None
    matrix: Optional[Matrix] = None
    outputs: Optional[List[Output]] = None
    tensors: Optional[Sequence[Any]] = None
    """The specifications, where the inputs are tensors."""
    named: bool = True
    is_simple: bool = False
    """What the inputs become is of the schema's types as it is."""
    conversions: Dict[str, Callable[[Any], Any]] = {}
    """From the column as it came to the column as the schema has it."""
    notes: Sequence[str] = ()


def read_schema(metadata: Any, folder: str) -> MlflowSchema:
    """What the signature of an MLflow model says, or else its example."""
    signature = metadata.signature
    outputs = None if signature is None else _outputs(signature.outputs)
    schema = None if signature is None else signature.inputs
    if schema is None:
        example = _load_example(metadata, folder)
        if not hasattr(example, "columns"):
            note = (
                "The MLflow model has no signature: log it with signature= or input_example=, or declare model.inputs."
            )
            return MlflowSchema(outputs=outputs, notes=[note])
        from mlflow.models import infer_signature

        # Only what it says of the columns: MLflow holds no run to a signature that is not there.
        note = "The MLflow model has no signature: its columns are those of its input example."
        return _of_columns(infer_signature(example).inputs, outputs)._replace(is_simple=False, notes=[note])
    if schema.is_tensor_spec():
        named = schema.has_input_names()
        inputs = [_of_tensor(spec, spec.name or "input") for spec in schema.inputs]
        return MlflowSchema(inputs, None, outputs, schema.inputs, named, _are_floats(schema.inputs))
    return _of_columns(schema, outputs)


def _of_columns(schema: Any, outputs: Optional[List[Output]]) -> MlflowSchema:
    said = [spec.to_dict() for spec in schema.inputs]
    named = schema.has_input_names()
    inputs: List[Input] = []
    conversions: Dict[str, Callable[[Any], Any]] = {}
    notes: List[str] = []
    for position, column in enumerate(said):
        name = str(column.get("name", position))
        optional = column.get("required") is False
        spec, convert = _of_column(name, column, optional)
        inputs.append(spec)
        if convert is not None:
            conversions[name] = convert
        if column["type"] in ("object", "map", "any"):
            notes.append(f'The input "{name}" is a structure: it is sent as a text of JSON.')
    datatypes = {column.datatype for column in inputs}
    packed = not named and len(datatypes) == 1 and datatypes <= {"FP32", "FP64"}
    simple = not conversions and all(column["type"] in _TYPES and column["type"] != "binary" for column in said)
    matrix = Matrix("X", datatypes.pop()) if packed else None
    return MlflowSchema(inputs, matrix, outputs, None, named, simple, conversions, notes)


def _of_column(name: str, said: Dict[str, Any], optional: bool) -> "tuple[Input, Optional[Callable[[Any], Any]]]":
    kind = said["type"]
    if kind == "datetime":
        return Input(name, "BYTES", (-1,), True, None, "date-time", not optional), None
    if kind == "binary":
        return Input(name, "BYTES", (-1,), optional), _each(lambda text: base64.b64decode(text))
    if kind in ("integer", "long") and optional:
        # Only floats can be missing on the way.
        return Input(name, "FP64", (-1,), True), _whole(np.dtype(DTYPES[_TYPES[kind]]))
    if kind in _TYPES:
        datatype = _TYPES[kind]
        # To MLflow, what is required is the column; its values may be missing all the same.
        nullable = datatype in ("FP32", "FP64", "BYTES")
        return Input(name, datatype, (-1,), nullable, required=nullable and not optional), None
    if kind == "array":
        inner, rank = said["items"], 1
        while inner["type"] == "array":
            inner, rank = inner["items"], rank + 1
        if inner["type"] in _TYPES and inner["type"] not in ("binary", "datetime"):
            return Input(name, _TYPES[inner["type"]], (-1,) * (rank + 1)), _each(lambda value: value)
    return Input(name, "BYTES", (-1,), optional), _each(json.loads)


def _each(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda column: [None if value is None else convert(value) for value in column]


def _whole(dtype: np.dtype) -> Callable[[Any], Any]:
    return lambda column: column if column.isna().any() else column.astype(dtype)


def _of_tensor(spec: Any, name: str) -> Input:
    dtype = np.dtype(spec.type)
    datatype = "BYTES" if dtype.kind in "OUS" else _BY_DTYPE.get(dtype, "FP64")
    return Input(name, datatype, tuple(int(size) for size in spec.shape), dtype.kind == "f", required=dtype.kind == "f")


def _are_floats(specs: Sequence[Any]) -> bool:
    return all(np.dtype(spec.type) in _BY_DTYPE for spec in specs)


def _outputs(schema: Any) -> Optional[List[Output]]:
    """None where a run tells more."""
    if schema is None or schema.is_tensor_spec() is False:
        return _of_output_columns(schema)
    if any(list(spec.shape)[:1] != [-1] for spec in schema.inputs):
        return None
    as_inputs = [_of_tensor(spec, spec.name or "predictions") for spec in schema.inputs]
    return [Output(one.name, one.datatype, one.shape) for one in as_inputs]


def _of_output_columns(schema: Any) -> Optional[List[Output]]:
    if schema is None:
        return None
    outputs = []
    for spec in schema.inputs:
        said = spec.to_dict()
        if said["type"] not in _TYPES or ("name" not in said and len(schema.inputs) > 1):
            return None
        outputs.append(Output(str(said.get("name", "predictions")), _TYPES[said["type"]]))
    return outputs


def to_example(metadata: Any, folder: str) -> Optional[Dict[str, List[Any]]]:
    """The rows that were logged with the model, a list for each column; None where there are none or they are no table."""
    example = _load_example(metadata, folder)
    if not hasattr(example, "columns"):
        return None
    rows = json.loads(example.to_json(orient="split", date_format="iso"))
    return {str(name): [row[i] for row in rows["data"]] for i, name in enumerate(rows["columns"])}


def _load_example(metadata: Any, folder: str) -> Any:
    try:
        return metadata.load_input_example(folder)
    except Exception:
        return None
