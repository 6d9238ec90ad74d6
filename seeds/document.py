"""What every format is read into, and the errors that reading shares."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from seeds.article import Span
from seeds.decode import normalise, unwrap
from seeds.errors import ArticleFileError
from seeds.notice import Notice

# What parsers of other people's bytes are known to raise on damaged ones; mapped to ArticleFileError at this seam.
DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    SyntaxError,  # of XML
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


DELETION = ("tracked deletions", "변경 추적의 삭제")
"""What notices call the deletions that an editor has not accepted yet."""
Block = tuple[str, bool]
"""A paragraph, heading or table row, and whether markup sets it apart from running text."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text and what its markup says about it.

    `asides` are spans of `text` that the markup sets apart from running text: headings and tables. `fields` holds
    front matter as it was written; `notices` tell what reading changed or left out; the other attributes are the
    format's own metadata.
    """

    text: str
    asides: tuple[Span, ...] = ()
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    published: date | str | None = None
    url: str | None = None
    fields: dict[str, object] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()


def parse_text(name: str, text: str) -> Document:
    """Plain text, its hard-wrapped lines joined."""
    return Document(unwrap(normalise(name, text)))


def join_blocks(name: str, blocks: Iterable[Block]) -> Document:
    """One paragraph a block, an empty line between; the spans of those set apart become `asides`."""
    parts: list[str] = []
    asides: list[Span] = []
    position = 0
    for words, apart in blocks:
        block = unwrap(normalise(name, words)).strip()
        if not block:
            continue
        if apart:
            asides.append((position, position + len(block)))
        parts.append(block)
        position += len(block) + 2
    return Document("\n\n".join(parts), tuple(asides))


def row_of(cells: Iterable[Iterable[Block]]) -> str:
    """A row of a table as one line."""
    return f"| {' | '.join(' '.join(' '.join(words for words, _ in cell).split()) for cell in cells)} |"


def damaged(name: str, kind: str) -> ArticleFileError:
    return ArticleFileError(
        f"{name} is a damaged {kind} file. Open and save it again, or save its text as .txt.",
        f"{name}: 손상된 {kind} 파일입니다. 다시 저장하거나 본문을 .txt로 저장해 주세요.",
    )


def locked(name: str, kind: str) -> ArticleFileError:
    return ArticleFileError(
        f"{name} is protected by a password. Save a copy without one and add that.",
        f"{name}: 암호가 걸린 {kind} 파일입니다. 암호를 푼 사본을 저장해 추가해 주세요.",
    )


def too_large_inside(name: str) -> ArticleFileError:
    return ArticleFileError(
        f"{name} unpacks to more than is safe to read. Save only the article's text and add that.",
        f"{name}: 압축을 풀면 너무 큽니다. 기사 본문만 저장해 추가해 주세요.",
    )


def empty(name: str) -> ArticleFileError:
    return ArticleFileError(
        f"{name} holds no text. Check the file and add it again.",
        f"{name}: 내용이 비어 있습니다. 파일을 확인하고 다시 추가해 주세요.",
    )
