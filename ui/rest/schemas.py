"""The bodies of requests and responses, as /docs and openapi.json tell them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from index.types import Filter
from rag.types import AnsweredBy, Basis, ClaimKind, Verdict
from ui.rest.errors import PeriodError
from ui.service.records import Ingest, IngestState

_DAYS = (
    r"[12][0-9]{3}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?",
    r"[12][0-9]{3}-(0[13-9]|1[0-2])-(29|30)",
    r"[12][0-9]{3}-(0[13578]|1[02])-31",
    r"([12][0-9](0[48]|[2468][048]|[13579][26])|(12|16|20|24|28)00)-02-29",
)
"""Every date of the Gregorian calendar from 1000 to 2999, so that openapi.json tells exactly what is taken."""
Day = Annotated[
    str,
    StringConstraints(pattern="|".join(f"^{one}$" for one in _DAYS)),
    Field(description="A day, month or year: 2025-10-31, 2025-10, 2025.", examples=["2025-10"]),
]
ArticleId = Annotated[str, Field(min_length=1, max_length=200, examples=["korea-nvidia-gpu-2025-10"])]
Language = Literal["auto", "ko", "en"]
Text = Annotated[str, Field(max_length=300)]
"""A field of an article: a title, a name."""


def _number(value: object) -> object:
    """JSON's 5 and 5.0 are the same integer; "5" and true are none, though pydantic takes them for one."""
    if isinstance(value, str | bool):
        raise ValueError("Input should be a valid integer")  # pydantic reports this kind of error
    return value


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Told(BaseModel):
    """Part of a response. Keys may be added to it."""

    model_config = ConfigDict(frozen=True)


class FilterIn(_Body):
    """Which articles may be looked at; what is left out restricts nothing."""

    publishers: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)] = []
    article_ids: Annotated[list[ArticleId], Field(max_length=200)] = []
    since: Day | None = Field(default=None, description="The first day, month or year.")
    until: Day | None = Field(default=None, description="The last day, month or year.")

    def where(self) -> Filter | None:
        """Raises PeriodError."""
        return where(self.since, self.until, self.publishers, self.article_ids)


class QuestionIn(_Body):
    question: Annotated[
        str,
        Field(
            min_length=1,
            max_length=2000,
            description="In Korean or English.",
            examples=["How many GPUs is Korea securing?"],
        ),
    ]
    language: Language = Field(default="auto", description="Of the answer; auto: the question's.")
    filter: FilterIn = FilterIn()


class AskIn(QuestionIn):
    conversation: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="The `conversation` of an earlier answer, to follow it up."
    )
    after: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        default=None, description="The `id` of the answer in that conversation to follow up; left out: the last."
    )


class SearchIn(QuestionIn):
    limit: Annotated[int, Field(ge=1, le=100), BeforeValidator(_number)] = Field(
        default=5, description="How many sentences."
    )


class FeedbackIn(_Body):
    answer: Annotated[str, Field(min_length=1, max_length=100, description="The `id` of an answer.")]
    thumb: Literal["up", "down"]
    comment: Annotated[str, Field(max_length=2000)] | None = None


class ArticleIn(_Body):
    """An article as text. What is left out is read from the text."""

    text: Annotated[str, Field(min_length=1, description="The whole article.")]
    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,200}$")] | None = Field(
        default=None, description="Its id; made of the text when left out."
    )
    title: Text | None = None
    publisher: Text | None = None
    author: Text | None = None
    published: Day | None = None
    language: Literal["ko", "en"] | None = None
    url: Annotated[str, Field(max_length=2000)] | None = None


