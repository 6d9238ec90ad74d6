"""An Answer as OpenAI's chat completions tell one, and a problem as their errors.

Shapes are the `openai` package's own types, so that its client reads what its makers say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from openai.types.chat.chat_completion import Choice
from openai.types.chat.chat_completion_chunk import Choice as ChunkChoice
from openai.types.chat.chat_completion_chunk import ChoiceDelta
from openai.types.chat.chat_completion_message import Annotation, AnnotationURLCitation

from rag.types import Answer, Citation
from ui.words import NEAREST, Said

MODEL = "gisa"
SOURCES = Said("Sources", "출처")
_MARK = re.compile(r"\[(\d+)\]")
_LIST = re.compile(rf"\n\n(?:{'|'.join(map(re.escape, (*SOURCES, *NEAREST)))}):\n\n- .*", re.DOTALL)
_ACTIVE = re.compile(r"<(?=[A-Za-z/!])|\](?=\()")
"""What a chat page would make a tag, a link or a picture of."""
_ERROR_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


class Message(NamedTuple):
    """An answer as a message: its text, and where its [n] stand in it."""

    content: str
    annotations: list[Annotation]


def message(answer: Answer, address: str, *, sources: bool) -> Message:
    """`address` is where readers reach this server; with `sources` the text ends with a list of them."""
    marked = _inert(answer.answer)
    content = "\n\n".join([marked, *map(_inert, answer.notices)])
    annotations = list(_annotations(marked, answer.citations, address))
    if sources and answer.citations:
        content += f"\n\n{SOURCES.to(answer.language)}:\n\n" + "\n".join(
            f"- [{one.number}] {_about(one.title, one.publisher, one.published)}"
            f"{_quoted(one, answer)} {link(one.article_id, one.url, address)}"
            for one in answer.citations
        )
    elif sources and answer.nearest:
        content += f"\n\n{NEAREST.to(answer.language)}:\n\n" + "\n".join(
            f"- {_about(one.title, one.publisher, None)} {link(one.id, one.url, address)}" for one in answer.nearest
        )
    return Message(content, annotations)


def without_sources(content: str) -> str:
    """The text of an earlier answer, without the list under it."""
    return _LIST.sub("", content)


def link(article_id: str, url: str | None, address: str) -> str:
    """The article's own address on the web; the REST API's where it has none."""
    if url is not None and re.fullmatch(r"https?://[^\s<>\"()\[\]]+", url):
        return url
    return f"{address}/v1/articles/{quote(article_id, safe='')}"


def completion(identity: str, created: int, told: Message, counted: CompletionUsage) -> ChatCompletion:
    """The whole answer."""
    said = ChatCompletionMessage(role="assistant", content=told.content, refusal=None, annotations=told.annotations)
    return ChatCompletion(
        id=identity,
        object="chat.completion",
        created=created,
        model=MODEL,
        choices=[Choice(index=0, message=said, finish_reason="stop", logprobs=None)],
        usage=counted,
    )


def chunk(identity: str, created: int, delta: ChoiceDelta, finish: Literal["stop"] | None = None) -> dict[str, Any]:
    """A piece of a streamed answer."""
    return _chunk(identity, created, [ChunkChoice(index=0, delta=delta, finish_reason=finish)])


def annotations_chunk(identity: str, created: int, annotations: list[Annotation]) -> dict[str, Any]:
    told = [one.model_dump(mode="json") for one in annotations]
    return chunk(identity, created, ChoiceDelta.model_validate({"annotations": told}))


def usage_chunk(identity: str, created: int, counted: CompletionUsage) -> dict[str, Any]:
    """The piece that comes last when it is asked for."""
    return _chunk(identity, created, []) | {"usage": counted.model_dump(mode="json", exclude_unset=True)}


def _chunk(identity: str, created: int, choices: list[ChunkChoice]) -> dict[str, Any]:
    told = ChatCompletionChunk(
        id=identity, object="chat.completion.chunk", created=created, model=MODEL, choices=choices
    )
    return told.model_dump(mode="json", exclude_unset=True)


def pieces(content: str) -> list[str]:
    """The text word by word."""
    return re.findall(r"\s*\S+|\s+$", content)


def usage(asked: str, answered: str) -> CompletionUsage:
    """Estimates, four bytes of UTF-8 a token: what the model reads and writes is not what is asked and answered."""
    prompt, written = (-(-len(text.encode()) // 4) for text in (asked, answered))
    return CompletionUsage(prompt_tokens=prompt, completion_tokens=written, total_tokens=prompt + written)


def error(problem: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """A problem in OpenAI's shape: its status and object. What is wrong with a request is 400 there, not 422."""
    status = 400 if problem["status"] == 422 else problem["status"]
    wrong = problem.get("errors", [])
    detail = " ".join(f"{one['field'].removeprefix('body.')}: {one['message']}" for one in wrong) or problem["detail"]
    kind = _ERROR_TYPES.get(status, "invalid_request_error" if status < 500 else "server_error")
    param = wrong[0]["field"].removeprefix("body.") if wrong else None
    return status, {"error": {"message": detail, "type": kind, "param": param, "code": problem["code"]}}


def _annotations(text: str, citations: tuple[Citation, ...], address: str) -> Iterator[Annotation]:
    """One for each [n]: `text[start_index:end_index] == "[n]"`, in Unicode code points."""
    cited = {one.number: one for one in citations}
    for mark in _MARK.finditer(text):
        if (one := cited.get(int(mark[1]))) is not None:
            where = link(one.article_id, one.url, address)
            its = AnnotationURLCitation(start_index=mark.start(), end_index=mark.end(), title=one.title, url=where)
            yield Annotation(type="url_citation", url_citation=its)


def _about(title: str, publisher: str | None, published: str | None) -> str:
    beside = ", ".join(one for one in (publisher, published) if one)
    return _inert(f"{title} ({beside})" if beside else title)


def _quoted(citation: Citation, answer: Answer) -> str:
    """What is cited, where the answer itself does not quote it."""
    return "" if citation.quote in answer.answer else f': "{_inert(citation.quote)}"'


def _inert(text: str) -> str:
    """Text that a chat page shows as it stands: articles are other people's, and may hold a tag or a picture. Between
    two tildes (3~5일, 7~8일) a page would strike words out."""
    return _ACTIVE.sub(lambda found: f"{found[0]} ", text).replace("~", "∼")
