"""One article out of what was given, what the format says and what the text itself says, in that order."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, tzinfo
from typing import TypedDict, Unpack

from seeds.article import SEOUL, Article, Precision, Span
from seeds.boilerplate import body_spans, is_sentence
from seeds.byline import clean_author, find_byline, is_byline_line
from seeds.decode import normalise
from seeds.document import Document, empty, parse_text
from seeds.errors import ArticleFileError
from seeds.published import Day, published_day

_TITLE_LENGTH = 60
_ID_LENGTH = 200


class Metadata(TypedDict, total=False):
    """What can be said of an article from outside. `published` is what `published_day` reads."""

    id: str | None
    title: str | None
    publisher: str | None
    author: str | None
    published: date | str | float | None
    published_precision: Precision | None
    language: str | None
    url: str | None
    source: str | None
    rights: str | None


def article_from_text(text: str, *, zone: tzinfo = SEOUL, **metadata: Unpack[Metadata]) -> Article:
    """An article of plain text. What is not given is read from the text; the id, from a hash of it.

    Raises ArticleFileError if there is no article in the text or a value makes no sense.
    """
    name = metadata.get("source") or "text"
    return compose(name, metadata.get("source") or "", parse_text(name, text), metadata, stem="", zone=zone)


def compose(
    name: str, source: str, document: Document, fields: Mapping[str, object], *, stem: str, zone: tzinfo
) -> Article:
    """Put together what was given (`fields`), what the format says and what the text says, in that order.

    Only the author's name is taken from the text first: a page's metadata often gives the outlet for it. The day of
    publication is that of `zone`.
    """
    given = {key: _scalar(name, key, fields.get(key)) for key in Metadata.__annotations__ if key != "published"}
    published, precision = _day(name, fields.get("published"), given["published_precision"], zone)
    if not document.text.strip():
        raise empty(name)
    byline = find_byline(document.text, zone)
    if published is None:
        published, precision = _stated_day(document.published, zone) or (byline.published, "day")
    body = body_spans(document.text, document.asides)
    if not body:
        raise ArticleFileError(
            f"{name} holds no article text, only headings, credits or captions. Check the file and add it again.",
            f"{name}: 제목, 저작권 표시, 사진 설명 말고는 기사 본문이 없습니다. 파일을 확인하고 다시 추가해 주세요.",
        )
    given_title = given["title"] or (normalise(name, document.title) if document.title else None)
    return Article(
        id=_identity(name, given["id"], stem, document.text),
        title=" ".join(given_title.split()) if given_title else _title(document.text, body),
        text=document.text,
        body=body,
        publisher=given["publisher"] or _clean(name, document.publisher) or byline.publisher,
        author=given["author"] or byline.author or clean_author(_clean(name, document.author)),
        published=published,
        published_precision=precision,
        language=_language(given["language"], document.text),
        url=given["url"] or _clean(name, document.url),
        source=given["source"] or source,
        rights=given["rights"],
    )


def _identity(name: str, given: str | None, stem: str, text: str) -> str:
    if given:
        if len(given) > _ID_LENGTH or not given.isprintable():
            raise ArticleFileError(
                f"The id in {name} is longer than {_ID_LENGTH} characters or not printable. Give it a short one.",
                f"{name}: id가 {_ID_LENGTH}자를 넘거나 표시할 수 없는 문자가 있습니다. 짧은 id를 써 주세요.",
            )
        return given
    slug = re.sub(r"[^\w-]+", "-", unicodedata.normalize("NFC", stem)).strip("-")[:_ID_LENGTH]
    return slug or hashlib.sha256(text.encode()).hexdigest()[:16]


def _title(text: str, body: tuple[Span, ...]) -> str:
    """The headline on top (below a date or byline, if one is there), else the first sentence, shortened."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    top = next((line for line in lines if not is_byline_line(line)), "")
    headline = 0 < len(top) <= 2 * _TITLE_LENGTH and not is_sentence(top.rstrip("?!"))
    if headline and len(lines) > 1:
        return " ".join(top.split())
    start, end = body[0]
    first = " ".join(re.split(r"(?<=[.?!])\s", text[start:end], maxsplit=1)[0].split())
    if len(first) <= _TITLE_LENGTH:
        return first
    return (first[:_TITLE_LENGTH].rpartition(" ")[0] or first[: _TITLE_LENGTH - 1]) + "…"


def _language(given: str | None, text: str) -> str:
    """The language's own code ("ko" of "ko-KR"); if none is given, "ko" where a tenth of the letters is Hangul.

    Korean technology news is full of Latin names.
    """
    if given:
        return re.split(r"[-_]", given.lower(), maxsplit=1)[0]
    letters = sum(c.isalpha() for c in text)
    hangul = sum("\uac00" <= c <= "\ud7a3" for c in text)
    return "ko" if letters == 0 or hangul >= 0.1 * letters else "en"


def _day(name: str, value: object, precision: str | None, zone: tzinfo) -> tuple[date | None, Precision]:
    """A date from YAML, JSON or a caller, with how much of it is known."""
    if precision not in (None, "day", "month", "year"):
        raise _bad_field(name, "published_precision", "day, month, year")
    if value is None or value == "":
        return None, "day"
    try:
        day, written = published_day(value, zone)
    except ValueError as error:
        raise _bad_field(name, "published", "2025-09-19, 2025-09, 2025") from error
    match precision:
        case "day" | "month" | "year":
            return day, precision
        case _:
            return day, written


def _stated_day(value: object, zone: tzinfo) -> Day | None:
    """What a page's metadata states, where that is a date."""
    try:
        return published_day(value, zone)
    except ValueError:
        return None


def _scalar(name: str, key: str, value: object) -> str | None:
    if value is None or value == "":
        return None
    if not isinstance(value, str | int | float | date):
        raise _bad_field(name, key, '"..."')
    try:
        return _clean(name, str(value))
    except ValueError as error:  # an integer of thousands of digits
        raise _bad_field(name, key, '"..."') from error


def _clean(name: str, value: str | None) -> str | None:
    return normalise(name, value).strip() or None if value else None


def _bad_field(name: str, key: str, accepted: str) -> ArticleFileError:
    return ArticleFileError(
        f'The value of "{key}" in {name} is not understood. Write it as {accepted}.',
        f'{name}: "{key}" 값을 알 수 없습니다. {accepted} 형식으로 써 주세요.',
    )
