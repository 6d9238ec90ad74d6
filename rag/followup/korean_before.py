"""The Korean question before a follow-up, as far as it can be taken apart; or an English one, by its names alone."""

from __future__ import annotations

import re

from index.names import Name, NameBook
from rag.followup.contrast import group, nouns_in_korean
from rag.followup.korean_clause import KoreanClause, Phrase, put, topic
from rag.followup.words import opposites, words
from rag.question import expects

END = re.compile(r"[\s?.!~]+$")
_DATE = re.compile(r"(?:19|20)\d\d년(?:\s?\d{1,2}월)?(?:\s?\d{1,2}일)?|\d{1,2}월|올해|작년|지난해|내년|이번 달|다음 달")
_EVENT = re.compile(r"말했|말한|밝혔|밝힌|발표|보도|알려|결정|공개|약속|합의|했다고")
_ASKS = {
    "count": "몇 개",
    "amount": "얼마",
    "date": "언제",
    "person": "누구",
    "place": "어디",
    "reason": "왜",
    "other": "무엇",
}


class Before:
    """The question before, as far as it can be taken apart."""

    def __init__(self, question: str, answer: str, names: NameBook, *, taken_apart: bool) -> None:
        self.question = END.sub("", question)
        self.answer = re.sub(r"\[\d+\]", "", answer)
        self.names = names
        self.found = names.find(self.question)
        self.clause = KoreanClause(self.question) if taken_apart else None

    def subject(self) -> str:
        """What it was about, as a noun phrase."""
        if self.clause is None:
            return " ".join(nouns_in_korean(self.question, self.names)) or f"‘{self.question}’"
        if self.clause.copular() and (about := self.clause.topic()):
            return about
        return self.clause.event() or self.clause.counted() or f"‘{self.question}’"

    def counted(self) -> str:
        return (self.clause.counted() if self.clause else None) or self.subject()

    def thing(self, core: str) -> str:
        """What 그것 means: what is spoken of, or that it is so where the question asks who said it, say."""
        if self.clause is None:
            return self.subject()
        if _EVENT.search(core) and (event := self.clause.event()):
            return event
        thing = self.clause.object()
        return thing.text if thing and not self.clause.copular() else self.clause.topic() or self.subject()

    def led(self, core: str, *, dropped: bool) -> str:
        """The question with what it leaves out said first."""
        if self.clause is None or not dropped:
            return f"{' '.join(nouns_in_korean(self.question, self.names)) or self.subject()} {core}"
        if self.clause.copular() and (about := self.clause.topic()):
            return f"{topic(about)} {core}"
        subject = next(
            (p for p in self.clause.phrases if p.particle in ("은", "는", "이", "가") and p.role in ("JX", "JKS")), None
        )
        thing = self.clause.object()
        if thing is not None and subject is None:
            return f"{topic(thing.text)} {core}"
        if thing is None and subject is not None:
            return f"{self.question[: subject.after]} {core}"
        about = self.subject()
        return f"{topic(about)} {core}"

    def with_wh(self, wh: str) -> str:
        stray = wh.startswith(("어느", "어떤", "무슨")) and self.clause is not None and not self.clause.copular()
        if self.clause and not stray and (asked := self.clause.with_wh(wh)):
            return asked
        about = self.subject()
        return f"{topic(about)} {'왜 그런' if wh == '왜' else wh + '인'}가"

    def attribute(self, phrase: str, head: str) -> str:
        """한국이 GPU를 확보하는 이유는, 국가AI컴퓨팅센터의 예산은."""
        if self.clause is not None and head in words("korean", "of_events") and (clause := self.clause.adnominal()):
            return f"{clause} {topic(phrase)}"
        if self.clause is not None:
            return f"{self.counted()}의 {topic(phrase)}"
        return f"{self.subject()} {topic(phrase)}"

    def contrasted(self, phrase: str) -> str:
        """The same question of something else: what `phrase` stands against is exchanged, or `phrase` is added."""
        if self.clause is None:
            return self._contrast_abroad(phrase)
        for exchange in (self._by_name, self._by_date, self._by_pair, self._by_head, self._by_part):
            if (found := exchange(phrase)) is not None:
                return found
        return f"{phrase}의 경우 {self.question}"

    def _contrast_abroad(self, phrase: str) -> str:
        mine = {group(name.kind) for name in self.names.find(phrase)}
        things = nouns_in_korean(self.question, self.names, without=mine)
        asks = _ASKS[expects(self.question, "en")]
        if not mine and things and asks in ("몇 개", "얼마"):
            return f"{' '.join(things)} 중 {topic(phrase)} {asks}인가"
        return f"{topic(' '.join([phrase, *things]))} {asks}인가"

    def _by_name(self, phrase: str) -> str | None:
        mine = self.names.find(phrase)
        if not mine:
            return None
        kind = group(mine[0].kind)
        same = [n for n in self.found if group(n.kind) == kind] or [
            n for n in self.found if "name" in (n.kind, mine[0].kind)
        ]
        if not same:
            return None
        start, end = same[0].start, same[0].end
        if kind == "person":  # the title goes with the name
            holder = next((p for p in self._phrases() if p.start <= start < p.end), None)
            end = holder.end if holder else end
            start = holder.start if holder else start
        bare = (
            re.sub(r"(?:에서|에게|에|의)$", "", phrase)
            if mine[0].end < len(phrase) and mine[0].text != phrase
            else phrase
        )
        return put(self.question, (start, end), bare)

    def _by_date(self, phrase: str) -> str | None:
        bare = re.sub(r"에$", "", phrase)
        if not _DATE.fullmatch(bare):
            return None
        if (date := _DATE.search(self.question)) is not None:
            return self.question[: date.start()] + bare + self.question[date.end() :]
        return (
            f"{bare}에 {self.question}"
            if bare[-1] in "년월일" and bare not in ("작년", "내년")
            else f"{bare} {self.question}"
        )

    def _by_pair(self, phrase: str) -> str | None:
        for new, old in opposites("korean"):
            found = re.search(rf"(?<![가-힣]){old}(?=\s|$|은|는|이|가|을|를|에|의|도)", self.question)
            if found and re.match(rf"{new}(?:\s|$)", phrase):
                return put(self.question, found.span(), self._fitted(phrase, new, found.end()))
        return None

    def _fitted(self, phrase: str, new: str, end: int) -> str:
        """민간 부문 for 공공, but 민간 where 부문 follows anyway."""
        after = phrase[len(new) :].strip()
        return new if self.question[end:].lstrip().startswith(after) else phrase

    def _by_head(self, phrase: str) -> str | None:
        words = phrase.split()
        if len(words) < 2:
            return None
        for held in self._phrases():
            if held.text.split()[-1] == words[-1] and len(held.text.split()) > 1:
                return put(self.question, (held.start, held.end), phrase)
        return None

    def _by_part(self, phrase: str) -> str | None:
        """한국이 확보하는 GPU는 몇 장인가, of 민간: 한국이 확보하는 GPU 중 민간은 몇 장인가."""
        clause = self.clause
        if clause is None or clause.wh is None or expects(self.question, "ko") not in ("count", "amount"):
            return None
        bare = re.sub(r"(?:에서|에)$", "", phrase)
        asked = clause.wh_bare
        if re.search(r" 중\s?[가-힣]+$", about := clause.topic() or ""):
            return f"{about[: about.rindex(' 중')]} 중 {topic(bare)} {asked}인가"
        if not asked.startswith("몇"):
            return None
        counted = clause.counted()
        return f"{counted} 중 {topic(bare)} {asked}인가" if counted else None

    def named(self, kind: str) -> str | None:
        """The name of that kind in the answer or the question before, in Korean where it has a Korean form."""
        for text in (self.answer, self.question) if kind == "person" else (self.question, self.answer):
            for name in self.names.find(text):
                if group(name.kind) == kind or (kind == "org" and name.kind == "name"):
                    return _in_korean(name)
        return None

    def person(self) -> str:
        if found := self.named("person"):
            return found
        if self.clause and self.clause.wh_bare.startswith("누") and (told := self.clause.adnominal()):
            return f"{told} 사람"
        return self.subject()

    def place(self) -> str:
        for kinds in (("place",), ("org", "product")):
            for text in (self.question, self.answer):
                for name in self.names.find(text):
                    if group(name.kind) in kinds and not (kinds == ("place",) and self._has_site(text)):
                        return _in_korean(name)
        return self.named("place") or self.subject()

    def _has_site(self, text: str) -> bool:
        """Whether the text names something that itself is a place: a centre, a campus."""
        return any(
            name.kind in ("org", "school") and re.search(r"센터|대학|구역|단지|Cent|Univ", name.text)
            for name in self.names.find(text)
        )

    def limited(self, noun: str) -> str:
        """그 포럼: the forum spoken of, by its own name where the question before has it."""
        if (kind := kind_of(noun)) and (found := self.named(kind)):
            return found
        if self.counted().endswith(noun):
            return self.counted()
        for held in self._phrases():
            if held.text.endswith(noun) and len(held.text) > len(noun):
                return held.text
        words = nouns_in_korean(self.question, self.names)
        return f"{' '.join(words)} {noun}" if words and noun not in words else noun if not words else " ".join(words)

    def _phrases(self) -> tuple[Phrase, ...]:
        return self.clause.phrases if self.clause else ()


def _in_korean(name: Name) -> str:
    if re.search(r"[가-힣]", name.text):
        return name.text
    return next((form for form in name.variants if re.match(r"[가-힣]", form)), name.text)


def kind_of(noun: str) -> str | None:
    """The kind of name that a common noun stands for: 회사, 나라, 장관."""
    kinds = (("org", "organisations"), ("place", "places"), ("person", "people"))
    return next((kind for kind, listed in kinds if noun in words("korean", listed)), None)
