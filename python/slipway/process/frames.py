"""The frames that a server and a model process exchange: docs/reference/model-process.md."""

import os
from struct import Struct
from typing import List, NamedTuple, Optional, Sequence

PROTOCOL_VERSION = 1

OPEN, READY, UNOPENED, RUN, OUTPUTS, FAILED, CLOSE = range(1, 8)

# Length of the frame, kind, version, tensors, id of the run, bytes of the text.
HEAD = Struct("<IBBHII")
HEAD_BYTES = HEAD.size
MOST_BYTES = 2**32 - 8
START_BYTES = 256 * 1024


class FrameError(Exception):
    """What came is no frame; nothing that follows can be believed."""


class Frame(NamedTuple):
    kind: int
    tensors: int
    id: int
    text: memoryview
    """The whole frame: memory that the next read uses again."""
    body: memoryview


class FrameReader:
    """Finds frames in a blocking socket: one system call for as many as have come."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._buffer = memoryview(bytearray(START_BYTES))
        self._start = 0
        self._end = 0

    def next(self) -> Optional[Frame]:
        """The next frame; None at the end of the stream."""
        if self._start == self._end:
            self._start = self._end = 0
        if not self._fill(HEAD_BYTES):
            return None
        length, kind, version, tensors, run, text = HEAD.unpack_from(self._buffer, self._start)
        if version != PROTOCOL_VERSION:
            raise FrameError(f"The server speaks version {version} of the protocol, not {PROTOCOL_VERSION}.")
        if length < HEAD_BYTES + text or length % 8 != 0:
            raise FrameError("What the server said is no frame.")
        if not self._fill(length):
            return None
        body = self._buffer[self._start : self._start + length]
        self._start += length
        return Frame(kind, tensors, run, body[HEAD_BYTES : HEAD_BYTES + text], body)

    def _fill(self, wanted: int) -> bool:
        """Whether so many bytes are there; False at the end of the stream."""
        if self._end - self._start >= wanted:
            return True
        if self._start + wanted > len(self._buffer):
            self._make_room(wanted)
        while self._end - self._start < wanted:
            count = os.readv(self._fd, [self._buffer[self._end :]])
            if count == 0:
                return False
            self._end += count
        return True

    def _make_room(self, wanted: int) -> None:
        kept = bytes(self._buffer[self._start : self._end])
        if wanted > len(self._buffer):
            self._buffer = memoryview(bytearray(wanted))
        self._buffer[: len(kept)] = kept
        self._start, self._end = 0, len(kept)


def encode_text(kind: int, text: str, run: int = 0) -> List[bytes]:
    """A frame without tensors."""
    content = text.encode("utf-8")
    length = -(-(HEAD_BYTES + len(content)) // 8) * 8
    head = HEAD.pack(length, kind, PROTOCOL_VERSION, 0, run, len(content))
    return [(head + content).ljust(length, b"\0")]


FEW_BYTES = 64 * 1024
MOST_PIECES = 512


def write_pieces(fd: int, pieces: Sequence["bytes | memoryview"]) -> None:
    """Writes all of it: small answers in one call, big ones from where they lie."""
    if len(pieces) == 1 or sum(map(len, pieces)) <= FEW_BYTES:
        _write_all(fd, memoryview(b"".join(pieces)))
        return
    for first in range(0, len(pieces), MOST_PIECES):
        some = [piece for piece in pieces[first : first + MOST_PIECES] if len(piece) > 0]
        _write_pieces(fd, some)


def _write_pieces(fd: int, pieces: "List[bytes | memoryview]") -> None:
    while pieces:
        written = os.writev(fd, pieces)
        done = 0
        while done < len(pieces) and written >= len(pieces[done]):
            written -= len(pieces[done])
            done += 1
        pieces = pieces[done:]
        if written > 0:
            pieces[0] = memoryview(pieces[0])[written:]


def _write_all(fd: int, view: memoryview) -> None:
    while len(view) > 0:
        view = view[os.write(fd, view) :]
