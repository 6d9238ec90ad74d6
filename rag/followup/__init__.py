"""Makes a follow-up ("And the UK?", "그중 공공은 몇 장이야?") a question that stands alone, from the turns before it.

By rules, without a model: the local one rewrites badly and takes seconds. A question is touched only when something in
it points back (a pronoun, an opening, a part that is missing); a full question stays as it is, letter by letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from index.names import NameBook
from rag.errors import QuestionError
from rag.followup import english, korean
from rag.question import accept, detect


class Turn(Protocol):
    """What is looked at of an exchange; `standalone` is the question as it was understood."""

    @property
    def standalone(self) -> str: ...

    @property
    def answer(self) -> str: ...


def standalone(question: str, turns: Sequence[Turn], names: NameBook) -> str:
    """The question as it is meant after `turns` (oldest first), in its own language; unchanged if it stands alone."""
    if not turns:
        return question
    before = turns[-1].standalone
    try:
        text, language = accept(question)
        same = detect(before) == language
    except QuestionError:  # whoever answers the question says so, better than here
        return question
    if language == "ko":
        told = korean.resolve(text, korean.Before(before, turns[-1].answer, names, taken_apart=same))
    else:
        told = english.resolve(text, english.Before(before, turns[-1].answer, names, taken_apart=same))
    return told or question
