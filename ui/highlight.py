"""Finds what in a quoted sentence bears out the claims that cite it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from rag.dates import find_dates, same_date
from rag.numerals import agrees, find_quantities
from rag.types import Citation, Claim
from seeds.article import Precision

Span = tuple[int, int]
_PRECISION: dict[int, Precision] = {10: "day", 7: "month", 4: "year"}


def bearing(citation: Citation, claims: Iterable[Claim]) -> list[Span]:
    """Spans of `citation.quote` that say what its supported claims say: the same value, date or name.

    A number matches across notations (260,000 and 26만장), as it did when the claim was verified.
    """
    its = [claim for claim in claims if claim.supported and claim.citation == citation.number]
    return sorted({span for claim in its for span in _spans(citation, claim)})


def _spans(citation: Citation, claim: Claim) -> Iterator[Span]:
    quote = citation.quote
    if claim.kind == "quantity":
        told = find_quantities(claim.text)
        for quantity in find_quantities(quote):
            if any(agrees(one, quantity) in ("equal", "bound_lost") for one in told):
                yield quantity.start, quantity.end
    elif claim.kind == "date":
        stated = find_dates(claim.text)
        for mention in find_dates(quote, *_published(citation)):
            if any(same_date(one, mention) for one in stated):
                yield mention.start, mention.end
    elif claim.kind == "name":
        for found in re.finditer(re.escape(claim.text), quote, re.IGNORECASE):
            yield found.span()


def _published(citation: Citation) -> tuple[date | None, Precision]:
    """The article's date as `find_dates` takes it; `Citation.published` is ISO text as precise as it is known."""
    if citation.published is None:
        return None, "day"
    precision = _PRECISION[len(citation.published)]
    return date.fromisoformat((citation.published + "-01-01")[:10]), precision
