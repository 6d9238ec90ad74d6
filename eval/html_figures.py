"""The report page's figures: summary, retrieval, latency and history, each picture with a table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from eval import html_words as words
from eval import metrics, plots
from eval.agreement import METRICS, agreement
from eval.html_parts import (
    Cell,
    Measured,
    Number,
    articles,
    described,
    details,
    element,
    figure,
    html,
    joined,
    minute,
    percent,
    seconds,
    table,
)
from eval.html_words import Said
from eval.measures import BY_KEY, MEASURES, Measure, values
from eval.measures import seconds as wait
from eval.metrics import Estimate
from eval.plots import Series
from eval.records import QuestionRecord

Records = Sequence[QuestionRecord]
_TILES = ("facts", "refusals", "precision", "recall", "article")
_LINES = ("facts", "quotes", "refusals", "precision")
_MOST_LINES = 6  # colours and marks that can be told apart


def summary(measured: Sequence[Measured]) -> Markup:
    """What was measured, its main figures, and all shares with their intervals: of one run by language, else by run."""
    columns = columns_of(measured)
    shown = [measure for measure in MEASURES if any(values(measure, records) for _, records in columns)]
    estimates = [[metrics.mean(values(measure, records)) for measure in shown] for _, records in columns]
    names = [Said(measure.en, measure.ko) for measure in shown]
    parts = [joined(_card(one) for one in measured)]
    for first in range(0, len(columns) if shown else 0, _MOST_LINES):
        some = range(first, min(first + _MOST_LINES, len(columns)))
        series = [(columns[place][0], estimates[place]) for place in some]
        drawn = plots.shares(f"shares-{first}", words.SHARES, words.SHARES_TOLD, names, series)
        parts.append(figure(words.SHARES, words.SUMMARY_TOLD, drawn))
    parts.append(_all_figures(columns, shown, estimates))
    return joined([*parts, _judges(columns)])


def columns_of(measured: Sequence[Measured]) -> list[tuple[Cell, Records]]:
    if len(measured) > 1:
        return [(one.name, one.records) for one in measured]
    (one,) = measured
    by_language = [
        (name, [record for record in one.records if record.language == language])
        for name, language in ((words.KOREAN, "ko"), (words.ENGLISH, "en"))
    ]
    found: list[tuple[Cell, Records]] = [(words.ALL, one.records)]
    return found + [(name, records) for name, records in by_language if records]


def _card(one: Measured) -> Markup:
    """A run in a few large figures, and what was run."""
    tiles: list[tuple[Cell, Number]] = []
    for key in _TILES:
        estimate = metrics.mean(values(BY_KEY[key], one.records))
        if estimate is not None:
            tiles.append((Said(BY_KEY[key].en, BY_KEY[key].ko), percent(estimate)))
    tiles.append((words.UNSUPPORTED, Number(str(_unsupported(one.records)))))
    tiles.append((words.MEDIAN, seconds(metrics.median(_waits(one.records)))))
    run = one.run
    told = {True: run.model or words.UNNAMED_MODEL, False: words.NO_MODEL}
    about: list[tuple[Cell, Cell]] = [
        (words.SET, ", ".join(f"{name} ({sha256[:12]})" for name, sha256 in run.sets.items())),
        (words.ARTICLES, articles(run)),
        (words.MODEL, told[run.llm]),
        (words.EMBEDDER, run.embedder or ""),
        (words.TARGET, words.LOCAL if run.target == "local" else run.target),
        (words.REVISION, run.revision),
        (words.SETTINGS, run.settings),
        (words.COLLECTION, run.collection),
        (words.MACHINE, run.machine),
        (words.TIME, minute(run.time)),
        (words.FILE, one.file.name),
    ]
    figures = joined(
        Markup('<div><dt>{}</dt><dd class="figure">{}</dd>{}</div>').format(
            html(name), html(number.told), element("dd", number.small, class_="range") if number.small else ""
        )
        for name, number in tiles
    )
    inner = element("h3", one.name) + element("dl", figures, class_="tiles") + described(about, class_="about")
    return element("section", inner, class_="card")


def _all_figures(
    columns: Sequence[tuple[Cell, Records]], shown: Sequence[Measure], estimates: Sequence[Sequence[Estimate | None]]
) -> Markup:
    rows: list[list[Cell | Number]] = [
        [_named(Said(measure.en, measure.ko), Said(measure.en_told, measure.ko_told)), *map(percent, row)]
        for measure, row in zip(shown, zip(*estimates, strict=True), strict=True)
    ]
    everywhere: list[tuple[Cell, Callable[[Records], Number]]] = [
        (
            _named(words.HALLUCINATION, words.HALLUCINATION_TOLD),
            lambda records: percent(metrics.hallucination_rate(records)),
        ),
        (_named(words.ERROR_RATE, words.ERROR_RATE_TOLD), lambda records: percent(metrics.error_rate(records))),
        (words.UNSUPPORTED, lambda records: Number(str(_unsupported(records)))),
        (words.FAILED_TO_ANSWER, lambda records: Number(str(sum(one.error is not None for one in records)))),
        (words.MEDIAN, lambda records: seconds(metrics.median(_waits(records)))),
        (words.P95, lambda records: seconds(metrics.percentile(_waits(records), 95))),
        (words.EVIDENCE_WAIT, lambda records: seconds(metrics.median(_evidence_waits(records)))),
    ]
    rows += [[name, *(figure_of(records) for _, records in columns)] for name, figure_of in everywhere]
    return table(words.SUMMARY, [words.MEASURE, *(name for name, _ in columns)], rows)


def _judges(columns: Sequence[tuple[Cell, Records]]) -> Markup:
    """What models that judged the answers let pass, and how far that is what the metrics say."""
    rows: list[list[Cell | Number]] = []
    for name, records in columns:
        for evaluator in METRICS:
            if (found := agreement(evaluator, records)) is None:
                continue
            judges = {one.judgements[evaluator].judge for one in records if evaluator in one.judgements}
            counted = f"{found.answers} + {found.unread}" if found.unread else str(found.answers)
            shares = (_percent(share) for share in (found.judge_passes, found.metric_passes, found.raw))
            kappa = Number("-" if found.kappa is None else f"{found.kappa:.2f}")
            told = html(evaluator) + element("small", ", ".join(sorted(judges)))
            rows.append([told, name, Number(counted), *map(Number, shares), kappa])
    if not rows:
        return Markup()
    heads: list[Cell] = [
        words.EVALUATOR,
        words.OF,
        words.ANSWERS,
        words.JUDGE_PASSES,
        words.METRIC_PASSES,
        words.AGREE,
        "κ",
    ]
    return element("h3", words.JUDGES) + element("p", words.JUDGES_TOLD) + table(words.JUDGES, heads, rows)


def _named(name: Said, told: Said) -> Markup:
    return html(name) + element("small", told)


def retrieval(by_data: Mapping[str, Sequence[Mapping[str, Any]]]) -> Markup:
    """Recall by depth and a table of all measures, for each data set. `by_data` maps its name to rows of results."""
    parts = []
    for number, (data, rows) in enumerate(by_data.items(), 1):
        first = rows[0]
        title = words.RECALL_OF.of(data=data)
        depths = sorted({int(name[2:]) for row in rows for name in row if name.startswith("R@") and name[2:].isdigit()})
        drawn = Markup()
        if len(depths) > 1:
            lines = [Series(row["method"], [row.get(f"R@{depth}") for depth in depths]) for row in rows[:_MOST_LINES]]
            drawn = plots.recall(f"recall-{number}", title, words.RETRIEVAL_TOLD, depths, lines)
        names = [*(name for name in ("nDCG@10", "MRR@10") if name in first), *(f"R@{depth}" for depth in depths)]
        most = {name: max(row.get(name, 0.0) for row in rows) for name in names}
        body: list[list[Cell | Number]] = [
            [_method(row), *(_scored(row, name, most[name]) for name in names), _ms(row)] for row in rows
        ]
        below = table(title, [words.METHOD, *names, words.MS], body)
        count = words.DATA_COUNT.of(queries=first["queries"], passages=first["passages"])
        about = element("p", f"{first['embedder']}, {first['revision']}, {first['machine']}", class_="soft")
        parts.append(figure(title, count, drawn, below + about))
    return joined(parts)


def _method(row: Mapping[str, Any]) -> Markup:
    unread = element("small", words.NOT_READ.of(count=row["unread"])) if row["unread"] else Markup()
    return html(str(row["method"])) + unread


def _scored(row: Mapping[str, Any], name: str, most: float) -> Number:
    value = row.get(name)
    return Number("-") if value is None else Number(f"{value:.3f}", best=value == most)


def _ms(row: Mapping[str, Any]) -> Number:
    return Number(f"{row['ms_per_query']:.1f}")


def latency(measured: Sequence[Measured]) -> Markup:
    """How long answers took: all runs in one picture, then each question of each run."""
    answered = [one for one in measured if _waits(one.records)]
    parts = []
    for first in range(0, len(answered), _MOST_LINES):
        runs: list[tuple[Said | str, list[float]]] = [
            (one.name, _waits(one.records)) for one in answered[first : first + _MOST_LINES]
        ]
        drawn = plots.waits(f"waits-{first}", words.LATENCY, words.LATENCY_TOLD, runs)
        parts.append(figure(words.LATENCY, words.LATENCY_TOLD, drawn))
    for one in answered:
        heading = element("h3", one.name) if len(answered) > 1 else Markup()
        parts += [heading, _by_question(one)]
    return joined(parts)


def _by_question(one: Measured) -> Markup:
    timed = sorted(
        ((wait(record) or 0.0, record) for record in one.records if record.answer), key=lambda pair: -pair[0]
    )
    waits = [seconds_ for seconds_, _ in timed]
    told = words.BY_QUESTION_TOLD.of(median=np.median(waits), p95=np.percentile(waits, 95), most=waits[0])
    kinds = [
        (name, [value if record.answer and record.answer["answered_by"] == kind else None for value, record in timed])
        for kind, name in words.ANSWERED_BY.items()
    ]
    drawn = plots.by_question(f"by-question-{one.number}", words.BY_QUESTION, told, kinds)
    rows = [(record.question, _by(record), Number(f"{value:.2f}")) for value, record in timed[:10]]
    below = details(words.SLOWEST, table(words.SLOWEST, [words.QUESTIONS, words.BY, words.SECONDS], rows))
    return figure(words.BY_QUESTION, told, drawn, below)


def _by(record: QuestionRecord) -> Cell:
    return words.FAILED if record.answer is None else words.ANSWERED_BY[record.answer["answered_by"]]


def history(runs: Sequence[Measured]) -> Markup:
    """Figures over runs, oldest first, apart for each version of the questions, choice of articles and model."""
    groups: dict[tuple[object, ...], list[Measured]] = {}
    for one in sorted(runs, key=lambda one: one.run.time):
        run = one.run
        key = (tuple(sorted(run.sets.items())), run.asked_of, run.target, run.llm, run.model)
        groups.setdefault(key, []).append(one)
    return joined(_group(number, its) for number, its in enumerate(groups.values(), 1))


def _group(number: int, runs: Sequence[Measured]) -> Markup:
    run = runs[0].run
    sets = ", ".join(f"{name} ({sha256[:6]})" for name, sha256 in sorted(run.sets.items()))
    model = (run.model or words.UNNAMED_MODEL) if run.llm else words.NONE
    name = words.HISTORY_LINE.of(sets=sets, articles=articles(run), model=model)
    labels = [_day(one) for one in runs]
    shares = {key: [_average(np.mean, values(BY_KEY[key], one.records)) for one in runs] for key in _LINES}
    medians = [_average(np.median, _waits(one.records)) for one in runs]
    parts = [element("h3", name)]
    if len(runs) == 1:
        parts.append(element("p", words.ONE_RUN, class_="soft"))
    else:
        title = words.HISTORY_OF.of(line=name, count=len(runs))
        lines = [
            Series(Said(BY_KEY[key].en, BY_KEY[key].ko), line)
            for key, line in shares.items()
            if any(value is not None for value in line)
        ]
        drawn = plots.history(f"history-{number}", title, title, labels=labels, lines=lines, unit="%")
        title = words.HISTORY_TIME.of(line=name, count=len(runs))
        line = [Series(words.MEDIAN, medians)]
        timed = plots.history(f"history-time-{number}", title, title, labels=labels, lines=line, unit="s")
        parts.append(Markup('<div class="wide">{}{}</div>').format(drawn, timed))
    rows: list[list[Cell | Number]] = [
        [
            html(labels[place]) + element("small", f"{one.run.revision}, {one.name}"),
            Number(str(len(one.records))),
            *(Number(_percent(shares[key][place])) for key in _LINES),
            Number("-" if medians[place] is None else f"{medians[place]:.2f} s"),
        ]
        for place, one in enumerate(runs)
    ]
    heads = [words.TIME, words.QUESTIONS, *(Said(BY_KEY[key].en, BY_KEY[key].ko) for key in _LINES), words.MEDIAN]
    return joined([*parts, table(words.HISTORY_OF.of(line=name, count=len(runs)), heads, rows)])


def _day(one: Measured) -> str:
    """Without the year, to fit under an axis."""
    return minute(one.run.time)[5:16]


def _average(average: Callable[[list[float]], Any], values: list[float]) -> float | None:
    return float(average(values)) if values else None


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"


def _waits(records: Records) -> list[float]:
    return [value for record in records if (value := wait(record)) is not None]


def _evidence_waits(records: Records) -> list[float]:
    return [record.evidence_ms / 1000 for record in records if record.evidence_ms is not None]


def _unsupported(records: Records) -> int:
    return sum(len(record.scores.unsupported) for record in records if record.scores)
