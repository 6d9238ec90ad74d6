"""Whether the evidence can answer at all. Refusing is ours and not the model's: told to refuse, it refuses a third of
what it could answer and answers a third of what it should not (docs/decisions.md)."""

from __future__ import annotations

from collections.abc import Sequence

from index.names import Name, NameBook
from rag.errors import Language
from rag.evidence import kind_match
from rag.question import Question
from rag.types import Evidence

HOME = frozenset({"한국", "대한민국", "국내", "Korea", "South Korea", "Korean"})
"""Korean papers say 정부 and 국내 for what a foreign reader asks about as Korea: its absence proves nothing."""
LEAST_WORDS = 0.30
"""Below this mean match of the question's words, the best evidence is about something else."""

LEAST_ODDS: dict[Language, float] = {"en": 0.1, "ko": 1.2}
"""The default model says yes more readily in Korean. Models that give no log probabilities are far from either."""
ODDS_WEIGHT = 2.0


def answerable(question: Question, evidence: Sequence[Evidence], names: NameBook) -> bool:
    """False when no evidence has a name that is asked about, has the kind of thing asked for, or is to the point."""
    if not evidence or max(item.words for item in evidence) < LEAST_WORDS:
        return False
    if missing_names(question, evidence, names):
        return False
    return max(kind_match(question, item.text, item.article) for item in evidence) >= 0


def of_another_country(question: Question, item: Evidence, names: NameBook) -> bool:
    """Whether the sentence names countries but none of those asked about: right topic, wrong country."""
    asked = [name for name in question.names if name.kind == "country"]
    if not asked or any(not HOME.isdisjoint([name.text, *name.variants]) for name in asked):
        return False
    told = names.find(item.text, kinds={"country"})
    return bool(told) and not any(names.occurs(name.text, item.text) for name in asked)


def quotable(question: Question, evidence: Sequence[Evidence]) -> bool:
    """Whether a quotation can stand for an answer: a number or a date asked for must be in it, and in the unit asked
    for."""
    if question.expects not in ("count", "amount", "date"):
        return True
    return any(kind_match(question, item.text, item.article) > 0 for item in evidence)


def likely(question: Question, odds: Sequence[float]) -> bool:
    """Whether the model's log odds say that any sentence answers."""
    return max(odds, default=float("-inf")) >= LEAST_ODDS[question.language]


def in_order(evidence: Sequence[Evidence], odds: Sequence[float]) -> list[Evidence]:
    """The judged sentences by ranking and odds together, then the rest."""
    judged = sorted(zip(evidence, odds, strict=False), key=lambda pair: -(pair[0].score + ODDS_WEIGHT * pair[1]))
    return [item for item, _ in judged] + list(evidence[len(odds) :])


def missing_names(question: Question, evidence: Sequence[Evidence], names: NameBook) -> list[str]:
    """Names in the question that stand nowhere in the evidence, its chunks and its headlines."""
    around = {f"{item.article.title}\n{item.context}" for item in evidence}
    return [
        name.text
        for name in question.names
        if _certain(name) and not any(names.occurs(name.text, text) for text in around)
    ]


def _certain(name: Name) -> bool:
    """Whether its absence proves something: the home country is implied, and a short or lower-case unknown word may be
    no name at all."""
    known = name.kind != "name" or len(name.text) > 2
    return known and not name.text.islower() and HOME.isdisjoint([name.text, *name.variants])
