"""The report page's questions: all of them in a table that can be filtered, and what went wrong with its evidence."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from eval import html_words as words
from eval.html_parts import Cell, Measured, details, element, html, joined
from eval.html_words import Said
from eval.measures import BY_KEY
from eval.records import QuestionRecord, Trace

_FILTER = Markup(
    '<form class="filter" data-rows="{}" hidden><label>{}<input type="search" name="words"></label>'
    "<fieldset>{}</fieldset>"
    '<label><input type="checkbox" name="wrong"> {}</label><span class="soft"><output name="count"></output> {}</span>'
    "</form>"
)
_TABLE = Markup(
    '<div class="wide"><table class="questions" id="{}"><caption>{}</caption><thead><tr>{}</tr></thead>'
    "<tbody>{}</tbody></table></div>"
)


def wrongs(record: QuestionRecord) -> list[str]:
    """Keys of `words.WRONG`: what went wrong. Of a wrong refusal nothing else is told: it says nothing more."""
    if record.scores is None:
        return ["error"]
    if not record.scores.right_refusal:
        return ["refused" if record.answerable else "answered"]
    keys = ("facts", "quotes", "article", "language", "supported")
    return [key for key in keys if BY_KEY[key].of(record) == 0]


def failures(one: Measured) -> Markup:
    """Each question that went wrong: what was expected, the answer, its quotes, and how it came to be."""
    wrong = [record for record in one.records if wrongs(record)]
    if not wrong:
        return element("p", words.NO_FAILURES)
    told = element("p", words.FAILURES_COUNT.of(wrong=len(wrong), all=len(one.records)))
    return told + joined(
        Markup('<details class="failure" id="{}"><summary>{}{}{}</summary>{}</details>').format(
            _anchor(one, record),
            element("code", record.id),
            _tags(record),
            element("span", record.question, class_="asked", lang=record.language),
            evidence(record),
        )
        for record in wrong
    )


def questions(one: Measured) -> Markup:
    identity = f"questions-{one.number}"
    choices = joined(
        Markup('<label><input type="radio" name="language" value="{}"{}> {}</label>').format(
            value, Markup(" checked") if value == "all" else "", html(name)
        )
        for value, name in (("all", words.ALL), ("ko", words.KOREAN), ("en", words.ENGLISH))
    )
    form = _FILTER.format(identity, html(words.SEARCH), choices, html(words.ONLY_WRONG), html(words.SHOWN))
    heads = joined(
        element("th", name, scope="col", **({"class_": "number"} if name is words.SECONDS else {}))
        for name in (words.QUESTION, words.OUTCOME, words.BY, words.KIND, words.NAME, words.SECONDS)
    )
    return form + _TABLE.format(identity, html(words.EACH), heads, joined(_row(one, record) for record in one.records))


def _row(one: Measured, record: QuestionRecord) -> Markup:
    wrong = wrongs(record)
    asked = element("span", record.question, lang=record.language)
    if wrong:
        first = Markup('<a href="#{}">{}</a>').format(_anchor(one, record), asked)
    else:
        first = details(asked, evidence(record))
    by: Cell = words.FAILED if record.answer is None else words.ANSWERED_BY[record.answer["answered_by"]]
    cells = [
        element("td", first),
        element("td", _tags(record)),
        element("td", by),
        element("td", record.kind),
        element("td", element("code", record.id)),
        element("td", f"{record.elapsed_ms / 1000:.2f}", class_="number"),
    ]
    return Markup('<tr data-asked="{}"{}>{}</tr>').format(
        record.language, Markup(" data-wrong") if wrong else "", joined(cells)
    )


def _tags(record: QuestionRecord) -> Markup:
    wrong = wrongs(record)
    if not wrong:
        return element("span", words.RIGHT, class_="good")
    return joined(element("span", words.WRONG[key], class_="tag bad") for key in wrong)


def _anchor(one: Measured, record: QuestionRecord) -> str:
    return f"run-{one.number}-{record.set}-{record.id}".replace(" ", "-")


def evidence(record: QuestionRecord) -> Markup:
    """All that is known of one question and its answer."""
    parts: list[tuple[Said, Markup]] = [(words.EXPECTED, _expected(record))]
    if record.error is not None:
        parts.append((words.ERROR, html(f"{record.error.message} ({record.error.code})")))
    if record.answer is not None:
        parts.append((words.ANSWER, html(str(record.answer["answer"]))))
        parts += [(words.NOTICES, html(" ".join(record.notices)))] if record.notices else []
        quotes = joined(_quote(one) for one in record.answer["citations"])
        parts += [(words.QUOTES, quotes)] if quotes else []
        claims = [str(one["text"]) for one in record.answer["claims"] if not one["supported"]]
        parts += [(words.CLAIMS, html(", ".join(claims)))] if claims else []
    if record.trace is not None:
        parts.append((words.TRACE, _trace(record.trace)))
    if record.judgements:
        parts.append((words.JUDGEMENTS, _judgements(record)))
    return element("dl", joined(element("dt", name) + element("dd", value) for name, value in parts), class_="evidence")


def _expected(record: QuestionRecord) -> Markup:
    """The accepted forms of each fact, those of a fact that the answer lacks underlined; or a refusal."""
    if not record.answerable:
        return html(words.A_REFUSAL)
    missing = set(record.scores.missing_in_answer) if record.scores else set()
    facts = [
        joined(element("span", form, class_="form missing" if forms in missing else "form") for form in forms)
        for forms in record.facts
    ]
    where = Markup(" {} {}").format(html(words.FROM), ", ".join(record.articles)) if record.articles else Markup()
    return Markup(" + ").join(facts) + where


def _quote(citation: dict[str, object]) -> Markup:
    said = ", ".join(str(citation[key]) for key in ("title", "publisher", "published") if citation.get(key))
    return Markup("<blockquote>[{}] {}{}</blockquote>").format(
        citation["number"], citation["quote"], element("cite", said)
    )


def _trace(trace: Trace) -> Markup:
    parts = []
    if trace.evidence:
        found = joined(
            Markup("<li>{} <small>{}; {}; {}</small></li>").format(
                one.text,
                one.article_id,
                html(words.SCORE.of(score=one.score)),
                html(words.NOT_JUDGED if one.odds is None else words.ODDS.of(odds=one.odds)),
            )
            for one in trace.evidence
        )
        parts.append(html(words.FOUND) + element("ol", found))
    if trace.drafts:
        drafts = joined(
            Markup("<li>{} <small>{}–{} ms; {}</small></li>").format(
                one.text, f"{one.begun_ms:.0f}", f"{one.ended_ms:.0f}", _kept(one.failed)
            )
            for one in trace.drafts
        )
        parts.append(html(words.DRAFTS) + element("ol", drafts))
    return joined(parts) or html(words.NONE)


def _kept(failed: Sequence[str]) -> Markup:
    return html(words.DRAFT_FAILED.of(why="; ".join(failed)) if failed else words.DRAFT_KEPT)


def _judgements(record: QuestionRecord) -> Markup:
    told = {True: words.PASSED, False: words.NOT_PASSED, None: words.UNREAD}
    return element(
        "ul",
        joined(
            Markup("<li>{} ({}): {} <small>{}{}</small></li>").format(
                name,
                one.judge,
                html(told[one.passing]),
                html(words.SCORE.of(score=one.score)) + Markup("; ") if one.score is not None else "",
                one.feedback,
            )
            for name, one in record.judgements.items()
        ),
    )
