"""What the reader pointed at, said in the question's language.

Korean: as it stands, widened to its unit and bound, a date that leans on the day of publication with that day. English:
a value with bound and unit, a date in full, a name as it is known or romanised; other words as they stand, with a gloss.
How a value changed ("12.3% 감소") is told with it, for the number alone would be taken for the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from index.names import NameBook
from index.text import morphemes
from index.types import Span
from rag import bounds
from rag.annotate import annotate, say, say_date
from rag.dates import Date, find_dates
from rag.numerals import LARGE, Quantity, find_quantities
from rag.question import Question
from rag.romanise import person, romanised
from rag.types import ClaimKind, Evidence
from rag.units import BY_NAME

Direction = Literal["up", "down"]
Mention = TypeVar("Mention", Date, Quantity)
_HANGUL = re.compile(r"[가-힣]")
_UP = frozenset(["늘", "늘리", "늘어나", "증가", "급증", "오르", "올리", "올라가", "상승", "급등", "뛰", "뛰어오르", "치솟", "불어나", "확대", "높아지", "높이", "커지", "인상", "성장"])
_DOWN = frozenset(["줄", "줄이", "줄어들", "감소", "급감", "내리", "하락", "급락", "떨어지", "축소", "낮아지", "낮추", "깎이", "깎", "빠지", "인하", "감축", "위축"])
_BETWEEN = frozenset({"가량", "정도", "쯤", "이나", "나", "더", "씩", "포인트"})
_PERSON_TITLES = frozenset({"NNP", "NNG", "NR", "SL", "SN", "XPN", "XSN", "SH"})
_HANGUL_RUN = re.compile(r"[가-힣]+")
_VERB_STEMS = frozenset("넘도돌")
"""Bounds that are verbs: 넘게, 웃도는, 밑돌아. They are told to the end of the word."""
_PLURALS = {
    "person": "people", "country": "countries", "company": "companies", "university": "universities", "city": "cities",
    "party": "parties", "age": "years", "loss": "losses",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A reading as it is said. `start` and `end` bound the words in the evidence's text, unit and bound included.

    `text` stands alone; `original` is the article's own words. `whole` says that a reader of the question's language
    needs no more: a value, a date, a name; or, in Korean, any words of the article.
    """

    text: str
    original: str
    kind: ClaimKind
    start: int
    end: int
    whole: bool
    direction: Direction | None = None


def told(question: Question, item: Evidence, span: Span, names: NameBook) -> Told:
    """`span` are offsets in the evidence's text."""
    start, end = span
    text = item.text
    date = _covering(find_dates(text, item.article.published, item.article.published_precision), start, end)
    number = _covering(find_quantities(text, "ko" if _HANGUL.search(text) else None), start, end)
    if date is not None and (question.expects == "date" or number is None):
        return _date(question, text, date, (start, end))
    if number is not None:
        return _number(question, text, number, (start, end))
    if question.language == "ko":
        return Told(text[start:end], text[start:end], _kind(question), start, end, whole=True)
    name = _name(question, text[start:end], names)
    if name is not None:
        return Told(name, text[start:end], "name", start, end, whole=True)
    said = text[start:end]
    gloss = names.gloss(annotate(said, "en"), limit=4)
    return Told(gloss, said, "statement", start, end, whole=not _HANGUL.search(said))


def _kind(question: Question) -> ClaimKind:
    return "name" if question.expects in ("person", "place") else "statement"


def _covering(found: Sequence[Mention], start: int, end: int) -> Mention | None:
    """The one mention that is all of the span, marks and particles apart, or that the span is most of."""
    its = [one for one in found if one.start < end and start < one.end]
    if len(its) != 1:
        return None
    one = its[0]
    beyond = max(one.start - start, 0) + max(end - one.end, 0)
    return one if beyond <= max(2, (end - start) // 3) else None


def _number(question: Question, text: str, number: Quantity, span: Span) -> Told:
    start, end = min(number.outer_start, span[0]), max(number.outer_end, span[1])
    if text[end - 1] in _VERB_STEMS and (found := _HANGUL_RUN.match(text, end)):
        end = found.end()
    original = text[start:end]
    direction = direction_after(text, end)
    if question.language == "ko":
        shown = f"{original} {'증가' if direction == 'up' else '감소'}" if direction else original
        return Told(shown, original, "quantity", start, end, whole=True, direction=direction)
    bound = bounds.english_bound(number.bound, abs(number.high) >= LARGE)
    said = f"{bound} {say(number, 'en')}{_counted(number)}".strip()
    if direction:
        said = f"{'up' if direction == 'up' else 'down'} {said}"
    return Told(said, original, "quantity", start, end, whole=True, direction=direction)


def _counted(number: Quantity) -> str:
    """What is counted, where the unit tells: " votes"."""
    unit = BY_NAME[number.unit]
    if unit.kind != "count" or unit.name == "item" or not unit.en:
        return ""
    word = unit.en[0]
    if number.low == number.high == 1:
        return f" {word}"
    return f" {_PLURALS.get(unit.name, word + 's')}"


def direction_after(text: str, end: int) -> Direction | None:
    """Whether the amount that ends there is by how much something rose or fell, as the next word says.

    What something rose to (18개로) or from (14개에서) is another thing.
    """
    for part in morphemes(text):
        if part.start < end or part.form in _BETWEEN or part.tag in ("JX", "JKS", "JKO", "VCP", "EC"):
            continue
        return "up" if part.form in _UP else "down" if part.form in _DOWN else None
    return None


def _date(question: Question, text: str, date: Date, span: Span) -> Told:
    start, end = min(date.start, span[0]), max(date.end, span[1])
    original = text[start:end]
    full = say_date(date, question.language) if date.year is not None or date.month is not None else ""
    if question.language == "ko":
        leans = date.relative is not None or (date.month is None and date.day is not None)
        shown = f"{original}({full})" if full and leans and full not in original else original
        return Told(shown, original, "date", start, end, whole=True)
    return Told(full or original, original, "date", start, end, whole=bool(full))


def _name(question: Question, said: str, names: NameBook) -> str | None:
    """A name in Latin letters; None for words that are none."""
    known = next((form for form in names.variants(said) if not _HANGUL.search(form)), None)
    if known is not None:
        return known
    parts = [part for part in morphemes(said) if part.tag[0] not in "S" or part.tag in ("SL", "SN")]
    if not parts or any(part.tag not in _PERSON_TITLES for part in parts) or not _HANGUL.search(said):
        return None
    if question.expects == "person" and (spelt := person(said)) is not None:
        return spelt
    if question.expects in ("person", "place") or any(part.tag == "NNP" for part in parts):
        return " ".join(latin or romanised(part) for part, latin in names.segments(said))
    return None


_SENTENCES: dict[ClaimKind, str] = {
    "quantity": "The article says {text}",
    "date": "The article gives {text}",
    "name": "The article names {text}",
    "statement": "The article says “{original}”",
}


def sentence(question: Question, told: Told, mark: Callable[[], str]) -> str:
    """A statement of what was read, with its mark of citation: in Korean the words, in English a sentence."""
    if question.language == "ko":
        return f"{told.text} {mark()}."
    body = _SENTENCES[told.kind].format(text=told.text, original=told.original)
    if told.kind != "statement" and told.original != told.text:
        body += f" ({told.original})"
    elif told.kind == "statement" and told.text != told.original:
        body += f" ({told.text})"
    return f"{body} {mark()}."
