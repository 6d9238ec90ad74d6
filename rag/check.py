"""Whether a model's sentence says what the reader read: its words, as value, date or name, and no rival in their place.

rag.verify tells whether every figure and name of a draft stands in the sentence it was written from; that is not enough,
for a sentence has other figures than the one asked for. So the draft must hold the very words the reader pointed at,
no other value of their kind, and the direction that the sentence tells.
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
    r"\b(?:increas\w*|r[io]s(?:e|es|en|ing)|rose|gr[eo]w\w*|grown|growth|up|gain\w*|jump\w*|surg\w*|climb\w*|higher|expand\w*)\b",
    re.I,
)
_DOWN = re.compile(
    r"\b(?:decreas\w*|f[ae]ll\w*|drop\w*|declin\w*|down|shr[aiu]nk\w*|cut\w*|lower\w*|reduc\w*|slump\w*|plung\w*)\b",
    re.I,
)
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
    if said.direction == "up" and _DOWN.search(text) and not _UP.search(text):
        return None
    if said.direction == "down" and _UP.search(text) and not _DOWN.search(text):
        return None
    return statements if _holds(question, text, best.evidence, said, names) else None


def claims(question: Question, statements: Sequence[DraftSentence], item: Evidence, said: Told) -> list[Claim]:
    """The claims of a draft that holds what was read: that one is supported, others only stand in the sentence."""
    place = place_of(item, said)
    found: list[Claim] = []
    for statement in statements:
        for claim in statement.claims:
            read = _same(claim.text, claim.kind, said)
            found.append(
                Claim(claim.text, claim.kind, "supported", 1, place, ("reader", basis(said.kind)))
                if read
                else Claim(claim.text, claim.kind, "unknown", 1, None, (basis(claim.kind),))
            )
    if not any(claim.supported for claim in found):
        text = said.original
        found.append(Claim(text, said.kind, "supported", 1, place, ("reader", basis(said.kind))))
    return found


def basis(kind: ClaimKind) -> Basis:
    """What bears a claim of that kind out, beside the reader."""
    return _BASIS[kind]


def place_of(item: Evidence, said: Told) -> Place:
    return Place(item.article.id, item.start + said.start, item.start + said.end)


def _same(text: str, kind: ClaimKind, said: Told) -> bool:
    if kind != said.kind:
        return False
    if kind == "quantity":
        read = find_quantities(said.original)
        return any(agrees(one, other) in ("equal", "bound_lost") for one in find_quantities(text) for other in read)
    if kind == "date":
        return any(same_date(one, other) for one in find_dates(text) for other in find_dates(said.text))
    return _SQUASHED.sub("", text).casefold() in _SQUASHED.sub("", said.text + said.original).casefold()


def _holds(question: Question, text: str, item: Evidence, said: Told, names: NameBook) -> bool:
    if said.kind == "quantity":
        read = find_quantities(said.original)
        told = _new(question, find_quantities(text, question.language))
        same = [one for one in told if any(agrees(one, other) in ("equal", "bound_lost") for other in read)]
        kinds = {other.kind for other in read}
        return bool(same) and not any(one.kind in kinds for one in told if one not in same)
    if said.kind == "date":
        read = find_dates(item.text[said.start : said.end], item.article.published, item.article.published_precision)
        told = find_dates(text)
        return bool(told) and all(any(same_date(one, other) for other in read) for one in told)
    if said.kind == "name":
        forms = [said.text, said.original, *names.variants(said.original)]
        squashed = _SQUASHED.sub("", text).casefold()
        if not any(_SQUASHED.sub("", form).casefold() in squashed for form in forms):
            return False
        asked = [name.text for name in question.names]
        others = [
            name.text for name in names.find(text)
            if not any(names.occurs(form, name.text) or name.text in form for form in (*forms, *asked))
        ]  # fmt: skip
        return not others
    return not _new(question, find_quantities(text, question.language)) or bool(find_quantities(said.original))


def _new(question: Question, found: Sequence[Quantity]) -> list[Quantity]:
    given = {(number.low, number.high) for number in question.quantities}
    return [number for number in found if (number.low, number.high) not in given]
