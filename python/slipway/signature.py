"""What callers send and get, as the server and the model process tell it to each other."""

from typing import Any, Dict, List, NamedTuple, Optional, Tuple


class Input(NamedTuple):
    """One column, or one tensor where its shape has more than the batch. `shape[0]` is the batch, -1."""

    name: str
    datatype: str
    shape: Tuple[int, ...] = (-1,)
    nullable: bool = False
    categories: Optional[Tuple[str, ...]] = None
    """The only texts that the column holds."""
    format: Optional[str] = None
    """"date-time": the texts are moments in ISO 8601."""
    required: bool = False
    """Its values may be missing, but in a DataFrame the column has to be there."""

    @property
    def is_column(self) -> bool:
        """One value a row."""
        return len(self.shape) == 1 or self.shape[1:] == (1,)

    def to_json(self) -> Dict[str, Any]:
        said: Dict[str, Any] = {
            "name": self.name,
            "datatype": self.datatype,
            "shape": list(self.shape),
            "nullable": self.nullable,
        }
        if self.categories is not None:
            said["categories"] = list(self.categories)
        if self.format is not None:
            said["format"] = self.format
        if self.required:
            said["required"] = True
        return said


class Output(NamedTuple):
    name: str
    datatype: str
    shape: Tuple[int, ...] = (-1,)
    classes: Optional[Tuple[str, ...]] = None

    def to_json(self) -> Dict[str, Any]:
        said: Dict[str, Any] = {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}
        if self.classes is not None:
            said["classes"] = list(self.classes)
        return said


class Matrix(NamedTuple):
    """The inputs come as the columns of one tensor of this name."""

    tensor: str
    datatype: str

    def to_json(self) -> Dict[str, str]:
        return {"tensor": self.tensor, "datatype": self.datatype}


class Signature(NamedTuple):
    inputs: Tuple[Input, ...]
    outputs: Tuple[Output, ...]
    packed: Optional[Matrix]
    batched: bool = True

    @property
    def names(self) -> List[str]:
        return [column.name for column in self.inputs]


def parse_signature(said: Dict[str, Any]) -> Signature:
    packed = said.get("packed")
    return Signature(
        inputs=tuple(map(parse_input, said["inputs"])),
        outputs=tuple(
            Output(one["name"], one["datatype"], tuple(one["shape"]), _texts(one.get("classes")))
            for one in said.get("outputs", [])
        ),
        packed=None if packed is None else Matrix(packed["tensor"], packed["datatype"]),
        batched=said.get("batched", True),
    )


def parse_input(said: Dict[str, Any]) -> Input:
    return Input(
        said["name"],
        said["datatype"],
        tuple(said.get("shape", (-1,))),
        bool(said.get("nullable", False)),
        _texts(said.get("categories")),
        said.get("format"),
    )


def _texts(values: Optional[List[str]]) -> Optional[Tuple[str, ...]]:
    return None if values is None else tuple(values)
