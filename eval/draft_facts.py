"""What a sentence says that can be checked by value: the facts that drafts of golden questions ask for.

A fact is a quantity, a date or a name that rag can read, with the forms in which a right answer may write it: as it
stands, and as gisa writes it in both languages (26만장, 26만, 260,000).
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.answers import holds, normalised
from index.names import Name, NameBook
from index.text import sentences
from index.types import ArticleInfo, Sentence
from rag.annotate import say, say_date
from rag.dates import Date, find_dates
from rag.numerals import Quantity, find_quantities
from seeds.article import Article

Kind = Literal["how-many", "how-much", "when", "who", "which"]

SHORTEST, LONGEST = 25, 220
"""Characters of a sentence that a question is made of: shorter ones lack a subject, longer ones say several things."""
LEAST_COUNT = 11
"""Smaller counts are written as words of many forms, and found by chance in other numbers."""
_ENDED = re.compile(r"[.!?。][\"'”’」』)\]]*$")
_NAMED: dict[str, Kind] = {"person": "who", "company": "which", "org": "which", "school": "which"}
_FORMS = 6


@dataclass(frozen=True, slots=True)
class Fact:
    """`sentence.text[start:end] == text`. `forms` are those accepted, `text` the first of them."""

    kind: Kind
    start: int
    end: int
    text: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fact, the sentence that proves it and the article it stands in."""

    info: ArticleInfo
    article: Article
    sentence: Sentence
    fact: Fact


def facts(text: str, info: ArticleInfo, names: NameBook) -> list[Fact]:
    """All facts of a sentence that can be asked for, in no order."""
    found = [_quantity(one) for one in find_quantities(text)]
    found += [_date(one) for one in find_dates(text, info.published, info.published_precision)]
    found += _names(text, names)
    return [one for one in found if one is not None and _once(one, text)]


def candidates(info: ArticleInfo, article: Article, names: NameBook) -> list[Candidate]:
    """Of whole sentences of the article's body, neither too short nor too long."""
    return [
        Candidate(info, article, sentence, fact)
        for sentence in sentences(article.text, article.body)
        if SHORTEST <= len(sentence.text) <= LONGEST and _ENDED.search(sentence.text) and "\n" not in sentence.text
        for fact in facts(sentence.text, info, names)
    ]


def spread(found: Sequence[Candidate], drawing: random.Random) -> Iterator[Candidate]:
    """In an order that takes from all articles and kinds of facts in turn; of a sentence one fact."""
    left = list(found)
    drawing.shuffle(left)
    taken: Counter[str] = Counter()
    while left:
        chosen = min(left, key=lambda one: (taken[one.info.id], taken[one.fact.kind]))
        taken.update([chosen.info.id, chosen.fact.kind])
        left = [one for one in left if (one.info.id, one.sentence.start) != (chosen.info.id, chosen.sentence.start)]
        yield chosen


def _quantity(one: Quantity) -> Fact | None:
    if one.vague or one.low != one.high or not re.search(r"\d", one.text):
        return None
    if one.kind in {"count", "plain"}:
        if abs(one.low) < LEAST_COUNT:
            return None
        kind: Kind = "how-many"
    elif one.kind in {"money", "percent", "measure", "multiple"}:
        kind = "how-much"
    else:
        return None
    return Fact(kind, one.start, one.end, one.text, _distinct([one.text, say(one, "ko"), say(one, "en")]))


def _date(one: Date) -> Fact | None:
    """Dates whose year is known, and that say more than the year or say it in digits."""
    if one.year is None or one.hour is not None or one.part == "decade":
        return None
    if one.month is None and one.part is None:
        forms = [one.text, str(one.year)] if str(one.year) in one.text else []
    else:
        forms = [one.text, say_date(one, "ko"), say_date(one, "en")]
        if one.month and one.day:
            forms.append(f"{one.year}-{one.month:02}-{one.day:02}")
    return Fact("when", one.start, one.end, one.text, _distinct(forms)) if forms else None


def _names(text: str, names: NameBook) -> list[Fact]:
    """Of each kind the name that alone is of it: with two, a question would have two answers."""
    found = [one for one in names.find(text) if one.kind in _NAMED]
    kinds = Counter(_NAMED[one.kind] for one in found)
    return [
        Fact(_NAMED[one.kind], one.start, one.end, one.text, _name_forms(one))
        for one in found
        if kinds[_NAMED[one.kind]] == 1 and _tells(one.text)
    ]


def _name_forms(one: Name) -> tuple[str, ...]:
    return _distinct([one.text, *filter(_tells, one.variants)])[:_FORMS]


def _tells(form: str) -> bool:
    """Whether a form is found where it is meant: "us" stands in "business", 미 in 미래."""
    return len(form) >= (4 if form.isascii() else 2)


def _distinct(forms: Sequence[str]) -> tuple[str, ...]:
    """Without those that another one before them matches too, and without empty ones."""
    kept: list[str] = []
    for form in forms:
        if form and normalised(form) and not any(normalised(form) == normalised(one) for one in kept):
            kept.append(form)
    return tuple(kept)


def _once(fact: Fact, text: str) -> bool:
    """Whether the sentence says it in one place only: else a question for it may ask for another thing."""
    rest = text[: fact.start] + " · " + text[fact.end :]
    return not any(holds(rest, form) for form in fact.forms)
