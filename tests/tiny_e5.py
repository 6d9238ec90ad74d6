"""A tiny packed embedder, written from the format's description."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import numpy as np

from seeds import e5

HIDDEN, LAYERS, HEADS, FEED_FORWARD, VOCABULARY, POSITIONS, TYPES = 32, 2, 4, 64, 12, 16, 2
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁query", "▁passage", ":", "▁안녕", "▁a", "b"]
SCORES = [0.0, 0.0, 0.0, 0.0, -1.0, -1.5, -2.0, -2.5, -3.0, -3.5]
MATRICES = {"q": (32, 32), "k": (32, 32), "v": (32, 32), "ao": (32, 32), "fi": (64, 32), "fo": (32, 64)}


def quantize(matrix: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Q4_0 bytes of a matrix, one number at a time, and the matrix that they stand for."""
    stored, meant = b"", []
    for block in matrix.reshape(-1, 32).tolist():
        scale = float(np.float16(max(abs(x) for x in block) / 7 or 1.0))
        steps = [min(15, max(0, round(x / scale) + 8)) for x in block]
        stored += struct.pack("<e", scale)
        stored += bytes(steps[i] | steps[i + 16] << 4 for i in range(16))
        meant += [scale * (step - 8) for step in steps]
    return stored, np.array(meant).reshape(matrix.shape)


@cache
def tiny() -> tuple[bytes, dict[str, np.ndarray]]:
    """A whole packed file, and the weights it holds by their packed names."""
    rng = np.random.default_rng(7)
    weights: dict[str, np.ndarray] = {}
    stored: dict[str, tuple[int, int, bytes]] = {}

    def add(name: str, matrix: np.ndarray, packed: bool) -> None:
        if packed:
            data, weights[name] = quantize(matrix)
        else:
            data, weights[name] = matrix.astype("<f4").tobytes(), matrix.astype(np.float32).astype(float)
        stored[name] = (int(packed), matrix.size, data)

    def norm(name: str) -> None:
        add(f"{name}.w", 1 + 0.1 * rng.standard_normal(HIDDEN), False)
        add(f"{name}.b", 0.1 * rng.standard_normal(HIDDEN), False)

    add("emb.word", rng.standard_normal((VOCABULARY, HIDDEN)), True)
    add("emb.pos", 0.3 * rng.standard_normal((POSITIONS, HIDDEN)), False)
    add("emb.type", 0.3 * rng.standard_normal((TYPES, HIDDEN)), False)
    norm("emb.ln")
    for layer in range(LAYERS):
        for name, shape in MATRICES.items():
            add(f"l{layer}.{name}.w", 0.4 * rng.standard_normal(shape), True)
            add(f"l{layer}.{name}.b", 0.1 * rng.standard_normal(shape[0]), False)
        norm(f"l{layer}.aln")
        norm(f"l{layer}.oln")

    head = b"E5S1" + struct.pack(
        "<I7ifi", 1, HIDDEN, LAYERS, HEADS, FEED_FORWARD, VOCABULARY, POSITIONS, TYPES, 1e-12, 32
    )
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += ends.astype("<u4").tobytes() + np.array(SCORES, "<f4").tobytes() + blob
    table = struct.pack("<IBI", 0xFF21, 1, 0x41)
    head += struct.pack("<iI", 1, len(table)) + table
    head += struct.pack("<i", len(stored))
    start = len(head) + sum(2 + len(name) + 21 for name in stored)
    body = b""
    for name, (kind, count, data) in stored.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, count, start + len(body), len(data))
        body += data
    return head + body, weights


def converted(data: bytes, folder: Path) -> Path:
    packed, out = folder / "packed.bin", folder / "out"
    packed.write_bytes(data)
    out.mkdir()
    e5.convert(packed, out)
    return out


TOKENIZER = 4 + 4 + 28 + 4 + 4
