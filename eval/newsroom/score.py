"""How an answer to a newsroom question is scored: by what it asserts, and not by what is quoted beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from eval.answers import asserted
from eval.newsroom.data import NewsroomQuestion
from rag.types import Answer

Result = Literal["right", "wrong", "quoted", "refused"]
"""Of what is asserted: right or wrong; nothing asserted, but a sentence quoted; refused."""


@dataclass(frozen=True, slots=True)
class Scored:
    """`sentence` says whether a sentence that answers is among those cited; None where nothing answers."""

    question: NewsroomQuestion
    result: Result
    said: str
    sentence: bool | None
    ms: int


def score(question: NewsroomQuestion, answer: Answer) -> Scored:
    """An assertion is right that matches every `must` and no `must_not`; to what cannot be answered none is right."""
    said = asserted(answer)
    result: Result
    if answer.refused:
        result = "refused"
    elif not said:
        result = "quoted"
    else:
        result = "right" if question.answerable and matches(question, said) else "wrong"
    cited = None
    if question.answerable:
        quotes = [" ".join(citation.quote.split()) for citation in answer.citations]
        places = [" ".join(place.sentence.split()) for place in question.answers]
        cited = any(place in quote or quote in place for quote in quotes for place in places)
    return Scored(question, result, said, cited, answer.timings_ms["total"])


def matches(question: NewsroomQuestion, said: str) -> bool:
    right = all(re.search(pattern, said, re.IGNORECASE) for pattern in question.must)
    return right and not any(re.search(pattern, said, re.IGNORECASE) for pattern in question.must_not)


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares, 0 to 1, over single facts. `wrong` is of all answers that are no refusals, those to what cannot be
    answered included; the others are of the questions that can be answered, or cannot."""

    answerable: int
    unanswerable: int
    right: float
    wrong: float
    sentence: float
    refused: float
    answered: float


def figures(scored: Sequence[Scored]) -> Figures:
    yes = [one for one in scored if one.question.answerable]
    no = [one for one in scored if not one.question.answerable]
    given = [one for one in scored if one.result != "refused"]
    return Figures(
        len(yes),
        len(no),
        _share(one.result == "right" for one in yes),
        _share(one.result == "wrong" for one in given),
        _share(bool(one.sentence) for one in yes),
        _share(one.result == "refused" for one in yes),
        _share(one.result != "refused" for one in no),
    )


def _share(told: Iterable[bool]) -> float:
    its = list(told)
    return sum(its) / len(its) if its else float("nan")
