"""Freed memory goes back to the system."""

from __future__ import annotations

import ctypes
import platform
from pathlib import Path

import pytest

from index import memory


def _resident_kib() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has malloc_trim")
def test_what_was_freed_between_what_is_kept_is_handed_back() -> None:
    """Blocks too small to be mapped by themselves, each second one freed: the heap cannot shrink from its end."""
    library = ctypes.CDLL(None)
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.argtypes = [ctypes.c_void_p]
    blocks = [library.malloc(64_000) for _ in range(2_000)]
    for block in blocks:
        ctypes.memset(block, 1, 64_000)
    for block in blocks[::2]:
        library.free(block)
    before = _resident_kib()
    memory.give_back()
    assert before - _resident_kib() > 40_000  # of the 64 MB that were freed
    for block in blocks[1::2]:
        library.free(block)


def test_where_the_library_cannot_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_trim", lambda: None)
    memory.give_back()
