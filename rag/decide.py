"""Which reading answers, and whether any does: a small model, fitted to questions whose answers are known.

Logistic regression (Cox 1958) over what is known of a reading: the reader's log odds of the words and of the sentence,
how retrieval ranks it, whether its kind is what is asked for, whether its article has the names and numbers of the
question. One set of weights orders the readings of a question, another tells whether the first is to be asserted,
quoted, or nothing. Where that is in doubt the language model judges the best few, and two more sets weigh what it says.
All were fitted by `python -m eval.reader.fit` on questions the reader was not trained on, and
stand in data/decision.json with the figures they gave.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from index.names import HOME, NameBook
from index.text import terms
from index.vocabulary import Group
from rag.dates import find_dates
from rag.errors import Language
from rag.kinds import fitting
from rag.numerals import agrees, find_quantities
from rag.question import Question
from rag.reading.reader import Reading
from rag.types import Evidence

Features = npt.NDArray[np.float64]
Whole = Callable[[str], str]
"""Reads the text of an article by its id."""
Decision = Literal["assert", "quote", "refuse"]
OF_READING = (
    "span", "relevance", "margin_in_sentence", "rank", "words", "kind_fits", "kind_lacks", "names_missing",
    "names_away", "numbers_missing", "elsewhere", "words_missing", "words_away",
)  # fmt: skip
"""Features of one reading, in the order of the weights."""
OF_ANSWER = (*OF_READING, "odds", "margin", "said_elsewhere")
"""Features of the first reading of a question: its log odds by the other weights, by how much they exceed those of the
best reading that says something else, and whether another sentence says the same."""
OF_JUDGED = ("odds", "judged")
"""Features of a reading that was judged: its log odds so far, and the language model's that its sentence answers."""
OF_DOUBT = ("answer", "odds", "judged", "margin")
"""Features of the first of the judged readings: its log odds as an answer, those of it by `OF_JUDGED`, the language
model's, and by how much it exceeds the best judged one that says something else."""
JUDGED = 3
"""So many sentences, those of the best readings, are judged where the weights are in doubt."""
RIVAL = 1.0
"""What is only quoted stands beside the sentence that says something else with log odds less by this at most."""
MOST = 12.0
"""Log odds of the reader beyond this, either way, tell no more."""


Weighed = tuple[Evidence, Reading, tuple[float, ...]]
"""A reading of an evidence sentence, and its features."""


@dataclass(frozen=True, slots=True)
class Answering:
    """A reading of an evidence sentence; `odds` are its log odds of being right, by the fitted weights."""

    evidence: Evidence
    reading: Reading
    features: tuple[float, ...]
    odds: float

    @property
    def start(self) -> int:
        """Where the words begin in the sentence."""
        return self.reading.start - self.evidence.start

    @property
    def end(self) -> int:
        return self.reading.end - self.evidence.start

    def beside(self, other: Answering) -> bool:
        """Whether both are of one sentence."""
        return (self.evidence.article.id, self.evidence.start) == (other.evidence.article.id, other.evidence.start)


@dataclass(frozen=True, slots=True)
class Weights:
    """Of a logistic regression, and the mean and deviation by which its features are standardised."""

    mean: Features
    deviation: Features
    weights: Features
    bias: float

    def odds(self, features: Sequence[float]) -> float:
        return float(((np.asarray(features) - self.mean) / self.deviation) @ self.weights + self.bias)


@dataclass(frozen=True, slots=True)
class Model:
    """`quoting` are the log odds from which a reading is at least quoted, `asserting` those from which it is asserted;
    `judged` and `doubt` weigh readings that the language model has judged."""

    order: Weights
    answer: Weights
    judged: Weights
    doubt: Weights
    quoting: float
    asserting: float


def of_reading(
    question: Question, item: Evidence, reading: Reading, *, best: float, names: NameBook, whole: Whole
) -> tuple[float, ...]:
    """Features of a reading; `best` is the highest score of retrieval among the question's sentences."""
    kind = _kind(question, item, reading)
    missing, away = _names_missing(question, item, names, whole)
    unsaid, apart = _words_missing(question, item)
    return (
        max(-MOST, min(MOST, reading.span)),
        max(-MOST, min(MOST, reading.relevance)),
        max(-MOST, min(MOST, reading.margin)),
        item.score - best,
        0.0 if math.isnan(item.words) else item.words,
        float(kind > 0),
        float(kind < 0),
        missing,
        away,
        float(_numbers_missing(question, item, whole)),
        float(_elsewhere(question, item, names)),
        unsaid,
        apart,
    )


