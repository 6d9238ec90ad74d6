"""Korean follow-ups: which questions lean on the one before, and how they read when they no longer do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.names import Name
from rag.followup.korean_before import END, Before, kind_of
from rag.followup.korean_clause import KoreanClause
from rag.followup.korean_pointing import Reading, named
from rag.followup.words import words

__all__ = ["Before", "resolve"]

_OPENING = re.compile(
    r"^(?:(?:그럼|그러면|그렇다면|그리고|그런데|근데|그래서|하지만|그러나|또|또한|아|음|참)(?![가-힣])[,\s]*)+"
)
_HOW = re.compile(r"(?<=[은는도])\s*(?:어때요?|어떤가요?|어떻습니까|어떨까요?)$")  # 영국은 어때?
_REPLY = re.compile(
    r"^(?:(?:네|예|응|아니|아니요|그래|ㅇㅋ)(?![가-힣])|정말|진짜|감사(?:합|해|드)|고마|고맙|알겠|알았|안녕|좋아|오케이|[ㅎㅋ]|그렇)"
)
_MORE = re.compile(
    r"^(?:(?:좀|조금)\s*)?(?:더|자세히|더 자세히|자세하게|더 자세하게|구체적으로)(?:\s*(?:좀|자세히|구체적으로))?"
    r"(?:\s*(?:알려|설명해|말해|얘기해|이야기해)\s*(?:줘|줘요|주세요|주십시오|달라|줄래|줄래요|주실래요))?$"
)


def resolve(text: str, past: Before) -> str | None:
    """The question as it stands alone; None when it does so already."""
    opening = _OPENING.match(text)
    core = _HOW.sub("", END.sub("", text[opening.end() :] if opening else text))
    if not core or _REPLY.match(core):
        return None
    if _MORE.match(core):
        return f"{past.subject()}에 대해 더 자세히 알려 줘."
    clause = KoreanClause(core)
    own = past.names.find(core)
    if clause.wh is not None and _only_wh(clause):
        told: str | None = past.with_wh(_wh_text(clause))
    elif (told := named(Reading(core, clause, own, past))) is None:
        if clause.wh is None and not clause.has_predicate():
            told = _fragment(core, clause, own, past) if _is_fragment(core, clause, own, opening is not None) else None
        elif not own:
            told = _left_out(core, clause, past, opened=opening is not None)
    return " ".join(told.split()) + "?" if told else None


def _left_out(core: str, clause: KoreanClause, past: Before, *, opened: bool) -> str | None:
    """What leaves out whom or what it is about: 언제 발표했어? 민간도 포함돼?"""
    nouns = clause.nouns()
    also = bool(clause.phrases) and clause.phrases[0].particle == "도" and len(nouns) <= 1
    if also or (clause.wh is not None and len(nouns) <= (1 if opened else 0)):
        return past.led(core, dropped=not nouns)
    return None


def _only_wh(clause: KoreanClause) -> bool:
    """왜요, 언제까지인가요, 누가, 몇 장이야: nothing but what is asked for."""
    rest = [t for t in clause.tokens if not clause.inside_wh(t)]
    return all(t.tag in ("VCP", "EF", "EC", "JX", "SF", "IC", "EP") or t.form in ("요", "이") for t in rest)


def _wh_text(clause: KoreanClause) -> str:
    text = clause.asked()
    return re.sub(r"(?:요|죠)$", "", text) if len(text) > 1 else text


def _is_fragment(core: str, clause: KoreanClause, own: Sequence[Name], opened: bool) -> bool:
    """Whether a phrase without a predicate is the changed part of the question before, not a telegraphic question."""
    if re.search(r"(?:이란|란)$", core):
        return False
    nouns = clause.nouns()
    if opened:
        return len(core.split()) <= 4
    if own:
        others = [t for t in nouns if not any(n.start <= t.start < n.end for n in own)]
        return len(own) <= 3 and all(kind_of(token.form) for token in others)
    marked = bool(clause.phrases) and (clause.phrases[-1].role != "" or core.endswith("경우"))
    return (marked and len(nouns) <= 2) or len(core.split()) == 1


def _fragment(core: str, clause: KoreanClause, own: Sequence[Name], past: Before) -> str:
    phrase = re.sub(r"(?:의 경우|쪽)?(?:에는|에서는|은|는|도|이|가|요)?$", "", core) if not clause.phrases else ""
    if clause.phrases:
        last = clause.phrases[-1]
        kept = last.after if last.role == "JKB" else last.end
        phrase = re.sub(r"(?:의 경우|(?<=에)는|(?<=에서)는)$", "", core[:kept])
    nouns = {phrase.split()[-1] if phrase else "", *(noun.form for noun in clause.nouns()[-1:])}
    if not own and nouns & words("korean", "attributes"):
        return past.attribute(re.sub(r"^(?:그|이)\s", "", phrase), phrase.split()[-1])
    return past.contrasted(phrase)
