"""How far models that judge answers agree with the metrics that need no model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.records import QuestionRecord

Evaluator = Literal["faithfulness", "correctness", "relevancy"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """One evaluator over the `answers` both it and the metric decided; `unread` of its replies said neither.

    `judge_passes` and `metric_passes` are shares of those answers, `raw` that of the ones on which both say the same,
    `kappa` the agreement beyond chance: None where both are of one mind about every answer, for then chance would be.
    """

    evaluator: Evaluator
    answers: int
    unread: int
    judge_passes: float
    metric_passes: float
    raw: float
    kappa: float | None


def faithful(record: QuestionRecord) -> bool | None:
    """An answer whose quotes have all its numbers and support all its statements; None of a refusal."""
    if record.scores is None or record.answer is None or record.answer["refused"]:
        return None
    supported = record.citations is None or record.citations.recall in (None, 1.0)
    return supported and not record.scores.unsupported


def correct(record: QuestionRecord) -> bool | None:
    """All facts in the answer; of an unanswerable question, a refusal."""
    if record.scores is None:
        return None
    return record.scores.facts_in_answer is True if record.answerable else record.scores.right_refusal


def relevant(record: QuestionRecord) -> bool | None:
    """An answer whose quotes have all facts, to a question that has an answer; None of a refusal."""
    if record.scores is None or record.answer is None or record.answer["refused"]:
        return None
    return record.answerable and record.scores.facts_in_quotes is True


METRICS: Mapping[Evaluator, Callable[[QuestionRecord], bool | None]] = {
    "faithfulness": faithful,
    "correctness": correct,
    "relevancy": relevant,
}
"""What each evaluator is compared with; it is asked about the answers that its metric decides."""


def agreement(evaluator: Evaluator, records: Sequence[QuestionRecord]) -> Agreement | None:
    """None where nothing was judged."""
    judged = [(record.judgements[evaluator].passing, METRICS[evaluator](record)) for record in records
              if evaluator in record.judgements]  # fmt: skip
    pairs = [(judge, metric) for judge, metric in judged if judge is not None and metric is not None]
    if not judged:
        return None
    count = max(1, len(pairs))
    return Agreement(
        evaluator=evaluator,
        answers=len(pairs),
        unread=sum(judge is None for judge, _ in judged),
        judge_passes=sum(judge for judge, _ in pairs) / count,
        metric_passes=sum(metric for _, metric in pairs) / count,
        raw=sum(judge == metric for judge, metric in pairs) / count,
        kappa=kappa(pairs),
    )


def kappa(pairs: Sequence[tuple[bool, bool]]) -> float | None:
    """Cohen's kappa of two raters (Cohen 1960): (observed - expected) / (1 - expected) agreement. None of no pairs, and
    where both raters say one and the same of everything."""
    if not pairs:
        return None
    one, other = (sum(rater) / len(pairs) for rater in zip(*pairs, strict=True))
    observed = sum(a == b for a, b in pairs) / len(pairs)
    expected = one * other + (1 - one) * (1 - other)
    return None if expected == 1 else (observed - expected) / (1 - expected)
