"""Tensors in frames as numpy arrays: numbers are views of the frame, texts become objects."""

from struct import Struct, error as StructError
from typing import Any, Callable, Dict, List, NamedTuple, Sequence, Tuple

import numpy as np

from .errors import ModelError
from .frames import HEAD, HEAD_BYTES, MOST_BYTES, OUTPUTS, PROTOCOL_VERSION, Frame, FrameError

DATATYPES = (
    "BOOL",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "INT8",
    "INT16",
    "INT32",
    "INT64",
    "FP16",
    "FP32",
    "FP64",
    "BYTES",
)
DTYPES: Dict[str, np.dtype] = {
    "BOOL": np.dtype("?"),
    "UINT8": np.dtype("u1"),
    "UINT16": np.dtype("<u2"),
    "UINT32": np.dtype("<u4"),
    "UINT64": np.dtype("<u8"),
    "INT8": np.dtype("i1"),
    "INT16": np.dtype("<i2"),
    "INT32": np.dtype("<i4"),
    "INT64": np.dtype("<i8"),
    "FP16": np.dtype("<f2"),
    "FP32": np.dtype("<f4"),
    "FP64": np.dtype("<f8"),
}
CODES = {name: code for code, name in enumerate(DATATYPES)}
BYTES = CODES["BYTES"]
_BY_CODE = [DTYPES.get(name) for name in DATATYPES]
_DATATYPE_OF = {dtype: name for name, dtype in DTYPES.items()}
_CODE_OF = {dtype: CODES[name] for name, dtype in DTYPES.items()}

MISSING = b"\xff"
"""A missing text: a byte that no UTF-8 has."""

_U16 = Struct("<H")
_U32 = Struct("<I")
_SPAN = Struct("<II")
_SHAPES = [Struct(f"<{rank}I") for rank in range(9)]


class _Place(NamedTuple):
    name: str
    code: int
    shape: Tuple[int, ...]
    length: int
    start: int


