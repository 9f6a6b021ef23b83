"""The server's end of docs/reference/model-process.md: opens a model in a process and asks it."""

from __future__ import annotations

import json
import os
import socket
from struct import Struct
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy as np

from ..process.frames import CLOSE, FAILED, HEAD, HEAD_BYTES, OPEN, OUTPUTS, READY, RUN, encode_text
from ..process.tensors import DATATYPES, DTYPES, encode_outputs, read_texts

_U16 = Struct("<H")
_SPAN = Struct("<II")

Outputs = Dict[str, np.ndarray]


class ModelFailed(Exception):
    """The process answered with an error."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        super().__init__(str(said.get("message", "")))
        self.details = said.get("details") or {}


class ModelGone(Exception):
    """The process ended instead of answering."""


class Opening(NamedTuple):
    """What to open: `model` is `{flavor, path, options}`."""

    folder: str
    model: Mapping[str, Any]


class FrameClient:
    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._runs = 0

    def open(self, what: Opening, signature: Optional[Dict[str, Any]]) -> Dict[str, Any]:
        """What the model says of itself; again with a signature before the first run. @raises ModelFailed, ModelGone"""
        names = {"inputs": [], "outputs": []} if signature is None else _tensor_names(signature)
        setup = {
            "folder": what.folder,
            "path": what.model["path"],
            "inputs": names["inputs"],
            "outputs": names["outputs"],
            "threads": 1,
            "device": "cpu",
            "parent": os.getpid(),
            "memoryBytes": None,
            "model": dict(what.model),
            "signature": signature,
        }
        self._connection.sendall(b"".join(encode_text(OPEN, json.dumps(setup))))
        kind, text, _ = self._receive()
        if kind != READY:
            raise ModelFailed(json.loads(text))
        return json.loads(text)

    def run(self, tensors: Sequence[Tuple[str, np.ndarray]]) -> Outputs:
        """@raises ModelFailed, ModelGone"""
        self._runs += 1
        content = bytearray(b"".join(bytes(piece) for piece in encode_outputs(self._runs, tensors)))
        content[4] = RUN  # Inputs and outputs differ in the kind alone.
        self._connection.sendall(content)
        kind, text, outputs = self._receive()
        if kind == FAILED:
            raise ModelFailed(json.loads(text))
        return outputs

    def close(self) -> None:
        self._connection.sendall(b"".join(encode_text(CLOSE, "")))

    def _receive(self) -> Tuple[int, str, Outputs]:
        head = self._read(HEAD_BYTES)
        length, kind, _, tensors, _, text = HEAD.unpack(head)
        body = memoryview(head + self._read(length - HEAD_BYTES))
        outputs = _read_tensors(body, HEAD_BYTES + text, tensors) if kind == OUTPUTS else {}
        return kind, str(body[HEAD_BYTES : HEAD_BYTES + text], "utf-8"), outputs

    def _read(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self._connection.recv(min(count - len(parts), 1 << 20))
            except ConnectionResetError:
                part = b""
            if not part:
                raise ModelGone()
            parts += part
        return bytes(parts)


def _tensor_names(signature: Dict[str, Any]) -> Dict[str, List[str]]:
    packed = signature["packed"]
    inputs = [column["name"] for column in signature["inputs"]] if packed is None else [packed["tensor"]]
    return {"inputs": inputs, "outputs": [output["name"] for output in signature["outputs"]]}


def _read_tensors(body: memoryview, at: int, count: int) -> Outputs:
    found: Outputs = {}
    for _ in range(count):
        (size,) = _U16.unpack_from(body, at)
        name = str(body[at + 2 : at + 2 + size], "utf-8")
        at += 2 + size
        datatype, rank = DATATYPES[body[at]], body[at + 1]
        shape = Struct(f"<{rank}I").unpack_from(body, at + 2)
        at += 2 + 4 * rank
        length, start = _SPAN.unpack_from(body, at)
        at += 8
        data = body[start : start + length]
        found[name] = (
            read_texts(data, shape) if datatype == "BYTES" else np.frombuffer(data, DTYPES[datatype]).reshape(shape)
        )
    return found
