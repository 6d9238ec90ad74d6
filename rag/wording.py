"""What the reader pointed at, said in the question's language.

Korean: as it stands, widened to its unit and bound, a date that leans on the day of publication with that day. English:
a value with bound and unit, a date in full, a name as it is known or romanised; other words as they stand, with a
gloss. How a value changed ("12.3% 감소") is told with it, for the number alone would be taken for the opposite.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from index.names import NameBook
from index.text import is_common_noun, morphemes
from index.types import Span
from index.vocabulary import english_words
from rag import bounds
from rag.annotate import say, say_date
from rag.dates import Date, find_dates
from rag.numerals import LARGE, Quantity, find_quantities
from rag.question import Question
from rag.romanise import person, romanised
from rag.types import ClaimKind, Evidence
from rag.units import BY_NAME, DURATIONS

Direction = Literal["up", "down"]
Mention = TypeVar("Mention", Date, Quantity)
_HANGUL = re.compile(r"[가-힣]")
_VERBS: dict[str, Direction] = {
    **dict.fromkeys(
        ("늘", "늘리", "늘어나", "오르", "올리", "올라가", "뛰", "뛰어오르", "치솟", "불어나", "높아지", "커지"), "up"
    ),
    **dict.fromkeys(("줄", "줄이", "줄어들", "내리", "떨어지", "낮아지", "낮추", "깎이", "깎", "빠지"), "down"),
}
_NOUNS: dict[str, Direction] = {
    **dict.fromkeys(("증가", "급증", "상승", "급등", "확대", "인상", "성장"), "up"),
    **dict.fromkeys(("감소", "급감", "하락", "급락", "축소", "인하", "감축"), "down"),
}
_CHANGE = re.compile("성장|증감|증가율|상승률|등락|변동률|신장률|대비|보다")
"""What a rate below zero says a fall of; any other (a margin, an interest rate) is just below zero."""
_MINUS_MARKS = "△▼-− "
_ANY_AMOUNT = frozenset(("늘", "늘리", "늘어나", "줄", "줄이", "줄어들"))
"""Verbs that tell a change of whatever is counted; the others are also said of rain, stairs and distance."""
_BETWEEN = frozenset({"가량", "정도", "쯤", "이나", "나", "더", "씩", "포인트", "크", "게", "대폭", "소폭", "가까이"})
_SKIPPED = frozenset({"JX", "JKS", "JKO", "MAG"})
_NOT = frozenset({"않", "못하", "말"})
_NAME_TAGS = frozenset({"NNP", "NNG", "NR", "SL", "SN", "XPN", "XSN", "SH"})
_PLURALS = {
    "person": "people", "country": "countries", "company": "companies", "university": "universities", "city": "cities",
    "party": "parties", "loss": "losses",
}  # fmt: skip
_UNSAID = frozenset({"item", "work", "place", "time", "age", "point", "kind", "share"})
"""Units of several English words, or none: the article's own words in brackets tell them."""
_BOUND_VERB = re.compile(r"(?:넘|웃도|웃돌|밑도|밑돌)$")
_HANGUL_RUN = re.compile(r"[가-힣]+")


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
    return Told(_gloss(said, names), said, "statement", start, end, whole=not _HANGUL.search(said))


def _gloss(said: str, names: NameBook) -> str:
    """What an English reader can have of Korean words without a model: their numbers, names and common words."""
    numbers = [
        f"{number.text} = {say(number, 'en')}" for number in find_quantities(said, "ko") if not number.text.isascii()
    ]
    known = [(part, latin) for part, latin in names.segments(said) if latin is not None]
    rest = said
    for part, _ in known:
        rest = rest.replace(part, " ")
    return ", ".join([*numbers, *(latin for _, latin in known if latin), *english_words(rest)])


def _kind(question: Question) -> ClaimKind:
    return "name" if question.expects in ("person", "place") else "statement"


