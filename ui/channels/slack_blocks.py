"""Answers as Slack messages: Block Kit, within its limits.

https://docs.slack.dev/reference/block-kit/blocks: 50 blocks a message, 3,000 characters a text; and
https://docs.slack.dev/messaging/formatting-message-text: &, < and > are escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import quote

from index.types import ArticleInfo
from rag.errors import GisaError, Language
from rag.types import Answer, Citation, Evidence, published
from ui import words
from ui.channels.told import EVIDENCE, LOOKING, MORE, notes, source, web
from ui.highlight import bearing
from ui.service import Answered

BLOCKS, ELEMENTS = 50, 10
TEXT = 2900
"""Of 3,000: characters beyond the Basic Multilingual Plane may count twice."""
SECTIONS = 20
_TITLE, _QUOTE, _LINK = 300, 1500, 600
_TOKEN = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


class Shown(NamedTuple):
    """A message: its blocks, and the text that notifications and screen readers get."""

    text: str
    blocks: list[dict[str, Any]]


def answer_shown(answered: Answered) -> Shown:
    """The answer, the articles that prove it under the numbers they have in its text, and how it came to be."""
    answer = answered.answer
    head = [_section(piece) for piece in islice(_pieces(answer.answer, TEXT), SECTIONS)]
    proof = [_context(_citation(answer, citation)) for citation in answer.citations]
    proof += [_context(f"· {_named(article, answer.language)}") for article in answer.nearest if _adds(article, answer)]
    tail = [_context(*(_line(note, TEXT) for note in islice(notes(answered), ELEMENTS)))]
    room = BLOCKS - 2 - len(head) - len(tail)  # one for the intro of a command, one to say that there is more
    if len(proof) > room:
        proof[room:] = [_context(MORE.to(answer.language, count=len(proof) - room))]
    return Shown(next(_pieces(answer.answer, TEXT)), [*head, *proof, *tail])


def looking_shown(evidence: Sequence[Evidence], language: Language) -> Shown:
    """What is shown while an answer is made: the sentences that were found, if they were."""
    if not evidence:
        text = LOOKING.to(language)
        return Shown(text, [_section(text)])
    text = EVIDENCE.to(language)
    found = (f"· {_line(hit.text, _QUOTE)} ({_named(hit.article, language)})" for hit in evidence)
    return Shown(text, [_section(text), *map(_context, found)])


def problem_shown(error: GisaError, language: Language) -> Shown:
    """An error in one line."""
    return line_shown(error.message(language))


def line_shown(text: str) -> Shown:
    told = next(_pieces(text, TEXT))
    return Shown(told, [_section(told)])


def intro_block(user: str, question: str) -> dict[str, Any]:
    """Who asked what, above the answer to a slash command, which Slack does not show."""
    return _section(f"<@{user}>: {_line(question, 500)}")


def plain(text: str, bot: str | None = None) -> str:
    """What a user wrote, without Slack's mark-up: mentions left out, links and channels by their names."""

    def token(found: re.Match[str]) -> str:
        what, label = found[1], found[2]
        return " " if what.startswith("@") else label or what.lstrip("#!")

    return html.unescape(_TOKEN.sub(token, text)).strip()


def _pieces(text: str, most: int) -> Iterator[str]:
    """Escaped text in pieces of at most `most` characters; lines are kept, no escape is torn."""
    piece = ""
    for character in text.strip() or " ":
        told = html.escape(character, quote=False)
        if len(piece) + len(told) > most:
            yield piece
            piece = ""
        piece += told
    yield piece


def _line(text: str, most: int) -> str:
    """Escaped text in one line of at most `most` characters: a line break would end what it stands in."""
    pieces = _pieces(" ".join(text.split()), most - 1)
    first = next(pieces)
    return f"{first}…" if next(pieces, None) is not None else first


def _citation(answer: Answer, citation: Citation) -> str:
    title = _linked(citation.title, citation.url)
    line = f"*[{citation.number}]* {title}, {_line(source(citation, answer.language), _TITLE)}"
    if citation.quote in answer.answer and not any(claim.span for claim in answer.claims):
        return line  # the answer holds the quote: once is enough
    return f"{line}\n“{_marked(answer, citation)}”"


def _marked(answer: Answer, citation: Citation) -> str:
    """The quotation with what was read in it in bold, unless it is so long that it is cut.

    Slack sees bold only between marks that touch no letter: a zero-width space keeps Korean particles off them.
    """
    quote_ = citation.quote
    if len(quote_) > _QUOTE // 2:
        return _line(quote_, _QUOTE)
    told, at = "", 0
    for start, end in bearing(citation, answer.claims):
        words_ = _line(quote_[start:end].replace("*", "∗"), _QUOTE)
        told += f"{_escaped(quote_[at:start])}\u200b*{words_}*\u200b"
        at = end
    return " ".join((told + _escaped(quote_[at:])).split())


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _adds(article: ArticleInfo, answer: Answer) -> bool:
    """Whether a line of its own says more of a near article than the answer does."""
    return web(article.url) is not None or article.title not in answer.answer


def _named(article: ArticleInfo, language: Language) -> str:
    about = filter(None, (article.publisher, published(article) or words.UNDATED.to(language)))
    return ", ".join((_linked(article.title, article.url), *(_line(one, _TITLE) for one in about)))


def _linked(title: str, url: str | None) -> str:
    shown = _line(title, _TITLE)
    link = quote(web(url) or "", safe="%/:?#[]@!$&'()*+,;=~")
    return f"<{html.escape(link, quote=False)}|{shown}>" if 0 < len(link) <= _LINK else shown


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(*texts: str) -> dict[str, Any]:
    return {"type": "context", "elements": [_mrkdwn(text) for text in texts]}


def _mrkdwn(text: str) -> dict[str, Any]:
    # verbatim: names of channels and addresses in an article are not made links
    return {"type": "mrkdwn", "text": text, "verbatim": True}
