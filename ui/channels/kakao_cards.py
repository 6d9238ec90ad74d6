"""Answers as KakaoTalk speech bubbles: skill responses 2.0, within their limits.

https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/answer_json_format: 3 outputs, 10 quick replies, 1,000
characters a simpleText (500 of them shown before "see all"), 50 a card's title and 400 with its description, 5 items a
listCard, 14 characters a button.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from index.types import ArticleInfo
from rag.errors import GisaError, Language, QuestionError
from rag.types import Answer, Citation, published
from ui import words
from ui.channels.told import LOOKING, MORE, SOURCES, notes, source, web
from ui.service import Answered
from ui.words import Said

OUTPUTS, TEXT, TITLE, CARD, ITEMS, LABEL = 3, 1000, 50, 400, 5, 14
ITEM_TITLE, ITEM_DESCRIPTION = 36, 40
"""Of a listCard's item, about what a phone shows: Kakao states no limit."""
AGAIN = Said("Ask again", "다시 물어보기")
READ = Said("Read", "기사 보기")


def answer_reply(answered: Answered) -> dict[str, Any]:
    """The answer and how it came to be, then what proves it: one article as a card, several as a list."""
    answer = answered.answer
    tail = "\n".join(notes(answered))
    text = f"{_cut(answer.answer, TEXT // 2)}\n\n{_cut(tail, TEXT // 2 - 2)}"
    if len(answer.answer) + 2 + len(tail) <= TEXT:
        text = f"{answer.answer}\n\n{tail}"
    return _reply(_text(text), *_proof(answer))


def line_reply(text: str) -> dict[str, Any]:
    return _reply(_text(text))


def problem_reply(error: GisaError, language: Language, question: str) -> dict[str, Any]:
    """An error in one line, and where it may pass a button to ask again."""
    told = line_reply(error.message(language))
    if not isinstance(error, QuestionError) and 0 < len(question) <= CARD:
        again = {"action": "message", "label": AGAIN.to(language), "messageText": question}
        told["template"]["quickReplies"] = [again]
    return told


def waiting_reply(language: Language) -> dict[str, Any]:
    """Says that the answer is posted to the callback address; `data.text` may be shown by the block."""
    return {"version": "2.0", "useCallback": True, "data": {"text": LOOKING.to(language)}}


def _proof(answer: Answer) -> list[dict[str, Any]]:
    cited, language = answer.citations, answer.language
    if answer.nearest and not cited:
        near = [_item(one.title, _about(one, language), one.url) for one in answer.nearest]
        return [_list(words.NEAREST.to(language), near)]
    if len(cited) == 1:
        return [_card(cited[0], answer)]
    if not cited:
        return []
    quotes = "\n\n".join(f"[{one.number}] “{one.quote}”" for one in cited if one.quote not in answer.answer)
    items = [_item(f"[{one.number}] {one.title}", source(one, language), one.url) for one in cited[:ITEMS]]
    header = SOURCES.to(language)
    if len(cited) > ITEMS:
        header = f"{header} ({MORE.to(language, count=len(cited) - ITEMS)})"
    return [*([_text(quotes)] if quotes else []), _list(header, items)]


def _card(citation: Citation, answer: Answer) -> dict[str, Any]:
    """One cited article. The quote is left out where the answer already has it."""
    title = _cut(f"[{citation.number}] {citation.title}", TITLE)
    about = _cut(source(citation, answer.language), CARD // 4)
    quote = "" if citation.quote in answer.answer else f"“{citation.quote}”\n"
    card: dict[str, Any] = {"title": title, "description": _cut(quote, CARD - len(title) - len(about)) + about}
    if url := web(citation.url):
        card["buttons"] = [{"action": "webLink", "label": READ.to(answer.language), "webLinkUrl": url}]
    return {"textCard": card}


def _list(header: str, items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"listCard": {"header": {"title": _cut(header, ITEM_TITLE)}, "items": list(items[:ITEMS])}}


def _item(title: str, about: str, url: str | None) -> dict[str, Any]:
    item: dict[str, Any] = {"title": _cut(title, ITEM_TITLE), "description": _cut(about, ITEM_DESCRIPTION)}
    if link := web(url):
        item["link"] = {"web": link}
    return item


def _about(article: ArticleInfo, language: Language) -> str:
    return ", ".join(filter(None, (article.publisher, published(article) or words.UNDATED.to(language))))


def _text(text: str) -> dict[str, Any]:
    return {"simpleText": {"text": _cut(text.strip(), TEXT)}}


def _reply(*outputs: dict[str, Any]) -> dict[str, Any]:
    return {"version": "2.0", "template": {"outputs": list(outputs[:OUTPUTS])}}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(0, most - 1)] + "…"
