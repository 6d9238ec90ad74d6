"""What kind of thing a question asks for, and whether a text has one."""

from __future__ import annotations

import re
from collections.abc import Iterable

from index.names import NameBook
from index.text import morphemes
from index.types import ArticleInfo
from rag.dates import find_dates
from rag.numerals import Quantity, find_quantities
from rag.question import Question

_ASKED = re.compile(
    r"\b(?:how many|(?:what|which|the)? ?number of|count of|total of)\b"
    r"|몇(?=\s?[가-힣])",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"\b(?:costs?|prices?|budgets?|pays?|paid|spen[dt]|invest(?:s|ed|ing|ments?)?|money|fund(?:s|ed|ing)?|revenues?"
    r"|worth|dollars?|pounds?|euros?)\b"
    r"|예산|비용|금액|액수|투자액|가격|자금|돈|매출",
    re.IGNORECASE,
)
_RATE = re.compile(
    r"%|\b(?:percent|percentage|rate|share|gr[eo]w|growth|faster)\b|증가율|성장률|비율|비중|퍼센트", re.IGNORECASE
)
_TIMES = re.compile(r"배|\b(?:times|fold|factor|multiple|faster|more powerful)\b", re.IGNORECASE)
_MEASURED = frozenset({"count", "money", "percent", "multiple", "measure", "plain"})
_NUMBER = frozenset({"count", "plain"})
_NAMES = {
    "person": frozenset({"person", "company", "org", "school", "media", "country", "name"}),
    "place": frozenset({"place", "country", "school", "org", "company", "name"}),
}


def kind_match(question: Question, text: str, article: ArticleInfo) -> int:
    """1 when the text has the kind of thing asked for, -1 when it lacks it, 0 when nothing certain is asked for."""
    if question.expects == "date":
        return 1 if find_dates(text, article.published) else -1
    if question.expects not in ("count", "amount"):
        return 0
    found, exactly = _measured(question, text)
    return 1 if exactly else 0 if found else -1


def fitting(question: Question, text: str) -> list[Quantity]:
    """The numbers in a text that may be what is asked for: new ones, of the unit asked for where it tells one."""
    return _measured(question, text)[1]


def _measured(question: Question, text: str) -> tuple[list[Quantity], list[Quantity]]:
    """New numbers of a kind asked for, and those of them of the unit asked for."""
    wanted = asked_unit(question)
    kinds = _MEASURED | {wanted.kind} if wanted is not None else _MEASURED
    found = [q for q in _new_quantities(question, find_quantities(text)) if q.kind in kinds]
    if asks_money(question):
        found = [q for q in found if q.kind == "money"]
    if wanted is not None and wanted.unit:
        return found, [q for q in found if q.unit == wanted.unit]
    return found, found


def says_number(question: Question, text: str) -> bool:
    """Whether an answer gives a number of the kind asked for that the question did not give."""
    found = _new_quantities(question, find_quantities(text, question.language))
    return any(_fits(question, quantity) for quantity in found)


def _new_quantities(question: Question, found: Iterable[Quantity]) -> list[Quantity]:
    """Without those that the question gave."""
    given = {(quantity.low, quantity.high) for quantity in question.quantities}
    return [quantity for quantity in found if (quantity.low, quantity.high) not in given]


def _fits(question: Question, quantity: Quantity) -> bool:
    if question.expects == "count":
        wanted = asked_unit(question)
        kind = wanted.kind if wanted is not None else "count"
        return quantity.kind == kind or {quantity.kind, kind} <= _NUMBER
    if quantity.kind == "multiple":
        return _TIMES.search(question.text) is not None
    return quantity.kind in ("money", "percent") or _MONEY.search(question.text) is None


def new_names(question: Question, text: str, names: NameBook) -> list[str]:
    """Names in a text that may be the person or place asked for: of a fitting kind, and not given by the question."""
    asked = {form.casefold() for name in question.names for form in (name.text, *name.variants)}
    return [
        name.text
        for name in names.find(text, kinds=_NAMES[question.expects])
        if asked.isdisjoint(form.casefold() for form in (name.text, *name.variants))
    ]


def asks_money(question: Question) -> bool:
    """Whether a sum of money is asked for, and not by how much one grew."""
    money = question.expects == "amount" and _MONEY.search(question.text) is not None
    return money and _RATE.search(question.text) is None


def asks_name(question: Question) -> bool:
    return question.expects in _NAMES


def _is_copula(text: str, at: int) -> bool:
    """Whether nothing is counted there: 몇인가 asks which number."""
    return any(part.start == at and part.tag == "VCP" for part in morphemes(text))


def asked_unit(question: Question) -> Quantity | None:
    """What is to be counted, read by putting a number where the question word stands: "5 countries", "5 개국"."""
    if question.expects != "count":
        return None
    found = _ASKED.search(question.text)
    if found is None or _is_copula(question.text, found.end()):
        return None
    text = f"{question.text[: found.start()]} 5 {question.text[found.end() :].lstrip()}"
    at = found.start()
    return next((q for q in find_quantities(text, question.language) if q.start <= at + 1 < q.end), None)
