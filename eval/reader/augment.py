"""Training passages told otherwise: other numbers, people in each other's places. Lengths stay, so offsets do."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

_NUMBER = re.compile(r"\d+(?!\d*년)")
_FIRST = "가나다라민서준현지은수정영도윤하연우성진태경동재희혜승유예주호규석원선미상창광대명병기인철순옥찬훈환솔별"
_LAST = "준우현진희영수민정호연아은서원석빈철훈경미숙자순환규식태성주하린율솔결온샘혁욱범찬"


def renumbered(rng: random.Random, question: str, *texts: str) -> tuple[str, str, list[str]]:
    """Question, title and sentences (`texts`, the title first) with every number that the question does not name
    exchanged for one of as many digits, the same number always for the same one. Years stay."""
    given = set(re.findall(r"\d+", question))
    new: dict[str, str] = {}

    def exchanged(found: re.Match[str]) -> str:
        told = found.group()
        if told in given:
            return told
        if told not in new:
            first = rng.choice("123456789") if told[0] != "0" else "0"
            new[told] = first + "".join(rng.choice("0123456789") for _ in told[1:])
        return new[told]

    title, *rest = (_NUMBER.sub(exchanged, text) for text in texts)
    return question, title, rest


def renamed(people: Sequence[str], rng: random.Random, question: str, *texts: str) -> tuple[str, str, list[str]]:
    """Question, title and sentences with people of three syllables under new names, or in each other's places.

    Under a new name a person keeps the surname, by which articles call people the second time.
    """
    if not people:
        return question, texts[0], list(texts[1:])
    others = [name[0] + rng.choice(_FIRST) + rng.choice(_LAST) for name in people]
    if len(people) > 1 and rng.random() < 0.3:
        others = list(people)
        rng.shuffle(others)
    new = dict(zip(people, others, strict=True))
    pattern = re.compile("|".join(map(re.escape, people)))
    question, title, *rest = (pattern.sub(lambda found: new[found.group()], text) for text in (question, *texts))
    return question, title, rest
