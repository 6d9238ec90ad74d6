"""What the Articles tab shows, as HTML: every value of an article or a file is escaped."""

from __future__ import annotations

import re
from collections import Counter

from markupsafe import Markup

from rag.errors import Language
from ui.chat import tab_words as words
from ui.chat.intake import Progress, Result
from ui.chat.tab_parts import back, byline, cells, joined, said
from ui.rest.schemas import ArticleOut

_BAR = Markup('<div class="gt-progress" role="status"><label>{}<progress max="{}" value="{}"></progress></label></div>')
_READER = Markup(
    '{}<article lang="{}"><h2 tabindex="-1">{}</h2><p class="gt-by">{}</p>{}<div class="gt-text">{}</div></article>'
)


def reader(article: ArticleOut, language: Language) -> Markup:
    """An article to be read: plain text, what is not searched in grey. Its address is told, not linked."""
    about = joined(
        Markup('<p class="gt-by gt-small">{}</p>').format(line)
        for line in (article.url, words.SOURCE.to(language, source=article.source), article.rights)
        if line
    )
    asides = [line for line in _lines(article) if not line[1]]
    note = Markup('<p class="gt-by gt-small">{}</p>').format(words.ASIDE.to(language)) if asides else Markup()
    text = joined(
        Markup("<p>{}</p>" if searched else '<p class="gt-aside">{}</p>').format(line)
        for line, searched in _lines(article)
    )
    return _READER.format(
        back(language),
        article.language,
        article.title,
        byline(article.publisher, article.published, language),
        Markup("{}{}").format(about, note),
        text,
    )


def _lines(article: ArticleOut) -> list[tuple[str, bool]]:
    """The lines of an article that hold something, and whether any of each is searched."""
    found = [(one.group(), one.start(), one.end()) for one in re.finditer(r"[^\n]+", article.text)]
    return [
        (line, any(begin < end and start < stop for begin, stop in article.body))
        for line, start, end in found
        if line.strip()
    ]


def progress(now: Progress, language: Language) -> Markup:
    """A bar while files are read and articles taken in, then a table of what became of each."""
    if now.stage == "done":
        return results(now.results, language)
    how_far = words.READING if now.stage == "reading" else words.TAKING_IN
    return _BAR.format(how_far.to(language, done=now.done, total=now.total), max(now.total, 1), now.done)


def results(found: tuple[Result, ...], language: Language) -> Markup:
    """What became of all, which is told aloud, and of each file."""
    counts = Counter(_name(one) for one in found)
    told = " · ".join(
        words.OUTCOME_COUNT.to(language, count=counts[name], outcome=words.OUTCOMES[name].to(language))
        for name in words.OUTCOMES
        if counts[name]
    )
    rows = [(_file(one), _outcome(one, language)) for one in found]
    table = cells(words.RESULT.to(language), (words.FILE.to(language), words.OUTCOME.to(language)), rows)
    return Markup("{}{}").format(said(told), table)


def _file(one: Result) -> Markup:
    title = Markup('<span class="gt-small">{}</span>').format(one.title) if one.title else Markup()
    return Markup("{}{}").format(one.file, title)


def _outcome(one: Result, language: Language) -> Markup:
    name = _name(one)
    why = Markup('<span class="gt-small">{}</span>').format(one.error.message(language)) if one.error else Markup()
    return Markup('<span class="gt-tag gt-{}">{}</span>{}').format(name, words.OUTCOMES[name].to(language), why)


def _name(one: Result) -> str:
    return one.outcome or "failed"
