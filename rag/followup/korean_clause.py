"""A Korean question taken apart by its particles: noun phrases, what is asked for, the verb.

Enough to turn "한국은 GPU를 몇 장 확보하나?" into "한국이 확보하는 GPU" and "한국은 GPU를 언제 확보하나".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.text import Morpheme, joined, morphemes
from rag.followup.words import words

NOMINAL = frozenset({"NNG", "NNP", "NNB", "NR", "NP", "SL", "SN", "SH", "XPN", "XSN", "XR", "SW"})
CONTENT = frozenset({"NNG", "NNP", "SL"})
PREDICATE = frozenset({"VV", "VA", "VX", "VCP", "VCN", "XSV", "XSA"})
VERBAL = frozenset({"VV", "XSV"})
WH = words("korean", "asked")
_LEADS = frozenset(["몇", "어느", "어떤", "무슨"])
_TOPIC = frozenset({"은", "는", "ᆫ", "이란", "란"})
_SPANS = frozenset({"동안", "간", "이내", "쯤", "정도"})
_DUMMY = frozenset({"사람", "인물", "곳", "것", "나라", "기업", "회사"})
_VOWEL_END = frozenset("lmnr")


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase at `text[start:end]`; its particles reach to `after`. `role` is the tag of the first of them."""

    start: int
    end: int
    after: int
    text: str
    particle: str
    role: str


