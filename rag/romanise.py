"""Korean names in Latin letters: Revised Romanization, with the spellings that people usually give their surnames.

A given name is written syllable by syllable with a hyphen (Eun-ju), as the rules allow for personal names, so sounds do
not change across syllables. Other names are written as they are spoken (종로 is Jongno).
"""

from __future__ import annotations

import re

_HANGUL = re.compile(r"[가-힣]+")
_PERSON = re.compile(r"[가-힣]{2,4}")
_TWO_SYLLABLES = frozenset({"남궁", "황보", "제갈", "선우", "독고", "사공", "서문"})
_SURNAMES = {
    "김": "Kim", "이": "Lee", "박": "Park", "최": "Choi", "정": "Jeong", "강": "Kang", "조": "Cho", "윤": "Yoon",
    "장": "Jang", "임": "Lim", "한": "Han", "오": "Oh", "서": "Seo", "신": "Shin", "권": "Kwon", "황": "Hwang",
    "안": "Ahn", "송": "Song", "류": "Ryu", "유": "Yoo", "홍": "Hong", "전": "Jeon", "고": "Ko", "문": "Moon",
    "양": "Yang", "손": "Son", "배": "Bae", "백": "Baek", "허": "Heo", "남": "Nam", "심": "Shim", "노": "Noh",
    "하": "Ha", "곽": "Kwak", "성": "Sung", "차": "Cha", "주": "Joo", "우": "Woo", "구": "Koo", "민": "Min",
    "진": "Jin", "지": "Ji", "엄": "Eom", "채": "Chae", "원": "Won", "천": "Cheon", "방": "Bang", "공": "Kong",
    "현": "Hyun", "변": "Byun", "염": "Yeom", "여": "Yeo", "추": "Choo", "도": "Do", "소": "So", "석": "Seok",
    "선": "Sun", "설": "Seol", "마": "Ma", "길": "Gil", "연": "Yeon", "위": "Wi", "표": "Pyo", "명": "Myung",
    "기": "Ki", "반": "Ban", "왕": "Wang", "금": "Geum", "옥": "Ok", "육": "Yook", "인": "In", "맹": "Maeng",
    "제": "Je", "모": "Mo", "탁": "Tak", "국": "Kook", "어": "Eo", "은": "Eun", "편": "Pyeon", "용": "Yong",
}  # fmt: skip


def romanised(name: str) -> str:
    """A name as it is spoken, each word with a capital: 종로 is Jongno."""
    return str(_HANGUL.sub(lambda found: _spoken(found.group()).capitalize(), name))


def person(name: str) -> str | None:
    """A Korean person's name, surname first: 배은주 is Bae Eun-ju. None for what is not formed like one."""
    if not _PERSON.fullmatch(name):
        return None
    two = name[:2] in _TWO_SYLLABLES
    surname, given = (name[:2], name[2:]) if two else (name[0], name[1:])
    if not given or (not two and surname not in _SURNAMES) or len(given) > 2:
        return None
    first = _spoken(surname).capitalize() if two else _SURNAMES[surname]
    return f"{first} {'-'.join(_spoken(syllable) for syllable in given).capitalize()}"


def _spoken(text: str) -> str:
    """Revised Romanization of a run of Hangul syllables, sound changes between them included."""
    codes = [divmod(ord(syllable) - 0xAC00, 28) for syllable in text]
    syllables = [(*divmod(lead, 21), coda) for lead, coda in codes]
    written: list[str] = []
    for k, (onset, vowel, coda) in enumerate(syllables):
        before = syllables[k - 1][2] if k else 0
        written.append(_onset(onset, before) + _VOWELS[vowel])
        written.append(_coda(coda, syllables[k + 1][0]) if k + 1 < len(syllables) else _CODAS[_plain(coda)])
    return "".join(written)


def _plain(coda: int) -> str:
    """The coda as one of the seven that are spoken, as a jamo; "" for none."""
    return _SPOKEN[coda]


def _onset(onset: int, before: int) -> str:
    """An onset after the coda before it: ㄹ is n after m, ng and stops, l after l; a coda moves before ㅇ."""
    coda = _plain(before)
    if _ONSETS[onset] == "" and before:
        moved = _MOVED.get(before)
        return "" if moved is None else moved
    if onset == _R:
        if coda in ("ㄹ", "ㄴ"):
            return "l"
        return "n" if coda else "r"
    if onset == _N and coda == "ㄹ":
        return "l"
    return _ONSETS[onset]


def _coda(coda: int, onset: int) -> str:
    """A coda before the onset after it."""
    plain = _plain(coda)
    if not plain:
        return ""
    if _ONSETS[onset] == "":
        return _KEPT.get(coda, "") if coda in _MOVED or coda == _H else _CODAS[plain]
    if onset in (_N, _M, _R):
        if plain == "ㄴ" and onset == _R:
            return "l"
        return {"ㄱ": "ng", "ㄷ": "n", "ㅂ": "m"}.get(plain, _CODAS[plain])
    return _CODAS[plain]


# fmt: off
_ONSETS = ("g", "kk", "n", "d", "tt", "r", "m", "b", "pp", "s", "ss", "", "j", "jj", "ch", "k", "t", "p", "h")
_N, _R, _M = 2, 5, 6
_H = 27
_VOWELS = ("a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu",
           "eu", "ui", "i")
_SPOKEN: tuple[str, ...] = ("", *"ㄱㄱㄱㄴㄴㄴㄷㄹㄱㅁㄹㄹㄹㅂㄹㅁㅂㅂㄷㄷㅇㄷㄷㄱㄷㅂㄷ")
_CODAS = {"": "", "ㄱ": "k", "ㄴ": "n", "ㄷ": "t", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p", "ㅇ": "ng"}
# Codas by their number in the syllable block that move to a following ㅇ, and what stays of a double one.
_MOVED = {1: "g", 2: "kk", 3: "s", 4: "n", 5: "j", 7: "d", 8: "r", 9: "g", 10: "m", 11: "b", 12: "s", 13: "t", 14: "p",
          16: "m", 17: "b", 18: "s", 19: "s", 20: "ss", 22: "j", 23: "ch", 24: "k", 25: "t", 26: "p"}
_KEPT = {3: "k", 5: "n", 9: "l", 10: "l", 11: "l", 12: "l", 13: "l", 14: "l", 18: "p"}
# fmt: on
