"""Records a model where it was trained: `slipway.record`."""

from .errors import RecordError
from .record import record
from .result import Recording

__all__ = ["RecordError", "Recording", "record"]
