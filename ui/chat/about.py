"""What our script asks of the server beside /v1: what the collection holds, and how an article writes a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from rag.dates import find_dates, same_date
from rag.numerals import agrees, find_quantities
from ui.chat.words import EXAMPLES
from ui.rest.guard import Caller, TheService

if TYPE_CHECKING:
    from ui.chat.door import Door

router = APIRouter(prefix="/chat", include_in_schema=False)
_Sentence = Annotated[str, Field(max_length=4000)]


async def _caller(request: Request) -> Caller:
    """Any key will do. Raises KeyNeededError, RateLimitedError."""
    door: Door = request.app.state.chat
    return await door.caller(request)


_MayAsk = Annotated[Caller, Depends(_caller)]


class AboutOut(BaseModel):
    articles: int
    publishers: list[str]
    examples: list[str]


class ClaimIn(BaseModel):
    """A claim of an answer, and the sentence that bears it out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: _Sentence
    quote: _Sentence


class WrittenIn(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    claims: Annotated[list[ClaimIn], Field(max_length=50)]


class WrittenOut(BaseModel):
    written: list[str | None]


@router.get("/about")
async def about(caller: _MayAsk, service: TheService) -> AboutOut:
    """Publishers by name; examples whose articles are there."""
    found = await service.articles()
    ids = {info.id for info in found}
    return AboutOut(
        articles=len(found),
        publishers=sorted({info.publisher for info in found if info.publisher}),
        examples=[example.question for example in EXAMPLES if example.article_id in ids],
    )


@router.post("/written")
async def written(body: WrittenIn, caller: _MayAsk, service: TheService) -> WrittenOut:
    return WrittenOut(written=[await service.in_background(as_written, one.text, one.quote) for one in body.claims])


def as_written(claim: str, quote: str) -> str | None:
    """How a sentence writes the quantity or date of a claim: 26만장 for 260,000; None when it has no equal one."""
    for said in find_quantities(claim):
        for other in find_quantities(quote):
            if agrees(said, other) in ("equal", "bound_lost"):
                return other.text
    for date in find_dates(claim):
        for there in find_dates(quote):
            if same_date(date, there):
                return there.text
    return None
