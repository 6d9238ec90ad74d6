"""English follow-ups: which questions lean on the one before, and how they read when they no longer do."""

from __future__ import annotations

import re

from rag.followup.english_before import ARTICLE, PREPOSITION, Before
from rag.followup.english_clause import AUX
from rag.followup.english_pronouns import named

__all__ = ["Before", "resolve"]

_OPENING = re.compile(
    r"^(?:(?:and|so|but|or|then|ok(?:ay)?|also|well|now)\b,?\s+)+"
    r"|^(?:(?:and|so|but)\s+)?(?:what|how) about\s+|^(?:and\s+)?what of\s+",
    re.I,
)
_TAIL = re.compile(r"(?:,?\s+(?:then|though|too|as well|again|please|exactly))?\s*[?.!]*$", re.I)
_WH = (
    r"(?:how (?:many|much|big|large|fast|soon|long|often|far|high|expensive)"
    r"|who|whom|whose|when|where|why|how|what|which)"
)
_BARE_WH = re.compile(
    rf"^(?P<wh>(?:{PREPOSITION}\s+)?{_WH}(?:\s+(?P<noun>(?!in\b|for\b|of\b|on\b|at\b|by\b)[\w-]+))?(?:\s+(?:else|from|to))?)$",
    re.I,
)
_WH_WITH = re.compile(rf"^(?P<wh>{_WH})\s+(?P<rest>(?!of\b){PREPOSITION}\s+.+)$", re.I)
_CLAUSE = re.compile(
    rf"\b(?:{_WH}|{AUX}|tell|list|give|name|show|explain|describe|summari[sz]e|compare|find|define|say|says|said)\b|n['’]t\b",
    re.I,
)
_REPLY = re.compile(
    r"^(?:really|seriously|thanks?(?: you)?|ok(?:ay)?|yes|no|sure|hello|hi|great|good|cool|wow|hm+|nice|right)\b", re.I
)
_MORE = re.compile(
    r"^(?:(?:can|could|would) you )?(?:please )?(?:tell (?:me|us) more|(?:any )?more details?|elaborate"
    r"|explain (?:that|this|it|more)|say more|go on|more)(?: (?:about|on) (?:it|that|this|them|those))?(?:,? please)?$",
    re.I,
)
_AUXILIARY = re.compile(rf"\b(?:{AUX})\b", re.I)
_ABOUT = re.compile(r"(?:and\s+)?(?:what|how) about\b", re.I)


def resolve(text: str, past: Before) -> str | None:
    """The question as it stands alone; None when it does so already."""
    core = _TAIL.sub("", _OPENING.sub("", text)).strip()
    if not core or _REPLY.match(core):
        return None
    if _MORE.match(core):
        return f"Tell me more about {past.indirect() or past.subject()}."
    told = _asked_anew(core, past)
    if told is None and _CLAUSE.search(core):
        told = None if _ABOUT.match(text) else named(core, past)
    elif told is None and _is_fragment(core, _OPENING.match(text) is not None, past):
        told = past.contrasted(core)
    return _sentence(told) if told and told != core else None


def _asked_anew(core: str, past: Before) -> str | None:
    """The question before, asked for something else (By when?) or of something else (How many in Korea?)."""
    if (bare := _BARE_WH.match(core)) and not (len(core.split()) > 2 and _AUXILIARY.search(core.split(" ", 1)[1])):
        return past.with_wh(bare["wh"])
    if (some := _WH_WITH.match(core)) and len(core.split()) <= 7 and not _CLAUSE.search(some["rest"]):
        return past.contrasted(some["rest"], some["wh"])
    return None


def _is_fragment(core: str, opened: bool, past: Before) -> bool:
    """Whether a phrase without a verb is the changed part of the question before, not a telegraphic question."""
    words = ARTICLE.sub("", re.sub(rf"^{PREPOSITION}\s+", "", core, flags=re.I)).split()
    if opened:
        return len(words) <= 5
    found = past.names.find(core)
    if found:
        return any(len(name.text) >= len(" ".join(words)) - 2 for name in found)
    return len(words) <= (3 if len(words) < len(core.split()) else 2)


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip("?.! ")
    return f"{text[:1].upper()}{text[1:]}?"
