"""What runs inside a model's own Python environment: the model process, and what records a model for it."""

from typing import TYPE_CHECKING, Any, List

if TYPE_CHECKING:
    from .recording import RecordError, Recording, record

__version__ = "0.1.0"
__all__ = ["RecordError", "Recording", "record"]


def __getattr__(name: str) -> Any:
    # A model process imports this package at each start, and never records.
    if name in __all__:
        from . import recording

        return getattr(recording, name)
    raise AttributeError(f"module 'slipway' has no attribute {name!r}")


def __dir__() -> List[str]:
    return sorted([*globals(), *__all__])
