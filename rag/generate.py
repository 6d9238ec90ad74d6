"""The model writes a draft from the evidence. Nothing it writes is shown as fact before rag.verify has been through it.

Few-shot examples and short evidence matter more to a small model than instructions do, and numerals are annotated
before it reads them: it takes 26만 for 26,000, but copies `26만장 (= 260,000)` right (docs/decisions.md).
"""

from __future__ import annotations

import re
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

EVIDENCE_TOKENS = 355
QUESTION_TOKENS = 150
BOTH_TOKENS = 400
"""Bounds that keep a prompt of the local model under 700 tokens: its instructions and examples have up to 270."""


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
    asked = shortened(question.text)
    lines = fitting(question.language, evidence, names, min(EVIDENCE_TOKENS, BOTH_TOKENS - tokens(asked)))
    shown = "\n".join(f"[{n}] {line}" for n, line in enumerate(lines, 1))
    messages.append(_say("user", _fill(prompts["template"], shown, asked)))
    return messages


def shortened(question: str) -> str:
    """A question too long for the prompt without its middle: what is asked stands at its end, or at its beginning."""
    shown, kept = question, len(question)
    while tokens(shown) > QUESTION_TOKENS:
        kept = int(kept * 0.9)
        shown = f"{question[: kept // 2]} … {question[-(kept // 2) :]}"
    return shown


def fitting(
    language: Language, evidence: Sequence[Evidence], names: NameBook, most: float = EVIDENCE_TOKENS
) -> list[str]:
    """As many evidence sentences as fit, annotated for a reader of that language; the first always, cut if it must."""
    lines: list[str] = []
    left = most
    for item in evidence:
        line = for_reader(item, language, names)
        left -= tokens(line)
        if left < 0 and lines:
            break
        lines.append(line)
    while tokens(lines[0]) > most:
        lines[0] = lines[0][: int(len(lines[0]) * most / tokens(lines[0]))]
    return lines


def for_reader(item: Evidence, language: Language, names: NameBook) -> str:
    """An evidence sentence with its dates, numerals and names glossed for a reader of that language."""
    text = annotate_dates(item.text, item.article.published, item.article.published_precision, language)
    text = annotate(text, language)
    return names.gloss(text, limit=4) if language == "en" else text


def tokens(text: str) -> float:
    """About how many tokens a line has, rather too many than too few: measured on Qwen2.5's tokenizer.

    It gives nearly every Hangul syllable, digit and mark a token of its own, and Latin letters one for three or four.
    """
    letters = sum(letter.isascii() and letter.isalpha() for letter in text)
    capitals = sum(letter.isascii() and letter.isupper() for letter in text)
    spaces = text.count(" ")
    return 0.25 * (letters - capitals) + 0.6 * capitals + 0.1 * spaces + (len(text) - letters - spaces) + 5


@lru_cache(maxsize=2)
def _prompts(language: Language) -> dict[str, Any]:
    return tomllib.loads((files("rag") / "prompts" / f"{language}.toml").read_text(encoding="utf-8"))


def _fill(template: str, evidence: str, question: str) -> str:
    given = {"{evidence}": evidence.strip(), "{question}": question}
    return re.sub(r"\{(?:evidence|question)\}", lambda field: given[field[0]], template.strip())


def _say(role: str, text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole(role), content=text.strip())


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
