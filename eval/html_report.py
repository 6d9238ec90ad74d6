"""One self-contained HTML page of what was measured: it opens offline and asks nothing of any other machine.

The page is eval/data/report/page.html with its style and script inside; a Content-Security-Policy lets no other
script run, and whatever articles, questions and models wrote is escaped.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from markupsafe import Markup

from eval import html_figures, html_questions, provenance
from eval import html_words as words
from eval.html_parts import Measured, element, html, joined, minute
from eval.html_words import Said
from rag.errors import Language

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def page(
    measured: Sequence[Measured],
    retrieval: Rows,
    runs: Sequence[Measured],
    *,
    language: Language,
    about_runs: Said,
    not_runs: Sequence[str] = (),
) -> str:
    """The whole page. `retrieval` maps data sets to result rows, `runs` are those of the history.

    `about_runs` says which they are, `not_runs` names files among them that could not be read. Raises
    MissingExtraError when matplotlib is not installed.
    """
    sections: list[tuple[str, Said, Callable[[], Markup]]] = []
    if measured:
        sections.append(("summary", words.SUMMARY, lambda: html_figures.summary(measured)))
    for one in measured:
        title = words.FAILURES if len(measured) == 1 else _of_run(words.FAILURES, one)
        sections.append((f"failures-{one.number}", title, lambda one=one: html_questions.failures(one)))  # type: ignore[misc]
    for one in measured:
        title = words.EACH if len(measured) == 1 else _of_run(words.EACH, one)
        sections.append((f"each-{one.number}", title, lambda one=one: html_questions.questions(one)))  # type: ignore[misc]
    if retrieval:
        sections.append(("retrieval", words.RETRIEVAL, lambda: _retrieval(retrieval)))
    if measured:
        sections.append(("latency", words.LATENCY, lambda: html_figures.latency(measured)))
    if runs:
        sections.append(("history", words.HISTORY, lambda: _history(runs, about_runs, not_runs)))
    folder = files("eval") / "data" / "report"
    script = (folder / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return str(
        Markup((folder / "page.html").read_text(encoding="utf-8")).format(
            language=language,
            title=getattr(words.TITLE, language),
            heading=html(words.TITLE),
            made=html(words.MADE.of(time=minute(provenance.now()))),
            contents=_contents([(identity, title) for identity, title, _ in sections]),
            sections=joined(
                Markup('<section id="{}"><h2>{}</h2>{}</section>').format(identity, html(title), made())
                for identity, title, made in sections
            ),
            style=Markup((folder / "page.css").read_text(encoding="utf-8")),
            script=Markup(script),
            script_hash=f"sha256-{digest}",
        )
    )


def _contents(sections: Sequence[tuple[str, Said]]) -> Markup:
    links = joined(
        Markup('<li><a href="#{}">{}</a></li>').format(identity, html(title)) for identity, title in sections
    )
    return Markup("<nav><ul>{}</ul></nav>").format(links)


def _of_run(title: Said, one: Measured) -> Said:
    return Said(f"{title.en}: {one.name}", f"{title.ko}: {one.name}")


def _retrieval(rows: Rows) -> Markup:
    return element("p", words.RETRIEVAL_TOLD, class_="soft") + html_figures.retrieval(rows)


def _history(runs: Sequence[Measured], about: Said, left_out: Sequence[str]) -> Markup:
    told = element("p", about, class_="soft")
    if left_out:
        told += element("p", words.NOT_A_RUN.of(names=", ".join(left_out)), class_="soft")
    return told + html_figures.history(runs)
