"""What cannot be translated."""


class Refusal(Exception):
    """The model has no faithful translation; the message is one sentence that says why."""
