"""The English question before a follow-up, as far as it can be taken apart; or a Korean one, by its names alone."""

from __future__ import annotations

import re

from index.names import NameBook
from rag.followup.contrast import group, nouns_in_english, with_article
from rag.followup.english_clause import Clause, noun_phrases, parse
from rag.followup.words import opposites
from rag.question import expects

PREPOSITION = r"(?:in|on|at|for|by|from|to|with|of|since|until|till|before|after|during|under|over|about|as of)"
ARTICLE = re.compile(r"^(?:the|a|an|its|their|this|that|these|those)\s+", re.I)
ORGANISATIONS = frozenset({"company", "org", "school", "media", "name"})
PLACES = frozenset({"country", "place"})
_DATE = re.compile(
    r"\b(?:(?:in|by|since|until) )?(?:(?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December) )?(?:19|20)\d\d\b|\b(?:this|last|next) (?:year|month|week|quarter)\b|\btoday\b|\byesterday\b",
    re.I,
)
_ASKS = {"count": "how many", "amount": "how much", "date": "when", "person": "who", "place": "where", "reason": "why"}


class Before:
    """The question before, as far as it can be taken apart."""

    def __init__(self, question: str, answer: str, names: NameBook, *, taken_apart: bool) -> None:
        self.question = re.sub(r"\s*[?.!]+$", "", question)
        self.answer = re.sub(r"\[\d+\]", "", answer)
        self.names = names
        self.english = taken_apart
        self.found = names.find(self.question)
        self.clause: Clause | None = parse(self.question, names) if taken_apart else None

    def subject(self) -> str:
        """What it was about, in a few English words."""
        if self.clause and (phrase := self.clause.copula_subject()):
            return phrase
        if self.english:
            things = ([self.clause.noun] if self.clause and self.clause.noun else []) + [n.text for n in self.found]
            return listed(things) or f"“{self.question}”"
        return listed(nouns_in_english(self.question, self.names)) or f"“{self.question}”"

    def indirect(self) -> str | None:
        """How many GPUs is Korea securing: how many GPUs Korea is securing."""
        return self.clause.indirect() if self.clause else None

    def things(self) -> str | None:
        """What was counted or asked for, as a noun phrase with what limits it."""
        if self.clause:
            return self.clause.things()
        words = nouns_in_english(self.question, self.names, plain_first=True)
        if not words:
            return None
        return f"the {words[0]}" + (f" of {listed(words[1:])}" if words[1:] else "")

    def with_wh(self, wh: str) -> str:
        """The same question asked for something else."""
        if self.clause and (asked := self.clause.with_wh(wh)):
            return asked
        return f"{wh}, in connection with {self.subject()}"

    def contrasted(self, phrase: str, wh: str = "") -> str:
        """The same question of something else: what `phrase` stands against is exchanged, or `phrase` is added."""
        if not self.english:
            return self._contrast_abroad(phrase, wh)
        question = self.question
        if wh and self.clause and not self.clause.wh.casefold().endswith(wh.casefold()):
            question = self.with_wh(wh)
        led = re.match(rf"({PREPOSITION})\s+(.+)", phrase, re.I)
        preposition, thing = (led[1], led[2]) if led else ("", phrase)
        for exchange in (self._by_name, self._by_date, self._by_pair, self._by_head):
            if (found := exchange(question, preposition, thing)) is not None:
                return found
        if preposition:
            return f"{question} {phrase}"
        kind = expects(question, "en")
        return f"{question} {'for' if kind in ('count', 'amount') else 'in the case of'} {thing}"

    def _by_name(self, question: str, preposition: str, thing: str) -> str | None:
        kinds = [group(name.kind) for name in self.names.find(thing)]
        if not kinds:
            return None
        same = [n for n in self.names.find(question) if group(n.kind) == kinds[0] or "name" in (n.kind, kinds[0])]
        if preposition:
            led = [n for n in same if re.search(rf"\b{preposition}\s+(?:the\s+)?$", question[: n.start], re.I)]
            same = led or ([] if preposition.casefold() in ("with", "by", "from", "to") else same)
        if not same:
            return None
        name = same[0]
        start = name.start
        if (article := re.search(r"\bthe\s+$", question[:start], re.I)) is not None:
            start = article.start()
        tail = question[name.end :]
        own = "'s" if re.search(r"['’]s$", name.text) and not thing.endswith("s") else ""
        return question[:start] + thing + own + tail

    def _by_date(self, question: str, preposition: str, thing: str) -> str | None:
        if not _DATE.fullmatch(f"{preposition} {thing}".strip()):
            return None
        told = f"{preposition} {thing}" if preposition else thing if not thing[0].isdigit() else f"in {thing}"
        if (date := _DATE.search(question)) is not None:
            kept = re.match(r"(?:in|by|since|until) ", date.group(), re.I)
            new = (kept.group() if kept else "") + thing if not preposition else told
            return question[: date.start()] + new + question[date.end() :]
        return f"{question} {told}"

    def _by_pair(self, question: str, preposition: str, thing: str) -> str | None:
        said = thing.casefold().split()
        for new, old in opposites("english"):
            if new in said and (found := re.search(rf"\b{old}\b", question, re.I)):
                return question[: found.start()] + new + question[found.end() :]
        return None

    def _by_head(self, question: str, preposition: str, thing: str) -> str | None:
        head = thing.rsplit(maxsplit=1)[-1]
        own = len(thing.split()) > 1
        for start, end in noun_phrases(question):
            if own and question[start:end].casefold().split()[-1] == head.casefold():
                return question[:start] + thing + question[end:]
        return None

    def _contrast_abroad(self, phrase: str, wh: str) -> str:
        mine = {group(name.kind) for name in self.names.find(phrase)}
        words = nouns_in_english(self.question, self.names, without=mine, plain_first=True)
        led = re.match(rf"{PREPOSITION}\s", phrase, re.I)
        place = phrase if led else f"for {phrase}"
        start = wh or _ASKS.get(expects(self.question, "ko"), "what")
        things = listed(words)
        if start.casefold() in ("how many", "how much") and things:
            return f"{start} {things} {place}"
        return f"{start}, {place}" + (f", in connection with {things}" if things else "")

    def person(self) -> str | None:
        if self.clause and self.clause.wh.casefold() == "who" and (phrase := self.clause.copula_subject()):
            return phrase
        people = [*self.names.find(self.answer, {"person"}), *self.names.find(self.question, {"person"})]
        return self._in_english(people[0].text, people[0].variants) if people else None

    def organisation(self) -> str | None:
        """The one thing that can be 'it': an organisation that did something, a thing with a name, an organisation."""
        if self.clause and (mine := self.names.find(self.clause.subject, ORGANISATIONS)) and mine[0].start == 0:
            return self.clause.subject
        for kinds in ({"product", "event"}, ORGANISATIONS):
            for text in (self.question, self.answer):
                if found := self.names.find(text, kinds):
                    return self._whole(found[0].start) or self._in_english(found[0].text, found[0].variants)
        return None

    def limited(self, noun: str) -> str:
        """'that forum': the forum spoken of, with its own name where the question before has it."""
        singular = noun.casefold().rstrip("s")
        for start, end in noun_phrases(self.question) if self.english else ():
            phrase = self.question[start:end]
            if phrase.split()[-1].casefold().rstrip("s") == singular and len(phrase.split()) > 1:
                return phrase if ARTICLE.match(phrase) else f"the {phrase}"
        known = None
        if singular in ("company", "firm", "startup", "organisation", "organization", "university"):
            known = self.organisation()
        elif singular in ("country", "city", "place", "region", "town"):
            known = self.place()
        return known or f"the {noun} ({self.subject()})"

    def _whole(self, start: int) -> str | None:
        """The JADE consortium, of JADE."""
        spans = noun_phrases(self.question) if self.english else ()
        phrase = next((self.question[a:b] for a, b in spans if a < start < b), "")
        return phrase if ARTICLE.match(phrase) else None

    def place(self) -> str | None:
        for text in (self.answer, self.question):
            if found := self.names.find(text, PLACES):
                return with_article(self._in_english(found[-1].text, found[-1].variants))
        return None

    @staticmethod
    def _in_english(text: str, variants: tuple[str, ...]) -> str:
        text = re.sub(r"['’]s$", "", text)
        if text.isascii():
            return text
        return next((form for form in variants if form.isascii()), text)


def listed(things: list[str]) -> str:
    told = list(dict.fromkeys(thing for thing in things if thing))
    if len(told) < 2:
        return "".join(told)
    return f"{', '.join(told[:-1])} and {told[-1]}"
