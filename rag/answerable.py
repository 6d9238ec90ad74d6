"""Whether the evidence can answer at all. Refusing is ours and not the model's: told to refuse, it refuses a third of
what it could answer and answers a third of what it should not (docs/decisions.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import inf

from index.names import Name, NameBook
from index.types import ArticleInfo
from rag.dates import find_dates
from rag.kinds import asks_money, asks_name, kind_match, new_names
from rag.numerals import Quantity, agrees, find_quantities
from rag.question import VALUES, Question
from rag.types import Evidence
from rag.verify import Statement

Whole = Callable[[str], str]
"""Reads the text of an article by its id."""

HOME = frozenset({"한국", "대한민국", "국내", "Korea", "South Korea", "Korean"})
"""Korean papers say 정부 and 국내 for what a foreign reader asks about as Korea: its absence proves nothing."""
LEAST_WORDS, FEW_WORDS = 0.15, 0.25
"""Mean match of the question's words: below the first the best evidence is about something else, below the second it
may be, or say it in other words."""
TELLING = 100
"""Counts from here on tell one article from another."""
SURE = 2.0
"""Log odds of a sentence that something speaks against."""
ODDS_WEIGHT = 2.0
CLOSE, CLOSE_JUDGED = 0.75, 3.0
"""Of two sentences nearer to each other than this in score, either may be it: by the ranking alone, and with odds."""


def _none(article_id: str) -> str:
    return ""


def odds_needed(question: Question, evidence: Sequence[Evidence], names: NameBook, whole: Whole = _none) -> float:
    """From which log odds on the model's yes is believed: any (-inf) where nothing speaks against an answer; SURE where
    few words of the question are matched, or a name nobody knows is missing, which may be written otherwise; none (inf)
    where all is about something else, or without a known name or year asked about, or the kind of thing asked for."""
    words = max((item.words for item in evidence), default=0.0)
    if words < LEAST_WORDS:
        return inf
    missing = missing_names(question, evidence, names, whole)
    if any(name.kind != "name" for name in missing) or missing_years(question, evidence):
        return inf
    if max(kind_match(question, item.text, item.article) for item in evidence) < 0:
        return inf
    return SURE if words < FEW_WORDS or missing else -inf


def on_subject(question: Question, item: Evidence, names: NameBook, whole: Whole = _none) -> bool:
    """Whether the sentence is of an article with any of the names asked about, and not about another country."""
    asked = [name.text for name in question.names if _certain(name)]
    told = not asked or any(names.occurs(name, text) for text in _around(item, whole) for name in asked)
    return told and not of_another_country(question, item, names)


def of_numbers(question: Question, evidence: Sequence[Evidence], whole: Whole = _none) -> Sequence[Evidence]:
    """The sentences of articles that have a number asked about, by value; all, where no article has one.

    What 260,000 GPUs cost is not told by an article about the price of others.
    """
    asked = [quantity for quantity in question.quantities if _telling(quantity)]
    if not asked:
        return evidence

    def has(article: ArticleInfo) -> bool:
        told = find_quantities(f"{article.title}\n{whole(article.id)}")
        return any(agrees(number, other) not in ("different", "unit") for number in asked for other in told)

    articles = {item.article.id: item.article for item in evidence}
    about = {name for name, article in articles.items() if has(article)}
    return [item for item in evidence if item.article.id in about] or evidence


def _telling(quantity: Quantity) -> bool:
    """Whether it picks out what it counts, or a sum: not two firms, 3%, hundreds, more than $1 billion, nor 몇 개."""
    one = quantity.low == quantity.high and quantity.bound in ("exact", "about")
    return one and (quantity.kind == "money" or (quantity.kind == "count" and quantity.low >= TELLING))


def of_another_country(question: Question, item: Evidence, names: NameBook) -> bool:
    """Whether the sentence names countries but none of those asked about: right topic, wrong country."""
    asked = [name for name in question.names if name.kind == "country"]
    if not asked or any(not HOME.isdisjoint([name.text, *name.variants]) for name in asked):
        return False
    told = names.find(item.text, kinds={"country"})
    return bool(told) and not any(names.occurs(name.text, item.text) for name in asked)


def quotable(
    question: Question, evidence: Sequence[Evidence], names: NameBook, drafted: Sequence[Statement] = ()
) -> bool:
    """Whether a quotation can stand for an answer: a number, date, person or place asked for must be in it.

    Where a sum of money is asked for and no draft found one in the sentences, the sum they have is another one.
    """
    if asks_money(question) and not any(map(_has_money, drafted)):
        return False
    if asks_name(question):
        return any(new_names(question, item.text, names) for item in evidence)
    return question.expects not in VALUES or any(kind_match(question, item.text, item.article) > 0 for item in evidence)


def _has_money(statement: Statement) -> bool:
    """Whether it tells a sum that a sentence bears out."""
    borne = [claim.text for claim in statement.claims if claim.kind == "quantity" and claim.evidence is not None]
    return any(quantity.kind == "money" for text in borne for quantity in find_quantities(text))


def in_order(evidence: Sequence[Evidence], odds: Sequence[float]) -> list[Evidence]:
    """The judged sentences by ranking and odds together, which becomes their score, then the rest."""
    judged = [
        item if item.odds is not None else replace(item, score=item.score + ODDS_WEIGHT * odd, odds=odd)
        for item, odd in zip(evidence, odds, strict=False)
    ]
    return sorted(judged, key=lambda item: -item.score) + list(evidence[len(odds) :])


def likely(chosen: Evidence, odds: Sequence[float], least: float) -> bool:
    """Whether the model's log odds say that the chosen sentence answers; all of them, when it was not judged."""
    return (max(odds, default=float("-inf")) if chosen.odds is None else chosen.odds) >= least


