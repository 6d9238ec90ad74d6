"""A number as it is written, before its unit is read: what the Korean and the English reader both make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Form = Literal["", "ordinal", "multiple", "vague", "parameter"]

DIGITS = r"(?:\d{1,3}(?:,\d{3})++(?!\d)|\d++)(?:\.\d++)?"
LONGEST = 24  # digits; a longer run of digits is an identifier, and Decimal's 28 digits would round it


@dataclass(frozen=True, slots=True)
class Numeral:
    """`text[start:end]` reads as `low` to `high`, equal unless it is a vague one such as 수십억.

    `scale` is the multiplier it ends with (만 in 10만, million in 10 million), which a range hands to its first number.
    `form` is what the wording itself settled: an ordinal (첫, third), a multiple (절반, double), an order of magnitude,
    a capital B or M that may count a model's parameters. `bare` is a plain run of digits: only that can be in a name.
    """

    start: int
    end: int
    low: Decimal
    high: Decimal
    scale: Decimal = Decimal(1)
    form: Form = ""
    bare: bool = False


def any_of(words: Iterable[str]) -> str:
    """A regex alternation of literal words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))
