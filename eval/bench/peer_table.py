"""The one table: gisa and its peers over the questions that all of them were asked."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from eval.baselines.refusals import refuses
from eval.bench.peer_records import AnswerRecord, Comparison
from eval.bench.peer_scores import PeerScores, Scorer
from eval.bench.peer_worker import OURS, PEERS, SYSTEMS
from eval.datasets import DataError, GoldenQuestion, GoldenSet
from eval.metrics import CONFIDENCE, Estimate, mean, median, percentile, resampled
from eval.newsroom.data import NewsroomQuestion
from eval.newsroom.score import Result, matches
from seeds.loaders import shipped_articles

_MARK = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
Answered = tuple[GoldenQuestion, AnswerRecord, PeerScores | None]
"""A question, what a system answered, and its scores: None for an error."""


@dataclass(frozen=True, slots=True)
class Column:
    """One system over the questions."""

    system: str
    answered: tuple[Answered, ...]
    vectors_a_second: float | None

    def shares(self, pick: Callable[[PeerScores], float | bool | None], answerable: bool | None = None) -> list[float]:
        """The value of each question it applies to; failed ones are left out."""
        told = [
            pick(scores)
            for question, _, scores in self.answered
            if scores is not None and answerable in (None, question.answerable)
        ]
        return [float(value) for value in told if value is not None]

    @property
    def right(self) -> list[float]:
        """1 for each answerable question whose answer has all facts, 0 for each other: also where there was none."""
        asked = [scores for question, _, scores in self.answered if question.answerable]
        return [float(scores is not None and bool(scores.facts)) for scores in asked]

    @property
    def facts(self) -> float:
        """Share of the answerable questions that have all facts."""
        return statistics.fmean(self.right or [0.0])

    @property
    def seconds(self) -> list[float]:
        return [record.seconds for _, record, scores in self.answered if scores is not None]

    @property
    def wrong(self) -> int:
        return sum(bool(scores.wrong) for _, _, scores in self.answered if scores is not None)


def markdown(done: Comparison, golden: GoldenSet) -> str:
    """The table, what issue 5 asks of it, and where it comes from. Raises DataError when nothing can be compared."""
    columns = tabulated(done, golden)
    head = ["", *(column.system for column in columns)]
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in _rows(columns))]
    return "\n".join([*lines, "", *_asked(columns), "", *sources(done, golden)])


def tabulated(done: Comparison, golden: GoldenSet) -> list[Column]:
    """The systems in the order of the table, over the questions that each of them has been asked."""
    questions = {question.id: question for question in golden.questions}
    systems = [system for system in SYSTEMS if any(name == system for name, _ in done.answers)]
    common = [q for q in questions if systems and all((system, q) in done.answers for system in systems)]
    if not common:
        raise DataError(
            "There is no question that every system was asked. Go on with `python -m eval.bench.peers --out FILE`, and "
            "name the question file with --set.",
            "모든 시스템이 답한 질문이 없습니다. `python -m eval.bench.peers --out 파일`로 이어서 하고, 질문 파일은 "
            "--set으로 지정하세요.",
        )
    scorer = Scorer(shipped_articles())
    columns = []
    for system in systems:
        records = [(questions[q], done.answers[system, q]) for q in common]
        answered = tuple((question, record, scorer.score(question, record)) for question, record in records)
        rates = [one.vectors / one.ingest_s for one in done.systems.get(system, ()) if one.ingest_s]
        columns.append(Column(system, answered, statistics.median(rates) if rates else None))
    return columns


def newsroom_markdown(done: Comparison, asked: GoldenSet, questions: Sequence[NewsroomQuestion]) -> str:
    """Of each system, what it asserts of the single facts of a newsroom set, right and wrong. Raises DataError when
    nothing can be compared.

    All that a peer writes is asserted, its marks of citation apart.
    """
    by_id = {question.id: question for question in questions}
    columns = tabulated(done, asked)
    results = [
        [(by_id[question.id], asserted_as(by_id[question.id], record)) for question, record, _ in column.answered]
        for column in columns
    ]

    def share(its: Sequence[tuple[NewsroomQuestion, Result]], result: Result, *, answerable: bool) -> str:
        return _counted([float(one == result) for question, one in its if question.answerable == answerable])

    def wrong(its: Sequence[tuple[NewsroomQuestion, Result]]) -> str:
        return _counted([float(one == "wrong") for _, one in its if one != "refused"])

    rows = [
        ["", *(column.system for column in columns)],
        ["---"] * (len(columns) + 1),
        ["asserted right, of what can be answered", *(share(its, "right", answerable=True) for its in results)],
        ["asserted wrong, of all answers", *map(wrong, results)],
        ["refused what can be answered", *(share(its, "refused", answerable=True) for its in results)],
        ["refused what cannot be answered", *(share(its, "refused", answerable=False) for its in results)],
        ["whole answer, median", *(_seconds(median(column.seconds)) for column in columns)],
    ]
    return "\n".join([*map(_row, rows), "", *sources(done, asked)])


def asserted_as(question: NewsroomQuestion, record: AnswerRecord) -> Result:
    """How an answer counts by what it asserts; a system that failed asserts nothing."""
    if record.error is not None:
        return "refused"
    said = _MARK.sub("", record.answer) if record.asserted is None else record.asserted
    right = question.answerable and bool(said) and matches(question, said)
    if record.refused or (record.refused is None and refuses(record.answer) and not right):
        return "refused"
    if not said:
        return "quoted"
    return "right" if right else "wrong"


def _rows(columns: Sequence[Column]) -> Iterable[list[str]]:
    def each(name: str, cell: Callable[[Column], str]) -> list[str]:
        return [name, *map(cell, columns)]

    yield each("questions asked / failed", lambda c: f"{len(c.answered)} / {sum(s is None for _, _, s in c.answered)}")
    yield each("facts in the answer", lambda c: _counted(c.right))
    yield each("facts in what is cited", lambda c: _counted(c.shares(lambda s: s.facts_cited, answerable=True)))
    yield each("facts in what the model was shown", lambda c: _counted(c.shares(lambda s: s.facts_given, True)))
    yield each("unanswerable, yet answered", lambda c: _counted(c.shares(lambda s: not s.refused, answerable=False)))
    yield each("answerable, yet refused", lambda c: _counted(c.shares(lambda s: s.refused, answerable=True)))
    yield each("language of the question", lambda c: _counted(c.shares(lambda s: s.right_language)))
    yield each("answers with a quantity that no text has", lambda c: str(c.wrong))
    yield each("citation recall", lambda c: _percent(c.shares(lambda s: s.recall)))
    yield each("citation precision", lambda c: _percent(c.shares(lambda s: s.precision)))
    yield each("whole answer, median", lambda c: _seconds(median(c.seconds)))
    yield each("whole answer, 95th percentile", lambda c: _seconds(percentile(c.seconds, 95)))
    yield each("longest prompt, tokens: median / most", _tokens)
    yield each("memory, peak", lambda c: f"{max(record.memory_mib for _, record, _ in c.answered) / 1024:.1f} GiB")
    yield each("ingest, vectors a second", lambda c: _number(c.vectors_a_second))


def _asked(columns: Sequence[Column]) -> Iterable[str]:
    """What the issue asks for: gisa against the best of those that write with the same model."""
    ours = next((column for column in columns if column.system == OURS), None)
    peers = [column for column in columns if column.system in PEERS]
    if ours is None or not peers:
        return
    best = max(peers, key=lambda column: column.facts)
    low, high = _difference(ours, best)
    yield (
        f"- Facts right, gisa minus the best peer ({best.system}): {100 * (ours.facts - best.facts):+.1f} points "
        f"({CONFIDENCE:.0%} interval {100 * low:+.1f} to {100 * high:+.1f}, paired bootstrap); at least 50 asked."
    )
    yield f"- Answers with a quantity that no text has: gisa {ours.wrong}, {best.system} {best.wrong}; 0 asked."
    if ours.seconds and best.seconds and statistics.median(ours.seconds):
        times = {c.system: statistics.median(c.seconds) / statistics.median(ours.seconds) for c in peers if c.seconds}
        others = ", ".join(f"{name} {ratio:.1f}" for name, ratio in times.items() if name != best.system)
        yield (
            f"- Median of a whole answer, {best.system}'s over gisa's: {times[best.system]:.1f}; at least 4 asked"
            f"{f' (the others: {others})' if others else ''}."
        )


def _difference(ours: Column, best: Column) -> tuple[float, float]:
    """Bounds of the interval of the difference in facts: both answers to each question are drawn together."""
    drawn = resampled(np.array(ours.right or [0.0]) - np.array(best.right or [0.0]), np.mean)
    low, high = np.percentile(drawn, [50 * (1 - CONFIDENCE), 50 * (1 + CONFIDENCE)])
    return float(low), float(high)


def sources(done: Comparison, golden: GoldenSet) -> Iterable[str]:
    """Where the answers come from, a line each: every sitting, and what of them differs."""
    for one in done.sittings:
        libraries = ", ".join(f"{name} {number}" for name, number in one.versions.items())
        yield (
            f"- {one.time}, revision {one.revision}, {one.machine}; {one.questions}, {one.model}, peers: "
            f"{one.context_tokens} tokens of context, {one.max_tokens} of answer; {libraries}"
        )
    if others := sorted({one.sha256[:12] for one in done.sittings} - {golden.sha256[:12]}):
        told = f"{', '.join(others)}, scored by {golden.sha256[:12]}"
        yield f"- **another version of the questions was asked**: {told}"
    revisions = Counter(record.revision or "unknown" for record in done.answers.values())
    if len(revisions) > 1:
        told = ", ".join(f"{revision} ({count} answers)" for revision, count in revisions.items())
        yield f"- **answers of more than one revision**: {told}"
    loads = [record.load for record in done.answers.values()]
    yield f"- load average while asking: median {statistics.median(loads):.1f}, most {max(loads):.1f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _counted(values: Sequence[float]) -> str:
    return f"{100 * sum(values) / len(values):.1f}% ({sum(values):.0f}/{len(values)})" if values else "–"


def _percent(values: Sequence[float]) -> str:
    estimate = mean(values)
    return f"{100 * estimate.value:.1f}% (n={estimate.count})" if estimate else "–"


def _seconds(estimate: Estimate | None) -> str:
    return f"{estimate.value:.1f} s" if estimate is not None else "–"


def _tokens(column: Column) -> str:
    told = [record.prompt_tokens for _, record, _ in column.answered if record.prompt_tokens is not None]
    return f"{statistics.median(told):.0f} / {max(told)}" if told else "–"


def _number(value: float | None) -> str:
    return f"{value:.1f}" if value is not None else "–"
