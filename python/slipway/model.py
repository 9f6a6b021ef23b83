"""What every flavor makes of a file: a model that says what it takes, and runs."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from .signature import Input, Matrix, Output, Signature

Run = Callable[[List[np.ndarray]], Sequence[Tuple[str, Any]]]
"""Arrays in the order of the signature (one where it is packed) to outputs by name, as the framework gives them."""


class Source(NamedTuple):
    """What to load."""

    path: str
    """Absolute, of the file or folder."""
    options: Dict[str, Any]
    threads: int
    device: str


class Description(NamedTuple):
    """What a model says of itself; None where it does not."""

    inputs: Optional[Sequence[Input]] = None
    matrix: Optional[Matrix] = None
    outputs: Optional[Sequence[Output]] = None
    batched: bool = True
    example: Optional[Dict[str, List[Any]]] = None
    notes: Sequence[str] = ()


class Model:
    """A loaded model."""

    platform = "python"

    def describe(self) -> Description:
        return Description()

    def bind(self, signature: Signature) -> Run:
        """A function for runs with these inputs; what can be prepared is prepared here."""
        raise NotImplementedError
