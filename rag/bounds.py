"""Words that bound a quantity (약, 이상, more than, up to): found beside it, and put back when an answer lost them."""

from __future__ import annotations

import re
from typing import Literal

Bound = Literal["exact", "about", "at_least", "more_than", "at_most", "less_than"]

_BEFORE: dict[Bound, tuple[str, str]] = {
    "about": (
        "약|대략|대략적으로|어림잡아|거의|근|(?<!\\w)[~∼≈]",
        "about|around|approximately|approx\\.|roughly|nearly|almost|close to|some|circa|an estimated|estimated",
    ),
    "at_least": (
        "최소|최소한|적어도|최저|≥",
        "at least|a minimum of|minimum|no fewer than|no less than|not less than|≥",
    ),
    "more_than": (
        ">",
        "more than|over|above|exceeding|exceeds?|exceeded|in excess of|upwards? of|greater than|higher than|surpassing|"
        "surpass(?:es|ed)?|topping|topped|beyond|>",
    ),
    "at_most": (
        "최대|최장|최고|많게는|≤",
        "up to|at most|a maximum of|maximum|max|no more than|not more than|as many as|as much as|within|"
        "(?:(?:with)?in|over) the (?:next|coming)|≤",
    ),
    "less_than": ("<", "less than|under|fewer than|below|lower than|short of|<"),
}
_AFTER: dict[Bound, tuple[str, str]] = {
    "about": (
        "정도|가량|안팎|내외|쯤|남짓|에 육박|에 가까운|에 근접|선(?=[에의으]| )",
        "or so|or thereabouts|-ish",
    ),
    "at_least": ("이상", "or more|or higher|or above|and above|and up|at least|at minimum|at the least"),
    "more_than": (
        "초과|(?:을|를|이|가|도|은|는)? ?(?:훌쩍 |훨씬 |크게 )?(?:넘(?=[는게어긴은었을길고기겨])|웃도|웃돌|상회|초과)",
        "\\+|plus\\b",
    ),
    "at_most": ("이하|이내|안에(?! 있)|까지", "or less|or fewer|or lower|at most|at maximum|maximum|max"),
    "less_than": (
        "미만|(?:을|를|에|에도)? ?(?:밑도|밑돌|못 ?미치는(?! 수준)|못 ?미쳤|미치지 못하는(?! 수준)|미치지 못했)",
        "or under",
    ),
}
_NAMES: tuple[Bound, ...] = ("about", "at_least", "more_than", "at_most", "less_than")


def _pattern(table: dict[Bound, tuple[str, str]], after: bool) -> re.Pattern[str]:
    groups = []
    for name in _NAMES:
        korean, english = table[name]
        behind = rf"\s?(?:{korean})|\s?(?:{english})(?![A-Za-z])"
        before = rf"(?<![가-힣])(?:{korean})|(?<![A-Za-z-])(?:{english})"
        groups.append(rf"(?P<{name}>{behind if after else before})")
    body = "|".join(groups)
    total = r"(?:\s+(?:a|an|the|a total of|a combined))?"
    return re.compile(body if after else rf"(?:{body}){total}\s*\Z", re.IGNORECASE)


_PREFIX = _pattern(_BEFORE, after=False)
_SUFFIX = _pattern(_AFTER, after=True)
_REACH = 40  # characters looked back: the longest bound words with a determiner


def find_bound(text: str, start: int, end: int, duration: bool = False) -> tuple[Bound, int, int]:
    """The bound of the quantity at `text[start:end]`, and the span widened to its bound words.

    `over three years` is a length, not "more than", so for a duration `over` bounds nothing; and only a duration has
    a bound in `within` and 안에.
    """
    before = text[max(0, start - _REACH) : start]
    prefix = _PREFIX.search(before)
    other = r"over\s+" if duration else r"within\s+"
    if prefix is not None and not re.fullmatch(other, prefix[0], re.IGNORECASE):
        return _name(prefix), start - len(before) + prefix.start(), end
    suffix = _SUFFIX.match(text, end)
    if suffix is not None and not (suffix[0].strip() == "안에" and not duration):
        return _name(suffix), start, suffix.end()
    return "exact", start, end


def _name(found: re.Match[str]) -> Bound:
    return next(name for name in _NAMES if found[name] is not None)


def side(bound: Bound) -> str:
    """`at_least` and `more_than` are one side, as 이상 is written "more than" in the news; so are the upper two."""
    return {"at_least": "lower", "more_than": "lower", "at_most": "upper", "less_than": "upper"}.get(bound, bound)


def english_bound(bound: Bound, large: bool, duration: bool = False) -> str:
    """Words that go before the number. 이상 on a large round figure is "more than", on a small one "at least"."""
    if duration and bound in {"at_most", "less_than"}:
        return "within"
    at_least = "more than" if large else "at least"
    words = {
        "about": "about",
        "at_least": at_least,
        "more_than": "more than",
        "at_most": "up to",
        "less_than": "less than",
    }
    return words.get(bound, "")


def korean_bound(bound: Bound, large: bool, duration: bool = False) -> tuple[str, str]:
    """Words that go before and after the number."""
    if duration and bound in {"at_most", "less_than"}:
        return "", " 이내"
    words = {
        "about": ("약 ", ""),
        "at_least": ("", " 이상"),
        "more_than": ("", " 이상" if large else " 초과"),
        "at_most": ("최대 ", ""),
        "less_than": ("", " 미만"),
    }
    return words.get(bound, ("", ""))


_PARTICLES = (
    ("이", "가"),
    ("을", "를"),
    ("은", "는"),
    ("과", "와"),
    ("으로", "로"),
)  # after a final consonant, and without


def join_particle(word: str, rest: str) -> str:
    """`rest` with its leading particle made to agree with the end of `word`: 이상 takes 이, 초과 takes 가."""
    if not word:
        return rest
    closed = (ord(word[-1]) - 0xAC00) % 28 != 0
    for pair in _PARTICLES:
        found = re.match(rf"(?:{pair[0]}|{pair[1]})(?![가-힣])", rest)
        if found is not None:
            return pair[0 if closed else 1] + rest[found.end() :]
    return rest
