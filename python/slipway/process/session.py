"""One model, its runs one after the other."""

import gc
import json
import sys
import traceback
import warnings
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from ..model import Model, Run, Source
from ..signature import Signature, parse_signature
from ..tabular.answers import to_arrays
from . import stdio
from .errors import ModelError
from .explain import explain_opening, explain_run
from .frames import (
    CLOSE,
    FAILED,
    OPEN,
    READY,
    RUN,
    UNOPENED,
    Frame,
    FrameError,
    FrameReader,
    encode_text,
    write_pieces,
)
from .load import load, to_source
from .report import to_report
from .tensors import TensorReader, encode_outputs
from .watchdog import watch

Pieces = Sequence["bytes | memoryview"]


def serve(fd: int, session: "Session") -> None:
    """Answers frames until the server is done or gone. It reads, runs and writes in this one thread."""
    reader = FrameReader(fd)
    while True:
        frame = reader.next()
        if frame is None or frame.kind == CLOSE:
            return
        if frame.kind == RUN:
            write_pieces(fd, session.run(frame))
        elif frame.kind == OPEN:
            write_pieces(fd, session.open(str(frame.text, "utf-8")))
        else:
            raise FrameError(f"The server does not send frames of the kind {frame.kind}.")


class Session:
    """What is open, and how runs are made of tensors."""

    def __init__(self) -> None:
        self._tensors = TensorReader()
        self._model: Optional[Model] = None
        self._source: Optional[Source] = None
        self._notes: List[str] = []
        self._run: Optional[Run] = None
        self._signature: Optional[Signature] = None

    def open(self, text: str) -> Pieces:
        """Loads the model, or binds the one that is loaded to another signature; the answer."""
        try:
            return encode_text(READY, json.dumps(self._open(json.loads(text)), allow_nan=False))
        except MemoryError:
            raise
        except BaseException as error:  # A model may say sys.exit().
            _log(error)
            return encode_text(UNOPENED, _to_text(explain_opening(error, self._source)))

    def _open(self, setup: Dict[str, Any]) -> Dict[str, Any]:
        if self._model is None:
            watch(setup["parent"], setup["memoryBytes"])
            stdio.log_to_stderr()
            # Where an estimator needs no DataFrame it gets none.
            warnings.filterwarnings("ignore", message="X does not have valid feature names")
            self._source = to_source(setup)
            self._model, self._notes = load(setup["model"]["flavor"], self._source)
        description = self._model.describe()
        said = setup["signature"]
        if said is not None:
            self._bind(parse_signature(said))
        return to_report(self._model, description, self._notes)

    def _bind(self, signature: Signature) -> None:
        assert self._model is not None
        self._run = self._model.bind(signature)
        # What is loaded stays: the collector need not walk through it between runs.
        gc.freeze()
        self._signature = signature
        self._to_arrays = to_arrays(signature.outputs, signature.batched)

    def run(self, frame: Frame) -> Pieces:
        """The answer to one run: outputs or an error."""
        if self._run is None:
            raise FrameError("A run came before the model had its signature.")
        arrays = self._tensors.read(frame)
        try:
            answers = self._run(arrays)
            return encode_outputs(frame.id, self._to_arrays(answers, _rows(arrays)))
        except BaseException as error:  # A model may say sys.exit().
            _log(error)
            return encode_text(FAILED, _to_text(explain_run(error)), frame.id)


def _rows(arrays: List[np.ndarray]) -> int:
    return arrays[0].shape[0] if arrays and arrays[0].ndim > 0 else 1


def _log(error: BaseException) -> None:
    """The whole of it for the logs; what the model's own values are at fault for is no news there."""
    if isinstance(error, ModelError) and error.__cause__ is None:
        return
    traceback.print_exception(type(error), error, error.__traceback__, file=sys.stderr)


def _to_text(error: ModelError) -> str:
    return json.dumps({"code": error.code, "message": error.message, "details": error.details})