class KoreanClause:
    """One question. `wh` is the span of what is asked for, particles included, None where nothing is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = morphemes(text)
        self.wh, self.wh_bare = self._asked()
        self.phrases = tuple(self._phrases())
        self.verb = self._verb()

    def inside_wh(self, token: Morpheme) -> bool:
        return self.wh is not None and self.wh[0] <= token.start < self.wh[1]

    def asked(self) -> str:
        """What is asked for, as it is written, particles included."""
        return self.text[slice(*self.wh)] if self.wh else ""

    def nouns(self) -> list[Morpheme]:
        """Nouns with a meaning of their own: no stems of verbs (발표하다), no units, nothing asked for."""
        return [
            token
            for at, token in enumerate(self.tokens)
            if token.tag in CONTENT
            and not self.inside_wh(token)
            and token.form not in WH
            and not (at + 1 < len(self.tokens) and self.tokens[at + 1].tag in ("XSV", "XSA"))
        ]

    def has_predicate(self) -> bool:
        return any(token.tag in PREDICATE for token in self.tokens)

    def copular(self) -> bool:
        """Whether it ends in what is asked for: GPU는 몇 장인가."""
        if self.wh is None:
            return False
        return not any(t.tag in VERBAL | {"VA", "XSA"} for t in self.tokens if t.start >= self.wh[1])

    def topic(self) -> str | None:
        """The topic with all that modifies it: 한국이 확보하는 GPU."""
        found = next((p for p in self.phrases if p.particle in _TOPIC), None)
        if found is None:
            found = next(
                (p for p in self.phrases if p.role == "JKS" and self.copular() and not self._clause_after(p)), None
            )
        return self.text[: found.end].strip() if found else None

    def object(self) -> Phrase | None:
        return next((p for p in self.phrases if p.role == "JKO" and not self._in_wh(p)), None)

    def adnominal(self, without: Phrase | None = None, subject_form: bool = True) -> str | None:
        """The clause as it stands before a noun: 한국이 (GPU를) 확보하는. None where no verb ends it."""
        if self.verb is None:
            return None
        start, ending = self.verb
        stem = [
            (t.form, t.tag)
            for t in self.tokens
            if start <= t.start and t.start < ending and t.tag not in ("EP", "EF", "EC")
        ]
        past = any(t.tag == "EP" and t.form in ("었", "았") for t in self.tokens if t.start >= start)
        future = any(t.tag == "EP" and t.form == "겠" for t in self.tokens if t.start >= start)
        if not stem:
            return None
        said = joined([*stem, ("ᆫ" if past else "ᆯ" if future else "는", "ETM")])
        pieces = []
        at = 0
        for phrase in self.phrases:
            if phrase.after > start:
                break
            if self._in_wh(phrase):
                continue
            if self.wh and at <= self.wh[0] and self.wh[1] <= phrase.start:
                pieces.append(self.text[at : self.wh[0]])
                at = self.wh[1]
            if phrase is without:
                pieces.append(self.text[at : phrase.start])
                at = phrase.after
            elif subject_form and phrase.particle in _TOPIC:
                pieces.append(self.text[at : phrase.end] + pick(phrase.text, "이", "가"))
                at = phrase.after
        if self.wh and at <= self.wh[0] and self.wh[1] <= start:
            pieces.append(self.text[at : self.wh[0]])
            at = self.wh[1]
        pieces.append(self.text[at:start])
        head = "".join(pieces)
        return " ".join(f"{head} {said}".split())

    def counted(self) -> str | None:
        """What was counted or asked about, as a noun phrase: 한국이 확보하는 GPU."""
        if self.copular():
            return self.topic()
        thing = self.object()
        if thing is None:
            return self.topic()
        clause = self.adnominal(without=thing)
        return f"{clause} {thing.text}" if clause else thing.text

    def event(self) -> str | None:
        """What happens, as a noun phrase: 한국이 GPU를 확보하는 것."""
        told = self.adnominal()
        return f"{told} 것" if told else None

    def with_wh(self, wh: str) -> str | None:
        """The same asked for something else."""
        if self.wh is None:
            return None
        if self.copular():
            return self._unfolded(wh) or f"{self.text[: self.wh[0]]}{wh}인가"
        return f"{self.text[: self.wh[0]]}{wh} {self.text[self.wh[1] :].lstrip()}"

    def _unfolded(self, wh: str) -> str | None:
        """한국이 확보하는 GPU는 몇 장인가, asked for 언제: 한국이 GPU를 언제 확보하는가."""
        topic = next((p for p in self.phrases if p.particle in _TOPIC), None)
        if topic is None:
            return None
        ends = [at for at, t in enumerate(self.tokens) if t.tag == "ETM" and t.end <= topic.start + 1]
        if not ends:
            return None
        at = ends[-1]
        first = at
        while first and self.tokens[first - 1].tag in VERBAL | {"EP"}:
            first -= 1
        if first and self.tokens[first].tag == "XSV" and self.tokens[first - 1].tag in ("NNG", "XR"):
            first -= 1
        if first == at:
            return None
        stem, ending = self.tokens[first:at], self.tokens[at].form
        head = self.text[: self.tokens[first].start].strip()
        head_noun = noun = self.text[topic.start : topic.end].strip()
        roles = {p.role for p in self.phrases if p.after <= self.tokens[first].start}
        if ("JKS" in roles) == ("JKO" in roles) or " 중" in self.text[self.tokens[at].end : topic.end]:
            return None
        noun += pick(noun, "을", "를") if "JKS" in roles else pick(noun, "이", "가")
        told = [(t.form, t.tag) for t in stem]
        endings = {
            "는": [("는가", "EF")],
            "ᆯ": [("ᆯ", "ETM"), ("것", "NNB"), ("이", "VCP"), ("ᆫ가", "EF")],
            "을": [("을까", "EF")],
        }
        tail = endings.get(ending, [("었", "EP"), ("는가", "EF")])
        args = head if head_noun in _DUMMY else f"{noun} {head}" if "JKO" in roles else f"{head} {noun}"
        return f"{args} {wh} {joined([*told, *tail])}"

    def _asked(self) -> tuple[tuple[int, int] | None, str]:
        at = next((i for i, t in enumerate(self.tokens) if t.form in WH and t.tag not in ("EC", "JX")), None)
        if at is None:
            return None, ""
        first, last = self.tokens[at], at
        if first.form in _LEADS or first.form == "얼마":
            while (
                last + 1 < len(self.tokens)
                and self.tokens[last + 1].tag in NOMINAL
                and self.tokens[last + 1].form not in WH
            ):
                last += 1
                if self.tokens[last].tag == "NNB" and first.form == "몇":
                    break
        while last + 1 < len(self.tokens) and self.tokens[last + 1].form in _SPANS:
            last += 1
        bare = self.tokens[last].end
        while last + 1 < len(self.tokens) and self.tokens[last + 1].tag.startswith("J"):
            last += 1
        end = max(self.tokens[last].end, bare)
        return (first.start, end), self.text[first.start : bare]

    def _phrases(self) -> Iterator[Phrase]:
        at = 0
        while at < len(self.tokens):
            if self.tokens[at].tag not in NOMINAL:
                at += 1
                continue
            first = at
            while at + 1 < len(self.tokens) and self.tokens[at + 1].tag in NOMINAL | {"JKG"}:
                at += 1
            end = self.tokens[at].end
            role, particle, after = "", "", end
            at += 1
            if at < len(self.tokens) and self.tokens[at].tag in ("XSV", "XSA"):
                # the last noun is the stem of a verb: what stands before it is a phrase of its own, without a particle
                continue
            while at < len(self.tokens) and self.tokens[at].tag.startswith("J"):
                role = role or self.tokens[at].tag
                particle, after = self.tokens[at].form, self.tokens[at].end
                at += 1
            start = self.tokens[first].start
            yield Phrase(start, end, after, self.text[start:end], particle, role)

    def _verb(self) -> tuple[int, int] | None:
        """Start and end of the last verb, with the noun it is made of."""
        at = next((i for i in range(len(self.tokens) - 1, -1, -1) if self.tokens[i].tag in PREDICATE), None)
        if at is None or self.tokens[at].tag not in VERBAL:
            return None
        first = at
        if self.tokens[at].tag == "XSV" and at and self.tokens[at - 1].tag in ("NNG", "XR"):
            first -= 1
        return self.tokens[first].start, max(self.tokens[at].end, self.tokens[at].start + 1)

    def _clause_after(self, phrase: Phrase) -> bool:
        return any(t.tag == "ETM" and t.start >= phrase.after for t in self.tokens)

    def _in_wh(self, phrase: Phrase) -> bool:
        return self.wh is not None and phrase.start < self.wh[1] and self.wh[0] < phrase.after


def pick(word: str, closed: str, open_: str) -> str:
    """The form of a particle that goes with the word: `closed` after a consonant (은), `open_` after a vowel (는)."""
    last = word.rstrip("'\"’”)")[-1:]
    if "가" <= last <= "힣":
        return closed if (ord(last) - ord("가")) % 28 else open_
    if last.isdigit():
        return closed if last in "013678" else open_
    if word.isupper() or last.isupper():
        return closed if last in "LMNR" else open_
    return closed if last.casefold() in _VOWEL_END or last.casefold() in "bckpt" else open_


def topic(noun: str) -> str:
    """The noun with its topic particle."""
    return noun + pick(noun, "은", "는")


def put(core: str, span: tuple[int, int], thing: str) -> str:
    """The thing in that place, with the particle that follows in the form that goes with it."""
    rest = core[span[1] :]
    for closed, open_ in (("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로")):
        if (found := re.match(rf"(?:{closed}|{open_})(?=\s|$)", rest)) is not None:
            rest = pick(thing, closed, open_) + rest[found.end() :]
            break
    return core[: span[0]] + thing + rest
