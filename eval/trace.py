"""What happened on the way to an answer, put together from the events that `ask` tells."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from eval.records import Draft, FoundSentence, Trace
from index.names import NameBook
from rag.question import Question, has_language, read
from rag.types import Answer, Drafted, Event, Evidence, Found, Judging, Restarted
from rag.verify import answers, verify

BROKEN_OFF = "broken off: no answer came of it"
NOTHING_READ = "the model found no answer in the sentence"
LANGUAGE = "not in the question's language"
KIND = "says nothing new, or nothing of the kind asked for"
OTHER = "not borne out by the sentence it was written from"


class Tracer:
    """Listens to one question, from the moment it is made."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._evidence: tuple[Evidence, ...] = ()
        self._judged_ms: list[float] = []
        self._text = ""
        self._begun_ms: float | None = None
        self._last_ms = 0.0
        self._thrown_away: list[Draft] = []
        self._evidence_ms: float | None = None
        self.waited_ms = 0.0
        """How long the question had to wait before it was taken: no time that is told counts it."""

    @property
    def elapsed_ms(self) -> float:
        return self._counted(self._now())

    @property
    def evidence_ms(self) -> float | None:
        """Milliseconds until the evidence was there; None before."""
        return None if self._evidence_ms is None else self._counted(self._evidence_ms)

    def __call__(self, event: Event) -> None:
        now = self._now()
        match event:
            case Found(evidence):
                self._evidence, self._evidence_ms = evidence, now
            case Judging():
                self._judged_ms.append(now)
            case Drafted(text):
                self._begun_ms = now if self._begun_ms is None else self._begun_ms
                self._text += text
            case Restarted():
                self._thrown_away.append(self._draft(now))
                self._text, self._begun_ms = "", None
        self._last_ms = now

    def trace(self, question: str, answer: Answer | None, names: NameBook) -> Trace | None:
        """All that happened; None when nothing was heard. `answer` is None for a question that failed, `names` are
        those the verifier knew.

        Events do not say why a draft was thrown away: the verifier is asked again.
        """
        if self._evidence_ms is None:
            return None
        asked = read(question, names, answer.language, max(1, len(question))) if answer else None
        drafts = [self._shown(draft, failures(asked, draft.text, self._evidence, names)) for draft in self._thrown_away]
        if self._text:
            shown = answer is not None and answer.answered_by == "llm"
            drafts.append(self._shown(self._draft(self._last_ms), () if shown else (BROKEN_OFF,)))
        return Trace(
            evidence=tuple(map(_found, self._evidence)),
            judged_ms=tuple(map(self._counted, self._judged_ms)),
            drafts=tuple(drafts),
        )

    def _now(self) -> float:
        return (time.perf_counter() - self._start) * 1000

    def _counted(self, ms: float) -> float:
        return round(ms - self.waited_ms, 1)

    def _shown(self, draft: Draft, failed: tuple[str, ...]) -> Draft:
        times = {"begun_ms": self._counted(draft.begun_ms), "ended_ms": self._counted(draft.ended_ms)}
        return draft.model_copy(update={**times, "failed": failed})

    def _draft(self, now: float) -> Draft:
        return Draft(
            text=self._text.strip(), begun_ms=self._last_ms if self._begun_ms is None else self._begun_ms, ended_ms=now
        )


def failures(question: Question | None, draft: str, evidence: Sequence[Evidence], names: NameBook) -> tuple[str, ...]:
    """Why a draft that was thrown away was not fit to be shown, as the verifier says when asked again."""
    if not draft:
        return (NOTHING_READ,)
    if question is None:
        return (BROKEN_OFF,)
    if not has_language(draft, question.language):
        return (LANGUAGE,)
    statements = verify(question, draft, evidence, names)
    claims = [claim for statement in statements for claim in statement.claims if claim.evidence is None]
    if claims:
        return tuple(f"not in the evidence: {claim.text} ({claim.kind})" for claim in claims)
    return (OTHER,) if answers(question, statements, names) else (KIND,)


def _found(item: Evidence) -> FoundSentence:
    return FoundSentence(
        article_id=item.article.id,
        start=item.start,
        end=item.end,
        text=item.text,
        score=round(item.score, 4),
        words=None if math.isnan(item.words) else round(item.words, 4),
    )
