"""Records that pass through the pipeline, from evidence to answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from index.types import ArticleInfo

AnsweredBy = Literal["llm", "extract", "none"]
ClaimKind = Literal["quantity", "date", "name", "statement"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence offered as proof. `article.text[start:end] == text`; `score` compares within one question only."""

    article: ArticleInfo
    chunk_id: str
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Claim:
    """Something in the answer that can be checked. `citation` is the number of the citation that bears it out."""

    text: str
    kind: ClaimKind
    supported: bool
    citation: int | None


@dataclass(frozen=True, slots=True)
class Citation:
    """A quoted sentence and where it stands. `number` is the [n] in the answer's text."""

    number: int
    article_id: str
    title: str
    publisher: str | None
    published: str | None
    url: str | None
    quote: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What every surface shows. Field names are the public JSON contract (see docs/architecture.md)."""

    question: str
    language: str
    answer: str
    refused: bool
    answered_by: AnsweredBy
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    timings_ms: dict[str, int]
    model: str | None
    settings: str
    notices: tuple[str, ...] = ()
    nearest: tuple[ArticleInfo, ...] = field(default=())
