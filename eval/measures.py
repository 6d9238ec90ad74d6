"""What is measured of each question, one number each: tables, pictures and comparisons read the same list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.answers import Scores
from eval.citations import CitationScores
from eval.records import QuestionRecord

Value = Callable[[QuestionRecord], float | None]


@dataclass(frozen=True, slots=True)
class Measure:
    """A share: 0 to 1 of one question, the mean over those it applies to. `of` is None where it does not apply; a
    question that failed is wrong. `en` and `ko` are its names, `en_told` and `ko_told` say it in a line."""

    key: str
    en: str
    ko: str
    of: Value
    en_told: str
    ko_told: str


def _of(pick: Callable[[Scores], float | None], applies: Callable[[QuestionRecord], bool] = lambda _: True) -> Value:
    def value(record: QuestionRecord) -> float | None:
        if not applies(record):
            return None
        if record.scores is None:
            return 0.0
        picked = pick(record.scores)
        return None if picked is None else float(picked)

    return value


def _cited(pick: Callable[[CitationScores], float | None]) -> Value:
    """Of answers that cite: a refusal cites nothing, and neither does a question that failed."""
    return lambda record: None if record.citations is None else pick(record.citations)


def _answerable(record: QuestionRecord) -> bool:
    return record.answerable


def _unanswerable(record: QuestionRecord) -> bool:
    return not record.answerable


MEASURES = (
    Measure(
        "facts", "facts in the answer", "답에 있는 사실", _of(lambda scores: scores.facts_in_answer, _answerable),
        "Answerable questions whose answer holds every expected fact",
        "답할 수 있는 질문 중 기대한 사실이 모두 답에 있는 비율",
    ),
    Measure(
        "quotes", "facts in the quotes", "인용에 있는 사실", _of(lambda scores: scores.facts_in_quotes, _answerable),
        "Answerable questions whose quotes hold every expected fact",
        "답할 수 있는 질문 중 기대한 사실이 모두 인용 문장에 있는 비율",
    ),
    Measure(
        "refusals", "right refusals", "올바른 거절", _of(lambda scores: scores.right_refusal),
        "Questions refused exactly when the articles do not answer them",
        "기사에 답이 없을 때만 거절한 비율",
    ),
    Measure(
        "refused", "refused, of the unanswerable", "답 없는 질문의 거절",
        _of(lambda scores: scores.right_refusal, _unanswerable),
        "Unanswerable questions that were refused", "기사에 답이 없는 질문 중 거절한 비율",
    ),
    Measure(
        "answered", "answered, of the answerable", "답 있는 질문의 답변",
        _of(lambda scores: scores.right_refusal, _answerable),
        "Answerable questions that were answered", "기사에 답이 있는 질문 중 답한 비율",
    ),
    Measure(
        "article", "right citation article", "올바른 기사 인용", _of(lambda scores: scores.right_article, _answerable),
        "Answerable questions that cite an article that says it",
        "답할 수 있는 질문 중 답이 있는 기사를 인용한 비율",
    ),
    Measure(
        "language", "right language", "올바른 언어", _of(lambda scores: scores.right_language),
        "Answers in the language of the question", "질문과 같은 언어로 답한 비율",
    ),
    Measure(
        "supported", "no unsupported quantity", "근거 없는 수치 없음", _of(lambda scores: not scores.unsupported),
        "Answers without a number that their quotes do not bear out", "인용 문장에 없는 수치를 말하지 않은 비율",
    ),
    Measure(
        "recall", "citation recall", "인용 재현율", _cited(lambda citations: citations.recall),
        "Share of an answer's statements that its citations bear out, mean over answers",
        "답의 문장 중 인용이 뒷받침하는 비율, 답 평균",
    ),
    Measure(
        "own-recall", "citation recall, own words", "인용 재현율, 직접 쓴 문장",
        _cited(lambda citations: citations.written_recall),
        "The same without quotations, which bear themselves out", "스스로를 뒷받침하는 인용문을 뺀 값",
    ),
    Measure(
        "precision", "citation precision", "인용 정밀도", _cited(lambda citations: citations.precision),
        "Share of an answer's citations that bear their statement out, mean over answers",
        "답의 인용 중 문장을 뒷받침하는 비율, 답 평균",
    ),
    Measure(
        "own-precision", "citation precision, own words", "인용 정밀도, 직접 쓴 문장",
        _cited(lambda citations: citations.written_precision),
        "The same without quotations, which bear themselves out", "스스로를 뒷받침하는 인용문을 뺀 값",
    ),
)  # fmt: skip
BY_KEY = {measure.key: measure for measure in MEASURES}


def values(measure: Measure, records: Sequence[QuestionRecord]) -> list[float]:
    """Of the questions it applies to, in order."""
    return [value for record in records if (value := measure.of(record)) is not None]


def seconds(record: QuestionRecord) -> float | None:
    """How long the whole answer took; None when there was none."""
    return None if record.error is not None else record.elapsed_ms / 1000
