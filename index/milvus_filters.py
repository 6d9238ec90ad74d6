"""Boolean expressions of Milvus, made of our own records only.

Field names and operators stand in this file; from outside come values, and each becomes an escaped literal. Milvus'
templates (`filter_params`) would do the same on a server, but Milvus Lite does not know them, and two ways of asking
are one too many.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from index.types import Filter

UNDATED = (2**31, -1)
"""First and last day of an article without a date: after every `until`, before every `since`."""
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def literal(value: str) -> str:
    """A string as the grammar reads it: what could end it, or start an escape in it, is escaped."""
    return f'"{value.translate(_ESCAPES)}"'


def one_of(field: str, values: Iterable[str]) -> str:
    return f"{field} in [{', '.join(map(literal, values))}]"


def other_than(field: str, value: str) -> str:
    return f"{field} != {literal(value)}"


def contains(field: str, value: str) -> str:
    return f"array_contains({field}, {literal(value)})"


def where(condition: Filter | None, article: str) -> list[str]:
    """Clauses that all must hold; `article` is the field with the article's id. A month or a year matches when any of
    its days does."""
    clauses: list[str] = []
    if condition and condition.publishers:
        clauses.append(one_of("publisher", condition.publishers))
    if condition and condition.article_ids:
        clauses.append(one_of(article, condition.article_ids))
    if condition and condition.since:
        clauses.append(f"latest >= {day(condition.since)}")
    if condition and condition.until:
        clauses.append(f"earliest <= {day(condition.until)}")
    return clauses


def day(value: date) -> int:
    """A day as a number that sorts as days do: 20251031."""
    return value.year * 10_000 + value.month * 100 + value.day


def both(clauses: Iterable[str]) -> str:
    return " and ".join(clauses)
