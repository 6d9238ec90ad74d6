"""Tells the whole from the part that was asked for.

"공공과 민간에서 26만장" holds every word of "민간은 몇 장?", but its number is of both. Where another sentence has a
number for the one alone, and not a greater one, that is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from index.text import Morpheme, morphemes, terms
from rag.kinds import fitting
from rag.question import Question
from rag.types import Evidence

_NOUN = frozenset({"NNG", "NNP", "SL", "XR", "XSN", "XPN"})
_AND = frozenset({"과", "와", "랑", "하고", "및"})


def of_the_part(question: Question, evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """Without sentences that give one number for what is asked about and something else together, where another
    sentence gives one that is not greater for what is asked about alone."""
    if question.expects not in ("count", "amount") or len(evidence) < 2:
        return evidence
    asked = _asked(question)
    read = [(morphemes(item.text), fitting(question, item.text)) for item in evidence]
    shared = [_with_another(parts, asked) for parts, _ in read]
    kept = [
        item
        for item, its, (_, numbers) in zip(evidence, shared, read, strict=True)
        if len(numbers) != 1
        or not its
        or not any(
            others and min(one.low for one in others) <= numbers[0].low and its & _nouns(parts) - also
            for also, (parts, others) in zip(shared, read, strict=True)
        )
    ]
    return kept or evidence


def _asked(question: Question) -> frozenset[str]:
    """What is asked about, as Korean terms."""
    forms = [form for name in question.names for form in (name.text, *name.variants)]
    translated = [term for group in question.translations.values() for word in group for term in word]
    return frozenset([*question.terms, *translated, *(term for form in forms for term in terms(form))])


def _nouns(parts: Sequence[Morpheme]) -> frozenset[str]:
    return frozenset(part.form.casefold() for part in parts if part.tag in _NOUN)


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
