"""Which tensors the translated file takes: one matrix, or a column for each input."""

from typing import Any, Dict, List, NamedTuple, Sequence, Tuple

from ..signature import Signature
from .refusal import Refusal
from .steps import first_step, iterate_chosen

NUMBERS = ("BOOL", "UINT8", "UINT16", "UINT32", "INT8", "INT16", "INT32", "INT64", "UINT64", "FP16", "FP32", "FP64")


class Port(NamedTuple):
    """An input of the translated file."""

    name: str
    datatype: str
    columns: List[int]
    """Places in the caller's signature."""

    def to_skl(self) -> Tuple[str, Any]:
        from skl2onnx.common import data_types

        kinds = {
            "FP64": data_types.DoubleTensorType,
            "FP32": data_types.FloatTensorType,
            "INT64": data_types.Int64TensorType,
            "BYTES": data_types.StringTensorType,
        }
        return self.name, kinds[self.datatype]([None, len(self.columns)])


def choose_ports(model: Any, signature: Signature, single: bool) -> List[List[Port]]:
    """Ways to hand over the inputs, the likelier first. `single`: the model computes in single precision itself."""
    order = column_order(model, signature)
    for column in signature.inputs:
        if not column.is_column:
            raise Refusal('Its input "{}" has more than one value a row.'.format(column.name))
        if column.format is not None:
            raise Refusal('Its input "{}" is a moment, which ONNX does not know.'.format(column.name))
        if column.datatype != "BYTES" and column.datatype not in NUMBERS:
            raise Refusal('Its input "{}" is {}.'.format(column.name, column.datatype))
    texts = [signature.inputs[place].datatype == "BYTES" for place in order]
    if not hasattr(first_step(model), "transformers_"):
        if any(texts) and not all(texts):
            raise Refusal("It takes texts beside numbers, and no ColumnTransformer tells them apart.")
        if any(texts):
            return [[Port("X", "BYTES", order)]]
        whole = all(signature.inputs[place].datatype.startswith(("INT", "UINT")) for place in order)
        ways = [[Port("X", "FP32" if single else "FP64", order)]]
        return ways + ([[Port("X", "INT64", order)]] if whole else [])
    encoded = encoded_columns(model, [signature.inputs[place].name for place in order])
    names = feature_names(model, signature)

    def ports(kinds: Dict[str, str]) -> List[Port]:
        made = []
        for place, name in zip(order, names):
            column = signature.inputs[place]
            kind = "BYTES" if column.datatype == "BYTES" else kinds.get(column.name, "FP64")
            made.append(Port(name, kind, [place]))
        return made

    whole_numbers = {
        column.name: "INT64" for column in signature.inputs if column.name in encoded and column.datatype in NUMBERS[:9]
    }
    ways = [ports(whole_numbers)]
    return ways + [ports({})] if whole_numbers else ways


def feature_names(model: Any, signature: Signature) -> List[str]:
    names = getattr(model, "feature_names_in_", None)
    return signature.names if names is None else [str(name) for name in names]


def column_order(model: Any, signature: Signature) -> List[int]:
    """Places of the model's columns, in its order."""
    given = {name: place for place, name in enumerate(signature.names)}
    names = feature_names(model, signature)
    if all(name in given for name in names):
        return [given[name] for name in names]
    if len(names) == len(given):
        return list(range(len(given)))
    raise Refusal("Its columns are not those of the signature.")


def encoded_columns(model: Any, names: Sequence[str]) -> "set[str]":
    """Columns that go into an encoder as they are."""
    found = set()
    for steps, chosen in iterate_chosen(model, names):
        if any(isinstance(getattr(step, "categories_", None), list) for step in steps):
            found.update(chosen)
    return found
