"""What chat tools tell of an answer beside its text, in plain words, and in which language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.errors import Language
from rag.types import Answer, Citation
from ui import words
from ui.service import Answered
from ui.words import Said

LOOKING = Said("Looking in the articles…", "기사에서 찾는 중…")
EVIDENCE = Said("Found, being read:", "찾은 문장, 읽는 중:")
SOURCES = Said("Sources", "근거")
MORE = Said("and {count} more", "그 밖에 {count}건")
UNDERSTOOD = Said("Understood as: {question}", "이렇게 이해했습니다: {question}")
BUSY = Said("Too much to do just now. Ask again shortly.", "지금은 질문이 많습니다. 잠시 뒤에 다시 물어보세요.")
UNFORESEEN = Said("Something went wrong. Try again.", "문제가 생겼습니다. 다시 시도하세요.")


def notes(answered: Answered) -> Iterator[str]:
    """Lines under an answer: how it was understood, what is not confirmed, and how it came to be."""
    answer = answered.answer
    if answered.rewritten:
        yield UNDERSTOOD.to(answer.language, question=answered.rewritten)
    yield from words.doubts(answer, answer.language)
    yield from answer.notices
    yield _how(answer)


def _how(answer: Answer) -> str:
    if answer.refused:
        return words.REFUSED.to(answer.language)
    if answer.answered_by == "llm":
        return words.BY_MODEL.to(answer.language, model=answer.model)
    if answer.answered_by == "reader":
        return words.BY_READING.to(answer.language)
    return words.BY_QUOTING.to(answer.language)


def source(citation: Citation, language: Language) -> str:
    """Publisher and date, in one line."""
    return ", ".join(filter(None, (citation.publisher, citation.published or words.UNDATED.to(language))))


def web(url: str | None) -> str | None:
    """An address that may be shown as a link: http or https, None for any other."""
    return url if url and re.match(r"https?://[^\s]+$", url) else None
