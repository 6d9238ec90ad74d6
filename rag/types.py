"""Records that pass through the pipeline, from evidence to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from index.types import ArticleInfo, Sentence
from rag.errors import Language

AnsweredBy = Literal["reader", "llm", "extract", "none"]
ClaimKind = Literal["quantity", "date", "name", "statement"]
Verdict = Literal["supported", "contradicted", "unknown"]
Basis = Literal["reader", "value", "name", "words"]
"""What a verdict rests on: the reader pointed at the words; they say the same value, the same name, the same words."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sentence offered as proof: `article.text[start:end] == text`.

    `context` is the chunk it stands in, `around` that chunk's sentences and `terms` their search terms; `score`
    compares within one question only;
    `words` is the mean over the question's words of their best match in the sentence, a cosine.
    """

    article: ArticleInfo
    chunk_id: str
    start: int
    end: int
    text: str
    context: str
    score: float
    words: float
    around: tuple[Sentence, ...] = ()
    terms: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Words of an article: `text[start:end]` of the article with that id."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """Something in the answer that can be checked.

    `citation` is the number of the citation that bears it out, `span` the very words of it, `by` what the verdict rests
    on. "supported" is said of what the reader pointed at and its value, name or words agree with; what stands in the
    sentence, but was not read to be what is asked for, is "unknown".
    """

    text: str
    kind: ClaimKind
    verdict: Verdict
    citation: int | None
    span: Place | None = None
    by: tuple[Basis, ...] = ()

    @property
    def supported(self) -> bool:
        return self.verdict == "supported"


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that the answer says. `claims` are places in the answer's claims, `citations` numbers of citations."""

    text: str
    claims: tuple[int, ...]
    citations: tuple[int, ...]


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
    """What every surface shows.

    `statements` are what it asserts, none where it only quotes or refuses. `timings_ms` has retrieve, read, generate,
    verify and total. `model` is None when no model wrote anything; `settings` is
    the fingerprint of the settings. `notices` say, in the question's language, what a reader must know about how the
    answer came to be (degraded, quoted instead of written); `nearest` are the articles offered beside a refusal.
    """

    question: str
    language: Language
    answer: str
    refused: bool
    answered_by: AnsweredBy
    citations: tuple[Citation, ...]
    claims: tuple[Claim, ...]
    timings_ms: dict[str, int]
    model: str | None
    settings: str
    statements: tuple[Statement, ...] = ()
    notices: tuple[str, ...] = ()
    nearest: tuple[ArticleInfo, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The public JSON object: exactly the contract's keys (docs/architecture.md)."""
        shown = asdict(self)
        del shown["notices"], shown["nearest"]
        for told, claim in zip(shown["claims"], self.claims, strict=True):
            told["supported"] = claim.supported
        return shown


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Evidence for a question, best first, and the language the question is in."""

    question: str
    language: Language
    hits: tuple[Evidence, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "language": self.language,
            "hits": [
                {
                    "score": round(hit.score, 4),
                    "article_id": hit.article.id,
                    "title": hit.article.title,
                    "published": published(hit.article),
                    "quote": hit.text,
                    "start": hit.start,
                    "end": hit.end,
                }
                for hit in self.hits
            ],
        }


def published(article: ArticleInfo) -> str | None:
    """The publication date as ISO text, only as precise as it is known: 2025-10-31, 2025-07 or 2025."""
    if article.published is None:
        return None
    return article.published.isoformat()[: {"day": 10, "month": 7, "year": 4}[article.published_precision]]


@dataclass(frozen=True, slots=True)
class Found:
    """Event: the evidence is there; the model has not written yet."""

    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Judging:
    """Event: the model begins to judge the evidence sentence of that number, from 1."""

    sentence: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """Event: a piece of the unverified draft, to be shown as such and replaced by the Answer. The first is empty: the
    model is about to be asked."""

    text: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """Event: the draft so far is thrown away (it was in the wrong language, say); another follows."""


Event = Found | Judging | Drafted | Restarted
Listener = Callable[[Event], None]
