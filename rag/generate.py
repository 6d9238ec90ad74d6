"""The language model phrases an answer from one sentence, and judges one that the reader is in doubt about.

Asked for yes or no it tells by its log odds whether a sentence answers (pointwise relevance generation, Liang et al.
2022, arXiv:2211.09110). Few-shot examples matter more to it than instructions do, and numerals are annotated before it
reads them: it takes 26만 for 26,000, but copies `26만장 (= 260,000)` right. Nothing it writes is shown before rag.check
has been through it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.resources import files
from typing import Any

import httpx
import openai
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole
from llama_index.core.llms.llm import LLM

from index.names import NameBook
from rag.annotate import annotate, annotate_dates
from rag.errors import Language, ModelServerError
from rag.question import Question, has_language
from rag.types import Drafted, Evidence, Listener, Restarted

SENTENCE_TOKENS = 240
QUESTION_TOKENS = 120
"""Bounds that keep a prompt of the local model under 700 tokens, its instructions and examples included."""
CERTAIN = 3.0
"""Log odds of a verdict that a model gives without any."""
UNLIKELY = -20.0
"""Log probability of a reply that is not among the likeliest ones."""
_YES, _NO = "yes", "no"
_VERDICT = re.compile(rf"\s*({_YES}|{_NO})\b", re.IGNORECASE)


class Writer:
    """Judges and writes with any llama-index LLM. One that gives no log probabilities is judged by its reply."""

    def __init__(self, llm: LLM) -> None:
        self._llm = llm
        self._gives_odds = True

    @property
    def model(self) -> str:
        return self._llm.metadata.model_name

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        """The log odds that a sentence answers the question. Raises ModelServerError."""
        return self._odds(prompt(question, item, names))

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        """A draft in the question's language from one evidence sentence; "" when the model finds no answer in it.

        It is asked for once more when it comes in the wrong language. Raises ModelServerError.
        """
        messages = prompt(question, item, names)
        draft = self._stream(messages, listen)
        if draft and not has_language(draft, question.language):
            listen(Restarted())
            again = _prompts(question.language)["again"]["language"]
            draft = self._stream([*messages, _say("assistant", f"yes: {draft}"), _say("user", again)], listen)
        return draft

    def _odds(self, messages: Sequence[ChatMessage]) -> float:
        with _mapped():
            if self._gives_odds:
                reply = self._first_token(messages)
                if reply is not None and reply.logprobs:
                    return _log_odds(reply)
                if reply is not None and (found := _VERDICT.match(reply.message.content or "")):
                    self._gives_odds = False
                    return CERTAIN if found[1].casefold() == _YES else -CERTAIN
            reply = self._llm.chat(messages)  # without odds one token may be too few for a verdict
            self._gives_odds = False
        found = _VERDICT.match(reply.message.content or "")
        return CERTAIN if found and found[1].casefold() == _YES else -CERTAIN

    def _first_token(self, messages: Sequence[ChatMessage]) -> ChatResponse | None:
        """With log probabilities; None from a server that refuses to be asked for them."""
        try:
            return self._llm.chat(messages, logprobs=True, top_logprobs=20, max_tokens=1)
        except (openai.BadRequestError, openai.UnprocessableEntityError):
            return None

    def _stream(self, messages: Sequence[ChatMessage], listen: Listener) -> str:
        draft, shown = "", 0
        with _mapped():
            for part in self._llm.stream_chat(messages):
                draft += part.delta or ""
                if (text := _answer(draft)) and len(text) > shown:
                    listen(Drafted(text[shown:]))
                    shown = len(text)
        return _answer(draft).strip()


def prompt(question: Question, item: Evidence, names: NameBook) -> list[ChatMessage]:
    """The chat messages that ask for judgement and answer: instructions, examples, the question and the sentence."""
    template = _prompts(question.language)["template"]
    asked = _cut(question.text, QUESTION_TOKENS)
    sentence = _cut(for_reader(item, question.language, names), SENTENCE_TOKENS)
    return [*beginning(question.language), _say("user", _fill(template, asked, sentence))]


def beginning(language: Language) -> list[ChatMessage]:
    """What every prompt in that language begins with: instructions and examples."""
    prompts = _prompts(language)
    messages = [_say("system", prompts["system"])]
    for example in prompts["examples"]:
        messages.append(_say("user", _fill(prompts["template"], example["question"], example["sentence"])))
        messages.append(_say("assistant", example["answer"]))
    return messages


def for_reader(item: Evidence, language: Language, names: NameBook) -> str:
    """An evidence sentence with its dates, numerals and names glossed for a reader of that language."""
    text = annotate_dates(item.text, item.article.published, item.article.published_precision, language)
    text = annotate(text, language)
    return names.gloss(text, limit=4) if language == "en" else text


def _cut(text: str, most: float) -> str:
    """The text, its middle left out when it is too long: what matters stands at either end."""
    if tokens(text) <= most:
        return text
    keep = len(text)
    while tokens(f"{text[: keep // 2]} … {text[-(keep // 2) :]}") > most:
        keep = keep * 9 // 10
    return f"{text[: keep // 2]} … {text[-(keep // 2) :]}"


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


def _fill(template: str, question: str, sentence: str) -> str:
    """One pass, so that braces in a question or an article stay as they are."""
    said = {"{question}": question.strip(), "{sentence}": sentence.strip()}
    return re.sub(r"\{question\}|\{sentence\}", lambda found: said[found.group()], template.strip())


def _say(role: str, text: str) -> ChatMessage:
    return ChatMessage(role=MessageRole(role), content=text.strip())


def _answer(reply: str) -> str:
    """What follows "yes:"; nothing of a "no" and nothing yet of the first letters of either."""
    text = reply.lstrip()
    if found := _VERDICT.match(text):
        return text[found.end() :].lstrip(" :,.\n") if found[1].casefold() == _YES else ""
    return "" if any(word.startswith(text.casefold()) for word in (_YES, _NO)) else text


def _log_odds(reply: ChatResponse) -> float:
    first = {log.token.strip().casefold(): log.logprob for log in reversed((reply.logprobs or [[]])[0])}
    return first.get(_YES, UNLIKELY) - first.get(_NO, UNLIKELY)


@contextmanager
def _mapped() -> Iterator[None]:
    """What an LLM's client raises, said in ours."""
    try:
        yield
    except (openai.OpenAIError, httpx.HTTPError, OSError) as error:
        line = " ".join(str(error).split())[:120] or type(error).__name__
        raise ModelServerError(
            f"The language model did not answer ({line}). If you run gisa, check the server and GISA_LLM__BASE_URL, "
            "or ask with --no-llm.",
            f"언어 모델이 답하지 않았습니다({line}). gisa를 운영한다면 서버와 GISA_LLM__BASE_URL을 확인하거나 "
            "--no-llm으로 물어보세요.",
        ) from error
