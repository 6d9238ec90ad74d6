"""How the time of reading a text grows: what a noisy machine cannot hide, as it can seconds."""

import time
from collections.abc import Callable

TRIES = 3


def growth(read: Callable[[str], object], text: str) -> float:
    """The time for a text over the time for its first quarter: about 4 when linear, 16 when quadratic.

    Processor time, the best of some tries; below 5 ms it is the clock that is measured, and they count as 5 ms.
    """

    def seconds(told: str) -> float:
        started = time.process_time()
        read(told)
        return time.process_time() - started

    read("")  # what is compiled once
    # Each try reads another text: what was read before is remembered.
    quarter, whole = (
        min(seconds(text[:length] + "\n" * tried) for tried in range(TRIES)) for length in (len(text) // 4, len(text))
    )
    return whole / max(quarter, 0.005)