class TensorReader:
    """Reads the tensors of runs. The heads of runs of as many rows are alike, so they are read once."""

    def __init__(self) -> None:
        self._known: Dict[bytes, List[_Place]] = {}
        self._head_bytes = 0

    def read(self, frame: Frame) -> List[np.ndarray]:
        """The arrays of a run, in order. Texts are `str`, what is no UTF-8 `bytes`, missing ones None.

        Numbers are views of memory that the next frame uses again.
        """
        body = frame.body
        places = self._known.get(bytes(body[HEAD_BYTES : HEAD_BYTES + self._head_bytes]))
        if places is None or len(places) != frame.tensors:
            places = self._places(frame)
        arrays = []
        for _, code, shape, length, start in places:
            if code == BYTES:
                arrays.append(read_texts(body[start : start + length], shape))
                continue
            array = np.frombuffer(body, _BY_CODE[code], length // _BY_CODE[code].itemsize, start)
            arrays.append(array if len(shape) == 1 else array.reshape(shape))
        return arrays

    def _places(self, frame: Frame) -> List[_Place]:
        try:
            places, end = _read_heads(frame)
        except (StructError, IndexError, UnicodeDecodeError) as error:
            raise FrameError(f"A run of the server cannot be read: {error}.") from None
        for _, code, shape, length, start in places:
            if start + length > len(frame.body):
                raise FrameError("A tensor ends after its frame.")
            if code != BYTES and length != int(np.prod(shape, dtype=np.int64)) * _BY_CODE[code].itemsize:
                raise FrameError("The bytes of a tensor are not those of its shape.")
        if len(self._known) >= 64 or end - HEAD_BYTES != self._head_bytes:
            self._known.clear()
        self._head_bytes = end - HEAD_BYTES
        self._known[bytes(frame.body[HEAD_BYTES:end])] = places
        return places


def _read_heads(frame: Frame) -> Tuple[List[_Place], int]:
    body = frame.body
    at = HEAD_BYTES + len(frame.text)
    places = []
    for _ in range(frame.tensors):
        (name_bytes,) = _U16.unpack_from(body, at)
        at += 2
        name = str(body[at : at + name_bytes], "utf-8")
        at += name_bytes
        code, rank = body[at], body[at + 1]
        if code > BYTES:
            raise FrameError(f"There is no datatype {code}.")
        sizes = _shape_struct(rank)
        shape = sizes.unpack_from(body, at + 2)
        at += 2 + sizes.size
        length, start = _SPAN.unpack_from(body, at)
        at += 8
        places.append(_Place(name, code, shape, length, start))
    return places, at


def _shape_struct(rank: int) -> Struct:
    return _SHAPES[rank] if rank < len(_SHAPES) else Struct(f"<{rank}I")


def read_texts(data: memoryview, shape: Sequence[int]) -> np.ndarray:
    """The elements of a BYTES tensor as an array of objects."""
    values: List[Any] = []
    content = bytes(data)
    at, end, unpack = 0, len(content), _U32.unpack_from
    while at < end:
        (length,) = unpack(content, at)
        at += 4 + length
        element = content[at - length : at]
        try:
            values.append(element.decode("utf-8"))
        except UnicodeDecodeError:
            values.append(None if element == MISSING else element)
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array if len(shape) == 1 else array.reshape(shape)


def encode_outputs(run: int, outputs: Sequence[Tuple[str, np.ndarray]]) -> List["bytes | memoryview"]:
    """The frame with the answer of a run, in pieces: arrays of numbers go from where they lie."""
    heads, pieces, spans = [], [], []
    for name, array in outputs:
        code, data = _to_bytes(name, array)
        encoded = name.encode("utf-8")
        shape = array.shape
        heads.append(
            (_U16.pack(len(encoded)) + encoded + bytes((code, len(shape))) + _shape_struct(len(shape)).pack(*shape))
        )
        spans.append(len(data))
        pieces.append(data)
    head_bytes = HEAD_BYTES + sum(map(len, heads)) + 8 * len(heads)
    at = start = -(-head_bytes // 8) * 8
    text = bytearray()
    content: List["bytes | memoryview"] = []
    for head, span, data in zip(heads, spans, pieces):
        text += head
        text += _SPAN.pack(span, at)
        content.append(data)
        if span % 8:
            content.append(b"\0" * (-span % 8))
        at += span + -span % 8
    if at > MOST_BYTES:
        raise ModelError("model_failed", f"The answer has {at} bytes, more than the 4 GiB that one run may answer.")
    first = HEAD.pack(at, OUTPUTS, PROTOCOL_VERSION, len(heads), run, 0) + text
    return [first.ljust(start, b"\0"), *content]


def datatype_of(array: np.ndarray) -> str:
    """The name of its datatype in the Open Inference Protocol."""
    return _DATATYPE_OF.get(array.dtype, "BYTES")


def _to_bytes(name: str, array: np.ndarray) -> Tuple[int, "bytes | memoryview"]:
    code = _CODE_OF.get(array.dtype)
    if code is None:
        return BYTES, _encode_texts(name, array)
    if array.nbytes <= 4096 or not array.flags.c_contiguous:
        return code, array.tobytes()
    return code, memoryview(array).cast("B")


def _encode_texts(name: str, array: np.ndarray) -> bytes:
    parts: List[bytes] = []
    pack: Callable[[int], bytes] = _U32.pack
    for element in array.ravel().tolist():
        if isinstance(element, str):
            data = element.encode("utf-8", "surrogatepass")
        elif isinstance(element, bytes):
            data = element
        elif element is None:
            data = MISSING
        else:
            raise ModelError(
                "model_failed", f'The output "{name}" holds a {type(element).__name__}, which cannot be sent.'
            )
        parts.append(pack(len(data)))
        parts.append(data)
    return b"".join(parts)