def in_order(question: Question, readings: Sequence[Weighed]) -> list[Answering]:
    """The readings by the odds that they are right, best first."""
    weights = model(question.language).order
    found = [Answering(item, reading, told, weights.odds(told)) for item, reading, told in readings]
    return sorted(found, key=lambda one: -one.odds)


def of_answer(ordered: Sequence[Answering]) -> tuple[float, ...]:
    """Features of the first of a question's readings."""
    first = ordered[0]
    likewise = [same(one.reading.text, first.reading.text) for one in ordered]
    others = [one.odds for one, alike in zip(ordered, likewise, strict=True) if not alike]
    again = any(alike and not one.beside(first) for one, alike in zip(ordered, likewise, strict=True))
    return (*first.features, first.odds, first.odds - max(others, default=first.odds - 10.0), float(again))


def answer_odds(question: Question, ordered: Sequence[Answering]) -> float:
    """The log odds that the first reading is right; -inf where nothing was read."""
    return model(question.language).answer.odds(of_answer(ordered)) if ordered else -math.inf


def to_judge(ordered: Sequence[Answering]) -> list[Evidence]:
    """The sentences of the best readings, that the language model is asked about."""
    found: dict[tuple[str, int], Evidence] = {}
    for one in ordered:
        if len(found) == JUDGED:
            break
        found.setdefault((one.evidence.article.id, one.evidence.start), one.evidence)
    return list(found.values())


def rejudged(
    ordered: Sequence[Answering], judged: Sequence[float], weights: Weights
) -> tuple[list[Answering], list[float]]:
    """The readings of the sentences that were judged, ordered anew by what the language model said of them, with that;
    `judged` are its log odds for those of `to_judge`."""
    asked = to_judge(ordered)
    said = {(item.article.id, item.start): max(-MOST, min(MOST, at)) for item, at in zip(asked, judged, strict=True)}
    found: list[tuple[Answering, float]] = []
    for one in ordered:
        at = said.get((one.evidence.article.id, one.evidence.start))
        if at is not None:
            found.append((replace(one, odds=weights.odds((one.odds, at))), at))
    found.sort(key=lambda pair: -pair[0].odds)
    return [one for one, _ in found], [at for _, at in found]


def of_doubt(answer: Weights, anew: Sequence[Answering], judged: Sequence[float]) -> tuple[float, ...]:
    """Features of the first of readings that were judged; `anew` and `judged` are those of `rejudged`."""
    first = anew[0]
    others = [one.odds for one in anew if not same(one.reading.text, first.reading.text)]
    margin = first.odds - max(others, default=first.odds - 10.0)
    return answer.odds(of_answer(anew)), first.odds, judged[0], margin


def with_judgement(
    question: Question, ordered: Sequence[Answering], judged: Sequence[float]
) -> tuple[list[Answering], float]:
    """The readings as the language model's log odds for the first of them have it, and the log odds that the best is
    right."""
    fitted = model(question.language)
    anew, said = rejudged(ordered, judged, fitted.judged)
    return anew, fitted.doubt.odds(of_doubt(fitted.answer, anew, said))


def rivals(ordered: Sequence[Answering]) -> list[Answering]:
    """The best reading, and the next that says something else where it is nearly as likely."""
    first = ordered[0]
    found = (one for one in ordered if not one.beside(first) and not same(one.reading.text, first.reading.text))
    other = next(found, None)
    return [first] if other is None or other.odds < first.odds - RIVAL else [first, other]


def decide(question: Question, odds: float, least: float | None = None, sure: float | None = None) -> Decision:
    """What to do with a reading of those odds; `least` and `sure` take the places of the fitted limits below which gisa
    refuses and from which it asserts."""
    fitted = model(question.language)
    if odds < (fitted.quoting if least is None else least):
        return "refuse"
    return "assert" if odds >= (fitted.asserting if sure is None else sure) else "quote"


