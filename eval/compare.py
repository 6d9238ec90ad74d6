"""Two runs over the same questions: what got better or worse, and whether chance would do the same.

Significance is by the paired bootstrap (Efron and Tibshirani 1993; for systems scored on the same test set,
Berg-Kirkpatrick et al. 2012, "An Empirical Investigation of Statistical Significance in NLP"): the questions both runs
asked are drawn with replacement, each with both its scores, and the difference is taken anew for every draw.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from eval.datasets import DataError
from eval.measures import MEASURES, Measure, seconds
from eval.metrics import CONFIDENCE, SAMPLES, SEED, Floats, resampled
from eval.records import LOCAL, QuestionRecord, RunRecord

_PARTS = {"refused", "answered", "own-recall", "own-precision"}
_EQUAL = 1e-9  # what rounding may part
Run = tuple[RunRecord, Sequence[QuestionRecord]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both runs, over the `questions` it applies to in both; `difference` is after minus before.

    `unit` is "share" (0 to 1, the mean; more is better) or "seconds" (the median; less is better). `low` and `high`
    bound its 95% interval, which reaches as far to either side as 95% of the draws are from the difference: so it
    lies on one side of zero just where `p` (two-sided) is under 0.05, and then the `verdict` is "better" or "worse".
    """

    measure: str
    unit: Literal["share", "seconds"]
    questions: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    p: float

    @property
    def verdict(self) -> Literal["better", "worse", "same"]:
        if self.low <= _EQUAL and self.high >= -_EQUAL:
            return "same"
        return "better" if (self.difference > 0) == (self.unit == "share") else "worse"

    def worse_than(self, allowed: float) -> bool:
        """Whether it is worse by more than `allowed` (in its unit), and that surely: the whole interval is."""
        return self.high < -allowed - _EQUAL if self.unit == "share" else self.low > allowed + _EQUAL


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose answer changed, by these measures in that direction."""

    before: QuestionRecord
    after: QuestionRecord
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """`better` and `worse` can share a question, by different measures. `missing` are the ids of questions that the
    second run was not asked: what it lacks may be what it fails, so they close a gate."""

    before: RunRecord
    after: RunRecord
    questions: int
    missing: tuple[str, ...]
    differences: tuple[Difference, ...]
    better: tuple[Change, ...]
    worse: tuple[Change, ...]

    def failing(self, allow: float, allow_seconds: float | None) -> list[Difference]:
        """The measures that close a gate: shares surely down by more than `allow`, and where it is told the median
        wait surely up by more than `allow_seconds`."""
        limits = {"share": allow, "seconds": allow_seconds}
        return [one for one in self.differences if (limit := limits[one.unit]) is not None and one.worse_than(limit)]

    def to_json(self, allow: float, allow_seconds: float | None) -> dict[str, Any]:
        """What `gisa eval compare --json` prints (docs/evaluation.md)."""
        return {
            "before": self.before.model_dump(),
            "after": self.after.model_dump(),
            "questions": self.questions,
            "missing": list(self.missing),
            "differences": [{**asdict(one), "verdict": one.verdict} for one in self.differences],
            "better": [_told(change) for change in self.better],
            "worse": [_told(change) for change in self.worse],
            "failing": [one.measure for one in self.failing(allow, allow_seconds)],
        }


def compare(before: Run, after: Run, *, samples: int = SAMPLES, seed: int = SEED) -> Comparison:
    """Raises DataError: the runs are of different questions or articles, or have no question in common."""
    _check(before[0], after[0])
    old = {record.key: record for record in before[1]}
    asked = {record.key for record in after[1]}
    pairs = [(old[record.key], record) for record in after[1] if record.key in old]
    if not pairs:
        raise DataError(
            "The two runs have no question in common. Compare runs that asked the same ones.",
            "두 평가에 공통 질문이 없습니다. 같은 질문을 한 평가끼리 비교하세요.",
        )
    differences = [_shares(measure, pairs, samples, seed) for measure in MEASURES]
    return Comparison(
        before=before[0],
        after=after[0],
        questions=len(pairs),
        missing=tuple(record.id for key, record in old.items() if key not in asked),
        differences=tuple(one for one in [*differences, _time(pairs, samples, seed)] if one is not None),
        better=_changes(pairs, lambda was, now: now > was),
        worse=_changes(pairs, lambda was, now: now < was),
    )


def _check(before: RunRecord, after: RunRecord) -> None:
    names = sorted(before.sets.keys() | after.sets.keys())
    differ = [name for name in names if before.sets.get(name) != after.sets.get(name)]
    if differ:
        listed = ", ".join(differ)
        raise DataError(
            f"The two runs asked different questions: the set {listed} is not the same file in both. "
            "Run both on one version of it, then compare.",
            f"두 평가의 질문이 다릅니다: {listed} 파일이 서로 같지 않습니다. 같은 파일로 평가한 뒤 비교하세요.",
        )
    of = [run.asked_of for run in (before, after)]
    if None in (before.articles_sha256, after.articles_sha256) and LOCAL == before.target == after.target:
        of = [before.articles, after.articles]  # a run of an older release does not tell what its articles say
    if of[0] != of[1]:
        told = " and ".join(_where(run) for run in (before, after))
        raise DataError(
            f"The two runs asked different articles ({told}). Run both on the same ones, then compare.",
            f"두 평가의 기사가 다릅니다({told}). 같은 기사로 평가한 뒤 비교하세요.",
        )


def _where(run: RunRecord) -> str:
    return f"{run.articles}, {run.articles_sha256[:12] if run.articles_sha256 else run.collection}"


Pairs = Sequence[tuple[QuestionRecord, QuestionRecord]]


def _shares(measure: Measure, pairs: Pairs, samples: int, seed: int) -> Difference | None:
    scored = [(measure.of(was), measure.of(now)) for was, now in pairs]
    return _difference(measure.key, "share", scored, samples, seed)


def _time(pairs: Pairs, samples: int, seed: int) -> Difference | None:
    return _difference("seconds", "seconds", [(seconds(was), seconds(now)) for was, now in pairs], samples, seed)


def _difference(
    name: str,
    unit: Literal["share", "seconds"],
    scored: Sequence[tuple[float | None, float | None]],
    samples: int,
    seed: int,
) -> Difference | None:
    both = np.array([pair for pair in scored if None not in pair], dtype=np.float64)
    if not len(both):
        return None
    average: Callable[..., Any] = np.mean if unit == "share" else np.median
    before, after = (float(value) for value in average(both, axis=0))
    observed = after - before
    drawn = resampled(both, average, samples=samples, seed=seed)
    drawn = drawn[:, 1] - drawn[:, 0]
    reach = float(np.quantile(np.abs(drawn - observed), CONFIDENCE, method="higher"))
    p = p_value(drawn, observed)
    return Difference(name, unit, len(both), before, after, observed, observed - reach, observed + reach, p)


def p_value(drawn: Floats, observed: float) -> float:
    """Two-sided: how often a draw, moved so that there is no difference, is as far from zero as what was observed.

    One is added to both counts, for a sample of draws never shows that something is impossible.
    """
    if observed == 0:
        return 1.0
    far = np.count_nonzero(np.abs(drawn - observed) >= abs(observed) - _EQUAL)
    return float((far + 1) / (len(drawn) + 1))


def _changes(pairs: Pairs, moved: Callable[[float, float], bool]) -> tuple[Change, ...]:
    """By measures that do not repeat another for a part of the questions or of the answers."""
    found: list[Change] = []
    for was, now in pairs:
        keys = []
        for measure in MEASURES:
            old, new = measure.of(was), measure.of(now)
            if measure.key not in _PARTS and old is not None and new is not None and moved(old, new):
                keys.append(measure.key)
        if keys:
            found.append(Change(was, now, tuple(keys)))
    return tuple(found)


def _told(change: Change) -> dict[str, Any]:
    record = change.after
    return {
        "set": record.set,
        "id": record.id,
        "language": record.language,
        "question": record.question,
        "measures": list(change.measures),
        "before": _answer(change.before),
        "after": _answer(record),
    }


def _answer(record: QuestionRecord) -> str | None:
    return None if record.answer is None else str(record.answer["answer"])
