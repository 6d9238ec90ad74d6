"""Newsroom sets as checked records: their articles, and what is asked about them.

A set is two folders beside each other: `articles/SET-01.md` ... and `questions/SET.jsonl`. `pol` and `eco` are shipped
(eval/data/newsroom) and so are the sets written for training alone (eval/data/desk); `sci`, for measuring, lies where
the project's shared data lie and is never trained on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from eval.datasets import DataError
from rag.errors import Language
from seeds.article import Article
from seeds.loaders import load

SHIPPED = Path(__file__).parents[1] / "data"
SHARED = Path(__file__).parents[3] / "shared" / "newsroom"
"""Used in place where it is there (see CONTRIBUTING.md)."""

Kind = Literal[
    "count", "amount", "date", "person", "org", "place", "reason", "method", "what",
    "list", "compare", "timeline", "summary", "aggregate", "yesno",
]  # fmt: skip
SINGLE: frozenset[Kind] = frozenset({"count", "amount", "date", "person", "org", "place", "reason", "method", "what"})
"""Kinds of questions that one value, name or phrase answers."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Record):
    """Words that answer: `span` stands in `sentence`, which stands in the article."""

    article: str
    sentence: str
    span: str


class NewsroomQuestion(_Record):
    """A question, where its answer stands, and what a right answer matches (`must`, all) and does not (`must_not`)."""

    id: str
    lang: Language
    question: str
    kind: Kind
    answerable: bool
    answers: tuple[Place, ...] = ()
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    near: str | None = None
    why: str | None = None

    @model_validator(mode="after")
    def _answered_or_not(self) -> NewsroomQuestion:
        if self.answerable != bool(self.answers):
            raise ValueError("answers stand beside an answerable question, and beside no other")
        return self

    @property
    def single(self) -> bool:
        return self.kind in SINGLE


def home(name: str) -> Path:
    """Where a set lies: `sci` with the shared data, the others with the project."""
    return SHARED if name == "sci" else SHIPPED / "newsroom"


def collection(folder: Path, name: str) -> list[Article]:
    """All articles that lie beside the set's: the collection its questions are asked of. Raises DataError where the set
    has none."""
    articles(folder, name)
    return [article for path in sorted((folder / "articles").glob("*.md")) for article in load(path)]


def articles(folder: Path, name: str) -> list[Article]:
    """The articles of a set, in order. Raises DataError where there is none, ArticleFileError."""
    paths = sorted((folder / "articles").glob(f"{name}-*.md"))
    if not paths:
        raise DataError(
            f"{folder / 'articles'} has no articles of {name}.", f"{folder / 'articles'}에 {name} 기사가 없습니다."
        )
    return [article for path in paths for article in load(path)]


def questions(folder: Path, name: str) -> list[NewsroomQuestion]:
    """The questions of a set. Raises DataError that names the line."""
    path = folder / "questions" / f"{name}.jsonl"
    found: list[NewsroomQuestion] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}.", f"{path} 을(를) 읽을 수 없습니다: {error}.") from error
    for number, line in enumerate(lines, 1):
        try:
            found.append(NewsroomQuestion.model_validate_json(line))
        except ValidationError as error:
            told = error.errors()[0]["msg"]
            raise DataError(f"{path}, line {number}: {told}.", f"{path} {number}번째 줄: {told}.") from error
    return found
