"""Loading libraries and models, which live to the end of the process."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG = 20_000
"""Objects that are made before they are looked through: a question makes some thousands and drops them at its end."""


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Without garbage collection; what is there afterwards is never looked at again, and what is new only now and then.

    A quarter of the time of loading went there, a second or two at exit, and while serving half a second now and then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(YOUNG)
        gc.enable()
