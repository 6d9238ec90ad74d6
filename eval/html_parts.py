"""What the sections of a report page are made of. Everything that is no Markup already is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from eval import html_words as words
from eval.html_words import Said
from eval.metrics import Estimate
from eval.records import QuestionRecord, RunRecord

Cell = Said | Markup | str
_TABLE = Markup(
    '<div class="wide"><table><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>'
)
_SAID = Markup('<span class="w" lang="en">{}</span><span class="w" lang="ko">{}</span>')


@dataclass(frozen=True, slots=True)
class Measured:
    """A run as it was read from its file. `name` is short and unique on the page, `number` counts from 1."""

    number: int
    name: str
    file: Path
    run: RunRecord
    records: Sequence[QuestionRecord]


@dataclass(frozen=True, slots=True)
class Number:
    """A figure in a table, with what stands small below it."""

    told: Cell
    small: Cell = ""
    best: bool = False


def html(cell: Cell) -> Markup:
    """Words in both languages, or a text as it is."""
    if isinstance(cell, Said):
        return _SAID.format(cell.en, cell.ko) if cell.en != cell.ko else Markup.escape(cell.en)
    return Markup.escape(cell)


def joined(parts: Iterable[Markup]) -> Markup:
    return Markup().join(parts)


def element(tag: str, inner: Cell, **attributes: str) -> Markup:
    """An element; of attribute names a last underscore is left off (class_), others become hyphens."""
    told = joined(
        Markup(' {}="{}"').format(name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items()
    )
    return Markup("<{}{}>{}</{}>").format(Markup(tag), told, html(inner), Markup(tag))


def table(caption: Cell, heads: Sequence[Cell], rows: Iterable[Sequence[Cell | Number]]) -> Markup:
    """The first cell of a row is its head. Heads of numbers stand over them, to the right."""
    listed = [list(row) for row in rows]
    numeric = [bool(listed) and isinstance(listed[0][place], Number) for place in range(len(heads))]
    head = joined(
        element("th", one, scope="col", **({"class_": "number"} if right else {}))
        for one, right in zip(heads, numeric, strict=True)
    )
    body = joined(
        element("tr", element("th", _inner(row[0]), scope="row") + joined(_cell(cell) for cell in row[1:]))
        for row in listed
    )
    return _TABLE.format(html(caption), head, body)


def figure(title: Said, told: Said, picture: Markup, below: Markup | None = None) -> Markup:
    """A picture under its title, and what says the same in words below it."""
    return Markup('<figure><figcaption><strong>{}</strong>{}</figcaption><div class="wide">{}</div>{}</figure>').format(
        html(title), html(told), picture, below or Markup()
    )


def details(summary: Cell, inner: Markup) -> Markup:
    return Markup("<details><summary>{}</summary>{}</details>").format(html(summary), inner)


def described(pairs: Iterable[tuple[Cell, Cell]], **attributes: str) -> Markup:
    """A list of terms and what they are; those with nothing to say are left out."""
    told = joined(
        Markup("<div>{}{}</div>").format(element("dt", name), element("dd", value)) for name, value in pairs if value
    )
    return element("dl", told, **attributes)


def percent(estimate: Estimate | None) -> Number:
    """A share with its interval and count."""
    if estimate is None:
        return Number("-")
    return Number(
        f"{100 * estimate.value:.1f}%", f"{100 * estimate.low:.0f}–{100 * estimate.high:.0f}, n = {estimate.count}"
    )


def seconds(estimate: Estimate | None) -> Number:
    if estimate is None:
        return Number("-")
    return Number(f"{estimate.value:.2f} s", f"{estimate.low:.2f}–{estimate.high:.2f}")


def articles(run: RunRecord) -> Cell:
    return words.SHIPPED if run.articles == "shipped" else run.articles


def minute(time: str) -> str:
    """2026-11-22T07:38:29+00:00 is 2026-11-22 07:38 UTC, as all times of ours are UTC."""
    return f"{time[:16].replace('T', ' ')} UTC"


def _cell(cell: Cell | Number) -> Markup:
    if isinstance(cell, Number):
        return element("td", _inner(cell), class_="number best" if cell.best else "number")
    return element("td", cell)


def _inner(cell: Cell | Number) -> Markup:
    if isinstance(cell, Number):
        return html(cell.told) + (element("small", cell.small) if cell.small else Markup())
    return html(cell)
