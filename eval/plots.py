"""The pictures of a report, drawn by matplotlib. Each takes plain numbers and words, and returns an `<svg>` element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from markupsafe import Markup

from eval.html_words import Said
from eval.metrics import Estimate
from eval.svg import COLOURS, FONT, MARKS, Picture, picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 900
_LABELS = 210  # room for the names of measures
_PANEL = 240
_SMALL = FONT - 1


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a chart: its name, and a value or None for each place along the axis."""

    name: Said | str
    values: Sequence[float | None]


def shares(
    name: str, title: Said, told: Said, rows: Sequence[Said], series: Sequence[tuple[Said | str, list[Estimate | None]]]
) -> Markup:
    """Shares with their intervals, a row a measure, a mark a series (at most six)."""
    step = 18 * len(series) + 16
    height = 58 + step * len(rows)
    with picture(name, WIDTH, height) as drawn:
        axes = drawn.axes(_LABELS, 30, WIDTH - _LABELS - 24, height - 58)
        for place, (label, intervals) in enumerate(series):
            shift = (place - (len(series) - 1) / 2) * 18 / step
            known = [(row + shift, one) for row, one in enumerate(intervals) if one is not None]
            colour = _colour(place)
            axes.hlines(
                [at for at, _ in known], [one.low for _, one in known], [one.high for _, one in known], colour, lw=2.5,
                alpha=0.55,
            )  # fmt: skip
            axes.plot(
                [one.value for _, one in known], [at for at, _ in known], MARKS[place % len(MARKS)], color=colour, ms=7,
                label=drawn.word(label),
            )  # fmt: skip
        for edge in range(1, len(rows)):
            axes.axhline(edge - 0.5, color=COLOURS["line"], lw=0.8)
        axes.set_yticks(range(len(rows)), [drawn.word(row) for row in rows])
        axes.tick_params(axis="y", labelcolor=COLOURS["ink"])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(-0.01, 1.01)
        _percent(axes, "x")
        _legend(drawn, axes, len(series))
        return drawn.svg(title, told)


