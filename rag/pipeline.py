"""From a question to a verified answer: the whole path on one screen, each step a line, each in a file of its own."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from index.names import NameBook
from index.types import Filter
from rag.check import checkable, checked
from rag.compose import Composer
from rag.decide import Weighed, answer_odds, decide, in_order, of_reading, rivals, to_judge, with_judgement
from rag.errors import ModelServerError
from rag.question import Question, read
from rag.reading.hints import hinted
from rag.reading.passage import Passage, window
from rag.reading.reader import Reader
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.types import Answer, Drafted, Evidence, Found, Judging, Listener, Restarted, SearchResult
from rag.wording import told

ALL = 1000
"""Every sentence of the chunks that are looked at: more than they hold."""
WEIGHED = 20
"""So many readings, by the reader's score, are weighed."""


class Writes(Protocol):
    """Writes drafts: rag.generate.Writer, or a fake of it."""

    @property
    def model(self) -> str: ...

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        """The log odds that a sentence answers. Raises ModelServerError."""

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        """A draft from one sentence, "" when there is no answer in it. Raises ModelServerError."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the pipeline is made of; rag.assemble puts it together. Without a `writer` nothing is drafted."""

    settings: Settings
    retriever: Retriever
    reader: Reader
    writer: Writes | None


def ignore(_: object) -> None:
    """A listener that does not listen."""


def ask(  # noqa: PLR0911 (a line a step)
    text: str, parts: Parts, *, language: str = "auto", where: Filter | None = None, listen: Listener = ignore
) -> Answer:
    """Answer a question. Degrades in this order: what was read, asserted; the best sentence quoted; a refusal that
    offers the nearest articles. Raises QuestionError, IndexStoreError; never for a model that is out of reach."""
    clock = _Clock()
    names = parts.retriever.names
    question = read(text, names, language, parts.settings.answer.question_characters)
    compose = Composer(question, names, parts.settings, clock.laps)
    found = found_for(question, parts, where, ALL)
    shown = found[: parts.settings.answer.evidence_sentences]
    listen(Found(tuple(shown)))
    clock.lap("retrieve")
    ordered = in_order(question, readings(question, found, parts))
    odds = answer_odds(question, ordered)
    limits = parts.settings.answer.least_odds, parts.settings.answer.sure_odds
    clock.lap("read")
    if parts.writer is not None and decide(question, odds, *limits) == "quote":  # in doubt: the model may tell
        try:
            judged: list[float] = []
            for number, item in enumerate(to_judge(ordered), 1):
                listen(Judging(number))  # about to be asked: whoever shares the model waits for a turn here
                judged.append(parts.writer.judge(question, item, names))
            ordered, odds = with_judgement(question, ordered, judged)
        except ModelServerError as error:
            return compose.quotation(rivals(ordered), because=error)
        clock.lap("generate")
    decision = decide(question, odds, *limits)
    if decision == "refuse":
        return compose.refusal(shown)
    best = ordered[0]
    if decision == "quote":
        return compose.quotation(rivals(ordered))
    said = told(question, best.evidence, (best.start, best.end), names)
    wanted = not said.whole or parts.settings.answer.drafting == "always"
    if parts.writer is None or question.language == "ko" or not (wanted and checkable(said, names)):
        return compose.asserted(best, said)
    try:
        listen(Drafted(""))  # about to be asked: whoever shares the model waits for a turn here
        draft = parts.writer.write(question, best.evidence, names, listen)
        clock.lap("generate")
        written = checked(question, draft, best, said, names)
        clock.lap("verify")
        if written is None:
            listen(Restarted())
    except ModelServerError as error:
        return compose.asserted(best, said, because=error)
    if written is None:
        return compose.asserted(best, said)
    return compose.written(written, best, said, parts.writer.model)


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


def readings(question: Question, found: Sequence[Evidence], parts: Parts) -> list[Weighed]:
    """What the reader points at in the passages around the best sentences, with all that is weighed of it."""
    names, whole = parts.retriever.names, parts.retriever.text
    passages = passages_of(found, parts.settings.reader.passages)
    asked = [_worded(hinted(question.text, names, passage, question.names, question.words)) for passage, _ in passages]
    by_place = {(item.article.id, item.start): item for item in found}
    best = max((item.score for item in found), default=0.0)
    read_by: dict[tuple[str, int], int] = {}
    rows: list[Weighed] = []
    for reading in parts.reader.read(asked, [passage for passage, _ in passages]):
        passage, article_id = passages[reading.passage]
        item = by_place.get((article_id, passage.sentences[reading.sentence].start))
        if item is None or read_by.setdefault((article_id, item.start), reading.passage) != reading.passage:
            continue  # a sentence that two passages hold is taken as the better one reads it
        rows.append((item, reading, of_reading(question, item, reading, best=best, names=names, whole=whole)))
        if len(rows) == WEIGHED:
            break
    return rows


def _worded(text: str) -> str:
    """Without the words that have neither letter nor digit: a stray sign turns the reader's head."""
    return " ".join(word for word in text.split() if any(letter.isalnum() for letter in word))


def passages_of(found: Sequence[Evidence], most: int) -> list[tuple[Passage, str]]:
    """Passages around the best sentences, each with its article's id, until there are `most`."""
    passages: list[tuple[Passage, str]] = []
    read_already: set[tuple[str, int]] = set()
    for item in found:
        if len(passages) == most:
            break
        if (item.article.id, item.start) in read_already:
            continue
        its = item.around
        first, last = window(its, next(k for k, one in enumerate(its) if one.start == item.start))
        terms = frozenset[str]().union(*item.terms[first:last])
        passages.append((Passage(item.article.title, its[first:last], terms), item.article.id))
        read_already |= {(item.article.id, one.start) for one in its[first:last]}
    return passages


class _Clock:
    """Milliseconds of each step and of all."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._laps = {"retrieve": 0, "read": 0, "generate": 0, "verify": 0}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._laps[name] += round((now - self._last) * 1000)
        self._last = now

    def laps(self) -> dict[str, int]:
        return {**self._laps, "total": round((time.perf_counter() - self._start) * 1000)}
