"""For frameworks of tensors: what an input of a run becomes, and how several outputs are named."""

from typing import Any, Callable, List, Sequence, Tuple

import numpy as np

from ..signature import Signature
from ..tabular.matrix import is_numeric, to_matrix

ToTensors = Callable[[List[np.ndarray]], List[np.ndarray]]


def to_tensors(signature: Signature, count: int) -> ToTensors:
    """Arrays in the order of the signature; one matrix where the model takes one tensor and the signature has columns."""
    if signature.packed is None and count == 1 and len(signature.inputs) > 1 and is_numeric(signature):
        matrix = to_matrix(signature, np.dtype("<f4"))
        return lambda arrays: [matrix(arrays)]
    return lambda arrays: arrays


def name_outputs(answer: Any, declared: Sequence[str]) -> Sequence[Tuple[str, Any]]:
    """Dicts and named tuples by their names; others by those of the signature, else `output`, or `output_0` and so on."""
    if isinstance(answer, dict):
        return [(str(name), value) for name, value in answer.items()]
    if not isinstance(answer, (list, tuple)):
        return [(declared[0] if len(declared) == 1 else "output", answer)]
    if hasattr(answer, "_fields"):
        return list(zip(answer._fields, answer))
    if len(answer) == 1:
        return name_outputs(answer[0], declared)
    names = declared if len(declared) == len(answer) else [f"output_{position}" for position in range(len(answer))]
    return list(zip(names, answer))
