"""The record every loader makes and every later room reads."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

Precision = Literal["day", "month", "year"]
Span = tuple[int, int]
SEOUL = ZoneInfo("Asia/Seoul")
"""Whose days articles are of, unless the settings name another zone."""


@dataclass(frozen=True, slots=True)
class Article:
    """One news article, whole.

    `text` is everything that was in the file (Unicode NFC, newlines as "\\n"); every offset in gisa counts characters
    of it. `body` says which spans of `text` are the article itself: bylines, captions, related-headline lists and
    rights lines lie outside, so they are kept but never searched or cited.
    """

    id: str
    title: str
    text: str
    body: tuple[Span, ...]
    publisher: str | None = None
    author: str | None = None
    published: date | None = None
    published_precision: Precision = "day"
    language: str = "ko"
    url: str | None = None
    source: str = ""
    rights: str | None = None

    @property
    def content_hash(self) -> str:
        """sha256 (hex) over all that is searched or shown, so that any change of it replaces the article."""
        shown = (
            self.title,
            self.publisher,
            self.author,
            self.published,
            self.published_precision,
            self.language,
            self.url,
            self.body,
            self.text,
        )
        return hashlib.sha256(repr(shown).encode()).hexdigest()
