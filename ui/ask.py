"""`gisa ask` and `gisa search`."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from rag.errors import ArticleFileError, QuestionError
from ui import words
from ui.filters import Articles, Publishers, Since, Until, where
from ui.loading import nothing_collected
from ui.session import CommandError, Session, one_line

if TYPE_CHECKING:
    from index.types import Filter
    from rag.assemble import Gisa
    from rag.settings import Settings

REFUSED = 3
AnswerLanguage = Literal["auto", "ko", "en"]
Question = Annotated[list[str] | None, typer.Argument(metavar="QUESTION", help="ask.question")]
AskedLanguage = Annotated[AnswerLanguage, typer.Option("--language", help="ask.language")]
AsJson = Annotated[bool, typer.Option("--json", help="ask.json")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=100, help="search.limit")]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How questions are to be answered and shown."""

    language: AnswerLanguage
    within: Filter | None
    as_json: bool


def ask(
    context: typer.Context,
    *,
    question: Question = None,
    language: AskedLanguage = "auto",
    as_json: AsJson = False,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="ask.llm")] = False,
    file: Annotated[Path | None, typer.Option("--file", metavar="PATH", help="ask.file")] = None,
    since: Since = None,
    until: Until = None,
    publisher: Publishers = None,
    article: Articles = None,
) -> None:
    from rag.settings import load_settings

    session: Session = context.obj
    wanted = _Wanted(language, where(since, until, publisher, article), as_json)
    settings = load_settings()
    if file is not None:
        if question:
            raise CommandError(words.TWO_SOURCES)
        questions = _lines(file)
        with _opened(session, settings, wanted.within, llm=not no_llm) as gisa:
            _answer_each(session, gisa, questions, wanted)
        return
    text = _text(session, question, language, settings)
    with _opened(session, settings, wanted.within, llm=not no_llm) as gisa:
        refused = _answer(session, gisa, text, wanted)
    if refused:
        raise typer.Exit(REFUSED)


def search(
    context: typer.Context,
    *,
    question: Question = None,
    limit: Limit = 5,
    language: AskedLanguage = "auto",
    as_json: AsJson = False,
    since: Since = None,
    until: Until = None,
    publisher: Publishers = None,
    article: Articles = None,
) -> None:
    from rag.settings import load_settings
    from ui.terminal import show_search

    session: Session = context.obj
    within = where(since, until, publisher, article)
    settings = load_settings()
    text = _text(session, question, language, settings)
    with _opened(session, settings, within, llm=False) as gisa:
        result = gisa.search(text, language=language, limit=limit, where=within)
    if as_json:
        _emit(session, result.to_json())
    else:
        show_search(session, result)


def _answer(session: Session, gisa: Gisa, question: str, wanted: _Wanted) -> bool:
    """Answer on stdout; whether it was a refusal."""
    from ui.terminal import Draft, show_answer

    if wanted.as_json:
        answer = gisa.ask(question, language=wanted.language, where=wanted.within)
        for notice in answer.notices:
            session.warn_once(notice)
        _emit(session, answer.to_json())
    else:
        with Draft(session) as draft:
            answer = gisa.ask(question, language=wanted.language, where=wanted.within, listen=draft.listen)
        show_answer(session, answer)
    return answer.refused


def _answer_each(session: Session, gisa: Gisa, questions: list[str], wanted: _Wanted) -> None:
    """Answer question after question; one that is no question leaves its error in its place.

    Raises what would befall all that follow too: IndexStoreError.
    """
    from ui.progress import Bars

    # Answers that appear on the terminal themselves tell how far it is.
    with Bars(session, silent=session.out.is_terminal or not session.err.is_terminal) as bars:
        for done, question in enumerate(questions):
            bars.count(words.QUESTIONS, done, len(questions))
            reader = replace(session, language=session.language_for(question))
            if not wanted.as_json:
                reader.out.print(one_line(f"Q. {question}"), style="dim", soft_wrap=True)
            try:
                _answer(reader, gisa, question, wanted)
            except QuestionError as error:
                message = error.message(reader.language)
                if wanted.as_json:
                    _emit(session, {"question": question, "error": {"code": error.code, "message": message}})
                else:
                    reader.warn(message)
            if not wanted.as_json:
                reader.out.print()
            session.out.file.flush()


@contextmanager
def _opened(session: Session, settings: Settings, within: Filter | None, *, llm: bool) -> Iterator[Gisa]:
    """The collection, made from the shipped articles if there is none, and the models, fetched if need be.

    Raises CommandError when no article passes the filter.
    """
    from ui.progress import Bars

    with Bars(session) as bars, nothing_collected():
        from rag.assemble import open_gisa

        def announce(count: int) -> None:
            session.note(words.FIRST_BUILD, count=count)
            bars.wait(words.INDEXING)

        bars.wait(words.OPENING)
        gisa = open_gisa(settings, llm=llm, progress=bars, on_first_build=announce)
    with gisa:
        if within and not gisa.store.articles(within):
            raise CommandError(words.NO_MATCH)
        yield gisa


def _text(session: Session, question: list[str] | None, language: AnswerLanguage, settings: Settings) -> str:
    """The question as one text: without quotation marks a shell hands it over word by word.

    Raises QuestionError for one that cannot be answered, before anything is loaded for it.
    """
    from rag.question import accept

    if question is None:
        raise CommandError(words.NO_QUESTION)
    text = " ".join(question)
    session.follow(text)
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CommandError(words.BAD_ARGUMENT) from error
    accept(text, language, settings.answer.question_characters)
    return text


def _lines(path: Path) -> list[str]:
    """The questions of a file, in UTF-8, UTF-16 or CP949, blank lines left out. Raises CommandError."""
    from seeds.decode import decode

    try:
        data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        why = error.strerror if isinstance(error, OSError) else "bad path"
        raise CommandError(words.FILE_UNREAD, path=path, why=why) from error
    if not data.strip():
        raise CommandError(words.FILE_EMPTY, path=path)
    try:
        text = decode(path.name, data)
    except ArticleFileError as error:
        raise CommandError(words.FILE_NOT_TEXT, path=path) from error
    lines = [line.strip() for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise CommandError(words.FILE_EMPTY, path=path)
    return lines


def _emit(session: Session, thing: dict[str, Any]) -> None:
    """One JSON object as one line of UTF-8, whatever the terminal's encoding."""
    stream = session.out.file
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
    stream.write(json.dumps(thing, ensure_ascii=False) + "\n")
    stream.flush()
