"""How answers, evidence and drafts look: on a terminal with colour and wrapping, elsewhere the same as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.style import Style
from rich.table import Table
from rich.text import Text

from index.types import ArticleInfo
from rag.errors import Language
from rag.types import Answer, Citation, Drafted, Event, Evidence, Found, SearchResult, published
from ui import words
from ui.highlight import bearing
from ui.session import Session, clean, one_line

QUIET = "dim"
MARK = "cyan"
BEARS_OUT = "bold yellow"
_REFERENCE = re.compile(r"\[\d+\]")
_INDENT = 4


class Line(NamedTuple):
    """A paragraph; it hangs from its mark, or is indented."""

    text: Text
    mark: Text = Text()
    indent: int = 0


def show_answer(session: Session, answer: Answer) -> None:
    """The answer, what proves it, and how it came to be."""
    _show(session.out, _answer(session.language, answer))


def show_search(session: Session, result: SearchResult) -> None:
    """The sentences found, best first, each with its article."""
    if not result.hits:
        session.note(words.NOTHING_FOUND)
    for number, hit in enumerate(result.hits, 1):
        article = Text.assemble(source(session.language, hit.article), (f"  {hit.score:.2f}", QUIET))
        sentence = Line(Text(one_line(hit.text)), indent=_INDENT)
        _show(session.out, [Line(article, Text(f"[{number}] ", MARK)), sentence])


def show_table(session: Session, columns: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    """A table; elsewhere than on a terminal one row a line, tabs between the cells and no heading."""
    if not session.out.is_terminal:
        for row in rows:
            session.out.file.write("\t".join(map(one_line, row)) + "\n")  # a rich console would expand the tabs
        return
    table = Table(box=None, header_style=QUIET, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(session.say(words.COLUMNS[column]), overflow="fold")
    for row in rows:
        table.add_row(*(Text(one_line(cell)) for cell in row))
    session.out.print(table)


def source(language: Language, article: ArticleInfo) -> Text:
    """Title, publisher and date of an article, in one line."""
    return _source(language, article.title, article.publisher, published(article), article.url)


def _show(console: Console, lines: Iterable[Line]) -> None:
    for line in lines:
        if not console.is_terminal:
            console.print(Text(" " * line.indent) + line.mark + line.text if line.text else line.text, soft_wrap=True)
        elif line.mark or line.indent:
            hanging = Table.grid()
            hanging.add_row(Text(" " * line.indent) + line.mark, line.text)
            console.print(hanging)
        else:
            console.print(line.text)


def _answer(language: Language, answer: Answer) -> Iterator[Line]:
    text = Text(clean(answer.answer.strip()), style="" if answer.refused else "bold")
    text.highlight_regex(_REFERENCE, f"not bold {MARK}")
    yield Line(text)
    for citation in answer.citations:
        yield Line(Text())
        yield from _citation(language, answer, citation)
    if unnamed := [article for article in answer.nearest if article.title not in answer.answer]:
        yield Line(Text())
        yield Line(Text(words.NEAREST.to(language), QUIET))
        for article in unnamed:
            yield Line(source(language, article), Text("· ", QUIET), indent=2)
    yield Line(Text())
    for doubt in words.doubts(answer, language):
        yield Line(Text(one_line(doubt), "yellow"))
    for notice in answer.notices:
        yield Line(Text(one_line(notice), "yellow"))
    yield Line(Text(f"{_how(language, answer)} · {_seconds(language, answer)}", QUIET))


def _citation(language: Language, answer: Answer, citation: Citation) -> Iterator[Line]:
    about = _source(language, citation.title, citation.publisher, citation.published, citation.url)
    yield Line(about, Text(f"[{citation.number}] ", MARK))
    if citation.quote in answer.answer and not any(claim.span for claim in answer.claims):
        return  # the answer is the quote: once is enough
    quote = Text(one_line(citation.quote))
    for start, end in bearing(citation, answer.claims):
        quote.stylize(BEARS_OUT, start, end)
    yield Line(quote, indent=_INDENT)


def _source(language: Language, title: str, publisher: str | None, day: str | None, url: str | None) -> Text:
    parts = [title, publisher, day or words.UNDATED.to(language)]
    line = Text(one_line(", ".join(part for part in parts if part)), QUIET)
    if url:
        line.stylize(Style(link=one_line(url)), 0, len(title))
    return line


def _how(language: Language, answer: Answer) -> str:
    if answer.refused:
        return words.REFUSED.to(language)
    if answer.answered_by == "llm":
        return one_line(words.BY_MODEL.to(language, model=answer.model))
    if answer.answered_by == "reader":
        return words.BY_READING.to(language)
    return words.BY_QUOTING.to(language)


def _seconds(language: Language, answer: Answer) -> str:
    return words.SECONDS.to(language, seconds=answer.timings_ms["total"] / 1000)


class Draft:
    """Shows an answer being made, on stderr and for as long as it is made: evidence at once, then the draft.

    Nothing is shown unless both streams are one terminal: an unverified draft must not be taken for an answer.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._evidence: tuple[Evidence, ...] = ()
        self._draft = ""
        self._spinner = Spinner("dots", Text(session.say(words.THINKING), QUIET), style=QUIET)
        self._live = Live(
            console=session.err,
            transient=True,
            redirect_stdout=False,
            refresh_per_second=8,
            get_renderable=self._shown,
        )

    def __enter__(self) -> Draft:
        if self._session.live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def listen(self, event: Event) -> None:
        """Take in what the pipeline tells; the display follows by itself."""
        if isinstance(event, Found):
            self._evidence = event.evidence
        elif isinstance(event, Drafted):
            self._draft += event.text
        else:
            self._draft = ""

    def _shown(self) -> RenderableType:
        say = self._session.say
        evidence = [Text(f"· {one_line(one.text)}", QUIET, no_wrap=True, overflow="ellipsis") for one in self._evidence]
        heading = [Text(say(words.EVIDENCE), QUIET)] if evidence else []
        if not self._draft:
            return Group(*heading, *evidence, self._spinner)
        draft = Text(clean(self._draft), f"{QUIET} italic")
        return Group(*heading, *evidence, Text(), Text(say(words.DRAFT), QUIET), draft)
