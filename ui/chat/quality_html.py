"""What the Quality tab says in words, as HTML: every value of a run, an answer or a reader is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from rag.errors import Language
from ui.chat import pictures
from ui.chat import tab_words as words
from ui.chat.drafts import Draft
from ui.chat.opinions import Opinion
from ui.chat.runs import Asked, Quote, Run, Runs, Wrong
from ui.chat.tab_parts import back, joined, said

COMMAND = "gisa eval run"


def report(found: Runs, language: Language) -> Markup:
    """The latest run as pictures and those before it; how to make one where there is none."""
    unread = said(words.UNREAD.to(language, names=", ".join(found.unread)), "bad") if found.unread else Markup()
    if found.latest is None:
        how = Markup('<section class="gt-empty"><h2>{}</h2><p>{}</p><pre><code>{}</code></pre><p>{}</p></section>')
        told = (words.NO_RUNS.to(language), words.HOW_TO.to(language), COMMAND, words.HOW_TO_END.to(language))
        return Markup("{}{}").format(how.format(*told), unread)
    return Markup("<section>{}{}{}{}{}</section>").format(
        _head(found.latest, language),
        unread,
        pictures.shares(found.latest, language),
        pictures.latency(found.latest, language),
        pictures.over_runs(found.alike, language),
    )


def failures(run: Run | None, kind: Wrong | None, language: Language) -> Markup:
    """The questions that went wrong, all or those of a kind; each unfolds to what was expected and what was given."""
    if run is None:
        return Markup()
    if not run.failures:
        return said(words.NO_FAILURES.to(language), "good")
    chosen = [one for one in run.failures if kind is None or kind in one.wrong]
    told = words.FAILURES_COUNT.to(language, count=len(run.failures), total=len(run.questions))
    return Markup("{}{}").format(said(told), joined(_failure(one, language) for one in chosen))


def opinion(one: Opinion, language: Language) -> Markup:
    """A reader's opinion: question, comment, answer and its quotes."""
    quoted = [Quote.model_validate(cited) for cited in one.answer["citations"]]
    asked = [(words.COMMENT, _text(one.comment or words.NO_COMMENT.to(language)))]
    if one.standalone != one.question:
        asked.append((words.UNDERSTOOD, _text(one.standalone)))
    told = [*asked, (words.GIVEN, _text(one.answer["answer"])), (words.QUOTES, _quotes(quoted, language))]
    head = Markup('<p class="gt-by">{} · {}</p>').format(
        words.THUMB[one.thumb].to(language), f"{one.at:%Y-%m-%d %H:%M} UTC"
    )
    return Markup("{}<article><h3>{}</h3>{}{}</article>").format(
        back(language), one.question, head, _facts_of(told, language)
    )


def drafted(made: Draft, path: Path, language: Language) -> Markup:
    """Where a draft was written, and what is left to do."""
    to_do = joined(Markup("<li>{}</li>").format(one) for one in made.told["draft"]["to_do"])
    return Markup(
        '<div class="gt-said gt-good" role="status"><p>{}</p><p><code>{}</code></p><p>{}</p><ul>{}</ul></div>'
    ).format(words.DRAFTED.to(language), path, words.TO_DO.to(language), to_do)


def _head(run: Run, language: Language) -> Markup:
    its = run.header
    measured = words.MEASURED.to(
        language, count=len(run.questions), sets=", ".join(its.sets), time=f"{its.time:%Y-%m-%d %H:%M}"
    )
    model = (its.model or words.WITH_MODEL.to(language)) if its.llm else words.WITHOUT_MODEL.to(language)
    on = words.ON.to(language, revision=its.revision, model=model, articles=its.articles, machine=its.machine)
    return Markup('<h2>{}</h2><p class="gt-by">{}</p><p class="gt-by gt-small">{}</p>').format(
        words.LATEST.to(language), measured, on
    )


def _failure(one: Asked, language: Language) -> Markup:
    tags = joined(
        Markup('<span class="gt-tag gt-failed">{}</span>').format(words.WRONG[kind].to(language)) for kind in one.wrong
    )
    told: list[tuple[Any, Markup]] = [(words.EXPECTED, _expected(one, language))]
    if one.answer:
        told += [(words.GIVEN, _text(one.answer.answer)), (words.QUOTES, _quotes(one.answer.citations, language))]
    if one.error:
        told.append((words.WRONG["error"], _text(one.error.message)))
    if one.scores and one.scores.unsupported:
        told.append((words.WRONG["quantity"], _text(", ".join(one.scores.unsupported))))
    return Markup(
        '<details class="gt-failure"><summary><span lang="{}">{}</span><span>{}</span></summary>{}</details>'
    ).format(one.language, one.question, tags, _facts_of(told, language))


def _expected(one: Asked, language: Language) -> Markup:
    if not one.answerable:
        return _text(words.EXPECT_REFUSAL.to(language))
    either = f" {words.OR.to(language)} "
    missing = one.scores.missing_in_answer if one.scores else ()
    lack = Markup(' <span class="gt-tag gt-failed">{}</span>').format(words.MISSING.to(language))
    facts = joined(
        Markup("<li>{}{}</li>").format(either.join(forms), lack if forms in missing else "") for forms in one.facts
    )
    return Markup("<ul>{}</ul>").format(facts)


def _quotes(quotes: Sequence[Quote], language: Language) -> Markup:
    """Each opens its article at the sentence: static/chat.js hears of the button."""
    if not quotes:
        return _text(words.NO_QUOTES.to(language))
    quote = Markup(
        "<blockquote><p>{}</p><footer>[{}] {} "
        '<button type="button" data-article="{}" data-start="{}" data-end="{}">{}</button></footer></blockquote>'
    )
    show = words.SHOW_QUOTE.to(language)
    return joined(
        quote.format(one.quote, one.number, one.title, one.article_id, one.start, one.end, show) for one in quotes
    )


def _text(text: str) -> Markup:
    return Markup("<p>{}</p>").format(text)


def _facts_of(told: Iterable[tuple[Any, Markup]], language: Language) -> Markup:
    return Markup("<dl>{}</dl>").format(
        joined(Markup("<dt>{}</dt><dd>{}</dd>").format(name.to(language), value) for name, value in told)
    )
