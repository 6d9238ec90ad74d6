"""What the passage calls the names and words of a question, put behind them: "Bae Eun-ju (배은주)", "subsidy 보조금".

An English question and a Korean passage share no letters, and a small encoder cannot tell how an invented name is
spelled in the other script, nor which of four Korean words an article uses for a subsidy. gisa's NameBook and its word
list can: of the Korean words for an English one those are shown that the passage has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from index.names import Name, NameBook
from index.vocabulary import Translation, translated
from rag.reading.passage import Passage

_HANGUL = re.compile(r"[가-힣]")
_NAMES = 6
_WORDS = 10
_OF_A_WORD = 2
"""At most so many names and words of a question are glossed, and a word by so many."""


def hinted(
    question: str,
    names: NameBook,
    passage: Passage,
    found: Sequence[Name] | None = None,
    words: Sequence[Translation] | None = None,
) -> str:
    """The question with each name that the passage writes in the other script, and each English word that it has a
    Korean one for, glossed so.

    `found` are the names in the question and `words` its translations, where they are known already.
    """
    notes: list[tuple[int, str]] = []
    its = names.find(question) if found is None else found
    for name in its[:_NAMES]:
        hangul = _HANGUL.search(name.text) is not None
        for start, end in names.spans(name.text, passage.text):
            form = passage.text[start:end]
            if (_HANGUL.search(form) is not None) != hangul:
                notes.append((name.end, f" ({form})"))
                break
    if passage.terms:
        left = _WORDS
        for word in translated(question) if words is None else words:
            if left and not any(name.start < word.end and word.start < name.end for name in its):
                shown = [k for k, terms in zip(word.korean, word.group, strict=True) if passage.terms.issuperset(terms)]
                if shown:
                    notes.append((word.end, " " + " ".join(shown[:_OF_A_WORD])))
                    left -= 1
    for at, note in sorted(notes, reverse=True):
        question = f"{question[:at]}{note}{question[at:]}"
    return question
