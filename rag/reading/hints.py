"""What a name is called in the passage, put behind it in the question: "Bae Eun-ju (배은주)".

An English question and a Korean passage share no letters of a name, and a small encoder cannot tell how an invented
one is spelled in the other script. gisa's NameBook can: by its lists, by what articles gloss, and by sound.
"""

from __future__ import annotations

import re

from index.names import Name, NameBook

_HANGUL = re.compile(r"[가-힣]")
_MOST = 6


def hinted(question: str, names: NameBook, passage: str, found: list[Name] | None = None) -> str:
    """The question with each name that the passage writes in the other script glossed so; at most six of them.

    `found` are the names in the question, where they are known already.
    """
    notes: list[tuple[int, str]] = []
    for name in (names.find(question) if found is None else found)[:_MOST]:
        hangul = _HANGUL.search(name.text) is not None
        for start, end in names.spans(name.text, passage):
            form = passage[start:end]
            if (_HANGUL.search(form) is not None) != hangul:
                notes.append((name.end, form))
                break
    for at, form in sorted(notes, reverse=True):
        question = f"{question[:at]} ({form}){question[at:]}"
    return question
