"""English words that point back: what they mean in the question before, and when they mean something of their own.

Each rule gives the question with the word named, "" where it stands alone, None where the rule has nothing to say.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.names import Name
from rag.followup.english_before import ORGANISATIONS, PLACES, PREPOSITION, Before
from rag.followup.english_clause import AUX
from rag.followup.words import words

_PARTITIVE = re.compile(
    r"\b(?:of|among) (?P<it>those|these|them|that|it|which)"
    rf"(?=\W*$|\s+(?:{AUX}|goes?|comes?|uses?|gets?|belongs?|in|for|from|to|by|with|at|on)\b)",
    re.I,
)
_COUNTLESS = re.compile(
    r"^how many (?=(?:is|are|was|were|will|would|do|does|did|have|has|had|can|could|go|goes|come)\b)(?!are there\W*$)",
    re.I,
)
_ONE = re.compile(r"\b(?:which|what) ones?\b", re.I)
_PERSON = re.compile(r"\b(?P<it>he|she|him|his|her|hers)\b", re.I)
_THEY = re.compile(r"\b(?P<it>they|them|their|theirs|those(?! (?:who|that|which|with|in|of)\b)|these)\b", re.I)
_IT = re.compile(r"\b(?P<it>it|its)\b", re.I)
_THAT = re.compile(
    r"(?:^|\b(?:is|was|does|did|do|has|had|will|can|of|for|by|to|about|with|like|after|before|from|than|said|says|why)\s+)"
    rf"(?P<it>that|this)(?=\s+(?:{AUX}|planned|true|possible|mean|happen|happened|announced|said|cost|work|about|so)\b)"
    r"|\b(?P<last>that|this)\W*$",
    re.I,
)
_THERE = re.compile(r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!\bbe )(?<!\bwill )(?P<it>\bthere)(?=\W*$)", re.I)
_DEMONSTRATIVE = re.compile(
    r"\b(?P<it>(?:[Tt]his|[Tt]hat|[Tt]hose|[Tt]hese) (?P<noun>(?!(?:year|month|week|time|day|quarter|way|who|that)\b)"
    rf"(?!(?:{AUX}|says?|makes?|means?|made|said|cost|happen|work)\b)[a-z][a-z-]+))"
    rf"(?=\W*$|\s+(?:{AUX}|be|go|get|cost|in|for|by|from|say|take|start|begin|open|come|announced|made|used?)\b)"
)
_RELATIVE = re.compile(r"\b(?:the|an?|which|what|any|some|does|did|do|will)\s+(?:[\w-]+\s+){0,3}[\w-]+\s+$", re.I)
_ENDS_IN_PREPOSITION = re.compile(rf"\b(?:{PREPOSITION})\s+$", re.I)
_LINKS = r"(?:is|are|was|were|will|would|do|does|did|has|have|can|of|much|many)\b"
_NOUN_PHRASE = re.compile(
    rf"\b(?:the|an?|which|what|whose|how many|many|some|all|any|every|each) (?!{_LINKS})[a-z-]+", re.I
)
_PLURAL = re.compile(r"\b[a-z]{3,}s\b(?<!does)(?<!is)(?<!was)(?<!has)")
_BOUNDARY = re.compile(r",|\s(?:and|but|that|when|if|which)\b", re.I)
_CLEFT = re.compile(r"\bit (?:is|was) .+ (?:that|to)\b")
_EVENT = re.compile(
    r"\b(?:announced|said|decided|reported|planned|revealed|confirmed|agreed|promised|happen|happened|made public)\b",
    re.I,
)


def named(core: str, past: Before) -> str | None:
    """The question with the first word that points back named; None or "" when nothing does."""
    own = past.names.find(core)
    for rule in (_partitive, _countless, _ones, _demonstrative, _person, _they, _there, _it):
        if (told := rule(core, past, own)) is not None:
            return told
    return None


def _things(past: Before) -> str:
    return past.things() or past.subject()


def _partitive(core: str, past: Before, own: Sequence[Name]) -> str | None:
    """How many of those are public?"""
    part = _PARTITIVE.search(core)
    if part is None or (own and part["it"].casefold() in ("it", "that", "which")):
        return None
    if part["it"].casefold() == "which" or _NOUN_PHRASE.search(core[: part.start()]):
        return ""
    return core[: part.start("it")] + _things(past) + core[part.end("it") :]


def _countless(core: str, past: Before, own: Sequence[Name]) -> str | None:
    """How many are public?"""
    bare = _COUNTLESS.match(core)
    if bare is None or own or _THEY.search(core):
        return None
    return f"{bare.group()}of {_things(past)} {core[bare.end() :]}"


def _ones(core: str, past: Before, own: Sequence[Name]) -> str | None:
    one = _ONE.search(core)
    return None if one is None or own else f"{core[: one.end()]} of {_things(past)}{core[one.end() :]}"


def _demonstrative(core: str, past: Before, own: Sequence[Name]) -> str | None:
    """Who leads that forum? But not: the zone that officials announced."""
    found = _DEMONSTRATIVE.search(core)
    if found is None:
        return None
    head = core[: found.start()]
    itself = found["noun"] in head.casefold() or any(name.start < found.start() for name in own)
    if itself or (_RELATIVE.search(head) and not _ENDS_IN_PREPOSITION.search(head)):
        return ""
    return head + past.limited(found["noun"]) + core[found.end("it") :]


def _person(core: str, past: Before, own: Sequence[Name]) -> str | None:
    found = _PERSON.search(core)
    if found is None or any(name.kind in ("person", "name") for name in own):
        return None
    if _NOUN_PHRASE.search(core[: found.start()]):
        return ""
    told = _put(core, found, past.person() or f"the person asked about before ({past.subject()})")
    return _it(told, past, ()) or told


def _they(core: str, past: Before, own: Sequence[Name]) -> str | None:
    found = _THEY.search(core)
    if found is None:
        return None
    head = core[: found.start()]
    # The subject of a verb is not its object: in "Which companies get them?" other things are meant.
    another = found["it"].casefold() == "them" and not _BOUNDARY.search(head)
    if not another and (own or _NOUN_PHRASE.search(head) or _PLURAL.search(head)):
        return None
    return _put(core, found, _things(past))


def _there(core: str, past: Before, own: Sequence[Name]) -> str | None:
    found = _THERE.search(core)
    if found is None or any(name.kind in PLACES | ORGANISATIONS for name in own):
        return None
    place = past.place()
    return _put(core, found, f"in {place}" if place else f"in connection with {past.subject()}")


def _it(core: str, past: Before, own: Sequence[Name]) -> str | None:
    that = _THAT.search(core)
    found = that or _IT.search(core)
    if found is None or own or _NOUN_PHRASE.search(core[: found.start()]) or _CLEFT.search(core):
        return None
    if not past.english:
        return f"{core}, in connection with {past.subject()}"
    return _that(core, that, past) if that else _put_it(core, found, past)


def _that(core: str, found: re.Match[str], past: Before) -> str:
    """Who said that? Who said how many GPUs Korea is securing?"""
    start, end = found.span("it") if found["it"] else found.span("last")
    clause = past.indirect()
    thing = clause if clause and _EVENT.search(core) else _things(past)
    return core[:start] + thing + core[end:]


def _put_it(core: str, found: re.Match[str], past: Before) -> str:
    if past.clause and (subject := past.clause.copula_subject()):
        return _put(core, found, _bearer(subject))
    if found["it"].casefold() == "it" and _EVENT.search(core) and (clause := past.indirect()):
        return f"{core} {clause}"  # When was it announced how many ...
    return _put(core, found, past.organisation() or (past.clause and past.clause.subject) or past.subject())


def _bearer(phrase: str) -> str:
    """The forum, of the goal of the forum."""
    head, of, rest = phrase.partition(" of ")
    return rest if of and head.split()[-1].casefold() in words("english", "attributes") else phrase


def _put(core: str, found: re.Match[str], thing: str) -> str:
    possessive = found["it"].casefold() in ("his", "its", "their", "theirs") or (
        found["it"].casefold() == "her" and re.match(r"\s+[a-z]", core[found.end() :]) is not None
    )
    own = ("'" if thing.endswith("s") else "'s") if possessive else ""
    return core[: found.start("it")] + thing + own + core[found.end("it") :]
