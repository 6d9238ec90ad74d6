"""Reads a question: its language, what kind of answer it expects, which names and numbers it gives."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from lingua import Language as Lingua
from lingua import LanguageDetector, LanguageDetectorBuilder

from index.names import Name, NameBook
from index.text import morphemes, terms
from index.vocabulary import Group, Translation, translated
from rag.errors import Language, QuestionError
from rag.numerals import Quantity, find_quantities

Expects = Literal["count", "amount", "date", "person", "place", "reason", "other"]
"""What a sentence must hold to answer: a count of things, an amount of money or size, a date, a person, a place."""
VALUES: frozenset[Expects] = frozenset({"count", "amount", "date"})
"""Kinds of answer that can be checked by value."""

_HANGUL = re.compile(r"[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
_LATIN_WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
# fmt: off
_ENGLISH = frozenset({
    "a", "an", "and", "are", "at", "be", "been", "but", "by", "can", "could", "did", "do", "does", "for",
    "from", "has", "have", "how", "i", "in", "is", "it", "its", "many", "much", "not", "of", "on", "or",
    "should", "tell", "than", "that", "the", "their", "there", "they", "this", "to", "was", "were", "what",
    "when", "where", "which", "who", "whom", "whose", "why", "will", "with", "would", "you", "give", "list",
    "name", "number", "total", "between", "about", "during"
})
# fmt: on
_SHARED = frozenset({"a", "an", "do", "has", "i", "in", "number", "on", "was", "will"})
"""Words of other languages too: German was and will, Italian in, a and i, Portuguese do, Spanish has."""
_IN_NAMES = frozenset({"a", "and", "at", "for", "in", "of", "on", "the"})
LEAST_ENGLISH = 0.15
"""Of 44 telegraphic English texts about news one is below it, of two words; of 45 in seven other languages, 38 are."""

_EXPECTS_EN: tuple[tuple[Expects, str], ...] = (
    (
        "date",
        r"^(?:(?!\b(?:what|which|how|who|whom|whose|why|where)\b).)*?\bwhen\b"
        r"|(?:what|which) (?:year|month|day|date|time|week|quarter)|\bdeadline\b|\bdate\b"
        r"|(?:by|since) what (?:year|month|day|date|time)|how soon|target year",
    ),
    (
        "amount",
        r"how much|by what (?:factor|multiple|margin|percent)"
        r"|what (?:is|was|are|were|'s) the (?:\w+ )?(?:price|cost|budget|value|sum|amount|size)\b"
        r"|(?:what|which) (?:percentage|percent|proportion|share|amount|price|sum|budget)"
        r"|\b(?:cost|budget|price|value|worth)\b.*\?|how (?:big|large|fast|tall|long|far|old|high|expensive)",
    ),
    ("count", r"how many|(?:what|which) number|number of|count of|total (?:number|of)|headcount|\bhow often"),
    (
        "person",
        r"\bwho(?:m|se)?\b|(?:what|which|name of the) "
        r"(?:person|minister|official|executive|president|ceo|leader|politician|reporter|journalist|head)",
    ),
    (
        "place",
        r"\bwhere\b"
        r"|(?:what|which) (?:\w+ )?(?:city|country|countries|place|town|region|location|county|state|venue)"
        r"|\blocation\b",
    ),
    ("reason", r"\bwhy\b|\breasons?\b|what (?:caused|led|made|prompted|motivated)|how come"),
)
_EXPECTS_KO: tuple[tuple[Expects, str], ...] = (
    (
        "date",
        r"언제|시점|시기|며칠|몇\s?년(?!간|짜리|째|\s?(?:동안|치|만|사이|안|뒤|후|전|이내|이상|에 걸|더))"
        r"|몇\s?월|몇\s?일(?!간)|몇\s?시(?!간)|시한|마감|날짜|어느 해|연도|일시|기한",
    ),
    (
        "count",
        r"몇|개수|갯수|대수|인원|얼마나 (?:많|되는 수)|숫자|수량|물량"
        r"|총\s?\w+\s?수|배수",
    ),
    ("amount", r"얼마|금액|비용|예산|액수|투자액|가격|규모|자금|값|비율|퍼센트|비중|용량|총액|액은|매출"),
    (
        "person",
        r"누가|누구|누군|누굴|인물"
        r"|(?:장관|총리|대통령|회장|대표|CEO|사장|책임자|기자|저자)(?:은|는|이|가)?\s?(?:이름|성함|누|\?|$)",
    ),
    (
        "place",
        r"어디|어느 (?:나라|도시|지역|국가|곳)|장소|어떤 (?:나라|도시|지역|국가)|소재지|위치"
        r"|지역은|도시는|국가는|나라는",
    ),
    ("reason", r"왜|이유|까닭|때문|원인|목적|계기"),
)


_YES_OR_NO = re.compile(
    r"(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should)\b(?! (?:you|we|anyone|i|it known)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, read once. `terms` are for lexical search and include names written in the other script;
    `words` are those of an English question that have Korean words for them."""

    text: str
    language: Language
    expects: Expects
    names: tuple[Name, ...]
    quantities: tuple[Quantity, ...]
    terms: tuple[str, ...]
    words: tuple[Translation, ...]

    @property
    def translations(self) -> dict[str, Group]:
        """The search terms of the Korean words for each of `words`: alternatives that count as one term."""
        return {word.english: word.group for word in self.words}


