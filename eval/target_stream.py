"""An answer as it is written elsewhere: server-sent events (docs/rest.md) turned into those that `ask` tells.

What is not told over REST is left empty: a sentence's chunk and what follows it, and how its words match (nan).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from index.types import ArticleInfo
from rag.types import Drafted, Event, Evidence, Found, Judging, Restarted
from seeds.article import Precision

UNTOLD = math.nan
_PRECISIONS: dict[int, Precision] = {4: "year", 7: "month"}
"""Of a day by the length of what is told of it."""


class Sent(NamedTuple):
    """An event as it came: `event` and `data` of the wire."""

    event: str
    data: str


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True)


class _Hit(_Told):
    score: float
    article_id: str
    title: str
    published: str | None
    quote: str
    start: int
    end: int

    def evidence(self) -> Evidence:
        day = date.fromisoformat(f"{self.published}-01-01"[:10]) if self.published else None
        precision = _PRECISIONS.get(len(self.published or ""), "day")
        article = ArticleInfo(self.article_id, self.title, None, None, day, precision, "ko", None, "")
        return Evidence(article, "", self.start, self.end, self.quote, self.quote, self.score, UNTOLD)


class _Hits(_Told):
    hits: tuple[_Hit, ...]


class _Sentence(_Told):
    sentence: int


class _Text(_Told):
    text: str


def sent(lines: Iterable[str]) -> Iterator[Sent]:
    """Events by their lines; comments, which only keep a connection open, are passed over."""
    name = ""
    data: list[str] = []
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        elif field == "data":
            data.append(value)
        elif not line and (name or data):
            yield Sent(name, "\n".join(data))
            name, data = "", []


def read(one: Sent) -> Event | None:
    """What it is of the events that `ask` tells; None for the one that ends the stream, and for any unknown.

    Raises ValueError (pydantic's ValidationError is one): not as gisa tells it.
    """
    match one.event:
        case "evidence":
            return Found(tuple(hit.evidence() for hit in _Hits.model_validate_json(one.data).hits))
        case "judging":
            return Judging(_Sentence.model_validate_json(one.data).sentence)
        case "token":
            return Drafted(_Text.model_validate_json(one.data).text)
        case "restart":
            return Restarted()
    return None
