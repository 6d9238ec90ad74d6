"""What the service hands to every surface."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from index.build import Outcome
from index.types import ArticleInfo
from rag.errors import GisaError
from rag.types import Answer, published

IngestState = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation. `standalone` is the question as it was understood without what went before."""

    question: str
    standalone: str
    answer: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An Answer with what a surface needs to go on: its id (for feedback) and its conversation (for a follow-up).

    `rewritten` is the question as it was understood with what went before, None when that changed nothing.
    """

    id: str
    conversation: str
    rewritten: str | None
    answer: Answer

    def to_json(self) -> dict[str, Any]:
        """The contract's Answer object and `id`, `conversation`, `rewritten`, `notices`, `nearest`."""
        return {
            "id": self.id,
            "conversation": self.conversation,
            "rewritten": self.rewritten,
            **self.answer.to_json(),
            "notices": list(self.answer.notices),
            "nearest": [info_json(info) for info in self.answer.nearest],
        }


@dataclass(slots=True)
class Ingest:
    """A run that takes articles in. `outcomes` maps ids to what became of them; `error` says why a run failed."""

    id: str
    total: int
    state: IngestState = "waiting"
    done: int = 0
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    problems: list[GisaError] = field(default_factory=list)
    error: GisaError | None = None


def info_json(info: ArticleInfo) -> dict[str, Any]:
    """What is shown of an article beside a quote."""
    return {
        "id": info.id,
        "title": info.title,
        "publisher": info.publisher,
        "author": info.author,
        "published": published(info),
        "language": info.language,
        "url": info.url,
    }
