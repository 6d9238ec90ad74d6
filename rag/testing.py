"""Fakes for tests of whatever uses gisa. They live beside what they stand in for, so that they change with it.

llm = FakeLLM(["yes: more than 260,000 GPUs"])  # the draft, with Settings(answer={"drafting": "always"})
parts = Parts(settings, retriever, reader, Writer(llm))
answer = ask("How many GPUs is Korea securing?", parts)
assert answer.answer == "More than 260,000 GPUs [1]."
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.custom import CustomLLM
from pydantic import PrivateAttr

Draft = str | Exception
"""What a fake model does when it is asked: writes this, or raises it."""


class FakeLLM(CustomLLM):
    """A llama-index LLM that writes the given drafts in turn, word by word when it streams, and keeps every prompt.

    A draft that is an exception is raised instead of written: at once, before any word. `prompts` holds the messages
    of each chat (a plain completion is one user message). Asked more often than it has drafts, it raises IndexError:
    a call that a test did not expect should fail it.
    """

    name: str = "fake"
    _drafts: list[Draft] = PrivateAttr()
    _prompts: list[tuple[ChatMessage, ...]] = PrivateAttr(default_factory=list)

    def __init__(self, drafts: Sequence[Draft], **fields: Any) -> None:
        super().__init__(**fields)
        self._drafts = list(drafts)

    @property
    def prompts(self) -> tuple[tuple[ChatMessage, ...], ...]:
        return tuple(self._prompts)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name=self.name, is_chat_model=True)

    @classmethod
    def class_name(cls) -> str:
        return "fake_llm"

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponse:
        return ChatResponse(message=_assistant(self._next(messages)))

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **_: Any) -> ChatResponseGen:
        draft = self._next(messages)

        def pieces() -> ChatResponseGen:
            for told, word in _growing(draft):
                yield ChatResponse(message=_assistant(told), delta=word)

        return pieces()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=self._next([ChatMessage(content=prompt)]))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        draft = self._next([ChatMessage(content=prompt)])

        def pieces() -> CompletionResponseGen:
            for told, word in _growing(draft):
                yield CompletionResponse(text=told, delta=word)

        return pieces()

    def _next(self, messages: Sequence[ChatMessage]) -> str:
        self._prompts.append(tuple(messages))
        if not self._drafts:
            raise IndexError(f"FakeLLM was asked {len(self._prompts)} times and had fewer drafts.")
        draft = self._drafts.pop(0)
        if isinstance(draft, Exception):
            raise draft
        return draft


def _assistant(text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole.ASSISTANT, content=text)


def _growing(draft: str) -> list[tuple[str, str]]:
    """(all that has been said, the word just added), white space kept with the word before it."""
    words = re.findall(r"\S+\s*|\s+", draft)
    return [("".join(words[: n + 1]), word) for n, word in enumerate(words)]
