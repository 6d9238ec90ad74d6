"""Whether a model's sentence says what the reader read: its words, as value, date or name, and no rival in their place.

rag.verify tells whether every figure and name of a draft stands in the sentence it was written from; that is not
enough, for a sentence has other figures than the one asked for. So the draft must hold the very words the reader
pointed at, no other value of their kind, and no direction that the sentence does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.names import NameBook
from rag.dates import find_dates, same_date
from rag.decide import Answering
from rag.numerals import Quantity, agrees, find_quantities
from rag.question import Question
from rag.types import Basis, Claim, ClaimKind, Evidence, Place
from rag.verify import DraftSentence, borne_out, verify
from rag.wording import Told

_UP = re.compile(
    r"\b(?:increas\w*|r[io]s(?:e|es|en|ing)|rose|rais\w*|gr[eo]w\w*|growth|up(?!\s+to\b)|gain\w*|jump\w*|surg\w*|soar\w*"
    r"|climb\w*|higher|expand\w*|boost\w*|doubl\w*)\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:decreas\w*|f[ae]ll\w*|drop\w*|declin\w*|down|shr[aiu]nk\w*|cut\w*|lower\w*|reduc\w*|slump\w*|plung\w*|plummet\w*"
    r"|tumbl\w*|dip\w*|slid\w*|halv\w*|lost)\b",
    re.IGNORECASE,
)
_UP_KO = re.compile(
    r"늘|증가|급증|오르|오른|올랐|올리|올라|상승|급등|뛰|뛴|치솟|불어|확대|높아|높이|커지|커졌|인상|성장"
)
_DOWN_KO = re.compile(r"줄|감소|급감|내리|내린|내렸|하락|급락|떨어|축소|낮아|낮추|깎|빠지|빠졌|인하|감축|위축")
_BASIS: dict[ClaimKind, Basis] = {"quantity": "value", "date": "value", "name": "name", "statement": "words"}
_SQUASHED = re.compile(r"[\W_]+")


def checked(
    question: Question, draft: str, best: Answering, said: Told, names: NameBook
) -> Sequence[DraftSentence] | None:
    """The draft's sentences with their claims checked; None when it must not be shown."""
    evidence = [best.evidence]
    statements = verify(question, draft, evidence, names)
    if not borne_out(question, statements, names):
        return None
    text = " ".join(statement.text for statement in statements)
    if (_UP.search(text) and not _UP_KO.search(best.evidence.text)) or (said.direction == "down" and _UP.search(text)):
        return None
    if (_DOWN.search(text) and not _DOWN_KO.search(best.evidence.text)) or (
        said.direction == "up" and _DOWN.search(text)
    ):
        return None
    return statements if _holds(question, text, best.evidence, said, names) else None


def checkable(said: Told, names: NameBook) -> bool:
    """Whether a draft could be held to what was read: a value, a date, a name, or words with a number or a name."""
    return said.kind != "statement" or bool(find_quantities(said.original) or names.find(said.original))


def claims(
    question: Question, statements: Sequence[DraftSentence], item: Evidence, said: Told, names: NameBook
) -> list[Claim]:
    """The claims of a draft that holds what was read: that one is supported, others only stand in the sentence."""
    place = place_of(item, said)
    found: list[Claim] = []
    for statement in statements:
        for claim in statement.claims:
            read = _same(claim.text, claim.kind, said, names)
            found.append(
                Claim(claim.text, claim.kind, "supported", 1, place, ("reader", basis(said.kind)))
                if read
                else Claim(claim.text, claim.kind, "unknown", 1, None, (basis(claim.kind),))
            )
    if not any(claim.supported for claim in found):
        found.append(Claim(said.original, said.kind, "supported", 1, place, ("reader", basis(said.kind))))
    return found


def basis(kind: ClaimKind) -> Basis:
    """What bears a claim of that kind out, beside the reader."""
    return _BASIS[kind]


def place_of(item: Evidence, said: Told) -> Place:
    return Place(item.article.id, item.start + said.start, item.start + said.end)


def _same(text: str, kind: ClaimKind, said: Told, names: NameBook) -> bool:
    if kind != said.kind:
        return False
    if kind == "quantity":
        read = find_quantities(said.original)
        return any(agrees(one, other) in ("equal", "bound_lost") for one in find_quantities(text) for other in read)
    if kind == "date":
        return any(same_date(one, other) for one in find_dates(text) for other in find_dates(said.text))
    return _squashed(text) in map(_squashed, (said.text, said.original, *names.variants(said.original)))


def _squashed(text: str) -> str:
    return _SQUASHED.sub("", text).casefold()


def _holds(question: Question, text: str, item: Evidence, said: Told, names: NameBook) -> bool:
    if said.kind == "quantity":
        read = find_quantities(said.original)
        told = _new(question, find_quantities(text, question.language))
        same = [one for one in told if any(agrees(one, other) in ("equal", "bound_lost") for other in read)]
        kinds = {other.kind for other in read}
        return bool(same) and not any(one.kind in kinds for one in told if one not in same)
    if said.kind == "date":
        article = item.article
        days = find_dates(item.text[said.start : said.end], article.published, article.published_precision)
        named = find_dates(text)
        return bool(named) and all(any(same_date(one, other) for other in days) for one in named)
    if said.kind == "name":
        forms = [said.text, said.original, *names.variants(said.original)]
        if not any(_stands(form, text) for form in forms):
            return False
        asked = [name.text for name in question.names]
        others = [
            name.text for name in names.find(text)
            if not any(names.occurs(form, name.text) or name.text in form for form in (*forms, *asked))
        ]  # fmt: skip
        return not others
    return _holds_words(question, text, said, names)


def _stands(form: str, text: str) -> bool:
    """Whether a name stands in a text as words, hyphens and spaces within it as they may be."""
    letters = [re.escape(part) for part in _SQUASHED.split(form) if part]
    pattern = "(?<!\\w)" + "[\\W_]*".join(letters) + "(?!\\w)"
    return bool(letters) and re.search(pattern, text, re.IGNORECASE) is not None


def _holds_words(question: Question, text: str, said: Told, names: NameBook) -> bool:
    """Whether a draft has every number and name of the words that were read, at least one, and no other new number.

    Other words of another language cannot be compared: where the words have neither, no draft is shown.
    """
    numbers, told = find_quantities(said.original), _new(question, find_quantities(text, question.language))
    found = [name.text for name in names.find(said.original)]
    if not numbers and not found:
        return False
    agreed = [[agrees(one, other) in ("equal", "bound_lost") for other in numbers] for one in told]
    every = all(any(row[k] for row in agreed) for k in range(len(numbers)))
    return every and all(map(any, agreed)) and all(names.occurs(name, text) for name in found)


def _new(question: Question, found: Sequence[Quantity]) -> list[Quantity]:
    given = {(number.low, number.high) for number in question.quantities}
    return [number for number in found if (number.low, number.high) not in given]
