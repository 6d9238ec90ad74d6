"""Tells the whole from the part that was asked for.

"공공과 민간에서 26만장" holds every word of "민간은 몇 장?", but its number is of both. Where another sentence has a
number for the one alone, and not a greater one, that is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.text import Morpheme, morphemes, terms
from rag.kinds import fitting
from rag.numerals import Quantity
from rag.question import Question
from rag.types import Evidence

_NOUN = frozenset({"NNG", "NNP", "SL", "XR", "XSN", "XPN"})
_AND = frozenset({"과", "와", "랑", "하고", "및"})


@dataclass(frozen=True, slots=True)
class _Reading:
    """A sentence's nouns, those asked about that it names together with others, and its numbers that may answer."""

    item: Evidence
    nouns: frozenset[str]
    shared: frozenset[str]
    numbers: Sequence[Quantity]


def of_the_part(question: Question, evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Without sentences that give one number for what is asked about and something else together, where another
    sentence gives one that is not greater for what is asked about alone."""
    if question.expects not in ("count", "amount") or len(evidence) < 2:
        return evidence
    asked = _asked(question)
    read = [_read(question, item, asked) for item in evidence]
    kept = [one.item for one in read if not any(_is_part(other, one) for other in read)]
    return kept or evidence


def _is_part(part: _Reading, whole: _Reading) -> bool:
    """Whether one has a number of its own for what the other counts together with something else."""
    alone = whole.shared & (part.nouns - part.shared)
    if not alone or not part.numbers or len(whole.numbers) != 1:
        return False
    return min(number.low for number in part.numbers) <= whole.numbers[0].low


def _read(question: Question, item: Evidence, asked: frozenset[str]) -> _Reading:
    parts = morphemes(item.text)
    nouns = frozenset(part.form.casefold() for part in parts if part.tag in _NOUN)
    return _Reading(item, nouns, _with_another(parts, asked), fitting(question, item.text))


def _asked(question: Question) -> frozenset[str]:
    """What is asked about, as Korean terms."""
    forms = [form for name in question.names for form in (name.text, *name.variants)]
    translated = [term for group in question.translations.values() for word in group for term in word]
    return frozenset([*question.terms, *translated, *(term for form in forms for term in terms(form))])


def _with_another(parts: Sequence[Morpheme], asked: frozenset[str]) -> frozenset[str]:
    """The words asked about that the sentence names together with others that are not: 민간 in 공공과 민간."""
    found: set[str] = set()
    for left, right in _pairs(parts):
        ours, theirs = left - right, right - left
        if ours and theirs and bool(ours & asked) != bool(theirs & asked):
            found |= (ours | theirs) & asked
    return frozenset(found)


def _pairs(parts: Sequence[Morpheme]) -> Iterator[tuple[frozenset[str], frozenset[str]]]:
    """Runs of nouns with nothing but an "and" or a comma between them."""
    left: set[str] = set()
    run: set[str] = set()
    for part in parts:
        if part.tag in _NOUN:
            run.add(part.form.casefold())
            continue
        if left and run:
            yield frozenset(left), frozenset(run)
        joins = part.tag == "SP" or (part.form in _AND and part.tag[0] in "JM")
        left, run = (run if joins else set()), set()
    if left and run:
        yield frozenset(left), frozenset(run)
