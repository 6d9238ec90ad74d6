"""The model writes a draft from the evidence. Nothing it writes is shown as fact before rag.verify has been through it.

Few-shot examples and short evidence matter more to a small model than instructions do, and numerals are annotated
before it reads them: it takes 26만 for 26,000, but copies `26만장 (= 260,000)` right (docs/decisions.md).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import httpx
import openai
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.llm import LLM

from index.names import NameBook
from rag.annotate import annotate, annotate_dates
from rag.errors import Language, ModelServerError
from rag.question import Question, has_language
from rag.types import Drafted, Evidence, Listener, Restarted

EVIDENCE_TOKENS = 330
QUESTION_CHARACTERS = 200
"""Bounds that keep a prompt of the local model under 700 tokens, its instructions and examples included."""


class Writer:
    """Writes answers with any llama-index LLM."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm

    @property
    def model(self) -> str:
        return self._llm.metadata.model_name

    def write(self, question: Question, evidence: Sequence[Evidence], names: NameBook, listen: Listener) -> str:
        """A draft in the question's language, with [n] marks that count `evidence` from 1.

        It is asked for once more when it comes in the wrong language. Raises ModelServerError.
        """
        messages = prompt(question, evidence, names)
        draft = self._stream(messages, listen)
        if draft and not has_language(draft, question.language):
            listen(Restarted())
            again = _prompts(question.language)["again"]["language"]
            draft = self._stream([*messages, _say("assistant", draft), _say("user", again)], listen)
        return draft

    def _stream(self, messages: Sequence[ChatMessage], listen: Listener) -> str:
        draft = ""
        try:
            for part in self._llm.stream_chat(messages):
                draft += part.delta or ""
                listen(Drafted(part.delta or ""))
        except (openai.OpenAIError, httpx.HTTPError, OSError) as error:
            raise ModelServerError(
                f"The language model did not answer ({_line(error)}). Check the server and GISA_LLM__BASE_URL, "
                "or ask with --no-llm.",
                f"언어 모델이 답하지 않았습니다({_line(error)}). 서버와 GISA_LLM__BASE_URL을 확인하거나 "
                "--no-llm으로 물어보세요.",
            ) from error
        return draft.strip()


def prompt(question: Question, evidence: Sequence[Evidence], names: NameBook) -> list[ChatMessage]:
    """The chat messages that ask for an answer: instructions, examples, then the evidence and the question."""
    prompts = _prompts(question.language)
    messages = [_say("system", prompts["system"])]
    for example in prompts["examples"]:
        messages.append(_say("user", _fill(prompts["template"], example["evidence"], example["question"])))
        messages.append(_say("assistant", example["answer"]))
    shown = "\n".join(f"[{n}] {line}" for n, line in enumerate(fitting(question.language, evidence, names), 1))
    asked = question.text
    if len(asked) > QUESTION_CHARACTERS:  # what is asked stands at the end of a long question, or at its beginning
        half = QUESTION_CHARACTERS // 2
        asked = f"{asked[:half]} … {asked[-half:]}"
    messages.append(_say("user", _fill(prompts["template"], shown, asked)))
    return messages


def fitting(language: Language, evidence: Sequence[Evidence], names: NameBook) -> list[str]:
    """As many evidence sentences as fit, annotated for a reader of that language; the first always, cut if it must."""
    lines: list[str] = []
    left = float(EVIDENCE_TOKENS)
    for item in evidence:
        line = for_reader(item, language, names)
        left -= tokens(line)
        if left < 0 and lines:
            break
        lines.append(line)
    while tokens(lines[0]) > EVIDENCE_TOKENS:
        lines[0] = lines[0][: int(len(lines[0]) * EVIDENCE_TOKENS / tokens(lines[0]))]
    return lines


def for_reader(item: Evidence, language: Language, names: NameBook) -> str:
    """An evidence sentence with its dates, numerals and names glossed for a reader of that language."""
    text = annotate_dates(item.text, item.article.published, item.article.published_precision, language)
    text = annotate(text, language)
    return names.gloss(text, limit=4) if language == "en" else text


def tokens(text: str) -> float:
    """About how many tokens a text has, rather too many than too few: measured on Qwen2.5's tokenizer."""
    return sum(0.85 if "가" <= letter <= "힣" else 0.4 for letter in text) + 6


@lru_cache(maxsize=2)
def _prompts(language: Language) -> dict[str, Any]:
    return tomllib.loads((files("rag") / "prompts" / f"{language}.toml").read_text(encoding="utf-8"))


def _fill(template: str, evidence: str, question: str) -> str:
    return template.strip().replace("{evidence}", evidence.strip()).replace("{question}", question)


def _say(role: str, text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole(role), content=text.strip())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
