"""Memory that was freed and that the C library keeps."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import lru_cache


def give_back() -> None:
    """Hand it back to the system, where the library can (glibc). Takes about a millisecond.

    Batches of ever other shapes leave gaps that no later one fits: docs/decisions.md has what that takes.
    """
    if (trim := _trim()) is not None:
        trim(0)


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], int] | None:
    try:
        found: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # TypeError: Windows has no library of the process itself
        return None
    return found
