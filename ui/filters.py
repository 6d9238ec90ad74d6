"""The options that restrict a search or a listing, shared by commands."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from ui import words
from ui.session import CommandError

if TYPE_CHECKING:
    from index.types import Filter

Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="since")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="until")]
Publishers = Annotated[list[str] | None, typer.Option("--publisher", metavar="NAME", help="publisher")]
Articles = Annotated[list[str] | None, typer.Option("--article", metavar="ID", help="article")]


def where(
    since: str | None, until: str | None, publishers: list[str] | None, articles: list[str] | None = None
) -> Filter | None:
    """The filter those options make; None for none. Raises CommandError for what is no date or no period."""
    from index.types import Filter

    first = _day("--since", since, last=False) if since is not None else None
    last = _day("--until", until, last=True) if until is not None else None
    if first and last and first > last:
        raise CommandError(words.BAD_PERIOD)
    return Filter(tuple(publishers or ()), tuple(articles or ()), first, last) or None


def _day(option: str, text: str, last: bool) -> date:
    """The first or last day of an ISO day, month or year."""
    try:
        year, *rest = map(int, text.split("-"))
        month = rest[0] if rest else (12 if last else 1)
        if len(rest) > 2 or year < 1000:
            raise ValueError(text)
        return date(year, month, rest[1] if len(rest) == 2 else (monthrange(year, month)[1] if last else 1))
    except ValueError as error:
        raise CommandError(words.BAD_DATE, option=option, text=text) from error
