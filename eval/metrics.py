"""What is told of many questions: means and medians with their intervals, and the rates of NoMIRACL.

Intervals are percentile bootstraps (Efron 1979; Efron and Tibshirani 1993, chapter 13): the questions are drawn with
replacement, and what 95% of the draws come to is the interval. It says how much the figure owes to these questions
rather than others like them; where all questions score alike it is a point, and says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.records import QuestionRecord

CONFIDENCE = 0.95
SAMPLES = 10_000
SEED = 0
_CELLS = 4_000_000
"""Numbers drawn at a time: 32 MB."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure over `count` questions and its 95% interval, `low` to `high`, all in one unit."""

    value: float
    low: float
    high: float
    count: int

    @property
    def sum(self) -> float:
        """Of a share: how many questions it holds for."""
        return self.value * self.count


def mean(values: Iterable[float]) -> Estimate | None:
    """Of a share, give 1 for each question it holds for and 0 for each other; None of no values."""
    return _estimate(values, np.mean)


def median(values: Iterable[float]) -> Estimate | None:
    """None of no values."""
    return _estimate(values, np.median)


def percentile(values: Iterable[float], percent: float) -> Estimate | None:
    """By linear interpolation between the closest ranks; None of no values."""
    return _estimate(values, lambda drawn, axis: np.percentile(drawn, percent, axis=axis))


def resampled(values: Floats, statistic: Callable[..., Any], *, samples: int = SAMPLES, seed: int = SEED) -> Floats:
    """The statistic of each draw with replacement. `values` (n,), one a question; float64 (samples,)."""
    drawing = np.random.default_rng(seed)
    at_once = max(1, _CELLS // len(values))
    parts = [
        statistic(values[drawing.integers(len(values), size=(min(at_once, samples - done), len(values)))], axis=1)
        for done in range(0, samples, at_once)
    ]
    found: Floats = np.concatenate(parts)
    return found


def hallucination_rate(records: Sequence[QuestionRecord]) -> Estimate | None:
    """Of the unanswerable questions, the share that was answered (Thakur et al. 2024, NoMIRACL, arXiv:2312.11361).

    Questions that failed were neither answered nor refused, and are left out; None when none is left.
    """
    return mean(float(not refused) for record, refused in _decided(records) if not record.answerable)


def error_rate(records: Sequence[QuestionRecord]) -> Estimate | None:
    """Of the answerable questions, the share that was refused (the same source); failed questions are left out."""
    return mean(float(refused) for record, refused in _decided(records) if record.answerable)


def _decided(records: Sequence[QuestionRecord]) -> list[tuple[QuestionRecord, bool]]:
    return [(record, bool(record.answer["refused"])) for record in records if record.answer is not None]


def _estimate(values: Iterable[float], statistic: Callable[..., Any]) -> Estimate | None:
    told = np.fromiter(values, dtype=np.float64)
    if not len(told):
        return None
    low, high = np.percentile(resampled(told, statistic), [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return Estimate(float(statistic(told, axis=0)), float(low), float(high), len(told))
