"""Does this Hangul spelling sound like this Latin name?

The two spellings are aligned by a weighted edit distance in which one to four Hangul letters (conjoining jamo, from
Unicode decomposition) are written as zero to five Latin letters. What may be written as what, and at which cost, is a
table of rules: the loanword orthography of the National Institute of Korean Language read backwards (으 that only
carries a consonant costs nothing, ㅍ is p or f, ㅂ is b or v), Revised Romanization, and the spellings Koreans use for
their own names (이 Lee, 박 Park, 최 Chey). Costs were set by hand and the threshold on tests/data/name_pairs.tsv.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Final

THRESHOLD: Final = 0.82
"""`similarity` at or above this means the same name. Chosen on tests/data/name_pairs.tsv."""

FAR: Final = 1e9
_EARLY: Final = 0.8  # what the first letters may cost at once, beyond their share of the limit
_VOWELS: Final = frozenset("aeiouy")

# What a Latin letter costs that no Hangul letter stands for; any other consonant costs 1, any other vowel .5.
_SILENT: Final = {
    "h": 0.2,
    "e": 0.3,
    "w": 0.4,
    "r": 0.35,
    "t": 0.6,
    "d": 0.7,
    "s": 0.7,
    "g": 0.7,
    "p": 0.7,
    "n": 0.8,
}
_OMITTED: Final = {"ㅡ": 0.0, "ㅎ": 0.5, "ㄹ": 0.7, "_ㄹ": 0.5, "_ㅅ": 0.8, "_ㅇ": 0.8}
"""What a Hangul letter costs that nothing was written for; any other vowel costs .5, any other consonant 1."""

_CODA = {c: chr(0x11A8 + i) for i, c in enumerate("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")}
_ONSET = {c: chr(0x1100 + i) for i, c in enumerate("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")}
_VOWEL = {chr(0x314F + i): chr(0x1161 + i) for i in range(21)}
_NULL = _ONSET["ㅇ"]
_SAME_CODA = str.maketrans({_CODA[a]: _CODA[b] for a, b in zip("ㅋㅌㅍㅆㅈㅊ", "ㄱㅅㅂㅅㅅㅅ", strict=True)})


def _conjoining(sounds: str) -> str:
    """Readable letters of the tables as conjoining jamo."""
    return re.sub("_?.", lambda m: _CODA[m[0][1]] if m[0][0] == "_" else _ONSET.get(m[0]) or _VOWEL[m[0]], sounds)


def jamo(hangul: str) -> str:
    """Hangul as conjoining jamo without silent ㅇ and spaces; Latin letters and digits in it stay, lower-cased."""
    letters = unicodedata.normalize("NFD", hangul.lower()).replace(_NULL, "").translate(_SAME_CODA)
    return "".join(c for c in letters if c.isalnum())


def _collapse(text: str) -> str:
    return re.sub(r"([bdfghjklmnpqrstvxz])\1", r"\1", text)


@lru_cache(maxsize=4096)
def letters(latin: str) -> str:
    """A Latin name as this module compares it: no accents, lower case, doubled consonants single, words apart.

    Words are split at CamelCase and hyphens, and letters that are read by their names stay upper case.
    """
    plain = unicodedata.normalize("NFKD", latin.translate(_FOREIGN))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d", re.sub(r"[.'’]", "", plain))
    return _SOFT.sub(lambda soft: "ċ" if soft[0] == "c" else "ġ", " ".join(_spoken(word) for word in words))


def _spoken(word: str) -> str:
    if len(word) <= 4 and word.isupper():
        return word
    if (
        re.match(r"[B-DF-HJ-NP-TV-Z](?![hlrwy])[b-df-hj-np-tv-xz]", word := word.capitalize())
        and word[:2].lower() not in _CLUSTERS
    ):
        return word[0] + _collapse(word[1:].lower())
    return _collapse(word.lower())


_SOFT: Final = re.compile(r"[cg](?=[eiy])")
"""c and g before e, i, y: only there can they be ㅅ and ㅈ."""
_FOREIGN: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "&": " and "}
)
_CLUSTERS: Final = frozenset(
    [
        "kn",
        "ps",
        "pn",
        "ts",
        "tz",
        "sc",
        "sk",
        "sm",
        "sn",
        "sp",
        "sq",
        "st",
        "dz",
        "gn",
        "cz",
        "sz",
        "pf",
        "pt",
        "mc",
        "dv",
        "tb",
        "sv",
        "sb",
        "ng",
        "mb",
        "nd",
        "xz",
    ]
)


Spellings = dict[str, float]


def _tables() -> tuple[dict[str, Spellings], dict[str, Spellings]]:
    """The rules of data/spellings.tsv, by conjoining jamo: sounds (letter names among them) and surnames."""
    sounds: dict[str, Spellings] = {}
    surnames: dict[str, Spellings] = {}
    for row in resources.files("index").joinpath("data/spellings.tsv").read_text(encoding="utf-8").splitlines():
        if row.startswith("#"):
            continue
        kind, hangul, spellings = row.split("\t")
        table = {spelling: float(cost or 0) for spelling, _, cost in (s.partition(":") for s in spellings.split())}
        if kind == "sound":
            sounds[_conjoining(hangul)] = table
        else:
            (sounds if kind == "letter" else surnames).setdefault(jamo(hangul), {}).update(table)
    return sounds, surnames


_RULE, _SURNAME = _tables()
_LONGEST_RULE: Final = max(map(len, _RULE))
_LONGEST_SPELLING: Final = max(len(g) for table in _RULE.values() for g in table)
_DROP: Final = {_conjoining(k): v for k, v in _OMITTED.items()}


def _is_vowel(letter: str) -> bool:
    return "\u1161" <= letter <= "\u1175"


def _omission(letter: str) -> float:
    if letter.isascii():
        return 1.5 if letter.isdigit() else 1.0
    return _DROP.get(letter, 0.5 if _is_vowel(letter) else 1.0)


@lru_cache(maxsize=8192)
def _silence(latin: str) -> tuple[float, ...]:
    """For each letter, what it costs when no Hangul letter stands for it."""
    found = list[float]()
    for i, letter in enumerate(latin):
        last = i + 1 == len(latin) or latin[i + 1] == " "
        first = i == 0 or latin[i - 1] == " "
        following = latin[i + 1 : i + 2]
        if letter == " " or (letter == "e" and last and not first):
            cost = 0.0
        elif letter.isupper() or letter.isdigit():
            cost = 1.5
        elif (
            (letter == "g" and following == "h")
            or (letter in "kpwg" and first and following in ("n", "s", "r"))
            or (letter == "b" and latin[i - 1 : i] == "m")
        ):
            cost = 0.1
        elif letter == "l" and following and following not in "aeiouy":
            cost = 0.5
        elif letter == "r" and following and following in "aeiouy":
            cost = 0.9
        elif letter in "tsxdpe" and last:
            cost = 0.6
        else:
            cost = _SILENT.get(letter, 0.5 if letter in _VOWELS else 1.0)
        found.append(cost)
    return tuple(found)


@lru_cache(maxsize=8192)
def _pieces(latin: str) -> tuple[tuple[tuple[str, int, float], ...], ...]:
    """For each position, the spellings that may start there: letters, length, cost. Capitals may also be read out."""
    found = []
    for k in range(len(latin)):
        sizes = range(1, min(_LONGEST_SPELLING, len(latin) - k) + 1)
        here = [(latin[k : k + n], n, 0.0) for n in sizes]
        here += [(piece.lower(), n, 0.1) for piece, n, _ in here if not piece.islower()]
        found.append(tuple(here))
    return tuple(found)


def costs(hangul: str, latin: str, limit: float) -> list[list[float]]:
    """`costs[i][k]`: the cheapest way to write the first i letters of `hangul` as the first k of `latin`.

    Takes what `jamo` and `letters` return. What costs more than `limit`, or too much of it too early, is not pursued
    and stays far above it.
    """
    n, m = len(hangul), len(latin)
    best = [[FAR] * (m + 1) for _ in range(n + 1)]
    best[0][0] = 0.0
    pieces, silence = _pieces(latin), _silence(latin)
    allowed = [min(limit, _EARLY + limit * k / m) for k in range(m + 1)] if m else [limit]
    for i in range(n + 1):
        row = best[i]
        tables = _applicable(hangul[i : i + _LONGEST_RULE], i == 0)
        omission = _omission(hangul[i]) if i < n else FAR
        vowel = i < n and _is_vowel(hangul[i])
        reached = False
        for k in range(m + 1):
            cost = row[k]
            if cost > allowed[k]:
                continue
            reached = True
            if i < n:
                below = best[i + 1]
                below[k] = min(below[k], cost + omission)
            if k == m:
                continue
            row[k + 1] = min(row[k + 1], cost + silence[k])
            if i == n:
                continue
            swap = 0.5 if vowel and latin[k] in _VOWELS else 1.3 if latin[k] != " " and not vowel else FAR
            below[k + 1] = min(below[k + 1], cost + swap)
            for size, table in tables:
                target = best[i + size]
                for piece, length, penalty in pieces[k]:
                    extra = table.get(piece)
                    if extra is not None and cost + extra + penalty < target[k + length]:
                        target[k + length] = cost + extra + penalty
        if not reached and all(c > limit for later in best[i + 1 : i + 1 + _LONGEST_RULE] for c in later):
            break
    return best


@lru_cache(maxsize=65536)
def _applicable(ahead: str, first: bool) -> tuple[tuple[int, Spellings], ...]:
    """The tables for the letters `ahead`, with how many letters each covers; surnames only at the start of a name."""
    found = [(size, _RULE[ahead[:size]]) for size in range(1, len(ahead) + 1) if ahead[:size] in _RULE]
    if first:
        found += [(size, _SURNAME[ahead[:size]]) for size in range(1, len(ahead) + 1) if ahead[:size] in _SURNAME]
    if ahead and ahead[0].isascii():
        found.append((1, {ahead[0]: 0.0, ahead[0].upper(): 0.0}))
    return tuple(found)


@lru_cache(maxsize=8192)
def hangul_weight(hangul: str) -> float:
    """How much there is to hear in what `jamo` returned: a consonant 1, a vowel .5, a bare 으 nothing."""
    return sum(_omission(letter) for letter in hangul)


@lru_cache(maxsize=8192)
def latin_weight(latin: str) -> float:
    """The same for what `letters` returned."""
    spelled = sum(1.5 for c in latin if c.isupper() or c.isdigit())
    lower = re.sub(r"[A-Z0-9]", " ", latin)
    lower = re.sub(r"e\b|(?<=[bcdgkpstwrz])h", "", lower.replace("ck", "k").replace("gh", ""))
    return spelled + 0.5 * len(re.findall(r"[aeiouyw]+", lower)) + len(re.findall(r"[^aeiouyw\s]", lower))


def score(cost: float, hangul_weight: float, latin_weight: float) -> float:
    """Similarity in [0, 1] from an alignment's cost. The constant keeps very short names from matching by chance."""
    total = hangul_weight + latin_weight
    return max(0.0, 1 - 2 * (cost + 0.1) / total) if total else 0.0


