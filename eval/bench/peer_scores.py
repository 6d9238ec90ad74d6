"""Scores one answer of any system, by the same rules for all: those of eval.answers and eval.citations.

What differs is only what a system has. Quantities of gisa's answers must stand in the sentences it cites; those of a
peer in anything it was shown. Facts count wherever a peer writes them; gisa's refusals have none. A peer's refusal is
recognised by eval.baselines.refusals, and an answer that has all the facts is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.answers import language_of, missing_facts
from eval.baselines.peer import day
from eval.baselines.refusals import refuses
from eval.bench.peer_records import AnswerRecord, Part
from eval.citations import citation_scores, statements
from eval.datasets import GoldenQuestion
from eval.quantities import unsupported
from index.names import NameBook, mine
from rag.types import Answer, Citation
from seeds.article import Article

_MARK = re.compile(r"\[\d+\]")
_MARKS = re.compile(r"\[\d+(?:\s*,\s*\d+)+\]")


@dataclass(frozen=True, slots=True)
class PeerScores:
    """None does not apply: facts and an article of a question without an answer, citations of a system that has none.

    `facts`, `facts_cited`, `facts_given`: all facts in the answer, in the cited texts, in all that the model was shown.
    `wrong` are the numbers of the answer that none of its texts has. `recall` and `precision` are ALCE's.
    """

    refused: bool
    facts: bool | None
    facts_cited: bool | None
    facts_given: bool | None
    right_language: bool
    wrong: tuple[str, ...]
    recall: float | None
    precision: float | None


class Scorer:
    """Knows the articles that the questions are about."""

    def __init__(self, articles: Sequence[Article]) -> None:
        self._published: Mapping[str, str | None] = {article.id: day(article) for article in articles}
        self._names = NameBook(sorted({pair for one in articles for pair in mine(f"{one.title}\n{one.text}")}))

    def score(self, question: GoldenQuestion, record: AnswerRecord) -> PeerScores | None:
        """None where there is an error instead of an answer."""
        if record.error is not None:
            return None
        asked = question.answerable
        has_all = not missing_facts(question.facts, record.answer)
        refused = record.refused
        if refused is None:
            refused = refuses(record.answer) and not (asked and has_all)
        flagged = record.refused is not None
        sources = record.cited if flagged and record.cited else record.given
        published = [self._published.get(part.article) for part in sources]
        texts = [part.text for part in sources]
        cited = None if record.cited is None else [part.text for part in record.cited]
        citations = self._citations(question, record, refused)
        return PeerScores(
            refused=refused,
            facts=has_all and not (flagged and refused) if asked else None,
            facts_cited=not missing_facts(question.facts, *cited) if asked and cited is not None else None,
            facts_given=not missing_facts(question.facts, *(part.text for part in record.given)) if asked else None,
            right_language=language_of(record.answer) in (None, question.language),
            wrong=() if refused else tuple(unsupported(record.answer, texts, published, question.question)),
            recall=citations[0],
            precision=citations[1],
        )

    def _citations(
        self, question: GoldenQuestion, record: AnswerRecord, refused: bool
    ) -> tuple[float | None, float | None]:
        """ALCE's recall and precision, of answers of a system that cites."""
        if record.cited is None or refused:
            return None, None
        text = _MARKS.sub(lambda marks: "".join(f"[{n}]" for n in re.findall(r"\d+", marks[0])), record.answer)
        numbers = dict(self._numbered(record, text))
        if numbers and not _MARK.search(text):  # a citation of the answer as a whole is one of each of its sentences
            text = "\n".join(f"{one.text} [1]" for one in statements(text, ()))
        answer = Answer(
            question=question.question,
            language=question.language,
            answer=text,
            refused=False,
            answered_by="llm",
            citations=tuple(
                Citation(number, part.article, "", None, self._published.get(part.article), None, part.text, 0, 0)
                for number, part in numbers.items()
            ),
            claims=(),
            timings_ms={},
            model=None,
            settings="",
        )
        scores = citation_scores(answer, self._names)
        return (scores.recall, scores.precision) if scores else (None, None)

    @staticmethod
    def _numbered(record: AnswerRecord, text: str) -> list[tuple[int, Part]]:
        """gisa numbers what it cites; [n] of an engine that numbers its sources is the n-th it was shown."""
        cited = record.cited or ()
        if record.refused is None and _MARK.search(text):
            return [(record.given.index(part) + 1, part) for part in cited]
        return list(enumerate(cited, 1))
