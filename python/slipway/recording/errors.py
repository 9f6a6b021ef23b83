from __future__ import annotations


class RecordError(Exception):
    """What keeps `slipway.record` from writing a folder that deploys. Says what happened, why, and what to do."""