@lru_cache(maxsize=16384)
def similarity(hangul: str, latin: str) -> float:
    """How much a Hangul spelling and a Latin name sound alike, in [0, 1]; either order of a person's names will do."""
    spoken = jamo(hangul)
    if not spoken:
        return 0.0
    return max((_similarity(spoken, letters(order)) for order in orders(latin)), default=0.0)


def orders(latin: str) -> tuple[str, ...]:
    """A name as it stands and, when it may be a person's, with the last word first."""
    words = latin.split()
    if 2 <= len(words) <= 3:
        return (latin, " ".join([words[-1], *words[:-1]]))
    return (latin,)


def _similarity(spoken: str, spelled: str) -> float:
    if not spelled:
        return 0.0
    heard, seen = hangul_weight(spoken), latin_weight(spelled)
    return score(costs(spoken, spelled, heard + seen)[-1][-1], heard, seen)


@lru_cache(maxsize=1)
def _spelt_first() -> dict[str, set[str]]:
    """Spelling -> the Hangul letters that begin what it may spell."""
    found: dict[str, set[str]] = {}
    for segment, table in (*_RULE.items(), *_SURNAME.items()):
        for piece in table:
            found.setdefault(piece, set()).add(segment[0])
    return found


@lru_cache(maxsize=16384)
def first_sounds(latin: str) -> frozenset[str]:
    """The Hangul letters that a name, as `letters` returned it, can begin with."""
    found = {sound for n in range(len(latin) + 1) for sound in _spelt_first().get(latin[:n], ())}
    found.add(latin[:1].lower())
    if (lower := latin.lower()) != latin:
        found |= first_sounds(lower)
    if latin[:1] in _VOWELS:
        found |= {chr(c) for c in range(0x1161, 0x1176)}
    if latin[:2] in ("kn", "ps", "pn", "wr", "gn", "ts") or latin.startswith("h"):
        found |= first_sounds(latin[1:])
    return frozenset(found)