@lru_cache(maxsize=2)
def model(language: Language) -> Model:
    """The fitted weights for questions in that language."""
    kept = json.loads((files("rag") / "data" / "decision.json").read_text(encoding="utf-8"))[language]
    order, answer, judged, doubt = (_weights(kept[name]) for name in ("order", "answer", "judged", "doubt"))
    return Model(order, answer, judged, doubt, kept["quoting"], kept["asserting"])


def _weights(kept: dict[str, Any]) -> Weights:
    mean, deviation, weights = (np.asarray(kept[key], np.float64) for key in ("mean", "deviation", "weights"))
    return Weights(mean, deviation, weights, kept["bias"])


def same(one: str, other: str) -> bool:
    """Whether two readings say the same: the same words, or words with the same numbers (26만장, 26만장 이상)."""
    plain, else_ = ("".join(letter for letter in text if letter.isalnum()) for text in (one, other))
    if plain in else_ or else_ in plain:
        return True
    numbers, others = find_quantities(one), find_quantities(other)
    return bool(numbers) and [(q.low, q.high, q.unit) for q in numbers] == [(q.low, q.high, q.unit) for q in others]


def _kind(question: Question, item: Evidence, reading: Reading) -> int:
    """1 when the words are of the kind asked for, -1 when they are not, 0 when the question does not tell."""
    if question.expects == "date":
        return 1 if find_dates(reading.text, item.article.published) else -1
    if question.expects in ("count", "amount"):
        return 1 if fitting(question, reading.text) else -1
    if question.expects in ("person", "place"):
        return -1 if find_quantities(reading.text) else 1
    return 0


def _names_missing(question: Question, item: Evidence, names: NameBook, whole: Whole) -> tuple[float, float]:
    """The shares of the question's names that the article has nowhere, and that it has but not near the sentence; the
    home country is implied."""
    asked = [name for name in question.names if HOME.isdisjoint([name.text, *name.variants])]
    if not asked:
        return 0.0, 0.0
    near = f"{item.article.title}\n{item.context}"
    absent = [name for name in asked if not names.occurs(name.text, near)]
    missing = sum(not names.occurs(name.text, whole(item.article.id)) for name in absent)
    return missing / len(asked), (len(absent) - missing) / len(asked)


def _words_missing(question: Question, item: Evidence) -> tuple[float, float]:
    """The shares of the question's words that neither the chunk nor the headline has, and that those have but not the
    sentence. A word of an English question is there with any Korean one for it."""
    at = next((k for k, one in enumerate(item.around) if one.start == item.start), None)
    words = list(question.translations.values()) if question.language == "en" else _alone(question)
    if not words or at is None or len(item.terms) != len(item.around):
        return 0.0, 0.0
    sentence = frozenset(item.terms[at])
    near = sentence.union(*item.terms, terms(item.article.title))
    absent = [group for group in words if not any(sentence.issuperset(word) for word in group)]
    missing = sum(not any(near.issuperset(word) for word in group) for group in absent)
    return missing / len(words), (len(absent) - missing) / len(words)


def _alone(question: Question) -> list[Group]:
    """The search terms of a question, each a group of its own."""
    return [((term,),) for term in dict.fromkeys(terms(question.text))]


def _numbers_missing(question: Question, item: Evidence, whole: Whole) -> bool:
    """Whether the article lacks a number or year of the question."""
    article = item.article
    asked = [number for number in question.quantities if number.low == number.high and not number.vague]
    years = [date.year for date in find_dates(question.text) if date.year is not None]
    if not asked and not years:
        return False
    text = f"{article.title}\n{whole(article.id)}"
    told = find_quantities(text)
    if any(all(agrees(number, other) in ("different", "unit") for other in told) for number in asked):
        return True
    if not years:
        return False
    known = {date.year for date in find_dates(text, article.published, article.published_precision)}
    if article.published is not None:
        known.add(article.published.year)
    return not known.issuperset(years)


def _elsewhere(question: Question, item: Evidence, names: NameBook) -> bool:
    """Whether the sentence names countries but none of those asked about."""
    asked = [name for name in question.names if name.kind == "country"]
    if not asked or any(not HOME.isdisjoint([name.text, *name.variants]) for name in asked):
        return False
    found = names.find(item.text, kinds={"country"})
    return bool(found) and not any(names.occurs(name.text, item.text) for name in asked)