def read(text: str, names: NameBook, language: str = "auto", most: int = 2000) -> Question:
    """Read a question. Raises QuestionError as `accept`."""
    text, spoken = accept(text, language, most)
    return Question(
        text=text,
        language=spoken,
        expects=expects(text, spoken),
        names=tuple(names.find(text)),
        quantities=tuple(find_quantities(text)),
        terms=_search_terms(text, spoken, names),
        words=tuple(translated(text)) if spoken == "en" else (),
    )


def accept(text: str, language: str = "auto", most: int = 2000) -> tuple[str, Language]:
    """The question's text, normalised, and its language. Needs no collection and no model.

    Raises QuestionError when it is empty, too long, wordless, or neither Korean nor English.
    """
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if len(text) > most:
        raise QuestionError(
            f"The question has {len(text):,} characters; {most:,} is the most. Ask for one thing at a time.",
            f"질문이 {len(text):,}자입니다. {most:,}자까지 됩니다. 한 번에 한 가지만 물어보세요.",
        )
    if not _LETTER.search(text):
        raise QuestionError(
            "There is no question in words. Ask something like: How many GPUs is Korea securing?",
            "질문에 낱말이 없습니다. 예를 들어 이렇게 물어보세요: 한국이 확보하는 GPU는 몇 장인가?",
        )
    spoken: Language = language if language in ("ko", "en") else detect(text)  # type: ignore[assignment]
    return text, spoken


def detect(text: str) -> Language:
    """Korean or English. Raises QuestionError for other languages."""
    hangul = len(_HANGUL.findall(text))
    words = [word.casefold() for word in _LATIN_WORD.findall(text)]
    english = sum(word in _ENGLISH for word in words)
    telling = sum(word in _ENGLISH - _SHARED for word in words)
    if hangul and not (english >= 2 and len(words) > hangul / 2):
        return "ko"
    letters = len(_LETTER.findall(text))
    foreign = len(words) > 2 and telling < len(words) / 5 and not _reads_as_english(text)
    if sum(map(len, words)) < letters / 2 or foreign:
        raise QuestionError(
            "gisa answers questions in Korean and English. Ask in one of them.",
            "gisa는 한국어와 영어 질문에 답합니다. 둘 중 하나로 물어보세요.",
        )
    return "en"


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    likely = (Lingua.ENGLISH, Lingua.FRENCH, Lingua.GERMAN, Lingua.SPANISH, Lingua.ITALIAN, Lingua.PORTUGUESE)
    return LanguageDetectorBuilder.from_languages(*likely, Lingua.VIETNAMESE, Lingua.INDONESIAN).build()


def _reads_as_english(text: str) -> bool:
    """Whether it may be. Telegraphic English ("Nscale GPU count") has no function words, and names are of any language:
    only a text that is surely not English is turned away."""
    return _detector().compute_language_confidence(text, Lingua.ENGLISH) >= LEAST_ENGLISH


def expects(text: str, language: Language) -> Expects:
    """The kind of thing an answer must hold. In English the first question word decides ("Where was he when ...")."""
    if language == "ko":
        found: Expects = next((kind for kind, pattern in _EXPECTS_KO if re.search(pattern, text)), "other")
        if found != "date" and _has_noun(text, "수"):
            return "count"
        return "reason" if found == "other" and _has_noun(text, "배경") else found
    if _YES_OR_NO.match(text):
        return "other"  # a when or where in it asks nothing
    starts = ((match.start(), kind) for kind, pattern in _EXPECTS_EN if (match := re.search(pattern, text, re.I)))
    return min(starts, key=lambda one: one[0], default=(0, "other"))[1]


def _has_noun(text: str, noun: str) -> bool:
    """Whether a noun stands in a text by itself: 수, which 교수 only ends in, 배경, with which 배경훈 only begins."""
    return noun in text and any(part.form == noun and part.tag == "NNG" for part in morphemes(text))


def _search_terms(text: str, language: Language, names: NameBook) -> tuple[str, ...]:
    """Terms of a Korean question, and of all names and things in it as the other script writes them.

    Of an English question only what could stand in a Korean article is kept: names, acronyms, numbers. Its other words
    would only find chance matches.
    """
    other_script = [term for form in names.expand(text) for term in terms(form)]
    if language == "ko":
        return tuple(dict.fromkeys([*terms(text), *other_script]))
    kept = [word for word in re.findall(r"[A-Za-z0-9][\w.&+-]*", text)[1:] if not word.islower()]
    return tuple(dict.fromkeys([*terms(" ".join(kept)), *other_script]))


def has_language(text: str, language: Language) -> bool:
    """Whether a text, its quotations and names apart, is written in that language.

    Latin words without an English sentence's are names, which a Korean answer may consist of: Bank of America.
    """
    plain = re.sub(r"\"[^\"]*\"|“[^”]*”|\([^)]*\)|\[\d+\]", " ", text)
    hangul = len(_HANGUL.findall(plain))
    words = _LATIN_WORD.findall(plain)
    if language == "ko":
        return hangul > 0 or not any(word.casefold() in _ENGLISH - _IN_NAMES for word in words)
    return sum(map(len, words)) >= hangul
