"""Pairs of names that a text itself gives: 엔스케일(Nscale), Nscale(엔스케일), 과학기술정보통신부(이하 과기정통부).

The bracket says where one name ends. Where the other begins is found, in this order, from quotation marks, from sound
(the cut whose spelling sounds most like the bracket), and from morphology (the run of nouns before the bracket).
"""

from __future__ import annotations

import re

from index.gazetteer import is_hangul
from index.phonetics import THRESHOLD, similarity
from index.sounds import UNKNOWN_TO_KIWI
from index.text import kiwi

Pair = tuple[str, str]

_GLOSS = re.compile(r"(?P<head>[^\n()]{1,60}?)\s?\((?P<inside>[^()\n]{2,60})\)")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9&.+'’\-]*(?: [A-Za-z0-9&.+'’\-]+){0,6}")
_KOREAN_NAME = re.compile(r"[가-힣A-Za-z0-9][가-힣A-Za-z0-9·&.\- ]*[가-힣][가-힣A-Za-z0-9]*")
_ALIAS = re.compile(r"이하\s*[‘'\"“]?(?P<alias>[가-힣A-Za-z0-9·]{2,15})[’'\"”]?")
# The text between a quotation's marks right before the bracket, or from an opening mark to the bracket.
_MARKS = "‘’'\"“”「」『』<>《》"
_QUOTED = re.compile(rf"[‘'\"“「『<《]([^{_MARKS}\n]{{2,50}})[’'\"”」』>》]\s?$")
_OPENED = re.compile(rf"(?:^|[\s,·])[‘'\"“「『<《]([^{_MARKS}\n]{{2,50}})$")
_SENTENCE = re.compile(r"[.!?]\s|[()…]")
_CREDIT = re.compile(r"사진|출처|제공|자료|이미지|그래픽|기자|현지시간|[=@/:©]", re.IGNORECASE)
_NOUN = frozenset({"NNG", "NNP", "SL", "SN", "XSN", "XPN", "SH", "NNB", "NR"})
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
        if korean is None:
            return set()
        if _is_common_noun(korean) and similarity(korean, parts[0]) < THRESHOLD:
            # 보좌관(NSA) names the adviser's office, not advisers; 교육(Education) is a word and its translation.
            return {(korean, part.lower()) for part in parts if not part.isupper()}
        return {(korean, part) for part in parts}
    if _KOREAN_NAME.fullmatch(inside) and (latin := _latin_before(head, inside)):
        return {(inside, latin)}
    return set()


def _korean_before(head: str, latin: str) -> str | None:
    quoted = _QUOTED.search(head)
    opened = None if quoted else _OPENED.search(head)
    if found := quoted or opened:
        head = found[1].strip()
    if not _has_hangul(head):
        return None
    if name := _heard_before(head, latin):
        return name
    # An open quotation can be a whole sentence: '그는 인공지능(AI)...'.
    short = len(head.split()) <= len(latin.split()) + 2
    if (quoted or (opened and short)) and not _SENTENCE.search(head):
        return head
    acronym = latin.isupper() and " " not in latin
    name = _noun_run(head, most=3 if acronym else len(latin.split()) + 1)
    return _with_first_word(name, head, latin) if name else None


def _heard_before(head: str, latin: str) -> str | None:
    """The end of `head`, in whole words, that sounds most like `latin`, if any sounds like it."""
    words = head.split()
    best, best_score = None, THRESHOLD
    for count in range(1, min(len(words), len(latin.split()) + 2, 6) + 1):
        name = " ".join(words[-count:]).lstrip(_MARKS + "[(·-,/ ")
        if re.search(rf"[,.!?;:…▲{_MARKS}]", name):
            break
        if len(name) > 1 and _has_hangul(name) and (score := similarity(name, latin)) >= best_score:
            best, best_score = name, score
    return best


def _with_first_word(name: str, head: str, latin: str) -> str:
    """The word before `name` too, if it sounds like the first Latin one: 매사추세츠 공과대학(Massachusetts ...)."""
    before, first = head.removesuffix(name).split(), latin.split(maxsplit=1)[0]
    return f"{before[-1]} {name}" if before and similarity(before[-1], first) >= THRESHOLD else name


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


def _is_common_noun(korean: str) -> bool:
    tokens = kiwi().tokenize(korean)
    return len(tokens) == 1 and tokens[0].tag == "NNG" and tokens[0].id >= UNKNOWN_TO_KIWI and len(korean) <= 4


def _has_hangul(text: str) -> bool:
    return any(map(is_hangul, text))
