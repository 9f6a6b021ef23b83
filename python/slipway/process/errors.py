"""What a model process says to its server when something fails."""

from typing import Any, Dict, Optional


class ModelError(Exception):
    """One sentence for people and a code of Slipway's error table.

    `invalid_model` does not open, `invalid_input` is for the caller to mend, `model_failed` is everything else. The
    message is shown to callers of the endpoint: no paths of this machine.
    """

    def __init__(self, code: str, message: str, details: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details or {}