def rivals(question: Question, ranked: Sequence[Evidence], within: float = CLOSE) -> Sequence[Evidence]:
    """The best sentence of the kind asked for, with the second one where little sets them apart."""
    kinds = [kind_match(question, item.text, item.article) for item in ranked]
    first, *others = [item for item, kind in zip(ranked, kinds, strict=True) if kind == max(kinds)]
    return [first, *(item for item in others[:1] if first.score - item.score < within)]


def missing_names(
    question: Question, evidence: Sequence[Evidence], names: NameBook, whole: Whole = _none
) -> list[Name]:
    """Names in the question that stand nowhere in the evidence: its chunks, its headlines, the rest of its articles."""
    wanted = [name for name in question.names if _certain(name)]
    for around in (map(_headed, evidence), (whole(item.article.id) for item in evidence)):
        texts = dict.fromkeys(around) if wanted else {}
        wanted = [name for name in wanted if not any(names.occurs(name.text, text) for text in texts)]
    return wanted


def _around(item: Evidence, whole: Whole) -> Iterator[str]:
    """First the sentence's chunk under its headline, then the rest of its article: it is long, and seldom needed."""
    yield _headed(item)
    yield whole(item.article.id)


def _headed(item: Evidence) -> str:
    return f"{item.article.title}\n{item.context}"


def missing_years(question: Question, evidence: Sequence[Evidence]) -> list[str]:
    """Years in the question that neither the evidence names, in its chunks or headlines, nor its articles are from."""
    return [
        date.text
        for date in find_dates(question.text)
        if date.year is not None and not any(_names_year(item, date.year) for item in evidence)
    ]


def _names_year(item: Evidence, year: int) -> bool:
    article = item.article
    told = find_dates(_headed(item), article.published, article.published_precision)
    return any(date.year == year for date in told) or (article.published is not None and article.published.year == year)


def _certain(name: Name) -> bool:
    """Whether its absence proves something: the home country is implied, and a short or lower-case unknown word may be
    no name at all."""
    known = name.kind != "name" or len(name.text) > 2
    return known and not name.text.islower() and HOME.isdisjoint([name.text, *name.variants])