def _covering(found: Sequence[Mention], start: int, end: int) -> Mention | None:
    """The one mention that is all of the span, marks and particles apart, or that the span is most of."""
    its = [one for one in found if one.start < end and start < one.end]
    if len(its) != 1:
        return None
    one = its[0]
    first, last = (one.outer_start, one.outer_end) if isinstance(one, Quantity) else (one.start, one.end)
    beyond = max(first - start, 0) + max(end - last, 0)
    return one if beyond <= max(2, (end - start) // 3) else None


def _number(question: Question, text: str, number: Quantity, span: Span) -> Told:
    start, end = min(number.outer_start, span[0]), max(number.outer_end, span[1])
    if _BOUND_VERB.search(text[number.end : end]) and (found := _HANGUL_RUN.match(text, end)):
        end = found.end()  # 넘게, 웃도는: to the end of the word
    original = text[start:end]
    direction = direction_after(text, end, number)
    if number.high < 0 and number.kind == "percent" and _CHANGE.search(text):
        direction, number = "down", replace(number, low=-number.high, high=-number.low)
    if question.language == "ko":
        change = {"up": " 증가", "down": " 감소", None: ""}[direction]
        shown = f"{original.lstrip(_MINUS_MARKS) if direction else original}{change}"
        return Told(shown, original, "quantity", start, end, whole=True, direction=direction)
    bound = bounds.english_bound(number.bound, abs(number.high) >= LARGE)
    asked_as_count = number.kind == "ordinal" and question.expects == "count"  # 47층: 47, and not the 47th
    amount = f"{number.low:f}" if asked_as_count else f"{say(number, 'en')}{_counted(number)}"
    said = f"{bound} {amount}".strip()
    return Told(said, original, "quantity", start, end, whole=True, direction=direction)


def _counted(number: Quantity) -> str:
    """What is counted, where the unit tells in one word: " votes"."""
    unit = BY_NAME[number.unit]
    if unit.kind != "count" or unit.name in _UNSAID or not unit.en:
        return ""
    if number.low == number.high == 1:
        return f" {unit.en[0]}"
    of = " of" if number.vague and number.low >= 10 else ""
    return f"{of} {_PLURALS.get(unit.name, unit.en[0] + 's')}"


def direction_after(text: str, end: int, number: Quantity | None = None) -> Direction | None:
    """Whether the amount that ends there is by how much something rose or fell, as the next word says.

    What something rose to (18개로) or from (14개에서) is another thing, and so is what did not. Of a length of time or
    a measure only verbs that say it of anything count.
    """
    if number is not None and (number.low < 0 or number.kind in ("ordinal", "plain")):
        return None
    measured = number is not None and (number.kind == "measure" or number.unit in DURATIONS)
    parts = [part for part in morphemes(text) if part.start >= end]
    for k, part in enumerate(parts):
        if part.form in _BETWEEN or part.tag in _SKIPPED:
            continue
        if k == 0 and part.tag == "VCP" and len(parts) > 1 and parts[1].form == "나":
            continue  # 12.3%나 is read as a copula
        if k == 1 and part.tag == "EC" and part.form == "나":
            continue
        if any(one.form in _NOT for one in parts[k + 1 : k + 4]):
            return None
        if part.tag == "VV":
            return _VERBS.get(part.form) if not measured or part.form in _ANY_AMOUNT else None
        return _NOUNS.get(part.form) if part.tag == "NNG" and not measured else None
    return None


def _date(question: Question, text: str, date: Date, span: Span) -> Told:
    start, end = min(date.start, span[0]), max(date.end, span[1])
    original = text[start:end]
    full = say_date(date, question.language) if date.year is not None or date.month is not None else ""
    if question.language == "ko":
        leans = date.relative is not None or (date.day is not None and "월" not in original)
        shown = f"{original}({full})" if full and leans and full not in original else original
        return Told(shown, original, "date", start, end, whole=True)
    if not full:
        return Told(original, original, "statement", start, end, whole=not _HANGUL.search(original))
    return Told(full, original, "date", start, end, whole=True)


def _name(question: Question, said: str, names: NameBook) -> str | None:
    """A name in Latin letters, a title that stands behind it left to the original; None for words that are no name."""
    known = next((form for form in names.variants(said) if not _HANGUL.search(form)), None)
    if known is not None:
        return known
    parts = [part for part in morphemes(said) if part.tag[0] not in "S" or part.tag in ("SL", "SN")]
    first = said.partition(" ")[0]  # a title behind a name stays in the original
    if question.expects == "person" and (spelt := person(first)) is not None and not is_common_noun(first):
        return spelt
    if not _HANGUL.search(said) or any(part.tag not in _NAME_TAGS for part in parts):
        return None
    if not any(part.tag == "NNP" for part in parts):
        return None
    return " ".join(latin or romanised(part) for part, latin in names.segments(said))


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
    if told.direction is not None:
        body = f"The article says it {'rose' if told.direction == 'up' else 'fell'} by {told.text}"
    if not _HANGUL.search(told.original):
        return f"{body} {mark()}."
    if told.kind != "statement" and told.original != told.text:
        body += f" ({told.original})"
    elif told.kind == "statement" and told.text not in ("", told.original):
        body += f" ({told.text})"
    return f"{body} {mark()}."
