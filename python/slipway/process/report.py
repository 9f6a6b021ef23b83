"""What a model process says of the model that it has open."""

import platform
from typing import Any, Dict, Sequence

from ..model import Description, Model
from .versions import imported_packages


def to_report(model: Model, description: Description, notes: Sequence[str]) -> Dict[str, Any]:
    """The text of `ready`."""
    inputs, matrix, outputs = description.inputs, description.matrix, description.outputs
    return {
        "inputs": None if inputs is None else [column.to_json() for column in inputs],
        "matrix": None if matrix is None else matrix.to_json(),
        "outputs": None if outputs is None else [output.to_json() for output in outputs],
        "batched": description.batched,
        "platform": model.platform,
        "python": platform.python_version(),
        "packages": imported_packages(),
        "example": None if description.example is None else {"inputs": description.example},
        "notes": [*notes, *description.notes],
    }
