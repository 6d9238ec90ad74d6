"""Pairs of names that a text itself gives: 엔스케일(Nscale), Nscale(엔스케일), 과학기술정보통신부(이하 과기정통부).

The bracket says where one name ends. Where the other begins is found, in this order, from quotation marks, from sound
(the cut whose spelling sounds most like the bracket), and from morphology (the run of nouns before the bracket).
"""

from __future__ import annotations

import re

from index.gazetteer import is_hangul
from index.phonetics import THRESHOLD, similarity
from index.text import kiwi

Pair = tuple[str, str]

_GLOSS = re.compile(r"(?P<head>[^\n()]{1,60}?)\s?\((?P<inside>[^()\n]{2,60})\)")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9&.+'’\-]*(?: [A-Za-z0-9&.+'’\-]+){0,6}")
_KOREAN_NAME = re.compile(r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9·&.\- ]*[가-힣][가-힣A-Za-z0-9]*")
_ALIAS = re.compile(r"이하\s*[‘'\"“]?(?P<alias>[가-힣A-Za-z0-9·]{2,15})[’'\"”]?")
_QUOTED = re.compile(
    r"[‘'\"“「『<《]([^‘’'\"“”「」『』<>《》\n]{1,50})[’'\"”」』>》]\s?$|[‘'\"“「『<《]([^‘’'\"“”「」『』<>《》\n]{1,50})$"
)
_CREDIT = re.compile(r"사진|출처|제공|자료|이미지|그래픽|기자|현지시간|[=@/:©]", re.IGNORECASE)
_NOUN = frozenset({"NNG", "NNP", "SL", "SN", "XSN", "XPN", "SH", "NNB", "NR"})
# Roles that stand between a name and a bracket give no name: 최고경영자(CEO) is a term, 회장(Chairman) too.
_MEASURE = re.compile(r"^(?:약\s*)?[\d.,]+|[원달러엔위안유로파운드]$|%")


def mine(text: str) -> set[Pair]:
    """(Korean form, Latin form) pairs, and (full form, short form) pairs of Korean names, that the text states."""
    pairs: set[Pair] = set()
    for gloss in _GLOSS.finditer(text):
        head, inside = text[max(0, gloss.end("head") - 60) : gloss.end("head")], gloss["inside"].strip()
        head = head.rsplit("\n", 1)[-1]
        if alias := _ALIAS.fullmatch(inside):
            pairs |= _alias(head, alias["alias"])
        elif _CREDIT.search(inside) or _MEASURE.search(inside):
            continue
        else:
            pairs |= _gloss(head, inside)
    return pairs


def _alias(head: str, alias: str) -> set[Pair]:
    full = _noun_run(head)
    return {(full, alias)} if full and full != alias and len(full) > len(alias) and full[0] == alias[0] else set()


def _gloss(head: str, inside: str) -> set[Pair]:
    # 'Center of Excellence, CoE' gives both forms.
    parts = [part.strip() for part in inside.split(",")]
    if all(_LATIN_NAME.fullmatch(part) for part in parts) and len(parts) <= 2:
        korean = _korean_before(head, parts[0])
        return {(korean, part) for part in parts} if korean else set()
    if _KOREAN_NAME.fullmatch(inside) and (latin := _latin_before(head, inside)):
        return {(inside, latin)}
    return set()


def _korean_before(head: str, latin: str) -> str | None:
    if quoted := _QUOTED.search(head):
        name = (quoted[1] or quoted[2]).strip()
        # An open quotation can be a whole sentence: '그는 인공지능(AI)...'.
        if _has_hangul(name) and (quoted[1] or len(name.split()) <= len(latin.split()) + 2):
            return name
    words = head.split()
    if not words or not _has_hangul(words[-1]):
        return None
    best, best_score = None, 0.0
    for count in range(1, min(len(words), len(latin.split()) + 2, 6) + 1):
        name = " ".join(words[-count:]).lstrip("‘'\"“「『<《[(·-,")
        if re.search(r"[,.!?;:‘’'\"“”…▲]", name):
            break
        if (score := similarity(name, latin)) > best_score:
            best, best_score = name, score
    if best and best_score >= THRESHOLD:
        return best
    return _noun_run(head, most=3 if latin.isupper() and " " not in latin else len(latin.split()) + 1)


def _latin_before(head: str, korean: str) -> str | None:
    found = re.search(r"[A-Za-z][A-Za-z0-9&.+'’\-]*(?: [A-Za-z0-9&.+'’\-]+){0,6}$", head)
    if not found:
        return None
    words = found.group().split()
    scores = [(similarity(korean, " ".join(words[i:])), " ".join(words[i:])) for i in range(len(words))]
    score, name = max(scores)
    return name if score >= THRESHOLD else None


def _noun_run(head: str, most: int = 2) -> str | None:
    """The last noun compound of `head`: its last word, and up to `most` words while they are nouns to the end."""
    tokens = kiwi().tokenize(head)
    start = len(head)
    words = 0
    for token in reversed(tokens):
        if token.tag not in _NOUN or head[token.end : start].strip():
            break
        if token.end < start and (words := words + 1) >= most:
            break
        start = token.start
    name = head[start:].strip()
    # A run that reaches over spaces is kept whole only when its last word alone could not be the name.
    last = name.split()[-1] if name else ""
    name = last if len(last) >= 3 and is_hangul(last[0]) else name
    return name if len(name) >= 2 and _has_hangul(name) and not name[0].isdigit() else None


def _has_hangul(text: str) -> bool:
    return any(map(is_hangul, text))