def waits(name: str, title: Said, told: Said, runs: Sequence[tuple[Said | str, Sequence[float]]]) -> Markup:
    """Of each run, the share of answers that were there after so many seconds, on a logarithmic axis."""
    height = 270
    dashes = ("-", "--", "-.", ":", (0, (8, 2)), (0, (1, 3)))
    with picture(name, WIDTH, height) as drawn:
        axes = drawn.axes(52, 50, WIDTH - 76, height - 86)
        longest = max(max(seconds) for _, seconds in runs)
        shortest = max(min(min(seconds) for _, seconds in runs), 0.001)
        for place, (label, seconds) in enumerate(runs):
            ordered = np.sort(np.asarray(seconds))
            axes.step(
                [shortest * 0.8, *ordered, longest * 1.25], [0, *(np.arange(len(ordered)) + 1) / len(ordered), 1],
                where="post", color=_colour(place), ls=dashes[place % len(dashes)], lw=2, label=drawn.word(label),
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlim(shortest * 0.8, longest * 1.25)
        wanted = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500]
        ticks = [one for one in wanted if shortest * 0.8 <= one <= longest * 1.25]
        axes.set_xticks(ticks, [f"{one:g}" for one in ticks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel(drawn.word(Said("seconds", "초")), color=COLOURS["soft"], labelpad=6)
        axes.grid(axis="x", color=COLOURS["line"], lw=0.8)
        axes.set_ylim(0, 1.02)
        _percent(axes, "y")
        _legend(drawn, axes, len(runs))
        return drawn.svg(title, told)


def by_question(name: str, title: Said, told: Said, kinds: Sequence[tuple[Said, Sequence[float | None]]]) -> Markup:
    """How long each question took, slowest first: a bar a question. Of its values in `kinds` one is not None."""
    height = 210
    with picture(name, WIDTH, height) as drawn:
        axes = drawn.axes(52, 22, WIDTH - 76, height - 58)
        for place, (label, seconds) in enumerate(kinds):
            at = [(number, value) for number, value in enumerate(seconds) if value is not None]
            if at:
                axes.bar(
                    [number for number, _ in at], [value for _, value in at], width=0.86, color=_colour(place),
                    label=drawn.word(label),
                )  # fmt: skip
        axes.set_xlim(-0.8, len(kinds[0][1]) - 0.2)
        axes.set_xticks([])
        axes.grid(axis="y", color=COLOURS["line"], lw=0.8)
        axes.yaxis.set_major_formatter("{x:g} s")
        _legend(drawn, axes, sum(any(value is not None for value in values) for _, values in kinds))
        return drawn.svg(title, told)


def recall(name: str, title: Said, told: Said, depths: Sequence[int], methods: Sequence[Series]) -> Markup:
    """R@k by k, a line a method (at most six), with each line's name and last value at its end."""
    height = 300
    with picture(name, WIDTH, height) as drawn:
        axes = drawn.axes(52, 50, WIDTH - 300, height - 64)
        for place, series in enumerate(methods):
            known = [(at, value) for at, value in zip(depths, series.values, strict=True) if value is not None]
            axes.plot(
                [at for at, _ in known], [value for _, value in known], marker=MARKS[place % len(MARKS)], lw=2, ms=6,
                color=_colour(place), clip_on=False, zorder=3,
            )  # fmt: skip
        axes.set_xlim(min(depths), max(depths))
        axes.set_xticks(list(depths), [str(depth) for depth in depths])
        axes.grid(axis="x", color=COLOURS["line"], lw=0.8)
        axes.set_xlabel(drawn.word(Said("k, passages looked at", "k, 살펴본 단락 수")), color=COLOURS["soft"])
        axes.set_ylim(0, 1)
        _percent(axes, "y")
        _names_at_end(drawn, axes, methods, max(depths))
        return drawn.svg(title, told)


def history(name: str, title: Said, told: Said, *, labels: Sequence[str], lines: Sequence[Series], unit: str) -> Markup:
    """Figures over runs, oldest first, a line a figure: shares (`unit` "%", 0 to 1) or seconds (`unit` "s")."""
    height = 230
    with picture(name, WIDTH, height) as drawn:
        axes = drawn.axes(52, 40, WIDTH - 300, height - 56)
        for place, series in enumerate(lines):
            known = [(at, value) for at, value in enumerate(series.values) if value is not None]
            axes.plot(
                [at for at, _ in known], [value for _, value in known], marker=MARKS[place % len(MARKS)], lw=2, ms=6,
                color=_colour(place), clip_on=False, zorder=3,
            )  # fmt: skip
        last = max(len(labels) - 1, 1)
        axes.set_xlim(0, last)
        shown = sorted({round(place) for place in np.linspace(0, len(labels) - 1, min(len(labels), 5))})
        axes.set_xticks(shown, [drawn.word(labels[place]) for place in shown])
        axes.tick_params(axis="x", labelsize=_SMALL)
        if unit == "%":
            axes.set_ylim(0, 1)
            _percent(axes, "y")
        else:
            axes.set_ylim(bottom=0)
            axes.yaxis.set_major_formatter("{x:g} s")
            axes.grid(axis="y", color=COLOURS["line"], lw=0.8)
        _names_at_end(drawn, axes, lines, last, unit)
        return drawn.svg(title, told)


def _names_at_end(drawn: Picture, axes: Axes, lines: Sequence[Series], right: float, unit: str = "%") -> None:
    """The name and last value of each line at its end, moved apart where they would touch."""
    low, high = axes.get_ylim()
    ends = [
        (next((value for value in reversed(series.values) if value is not None), None), place)
        for place, series in enumerate(lines)
    ]
    known = sorted((value, place) for value, place in ends if value is not None)
    gap = 17 / (axes.get_position().height * drawn.height) * (high - low)
    heights: list[float] = []
    for value, _ in known:
        heights.append(max(value, heights[-1] + gap) if heights else value)
    over = max(heights[-1] - high, 0) if heights else 0
    for index in range(len(heights) - 1, -1, -1):  # pushed back under the top, each below the one above it
        most = high if index == len(heights) - 1 else heights[index + 1] - gap
        heights[index] = min(heights[index], most) if over else heights[index]
    for at, (value, place) in zip(heights, known, strict=True):
        told = f"{100 * value:.1f}" if unit == "%" else f"{value:.1f} s"
        series = lines[place].name
        said = series if isinstance(series, Said) else Said(series, series)
        axes.annotate(
            drawn.word(Said(f"{told}  {said.en}", f"{told}  {said.ko}")), (right, at), (12, 0),
            textcoords="offset points", va="center", color=_colour(place), fontsize=FONT, annotation_clip=False,
        )  # fmt: skip


def _percent(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_ticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100%"])
    axes.grid(axis=which, color=COLOURS["line"], lw=0.8)  # type: ignore[arg-type]


def _legend(drawn: Picture, axes: Axes, count: int) -> None:
    """Above the axes, from the left, in one line; nothing for a single series."""
    if count > 1:
        axes.legend(
            loc="lower left", bbox_to_anchor=(0, 1.0), ncols=count, frameon=False, handlelength=1.4, borderpad=0.2,
            columnspacing=1.8, labelcolor=COLOURS["ink"], fontsize=FONT, borderaxespad=0.2,
        )  # fmt: skip


def _colour(place: int) -> str:
    return COLOURS[f"series-{place % 6 + 1}"]
