"""Scores one Answer against one golden question. Nothing of rag's own checks is used: this is what measures them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.datasets import GoldenQuestion
from eval.quantities import unsupported
from rag.errors import Language
from rag.types import Answer

_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|\([^)]*\)|\[[^\]]*\]")
_MARK = re.compile(r"\s*\[\d+\]")
_BESIDE = re.compile(r"(?:기사 원문:|In the article's words:) *[\"“].*", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9]*[A-Z0-9][A-Za-z0-9&.+'’-]*")
_HANGUL = re.compile(r"[가-힣ㄱ-ㆎ]")
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Scores:
    """How one answer did. What is None does not apply: facts and article of a question that has no answer.

    `missing_in_answer` and `missing_in_quotes` are the facts not found (the forms accepted), `unsupported` the numbers
    that no quote of the answer bears out, as written.
    """

    right_refusal: bool
    right_language: bool
    facts_in_answer: bool | None
    facts_in_quotes: bool | None
    right_article: bool | None
    missing_in_answer: tuple[tuple[str, ...], ...]
    missing_in_quotes: tuple[tuple[str, ...], ...]
    unsupported: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Nothing is wrong with the answer."""
        applies = (self.facts_in_answer, self.facts_in_quotes, self.right_article)
        return self.right_refusal and self.right_language and False not in applies and not self.unsupported


def score(question: GoldenQuestion, answer: Answer, numbers: Mapping[str, str]) -> Scores:
    """`numbers` maps an article's id to the number of its source file ("003")."""
    quotes = [citation.quote for citation in answer.citations]
    in_answer = missing_facts(question.facts, asserted(answer))
    in_quotes = missing_facts(question.facts, *quotes)
    cited = {name for c in answer.citations for name in (c.article_id, c.title, numbers.get(c.article_id))}
    spoken = language_of(answer.answer)
    published = [citation.published for citation in answer.citations]
    wrong = [] if answer.refused else unsupported(answer.answer, quotes, published, answer.question)
    asked = question.answerable
    return Scores(
        right_refusal=answer.refused != asked,
        right_language=spoken in (None, question.language),
        facts_in_answer=not in_answer and not answer.refused if asked else None,
        facts_in_quotes=not in_quotes if asked else None,
        right_article=not cited.isdisjoint(question.articles) if asked else None,
        missing_in_answer=in_answer,
        missing_in_quotes=in_quotes,
        unsupported=tuple(wrong),
    )


def asserted(answer: Answer) -> str:
    """What the answer says in its own name, marks of citation apart: "" where it only quotes or refuses.

    A false sentence above a true quotation is a false answer: what stands in quotation marks beside it does not count.
    """
    if answer.refused or answer.answered_by == "extract":
        return ""
    told = " ".join(statement.text for statement in answer.statements) or answer.answer
    return _MARK.sub("", _BESIDE.sub("", told)).strip()


def holds(text: str, form: str) -> bool:
    """Whether a fact's form stands in the text: the matching rule at the top of golden.yaml."""
    wanted = normalised(form)
    before = r"(?<!\d)(?<!\d\.)" if wanted[0].isdigit() else ""
    after = r"(?!\.?\d)" if wanted[-1].isdigit() else ""
    return re.search(before + re.escape(wanted) + after, normalised(text)) is not None


def normalised(text: str) -> str:
    """NFKC, casefolded, without white space and without the commas inside numbers: that in "30, 2025" parts two."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(re.sub(r"(?<=\d),(?=\d)", "", plain).split())


def missing_facts(facts: Iterable[Sequence[str]], *texts: str) -> tuple[tuple[str, ...], ...]:
    """The facts of which no form stands in any of the texts."""
    return tuple(tuple(forms) for forms in facts if not any(holds(text, form) for form in forms for text in texts))


def language_of(text: str) -> Language | None:
    """The language a text is written in: "ko" where more than half of its letters are Hangul.

    Quoted parts, parentheses, citation marks and names in Latin letters (words with a capital or a digit) say nothing
    of it. A text that is nothing but quotes is judged by them: its reader gets no other words. None when only such
    names and numbers are left, which read the same in both languages.
    """
    own = _QUOTED.sub(" ", text)
    if not _LETTER.search(own):
        own = text
    letters = _LETTER.findall(_NAME.sub(" ", own))
    if not letters:
        return None
    return "ko" if sum(bool(_HANGUL.match(letter)) for letter in letters) > len(letters) / 2 else "en"
