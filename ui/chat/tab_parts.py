"""What the Articles and Quality tabs share: who is let in, our own HTML, what is shown of an article."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.context import get_render_context
from markupsafe import Markup, escape

from rag.errors import GisaError, Language
from ui.chat import tab_words as words
from ui.chat.who import Who
from ui.service import Service

WhoIs = Callable[[gr.Request], Who]


@dataclass(frozen=True, slots=True)
class Desk:
    """What every event of a tab works with. Events are let in one by one: Gradio's can be called without the page."""

    service: Service
    who: WhoIs
    language: Language

    @contextmanager
    def open_to(self, request: gr.Request) -> Iterator[None]:
        """Do something for a request. Raises gr.Error, fit to be shown, for callers who may not manage and for what
        gisa explains."""
        if not self.who(request).may_manage:
            raise told(words.REFUSED.to(self.language))
        try:
            yield
        except GisaError as error:
            raise told(error.message(self.language)) from error


def told(message: str) -> gr.Error:
    """An error that the page shows. Gradio shows it as HTML, which leaves nothing of a name that is written like it."""
    return gr.Error(str(escape(message)), print_exception=False)


def shown(value: Markup | None = None, *, name: str) -> gr.Markdown:
    """A place for our own HTML, under the CSS class `name`.

    gr.HTML evaluates its value as a script's template, which the Content-Security-Policy forbids. Markdown leaves a
    block of HTML as it is; nothing else is ever put into it: see `block`. Gradio's sanitizer would take our tables'
    pictures and leave images of other sites in, so it is escaping that keeps article and model text plain.
    """
    return gr.Markdown(
        block(value or Markup()), sanitize_html=False, latex_delimiters=[], elem_classes=["gt-tab", name]
    )


def block(html: Markup) -> str:
    """HTML as one Markdown block: a blank line within would end it, and Markdown would read what follows.

    Markdown ends a line at a carriage return too; here whatever may ever be taken for an end of line is none.
    """
    return str(Markup("<div>{}</div>").format(Markup("&#10;").join(html.splitlines()))) if html else ""


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup().join(parts)


def said(message: str, kind: str = "note") -> Markup:
    """A line that screen readers tell when it appears. `kind`: note, good or bad."""
    return Markup('<p class="gt-said gt-{}" role="status">{}</p>').format(kind, message)


def cells(caption: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> Markup:
    """A table; the first cell of a row is its heading. Where it is too wide it is scrolled, by keys too."""
    top = joined(Markup('<th scope="col">{}</th>').format(head) for head in heads)
    body = joined(_row(row) for row in rows)
    template = Markup(
        '<div class="gt-wide" role="region" aria-label="{}" tabindex="0">'
        "<table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    )
    return template.format(caption, caption, top, body)


def _row(row: Iterable[object]) -> Markup:
    first, *rest = row
    return Markup('<tr><th scope="row">{}</th>{}</tr>').format(
        first, joined(Markup("<td>{}</td>").format(c) for c in rest)
    )


def back(language: Language) -> Markup:
    """On a narrow screen what was chosen is shown below the list: the way back up (static/tabs.js)."""
    return Markup('<button type="button" class="gt-back">{}</button>').format(words.BACK.to(language))


def byline(publisher: str | None, published: str | None, language: Language) -> str:
    """Publisher and date on one line."""
    return " · ".join(filter(None, (publisher, published or words.UNDATED.to(language))))


def on_opening(event: Callable[..., object], **told: Any) -> None:
    """Run an event whenever the tab under construction is opened (outside of a tab: when the page is)."""
    within = get_render_context()
    if isinstance(within, gr.Tab):
        within.select(event, **told)
    else:
        gr.on(None, event, **told)
