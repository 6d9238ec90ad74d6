"""Which articles the Articles tab lists, in which order."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from index.types import ArticleInfo, Filter
from ui.rest.schemas import Day, where

Sort = Literal["newest", "oldest", "title", "publisher"]
PER_PAGE = 10
_DAY: TypeAdapter[str] = TypeAdapter(Day)


class NotADayError(ValueError):
    """What was typed is no day, month or year; its text is the message."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, counted from 1; `total` articles on all `pages`."""

    articles: tuple[ArticleInfo, ...]
    number: int
    pages: int
    total: int


def within(publisher: str | None, since: str, until: str) -> Filter | None:
    """The filter of what was chosen and typed; empty restricts nothing. Raises NotADayError."""
    first, last = _day(since), _day(until)
    return where(first, last, [publisher] if publisher else [], [])


async def matching(
    articles: Sequence[ArticleInfo], wanted: str, text_of: Callable[[str], Awaitable[str]]
) -> list[ArticleInfo]:
    """The articles in which every word wanted stands: in title, publisher, author, id or text, whatever the case.

    `text_of` gives an article's text by its id; it is asked only where the rest does not settle it.
    """
    needles = normalised(wanted).split()
    return [one for one in articles if await _holds(one, needles, text_of)]


def ordered(articles: Sequence[ArticleInfo], sort: Sort) -> list[ArticleInfo]:
    """In an order of the user's choice; undated articles come last, in either order of time."""
    if sort == "title":
        return sorted(articles, key=lambda one: normalised(one.title))
    if sort == "publisher":
        newest = ordered(articles, "newest")
        return sorted(newest, key=lambda one: (one.publisher is None, normalised(one.publisher or "")))
    dated = [one for one in articles if one.published]
    undated = [one for one in articles if not one.published]
    return sorted(dated, key=_published, reverse=sort == "newest") + undated


def page_of(articles: Sequence[ArticleInfo], number: int) -> Page:
    """A page of the list, the nearest there is."""
    pages = max(1, -(-len(articles) // PER_PAGE))
    number = min(max(number, 1), pages)
    its = tuple(articles[(number - 1) * PER_PAGE : number * PER_PAGE])
    return Page(its, number, pages, len(articles))


def normalised(text: str) -> str:
    """NFKC, casefolded: how text is compared."""
    return unicodedata.normalize("NFKC", text).casefold()


async def _holds(one: ArticleInfo, needles: Sequence[str], text_of: Callable[[str], Awaitable[str]]) -> bool:
    about = normalised("\n".join(filter(None, (one.title, one.publisher, one.author, one.id))))
    missing = [needle for needle in needles if needle not in about]
    if not missing:
        return True
    text = normalised(await text_of(one.id))
    return all(needle in text for needle in missing)


def _published(one: ArticleInfo) -> date:
    assert one.published is not None
    return one.published


def _day(text: str) -> str | None:
    wanted = text.strip()
    if not wanted:
        return None
    try:
        return _DAY.validate_python(wanted)
    except ValidationError as error:
        raise NotADayError(wanted) from error
