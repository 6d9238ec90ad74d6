"""Pictures of evaluation runs: SVG in the page's own colours (static/tabs.css), each with a table that says the same.

Drawn here rather than by a plotting library: images follow neither dark mode nor the page's language, and what Gradio
draws itself needs a Content-Security-Policy that lets scripts evaluate text.
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from rag.errors import Language
from ui.chat import tab_words as words
from ui.chat.runs import CITES, FIGURES, Mean, Run, Share, percentile
from ui.chat.tab_parts import cells, joined

_WIDTH, _HEIGHT = 1000, 220
_BAR = Markup(
    '<svg class="gt-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
    '<rect class="gt-track" width="100" height="6"/><rect class="gt-fill" width="{:.1f}" height="6"/></svg>'
)
_PICTURE = Markup('<svg class="gt-picture" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>')
_DETAILS = Markup("<details><summary>{}</summary>{}</details>")


def shares(run: Run, language: Language) -> Markup:
    """The figures of a run: a table whose rows are bars."""
    rows = [
        (words.FIGURES[figure].to(language), _bar(run.share(figure), language), _count(run.share(figure)))
        for figure in FIGURES
    ]
    rows += [
        (
            words.CITES[measure].to(language),
            _bar(run.cited(measure), language),
            words.MEAN_OF.to(language, count=run.cited(measure).of),
        )
        for measure in CITES
    ]
    heads = [words.FIGURE, words.SHARE, words.QUESTIONS]
    return cells(words.LATEST.to(language), [head.to(language) for head in heads], rows)


def latency(run: Run, language: Language) -> Markup:
    """How long each question took, slowest first, with lines at the median and the 95th percentile."""
    asked = sorted((one for one in run.questions if one.error is None), key=lambda one: -one.elapsed_ms)
    if not asked:
        return Markup()
    seconds = [one.seconds for one in asked]
    most, median, p95 = seconds[0], percentile(seconds, 50), percentile(seconds, 95)
    step = _WIDTH / len(asked)
    bars = [
        Markup(
            '<rect class="gt-fill" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>'
        ).format(
            place * step,
            _y(one.seconds, most),
            max(step - min(2, step / 4), 0.5),
            _HEIGHT - _y(one.seconds, most),
            f"{one.seconds:.1f} s: {one.question}",
        )
        for place, one in enumerate(asked)
    ]
    lines = [
        Markup('<line class="gt-line" x1="0" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
            _WIDTH, _y(value, most), _y(value, most)
        )
        for value in (median, p95)
    ]
    told = words.LATENCY_TOLD.to(language, median=f"{median:.1f}", p95=f"{p95:.1f}", most=f"{most:.1f}")
    table = cells(
        words.LATENCY.to(language),
        (words.QUESTION.to(language), words.SECONDS.to(language)),
        [(one.question, f"{one.seconds:.1f}") for one in asked],
    )
    return Markup("<figure><figcaption><h3>{}</h3><p>{}</p></figcaption>{}{}</figure>").format(
        words.LATENCY.to(language),
        told,
        _PICTURE.format(_WIDTH, _HEIGHT, told, joined([*bars, *lines])),
        _DETAILS.format(words.AS_TABLE.to(language), table),
    )


def over_runs(runs: Sequence[Run], language: Language) -> Markup:
    """Facts, citations, refusals and the median wait, run by run; `runs` newest first."""
    oldest_first = list(reversed(runs))
    head = Markup("<h3>{}</h3>").format(words.OVER_RUNS.to(language))
    if len(oldest_first) < 2:
        return Markup("{}<p>{}</p>").format(head, words.ONE_RUN.to(language))
    drawn = [
        (words.FIGURES["facts"], [run.share("facts").percent for run in oldest_first], "%"),
        (words.FIGURES["article"], [run.share("article").percent for run in oldest_first], "%"),
        *((words.CITES[measure], [run.cited(measure).percent for run in oldest_first], "%") for measure in CITES),
        (words.REFUSALS, [run.refusals.percent for run in oldest_first], "%"),
        (words.MEDIAN, [run.median_s for run in oldest_first], " s"),
    ]
    charts = joined(_line(name.to(language), values, unit, language) for name, values, unit in drawn)
    rows = [
        (
            f"{run.header.time:%Y-%m-%d %H:%M}",
            run.header.revision,
            str(len(run.questions)),
            *(_told(values[place], unit, language) for _, values, unit in drawn),
        )
        for place, run in enumerate(oldest_first)
    ]
    heads = [words.RUN, words.REVISION, words.QUESTIONS, *(name for name, _, _ in drawn)]
    table = cells(words.OVER_RUNS.to(language), [one.to(language) for one in heads], rows)
    told = words.OVER_RUNS_TOLD.to(language, count=len(runs))
    return Markup('{}<p>{}</p><div class="gt-charts">{}</div>{}').format(
        head, told, charts, _DETAILS.format(words.AS_TABLE.to(language), table)
    )


def _line(name: str, values: Sequence[float | None], unit: str, language: Language) -> Markup:
    """One figure over the runs, from zero to the most it can be or was. Runs without it are left out."""
    width, height = 320, 120
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if not known:
        return Markup()
    top = 100.0 if unit == "%" else max(value for _, value in known) or 1.0
    spread = max(len(values) - 1, 1)
    points = [(8 + place * (width - 16) / spread, height - 8 - value / top * (height - 16)) for place, value in known]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = joined(Markup('<circle class="gt-dot" cx="{:.1f}" cy="{:.1f}" r="4"/>').format(x, y) for x, y in points)
    first, last = (_told(known[at][1], unit, language) for at in (0, -1))
    told = words.FROM_TO.to(language, name=name, first=first, last=last)
    drawn = Markup(
        '<line class="gt-base" x1="0" x2="{}" y1="{}" y2="{}"/><polyline class="gt-path" points="{}"/>{}'
    ).format(width, height - 8, height - 8, path, dots)
    return Markup("<figure><figcaption>{} <strong>{}</strong></figcaption>{}</figure>").format(
        name, last, _PICTURE.format(width, height, told, drawn)
    )


def _y(value: float, most: float) -> float:
    return _HEIGHT - value / most * (_HEIGHT - 4) if most else _HEIGHT


def _bar(share: Share | Mean, language: Language) -> Markup:
    told = _told(share.percent, "%", language)
    return Markup('<span class="gt-share">{}{}</span>').format(_BAR.format(share.percent or 0.0), told)


def _count(share: Share) -> str:
    return f"{share.right} / {share.of}"


def _told(value: float | None, unit: str, language: Language) -> str:
    return words.NOTHING.to(language) if value is None else f"{value:.1f}{unit}"
