"""Finds what in a quoted sentence bears out the claims that cite it: the words that were read, or the same value."""

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
    """Spans of `citation.quote`, apart and in order, that say what its claims say.

    What the reader pointed at is known to the letter, whether it is asserted or only quoted. Of other supported claims
    it is the same value, date or name; a number matches across notations (260,000 and 26만장).
    """
    its = [claim for claim in claims if claim.citation == citation.number]
    known = {span for claim in its if (span := _read(citation, claim)) is not None}
    others = {span for claim in its if claim.span is None and claim.supported for span in _spans(citation, claim)}
    apart = [one for one in others if not any(one[0] < end and start < one[1] for start, end in known)]
    return sorted([*known, *apart])


def _read(citation: Citation, claim: Claim) -> Span | None:
    """Where in the quote the words stand that the claim names."""
    place = claim.span
    if place is None or place.article_id != citation.article_id:
        return None
    inside = citation.start <= place.start < place.end <= citation.end
    return (place.start - citation.start, place.end - citation.start) if inside else None


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
