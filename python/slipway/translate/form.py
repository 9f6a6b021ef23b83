"""How a model of trees answers: its trees, and what becomes of their sums."""

from typing import Any, List, NamedTuple, Optional

from .trees import Ensemble


class Form(NamedTuple):
    """Sums of trees, in order: `divisor`, then `base` for each target, then `factor`, then the link."""

    ensemble: Ensemble
    link: str = "identity"
    """identity, sigmoid, softmax, exp, or square (with the sign kept)."""
    divisor: Optional[float] = None
    base: Optional[List[float]] = None
    factor: Optional[float] = None
    classes: Optional[Any] = None
    """Array of the labels of a classifier; None for a regressor. One target with two classes is the second's."""
    chosen: bool = False
    """The answer is the number of the likeliest target, as a float."""
    plain: bool = False
    """A regressor that answers one number a row."""


def prune_zero(values: Any) -> Optional[List[float]]:
    """None where nothing would be added."""
    listed = [float(value) for value in values]
    return listed if any(value != 0 for value in listed) else None
