"""Korean words that point back: what they mean in the question before, and when they mean something of their own.

Each rule gives the question with the word named, "" where it stands alone, None where the rule has nothing to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.names import Name
from rag.followup.korean_before import Before
from rag.followup.korean_clause import KoreanClause, pick, put
from rag.followup.words import words

_PART = re.compile(r"(?<![가-힣])(?:그|이)\s?(?:중|가운데)(?P<case>에서|에|의)?(?=$|[\s,])")
_PLACE = re.compile(r"(?<![가-힣])(?:거기|그곳|이곳|그쪽)(?=$|[\s에서는은의가도로를을와과]|까지)")
_THING = re.compile(
    r"(?<![가-힣])(?P<it>그것|이것|그거|이거)(?=$|[\s은는이가을를도에의로와과])"
    r"|(?<![가-힣])(?P<cut>[그이])(?P<end>건|게|걸)(?=\s|$)"
)
_PERSON = re.compile(r"(?<![가-힣])(?:그녀|그분|그\s사람|그)(?=(?:은|는|가|이|의|를|을|에게|도)(?:\s|$))")
_THEY = re.compile(r"(?<![가-힣])(?:그들|이들|그 사람들)(?=$|[\s은는이가의을를도])")
_THIS = re.compile(r"(?<![가-힣])(?:그|이|해당|저)\s(?P<noun>[가-힣A-Za-z]+)")
_BOUNDARY = re.compile(r"[,;?!.]|(?:는데|지만|니까|다면|으면|다고|라고|고|며)\s")


@dataclass(frozen=True, slots=True)
class Reading:
    """A follow-up as it is read: its text, its morphemes, the names it gives, the question before."""

    core: str
    clause: KoreanClause
    own: Sequence[Name]
    past: Before

    def itself(self, at: int) -> bool:
        """Whether a clause before that place says what is meant."""
        return _BOUNDARY.search(self.core[:at]) is not None and (len(self.own) > 0 or len(self.clause.nouns()) > 1)


def named(read: Reading) -> str | None:
    """The question with the first word that points back named; None or "" when nothing does."""
    for rule, pattern in (
        (_part, _PART),
        (_place, _PLACE),
        (_thing, _THING),
        (_they, _THEY),
        (_person, _PERSON),
        (_this, _THIS),
    ):
        if (found := pattern.search(read.core)) is not None:
            return "" if read.itself(found.start()) else rule(read, found)
    return None


def _part(read: Reading, found: re.Match[str]) -> str:
    """그중 공공은 몇 장이야?"""
    return f"{read.core[: found.start()]}{read.past.counted()} 중{found['case'] or ''}{read.core[found.end() :]}"


def _place(read: Reading, found: re.Match[str]) -> str:
    return put(read.core, found.span(), read.past.place())


def _thing(read: Reading, found: re.Match[str]) -> str:
    """그건 누가 발표했어?"""
    thing = read.past.thing(read.core)
    if found["it"]:
        return put(read.core, found.span(), thing)
    particle = {"건": ("은", "는"), "게": ("이", "가"), "걸": ("을", "를")}[found["end"]]
    return read.core[: found.start()] + thing + pick(thing, *particle) + read.core[found.end() :]


def _they(read: Reading, found: re.Match[str]) -> str:
    return "" if read.own else put(read.core, found.span(), read.past.counted())


def _person(read: Reading, found: re.Match[str]) -> str:
    if any(name.kind in ("person", "name") for name in read.own):
        return ""
    return put(read.core, found.span(), read.past.person())


def _this(read: Reading, found: re.Match[str]) -> str | None:
    """그 포럼의 창립 회원은 누구야?"""
    tokens = read.clause.tokens
    noun = next((t for t in tokens if t.start == found.start("noun") and t.tag in ("NNG", "NNP", "SL")), None)
    points = found.group().startswith("해당") or any(t.tag == "MM" and t.start == found.start() for t in tokens)
    if noun is None or not points or noun.form in words("korean", "no_thing"):
        return None
    if any(name.start < found.start() for name in read.own):
        return ""
    if noun.form in words("korean", "attributes") and not read.clause.has_predicate():
        return read.past.attribute(noun.form, noun.form)
    return put(read.core, (found.start(), noun.end), read.past.limited(noun.form))
