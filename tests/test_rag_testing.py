"""The shipped fake is a llama-index LLM like any other."""

from __future__ import annotations

import asyncio

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms.llm import LLM

from rag.testing import FakeLLM


def test_is_one() -> None:
    llm = FakeLLM(["a"], name="toy")
    assert isinstance(llm, LLM)
    assert llm.metadata.model_name == "toy"
    assert llm.metadata.is_chat_model


def test_all_ways_to_ask() -> None:
    llm = FakeLLM(["one two", "three four", "five", "six", "seven"])
    message = ChatMessage(content="hello")
    assert llm.chat([message]).message.content == "one two"
    assert [piece.delta for piece in llm.stream_chat([message])] == ["three ", "four"]
    assert llm.complete("hello").text == "five"
    assert [piece.text for piece in llm.stream_complete("hello")] == ["six"]
    assert asyncio.run(llm.achat([message])).message.content == "seven"
    assert [[str(m.content) for m in told] for told in llm.prompts] == [["hello"]] * 5


def test_white_space_is_kept() -> None:
    text = "  a\n\nb  c "
    pieces = list(FakeLLM([text]).stream_chat([ChatMessage(content="")]))
    assert "".join(piece.delta or "" for piece in pieces) == text
    assert pieces[-1].message.content == text


def test_raises_what_it_is_given_and_goes_on() -> None:
    llm = FakeLLM([OSError("gone"), "back"])
    with pytest.raises(OSError, match="gone"):
        llm.stream_chat([ChatMessage(content="hello")])
    assert llm.complete("hello").text == "back"


def test_more_questions_than_drafts() -> None:
    llm = FakeLLM(["one"])
    llm.complete("hello")
    with pytest.raises(IndexError, match="2 times"):
        llm.complete("hello")
