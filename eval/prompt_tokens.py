"""How many tokens the model read, taken from what its server reports and not from gisa's own estimate.

llama-index announces each chat to its instrumentation, with the server's last raw message. llama.cpp puts `timings`
there (tokens read now, and tokens kept from an earlier prompt); other servers may put the OpenAI API's `usage`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from llama_index.core.instrumentation import get_dispatcher  # type: ignore[attr-defined]  # it is the documented name
from llama_index.core.instrumentation.event_handlers import BaseEventHandler
from llama_index.core.instrumentation.events import BaseEvent
from llama_index.core.instrumentation.events.llm import LLMChatEndEvent, LLMChatInProgressEvent


class PromptTokens(BaseEventHandler):
    """`most` is the longest prompt since it was last set to None; None when no server told."""

    most: int | None = None

    def handle(self, event: BaseEvent, **_: Any) -> None:
        if isinstance(event, LLMChatEndEvent | LLMChatInProgressEvent) and event.response is not None:
            told = reported(event.response.raw)
            if told is not None:
                self.most = max(told, self.most or 0)

    def take(self) -> int | None:
        """`most`, and begin anew."""
        most, self.most = self.most, None
        return most


@contextmanager
def watching() -> Iterator[PromptTokens]:
    """Counts while it is open. Prompts of the whole process are seen: one question must be asked at a time."""
    handler = PromptTokens()
    handlers = get_dispatcher().event_handlers
    handlers.append(handler)
    try:
        yield handler
    finally:
        handlers.remove(handler)


def reported(raw: Any) -> int | None:
    """Tokens of the prompt as a server's raw message gives them, None when it does not."""
    if (usage := getattr(raw, "usage", None)) is not None:
        return int(usage.prompt_tokens)
    timings = getattr(raw, "timings", None)
    if isinstance(timings, dict) and "prompt_n" in timings:
        return int(timings["prompt_n"]) + int(timings.get("cache_n", 0))
    return None
