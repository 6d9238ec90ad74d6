"""A fact put as a question: by a language model that is asked only for the wording, or by a template; and checked."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib.resources import files
from typing import Any

import httpx
import openai
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.llm import LLM

from eval.answers import holds, language_of
from eval.draft_facts import Candidate, Kind
from eval.quantities import unsupported
from index.names import NameBook
from rag.annotate import annotate, annotate_dates
from rag.errors import Language, ModelServerError
from rag.numerals import find_quantities
from rag.question import Expects, expects
from rag.types import published

QUESTION_TOKENS = 60
SHORTEST, LONGEST = 8, 200
_KINDS: dict[Kind, set[Expects]] = {
    "how-many": {"count", "amount"},
    "how-much": {"count", "amount"},
    "when": {"date"},
    "who": {"person"},
}
_LABEL = re.compile(r"^\s*(?:question|질문|문제|q)\s*[:.]\s*", re.IGNORECASE)
_QUOTES = "\"'“”‘’「」 "


def by_model(llm: LLM, candidate: Candidate, language: Language, names: NameBook) -> str:
    """The question as the model words it, unchecked. Raises ModelServerError."""
    try:
        reply = llm.chat(prompt(candidate, language, names), max_tokens=QUESTION_TOKENS)
    except (openai.OpenAIError, httpx.HTTPError, OSError) as error:
        line = " ".join(str(error).split())[:120] or type(error).__name__
        raise ModelServerError(
            f"The language model did not answer ({line}). Check the server and GISA_LLM__BASE_URL, or draft with "
            "--no-llm.",
            f"언어 모델이 답하지 않았습니다({line}). 서버와 GISA_LLM__BASE_URL을 확인하거나 --no-llm을 쓰세요.",
        ) from error
    lines = [line for line in (reply.message.content or "").splitlines() if line.strip()]
    return _LABEL.sub("", lines[0]).strip(_QUOTES) if lines else ""


def prompt(candidate: Candidate, language: Language, names: NameBook) -> list[ChatMessage]:
    """Instructions, made-up examples, the sentence with what a reader of that language needs glossed, and the fact."""
    told = _prompts()[language]
    messages = [_say(MessageRole.SYSTEM, told["system"])]
    for example in told["examples"]:
        messages += [_say(MessageRole.USER, _fill(told["template"], example))]
        messages += [_say(MessageRole.ASSISTANT, example["question"])]
    info, fact = candidate.info, candidate.fact
    sentence = annotate_dates(candidate.sentence.text, info.published, info.published_precision, language)
    sentence = annotate(sentence, language)
    if language == "en":
        sentence = names.gloss(sentence, limit=4)
    gloss = [form for form in fact.forms[1:] if form.isascii()][:1] if language == "en" else []
    answer = f"{fact.text} ({gloss[0]})" if gloss else fact.text
    asked = {"sentence": sentence, "answer": answer, "ask": told["ask"][fact.kind]}
    return [*messages, _say(MessageRole.USER, _fill(told["template"], asked))]


def by_template(candidate: Candidate, language: Language, names: NameBook) -> str:
    """A question that names what its sentence is about and what kind of thing is asked for: rough, to be reworded.

    "" when there is no name and no title to ask by that does not give the answer away.
    """
    fact, told = candidate.fact, _prompts()[language]
    about = _about(candidate, language, names)
    if not about:
        return ""
    found = find_quantities(candidate.sentence.text)
    quantity = next((one for one in found if (one.start, one.end) == (fact.start, fact.end)), None)
    thing = ""
    if quantity is not None:
        thing = told["things"][quantity.kind]
        if language == "ko" and quantity.counted:
            thing = f"{quantity.counted} {thing}"
    template: str = told["templates"][fact.kind]
    return _fill(template, {"about": about, "thing": thing})


def fault(question: str, candidate: Candidate, language: Language, names: NameBook) -> str | None:
    """Why a question cannot be taken, for a person to read; None when nothing is seen to be wrong with it."""
    fact, article = candidate.fact, candidate.article
    unknown = next((one.text for one in names.find(question) if not names.occurs(one.text, _whole(candidate))), None)
    numbers = unsupported(question, [candidate.sentence.text], [published(candidate.info)], article.title)
    if not SHORTEST <= len(question) <= LONGEST or not question.endswith("?"):
        return "it is no single question"
    if any(holds(question, form) for form in fact.forms):
        return "it gives the answer away"
    if language_of(question) != language:
        return "it is in the other language"
    if fact.kind in _KINDS and expects(question, language) not in _KINDS[fact.kind]:
        return "it asks for another kind of thing"
    if unknown is not None:
        return "it names what the article does not"
    return "it has a number that the sentence does not" if numbers else None


def _about(candidate: Candidate, language: Language, names: NameBook) -> str:
    """Up to two names of the sentence, as that language writes them; else the article's title, quoted."""
    fact, text = candidate.fact, candidate.sentence.text
    found: dict[str, None] = {}
    for one in names.find(text):
        written = next((form for form in (one.text, *one.variants) if _written_in(form, language)), None)
        if written and not (one.start < fact.end and fact.start < one.end):
            found[written] = None
    about = [form for form in found if not any(holds(form, its) for its in fact.forms)][:2]
    if about:
        return (" and " if language == "en" else ", ").join(about)
    title = candidate.info.title
    return "" if not title or any(holds(title, form) for form in fact.forms) else f"“{title}”"


def _written_in(form: str, language: Language) -> bool:
    return len(form) > 1 and (form.isascii() or language == "ko")


def _whole(candidate: Candidate) -> str:
    return f"{candidate.info.title}\n{candidate.article.text}"


def _fill(template: str, said: dict[str, str]) -> str:
    """One pass, so that braces in an article stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: said[found[1]], template.strip())


def _say(role: MessageRole, text: str) -> ChatMessage:
    return ChatMessage(role=role, content=text.strip())


@lru_cache(maxsize=1)
def _prompts() -> dict[str, Any]:
    return tomllib.loads((files("eval") / "data" / "drafting.toml").read_text(encoding="utf-8"))