class ListIn(_Body):
    """The query of GET /v1/articles."""

    publisher: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=50)] = []
    since: Day | None = None
    until: Day | None = None
    offset: Annotated[int, Field(ge=0, le=1_000_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class CitationOut(_Told):
    number: int = Field(description="The n of [n] in the answer.")
    article_id: str
    title: str
    publisher: str | None
    published: str | None
    url: str | None
    quote: str = Field(description="One sentence of the article, as it stands.")
    start: int = Field(description="`text[start:end] == quote` in GET /v1/articles/{id}, in Unicode code points.")
    end: int


class PlaceOut(_Told):
    article_id: str
    start: int = Field(description="`text[start:end]` in GET /v1/articles/{id} are the words, in Unicode code points.")
    end: int


class ClaimOut(_Told):
    text: str
    kind: ClaimKind
    verdict: Verdict = Field(
        description="supported: the reader pointed at it, and value, name or words agree; unknown: it stands in the "
        "sentence, but was not read to be what is asked for."
    )
    supported: bool = Field(description="Whether the verdict is supported.")
    citation: int | None
    span: PlaceOut | None = Field(description="The very words of the article.")
    by: list[Basis] = Field(description="What the verdict rests on.")


class StatementOut(_Told):
    text: str
    claims: list[int] = Field(description="Places in the answer's claims, from 0.")
    citations: list[int] = Field(description="Numbers of its citations.")


class InfoOut(_Told):
    id: str
    title: str
    publisher: str | None
    author: str | None
    published: str | None
    language: str
    url: str | None


class AnswerOut(_Told):
    """The Answer object of docs/architecture.md, and what a client needs to go on."""

    id: str = Field(description="For POST /v1/feedback.")
    conversation: str = Field(description="For a follow-up.")
    rewritten: str | None = Field(description="A follow-up as it was understood; null when it stood alone.")
    question: str
    language: Literal["ko", "en"]
    answer: str
    refused: bool
    answered_by: AnsweredBy
    citations: list[CitationOut]
    claims: list[ClaimOut]
    statements: list[StatementOut] = Field(description="What the answer asserts; empty where it quotes or refuses.")
    timings_ms: dict[str, int]
    model: str | None
    settings: str
    notices: list[str] = Field(description="What a reader must know about how the answer came to be.")
    nearest: list[InfoOut] = Field(description="Articles offered beside a refusal.")


class HitOut(_Told):
    score: float
    article_id: str
    title: str
    published: str | None
    quote: str
    start: int
    end: int


class SearchOut(_Told):
    question: str
    language: Literal["ko", "en"]
    hits: list[HitOut]


class ArticleOut(InfoOut):
    text: str = Field(description="The whole article; offsets of citations count its Unicode code points.")
    body: list[Annotated[list[int], Field(min_length=2, max_length=2)]] = Field(
        description="Which spans of the text are the article itself."
    )
    source: str
    rights: str | None


class ArticlesOut(_Told):
    articles: list[InfoOut]
    total: int = Field(description="How many there are in all.")
    offset: int
    limit: int


class IngestProblemOut(_Told):
    code: str
    detail: str


class IngestOut(_Told):
    id: str
    state: IngestState
    done: int
    total: int
    outcomes: dict[str, Literal["added", "replaced", "unchanged"]] = Field(description="By article id.")
    problems: list[IngestProblemOut]

    @classmethod
    def of(cls, run: Ingest, language: Literal["ko", "en"]) -> IngestOut:
        errors = [*run.problems, *([run.error] if run.error else [])]
        return cls(
            id=run.id,
            state=run.state,
            done=run.done,
            total=run.total,
            outcomes=dict(run.outcomes),
            problems=[IngestProblemOut(code=one.code, detail=one.message(language)) for one in errors],
        )


class FeedbackOut(_Told):
    answer: str
    thumb: Literal["up", "down"]


class LiveOut(_Told):
    status: Literal["live"] = "live"


class ReadyOut(_Told):
    status: Literal["ready"] = "ready"
    articles: int
    model: Literal["none", "loading", "loaded"] = Field(description="Questions wait for one that is being loaded.")


class FieldProblem(_Told):
    field: str
    message: str


class Problem(_Told):
    """An error (RFC 9457)."""

    type: str = Field(examples=["urn:gisa:problem:article_not_found"])
    title: str
    status: int
    detail: str = Field(description="In the caller's language: Accept-Language, else the question's.")
    code: str = Field(examples=["article_not_found"])
    action: str = Field(description="What to do.")
    request_id: str
    errors: list[FieldProblem] | None = None


def where(since: str | None, until: str | None, publishers: list[str], article_ids: list[str]) -> Filter | None:
    """The filter that restricts to those; None for no restriction. Raises PeriodError."""
    first = _day(since, last=False) if since else None
    until_day = _day(until, last=True) if until else None
    if first and until_day and first > until_day:
        raise PeriodError
    return Filter(tuple(publishers), tuple(article_ids), first, until_day) or None


def _day(text: str, *, last: bool) -> date:
    year, *rest = map(int, text.split("-"))
    month = rest[0] if rest else (12 if last else 1)
    return date(year, month, rest[1] if len(rest) == 2 else (monthrange(year, month)[1] if last else 1))
