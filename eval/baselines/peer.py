"""What the peers share: the articles as they are given to each, the model they write with, and what they reply.

Each peer runs in its own way and with its own splitter; articles, embedding model, language model, greedy decoding and
the most tokens of an answer are the same for all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from seeds.article import Article

TIMEOUT_S = 1800.0
"""For one reply of the model: minutes are nothing unusual for a long prompt on a busy machine."""
_PRECISION = {"day": 10, "month": 7, "year": 4}


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, as a peer cut it."""

    article: str
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """`given` is what the peer put before the model, `cited` what its answer points to: None of a peer that has no
    citations. `refused` is None where the peer does not say so itself, `asserted` where all of `text` is asserted."""

    text: str
    given: tuple[Passage, ...]
    cited: tuple[Passage, ...] | None = None
    refused: bool | None = None
    asserted: str | None = None


class Peer(Protocol):
    """Made with its models loaded; takes the articles in once, then answers. `vectors` is how many it made of them."""

    @property
    def vectors(self) -> int: ...

    def add(self, articles: Sequence[Article]) -> None: ...

    def ask(self, question: str) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One request to the model: its messages, and the tokens the server told of; None where it told of none."""

    messages: tuple[dict[str, Any], ...]
    prompt_tokens: int | None
    written_tokens: int | None


@dataclass(slots=True)
class Wire:
    """Sees every request to the model, through the HTTP client that each library takes: so prompts are known as they
    were sent, and not as a library says it would."""

    calls: list[Call] = field(default_factory=list)

    def options(self) -> dict[str, Any]:
        """Arguments for httpx.Client. A proxy of the environment is not for a model on this machine; connections are
        not kept, for not every library closes its client."""
        return {
            "event_hooks": {"response": [self._note]},
            "limits": httpx.Limits(max_keepalive_connections=0),
            "timeout": TIMEOUT_S,
            "trust_env": False,
        }

    def take(self) -> list[Call]:
        """The calls since it was last asked."""
        calls, self.calls = self.calls, []
        return calls

    def _note(self, response: httpx.Response) -> None:
        response.read()
        sent = json.loads(response.request.content)
        told = response.json().get("usage") if response.is_success else None
        usage = told or {}
        self.calls.append(Call(tuple(sent["messages"]), usage.get("prompt_tokens"), usage.get("completion_tokens")))


@dataclass(frozen=True, slots=True)
class Model:
    """An OpenAI-compatible server and how its model is to write."""

    name: str
    base_url: str
    api_key: str
    context_tokens: int
    max_tokens: int
    temperature: float = 0.0
    wire: Wire = field(default_factory=Wire)


def document(article: Article) -> str:
    """The article as a peer gets it: headline, publisher and day, and the body without captions and rights lines, in
    paragraphs. More than most loaders would leave: gisa's own boilerplate removal is given away."""
    by = ", ".join(filter(None, [article.publisher, day(article)]))
    head = "\n".join(filter(None, [article.title, by]))
    return "\n\n".join([head, *(article.text[start:end].strip() for start, end in article.body)])


def day(article: Article) -> str | None:
    """The day of publication as ISO text, as precise as it is known."""
    return article.published.isoformat()[: _PRECISION[article.published_precision]] if article.published else None
