"""From a question to a verified answer: the whole path on one screen, each step a line, each in a file of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

from index.names import NameBook
from index.types import Filter
from rag.answerable import CLOSE_JUDGED, SURE, in_order, likely, odds_needed, of_numbers, on_subject, quotable, rivals
from rag.compose import Composer
from rag.errors import ModelServerError
from rag.part import of_the_part
from rag.question import VALUES, Question, read
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.types import Answer, Evidence, Found, Listener, Restarted, SearchResult
from rag.verify import Statement, borne_out, says_more, verify


class Writes(Protocol):
    """Writes drafts: rag.generate.Writer, or a fake of it."""

    @property
    def model(self) -> str: ...

    def judge(self, question: Question, evidence: Sequence[Evidence], names: NameBook, listen: Listener) -> list[float]:
        """The log odds that each sentence answers; shorter when one was certain. Raises ModelServerError."""

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        """A draft from one sentence, "" when there is no answer in it. Raises ModelServerError."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline is made of; rag.assemble puts it together. Without a `writer` answers are quoted."""

    settings: Settings
    retriever: Retriever
    writer: Writes | None


def ignore(_: object) -> None:
    """A listener that does not listen."""


def ask(
    text: str, parts: Parts, *, language: str = "auto", where: Filter | None = None, listen: Listener = ignore
) -> Answer:
    """Answer a question. Degrades in this order: a verified answer of the model; the best evidence quoted; a refusal
    that offers the nearest articles. Raises QuestionError, IndexStoreError; never for a model that is out of reach."""
    clock = _Clock()
    names = parts.retriever.names
    question = read(text, names, language, parts.settings.answer.question_characters)
    compose = Composer(question, names, parts.settings, clock.laps)
    found = found_for(question, parts, where)
    evidence = to_rest_on(question, found, parts.retriever)
    listen(Found(tuple(evidence)))
    clock.lap("retrieve")
    needed = odds_needed(question, evidence, names, parts.retriever.text)
    if needed == inf or (needed > -inf and parts.writer is None):
        return compose.refusal(found)
    if parts.writer is None:
        return compose.quotation(rivals(question, evidence))
    judged = evidence[: parts.settings.answer.judged_sentences]
    try:
        least = max(needed, parts.settings.answer.least_odds)
        written = _by_model(judged, parts.writer, compose, clock=clock, listen=listen, least=least)
        return written or compose.refusal(found)
    except ModelServerError as error:
        return compose.quotation(rivals(question, evidence), because=error)


def _by_model(
    evidence: Sequence[Evidence],
    writer: Writes,
    compose: Composer,
    *,
    clock: _Clock,
    listen: Listener,
    least: float,
) -> Answer | None:
    """The first draft that its sentence bears out, else the best sentence quoted; None when none is likely to answer.

    Where no value, or nothing but the question again, could be read from the best sentences, those left have a turn if
    the model is sure of one. Raises ModelServerError.
    """
    question, names = compose.question, compose.names
    odds = writer.judge(question, evidence, names, listen)
    clock.lap("generate")
    ranked = in_order(evidence, odds)
    best = rivals(question, ranked, CLOSE_JUDGED)
    if not likely(best[0], odds, least):
        return None
    drafted: list[Statement] = []
    for item in best:
        draft = writer.write(question, item, names, listen)
        clock.lap("generate")
        lead = [item, *(other for other in ranked if other is not item)]
        statements = verify(question, draft, lead, names)
        clock.lap("verify")
        if borne_out(question, statements, names):
            return compose.written(statements, lead, best, writer.model)
        drafted += statements
        listen(Restarted())
    left = [item for item in ranked if item not in best]
    if left and least < SURE and (not says_more(question, drafted) or question.expects in VALUES):
        other = _by_model(left, writer, compose, clock=clock, listen=listen, least=SURE)
        if other is not None and other.answered_by == "llm":
            return other
    return compose.quotation(best, model_was_asked=True) if quotable(question, best, names, drafted) else None


def search(
    text: str, parts: Parts, *, language: str = "auto", limit: int = 5, where: Filter | None = None
) -> SearchResult:
    """The evidence for a question, best first, without a model. Raises QuestionError, IndexStoreError."""
    question = read(text, parts.retriever.names, language, parts.settings.answer.question_characters)
    return SearchResult(question.text, question.language, tuple(found_for(question, parts, where, limit)))


def found_for(question: Question, parts: Parts, where: Filter | None, limit: int | None = None) -> Sequence[Evidence]:
    """The sentences nearest to a question, best first. Raises IndexStoreError."""
    hits = parts.retriever.hits(question, where)
    return parts.retriever.sentences(question, hits, limit or parts.settings.answer.evidence_sentences)


def to_rest_on(question: Question, found: Sequence[Evidence], retriever: Retriever) -> Sequence[Evidence]:
    """Those of the sentences found that an answer may rest on: of what is asked about, of its numbers, of it alone."""
    about = [item for item in found if on_subject(question, item, retriever.names, retriever.text)]
    return of_the_part(question, of_numbers(question, about, retriever.text))


class _Clock:
    """Milliseconds of each step and of all."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps = {"retrieve": 0, "generate": 0, "verify": 0}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] += round((now - self._last) * 1000)
        self._last = now

    def laps(self) -> dict[str, int]:
        return {**self._laps, "total": round((time.perf_counter() - self._start) * 1000)}
