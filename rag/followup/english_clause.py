"""An English question taken apart as far as its word order tells: what is asked for, auxiliary, subject, the rest.

Enough to turn "How many GPUs is Korea securing?" into "the GPUs Korea is securing" and "why is Korea securing GPUs".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.names import NameBook
from rag.followup.words import past_tenses, words

AUX = r"is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might|must"
_BE = frozenset({"is", "are", "was", "were"})
_DO = frozenset({"do", "does", "did"})
_HAVE = frozenset({"has", "have", "had"})
_MODAL = frozenset({"will", "would", "can", "could", "should", "may", "might", "must"})
_PREPOSITIONS = words("english", "prepositions")
_STOPPERS = _PREPOSITIONS | words("english", "stoppers")
_ASKED = re.compile(
    r"^(?P<wh>(?:(?:by|since|until|for|in|on|at|from|to|with|under)\s+)?(?:how (?:many|much|big|large|fast|soon|long"
    r"|often|far|high|expensive)|who|whom|whose|when|where|why|how|what|which))\b"
    rf"(?P<noun>(?:\s+(?!(?:{AUX})\b)[\w'’&.+/-]+){{0,6}})"
    rf"(?:\s+(?P<aux>{AUX})\b(?P<tail>.*))?$",
    re.I,
)
_YES_NO = re.compile(rf"^(?P<aux>{AUX})\s+(?P<tail>.+)$", re.I)
_PARTICIPLE = re.compile(
    r"^(?:\w{2,}ing|\w{2,}ed|made|built|held|set|put|spent|given|taken|said|known|sold|paid|led|run|used)$"
)
_VERBS = words("english", "verbs") | frozenset(past_tenses())
_ARTICLES = frozenset({"the", "a", "an", "its", "their"})
_OFFICES = "|".join(sorted(words("english", "people") | words("english", "modifiers")))
_WORD = r"(?!(?:{})\b)[\w'’&.+/-]+".format("|".join([*sorted(_STOPPERS), AUX]))
_NOUN_PHRASE = re.compile(rf"\b(?:(?:the|a|an)\s+)?{_WORD}(?:\s+{_WORD})*", re.I)


@dataclass(frozen=True, slots=True)
class Clause:
    """`wh noun aux subject rest`; `noun`, `aux` and `subject` are empty where there are none."""

    wh: str
    noun: str
    aux: str
    subject: str
    rest: str

    def copula_subject(self) -> str | None:
        """X of "What is X?", "Where is X located?"."""
        if self.aux.casefold() not in _BE or not self.wh or self.noun:
            return None
        phrase = re.sub(r"\s+(?:located|based|called|about|for)$", "", f"{self.subject} {self.rest}".strip())
        return phrase if self.rest == "" or not _PARTICIPLE.match(self.rest.split()[0]) else None

    def statement(self) -> str | None:
        """Subject, verb and the rest, in the order of a statement; None where the subject is not known."""
        if not self.aux:
            return None
        if not self.subject:
            return f"{self.aux} {self.rest}"
        if not self.rest:
            return f"{self.aux} {self.subject}"
        if self.aux.casefold() in _DO:
            verb, _, after = self.rest.partition(" ")
            return f"{self.subject} {_inflected(verb, self.aux.casefold())} {after}".strip()
        return f"{self.subject} {self.aux} {self.rest}"

    def indirect(self) -> str | None:
        """The question as part of another: how many GPUs Korea is securing."""
        asked = f"{self._wh()} {self.noun}".strip()
        if not self.wh:
            told = self.statement()
            return f"whether {told}" if told else None
        if not self.aux:
            return f"{asked} {self.rest}".strip()
        if phrase := self.copula_subject():
            return f"{asked} {phrase} {self.aux}"
        told = self.statement()
        return f"{asked} {told}" if told else None

    def things(self) -> str | None:
        """What is asked for as a noun phrase: the GPUs Korea is securing."""
        noun = re.sub(r"^of\s+(?:the\s+)?", "", self.noun)
        if not noun:
            return self.copula_subject()
        bare = re.sub(r"^(?:the|its|their)\s+", "", noun)
        if not self.aux:
            return f"the {bare} that {self.rest}" if self.rest else f"the {bare}"
        told = self.statement()
        if told is None or (self.subject and not self.rest):
            return f"the {bare}"
        return f"the {bare} that {told}" if not self.subject else f"the {bare} {told}"

    def with_wh(self, wh: str) -> str | None:
        """The same asked for something else: why is Korea securing GPUs."""
        if not self.aux:
            return self._cleft(wh)
        order = f"{self.aux} {self.subject}"
        if self.noun and re.fullmatch(r"(?:which|what)(?: ones?)?", wh, re.I):
            told: str | None = f"which {re.sub(r'^of (?:the )?', '', self.noun)} {order} {self.rest}"
        elif wh.casefold() in (self.wh.casefold(), f"{self.wh} {self.noun}".casefold()):
            told = f"{self.wh} {self.noun} {order} {self.rest}"
        elif not self.subject:
            told = f"{wh} {self.aux} {self.noun} {self.rest}" if self.noun else None
        elif self._wh() == "what" and not self.noun and wh.casefold() not in ("who", "where", "when"):
            told = None  # a thing is missing there, and would be missing still
        elif not self.rest:
            told = None if self.noun else f"{wh} {order}"
        else:
            told = f"{wh} {order} {self._filled()}"
        return told

    def _cleft(self, wh: str) -> str | None:
        """Who signed it: when is it that someone signed it."""
        if self.noun and re.fullmatch(r"(?:which|what)(?: ones?)?", wh, re.I):
            return f"which {self.noun} {self.rest}"
        who = self.noun or ("someone" if self._wh() == "who" else "something")
        return f"{wh} is it that {who} {self.rest}" if self.rest else None

    def _wh(self) -> str:
        return self.wh[:1].lower() + self.wh[1:]

    def _filled(self) -> str:
        """The rest, with what was asked for put back behind the verb."""
        if not self.noun or (" " in self.wh and self.wh.split()[0].casefold() in _PREPOSITIONS):
            return self.rest
        told = self.rest.split()
        at = next((i for i, word in enumerate(told) if i and word.casefold() in _PREPOSITIONS), len(told))
        return " ".join([*told[:at], self.noun, *told[at:]])


def parse(question: str, names: NameBook) -> Clause | None:
    """The parts of a question; None where it is put in another way."""
    question = question.strip()
    if (asked := _YES_NO.match(question)) is not None:
        subject, rest = _split(asked["tail"].strip(), asked["aux"], names)
        return Clause("", "", asked["aux"], subject, rest) if subject else None
    found = _ASKED.match(question)
    if found is None or found["aux"] is None:
        return _without_auxiliary(question)
    noun = found["noun"].strip()
    before = set(noun.casefold().split())
    if before & (_STOPPERS - _PREPOSITIONS) or (before and found["wh"].casefold() == "who"):
        return _without_auxiliary(question)  # the auxiliary is of a clause further in
    subject, rest = _split(found["tail"].strip(), found["aux"], names)
    return Clause(found["wh"], noun, found["aux"], subject, rest)


def _without_auxiliary(question: str) -> Clause | None:
    """Who announced the zone; how many countries focus on AI; which Korean companies signed."""
    found = re.match(r"(?P<wh>who|what|which|how many)\b\s*(?P<rest>.+)$", question, re.I)
    if found is None:
        return None
    if found["wh"].casefold() in ("who", "what"):
        return Clause(found["wh"], "", "", "", found["rest"])
    told = found["rest"].split()
    verbs = (i for i in range(1, len(told)) if told[i - 1].endswith("s") or told[i].endswith("ed"))
    at = next(verbs, None)
    return Clause(found["wh"], " ".join(told[:at]), "", "", " ".join(told[at:])) if at else None


def _split(tail: str, aux: str, names: NameBook) -> tuple[str, str]:
    """Subject and rest of what follows the auxiliary. No subject where a verb follows at once; no rest where it is not
    known how far the subject goes."""
    told = tail.split()
    if not told or _PARTICIPLE.match(told[0]) or (aux.casefold() in _MODAL | _DO and told[0].casefold() in _VERBS):
        return "", tail
    if aux.casefold() in _BE | _HAVE:
        verbs = (i for i in range(1, len(told)) if _PARTICIPLE.match(told[i]) and told[i - 1] not in _STOPPERS)
    else:
        verbs = (i for i in range(1, len(told)) if told[i].casefold() in _VERBS)
    if (passive := re.search(r"\s(?=(?:be|have)\s)", tail)) is not None:
        return tail[: passive.start()], tail[passive.end() :]
    at = next(verbs, None)
    stop = next((i for i, word in enumerate(told) if word.casefold() in _STOPPERS), len(told))
    if at is not None and at <= stop:
        return " ".join(told[:at]), " ".join(told[at:])
    if aux.casefold() in _BE | _HAVE:
        return tail, ""
    end = _name_end(tail, told[0], names)
    return tail[:end].strip(), tail[end:].strip()


def _name_end(tail: str, first: str, names: NameBook) -> int:
    """Where a subject ends that is a name, with the office or body it is the name of: the Korean government."""
    article = len(first) + 1 if first.casefold() in _ARTICLES else 0
    name = next((name for name in names.find(tail) if name.start in (0, article)), None)
    if name is None:
        return len(tail) if article else len(first)
    end = name.end + 2 if tail[name.end : name.end + 2] in ("'s", "’s") else name.end
    more = re.match(rf"(?:\s+(?:{_OFFICES})\b)+", tail[end:], re.I)
    return end + more.end() if more else end


def _inflected(verb: str, aux: str) -> str:
    if aux == "do":
        return verb
    if aux == "does":
        return verb + ("es" if re.search(r"(?:s|x|z|ch|sh|o)$", verb) else "s")
    regular = verb + "d" if verb.endswith("e") else re.sub(r"(?<=[^aeiou])y$", "i", verb) + "ed"
    return past_tenses().get(verb, regular)


def noun_phrases(text: str) -> Iterator[tuple[int, int]]:
    """Runs of words that may be one noun phrase: an article, if there is one, and what follows up to a small word."""
    for found in _NOUN_PHRASE.finditer(text):
        yield found.span()
