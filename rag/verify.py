"""Checks a draft against its evidence: every quantity, date and name of it must stand in a sentence it cites.

Quantities are compared by value and unit across notations, dates by what they name, names in either script. A claim
that another evidence sentence bears out is cited to that one; a lost "more than" or "up to" is put back; what no
evidence bears out makes the draft unfit to be shown. Other words of a Korean draft must be the sentence's own; those of
an English one cannot be compared with a Korean sentence, which is why it is shown beside them (rag.compose).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import snowballstemmer

from index.names import NameBook
from index.text import terms
from rag.annotate import say
from rag.dates import Date, find_dates, same_date
from rag.kinds import asks_name, new_names, says_number
from rag.numerals import Quantity, agrees, find_quantities, restore_bound
from rag.question import VALUES, Question, has_language
from rag.types import ClaimKind, Evidence

_MARK = re.compile(r"\s*\[(\d{1,2})\]")
_SENTENCE = re.compile(
    r"[^.!?。\n]*(?:[.!?。](?!\s|$|[\"'”’)])[^.!?。\n]*)*[.!?。]*[\"'”’)]*(?:\s*\[\d{1,2}\])*[.。]?\s*"
)
# A full stop that ends no sentence ("No. 6", "Dr. Kim", "U.S. firms"); the dot stands in for it while they are cut.
_ABBREVIATION = re.compile(r"\b(No|Mr|Mrs|Ms|Dr|Prof|St|Sen|Rep|Gov|vs|approx|(?:[A-Z]\.)*[A-Z])\.(?=\s+\S)")
_DOT = "\ue000"
# The end of a word, or of what Korean puts behind a noun.
_ENDED = r"(?=\b|(?:은|는|이|가|을|를|의|에|서|와|과|도|만|로|으로|부터|까지|들|인|이다|이라고|라고)+(?![가-힣]))"


@dataclass(frozen=True, slots=True)
class Checked:
    """A claim of the draft. `evidence` is the index of the evidence that bears it out, None when none does."""

    text: str
    kind: ClaimKind
    evidence: int | None


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """One sentence of the draft without its marks, and the evidence (indices, best first) it is to be cited to."""

    text: str
    evidence: tuple[int, ...]
    claims: tuple[Checked, ...]

    @property
    def supported(self) -> bool:
        return bool(self.evidence) and all(claim.evidence is not None for claim in self.claims)


def verify(question: Question, draft: str, evidence: Sequence[Evidence], names: NameBook) -> list[DraftSentence]:
    """The draft's sentences, each with its claims checked, its citations mended and its bounds restored."""
    return [_verify(question, part, evidence, names) for part in _parts(draft)]


def _parts(draft: str) -> list[str]:
    whole = _ABBREVIATION.sub(f"\\1{_DOT}", draft)
    found = (match.group().strip().replace(_DOT, ".") for match in _SENTENCE.finditer(whole))
    return [part for part in found if _MARK.sub("", part).strip(" .")]


def _verify(question: Question, part: str, evidence: Sequence[Evidence], names: NameBook) -> DraftSentence:
    cited = [int(n) - 1 for n in _MARK.findall(part)]
    cited = [n for n in dict.fromkeys(cited) if 0 <= n < len(evidence)]
    text = re.sub(r"\s+([.,])", r"\1", _MARK.sub("", part)).strip()
    order = [*cited, *(n for n in range(len(evidence)) if n not in cited)]
    claims: list[Checked] = []
    text, found = _quantities(question, text, evidence, order)
    claims += found
    claims += _dates(text, evidence, order)
    claims += _names(question, text, evidence, order, names)
    if question.language == "ko" and question.expects not in VALUES:
        claims.append(_wording(question, text, evidence, order))
    bearing = [claim.evidence for claim in claims if claim.evidence is not None]
    told = tuple(dict.fromkeys(bearing)) or tuple(cited) or (0,)
    return DraftSentence(text, told if evidence else (), tuple(claims))


def _quantities(
    question: Question, text: str, evidence: Sequence[Evidence], order: Sequence[int]
) -> tuple[str, list[Checked]]:
    """The text with its lost bounds restored, and its quantities checked: by one article, those of the question apart.

    Each may be true of its own article and the two have nothing to do with each other: the price of one thing is said
    of the number of another.
    """
    told, claims = _by_any(question, text, evidence, order)
    given = {quantity.text for quantity in question.quantities}
    own = [claim.evidence for claim in claims if claim.evidence is not None and claim.text not in given]
    if len({evidence[n].article.id for n in own}) < 2:
        return told, claims
    for article in dict.fromkeys(evidence[n].article.id for n in order):
        within = [n for n in order if evidence[n].article.id == article]
        mended, borne = _by_any(question, text, evidence, within)
        if all(claim.evidence is not None for claim in borne):
            return mended, borne
    return text, [replace(claim, evidence=None) for claim in claims]


def _by_any(
    question: Question, text: str, evidence: Sequence[Evidence], order: Sequence[int]
) -> tuple[str, list[Checked]]:
    texts = {n: evidence[n].text for n in order}
    claims: list[Checked] = []
    for found in reversed(find_quantities(text, question.language)):
        claim = found
        best = bearing(claim, texts)
        if best is None and (meant := _misread(claim, evidence, order)):
            text, claim = _replaced(question, text, claim, meant[1])
            best = bearing(claim, texts)
        if best is None:
            claims.append(Checked(claim.text, "quantity", None))
            continue
        index, other, verdict = best
        if claim.kind == "plain" != other.kind and text.strip(" .") == claim.text:  # "3" alone for 세 번째
            text, claim = _replaced(question, text, claim, other)
        if verdict == "bound_lost":
            text = restore_bound(text, claim, other, question.language)
        claims.append(Checked(claim.text, "quantity", index))
    return text, claims[::-1]


def _replaced(question: Question, text: str, claim: Quantity, meant: Quantity) -> tuple[str, Quantity]:
    """The text with another quantity in the claim's place: as it stands, with its counter, when both are Korean."""
    korean = question.language == "ko" and not meant.text.isascii()
    said = meant.text if korean else say(meant, question.language)
    text = f"{text[: claim.start]}{said}{text[claim.end :]}"
    return text, next((q for q in find_quantities(text, question.language) if q.start == claim.start), claim)


def bearing(claim: Quantity, texts: Mapping[int, str]) -> tuple[int, Quantity, str] | None:
    """The number of the text that bears out a quantity best, with what it says: an equal one before one whose bound was
    lost, else the first of `texts`; None when none does."""
    lost = None
    for index, text in texts.items():
        for other in find_quantities(text):
            verdict = agrees(claim, other)
            if verdict == "equal":
                return index, other, verdict
            if verdict == "bound_lost" and lost is None:
                lost = index, other, verdict
    return lost


def _misread(claim: Quantity, evidence: Sequence[Evidence], order: Sequence[int]) -> tuple[int, Quantity] | None:
    """The one quantity of the sentence answered from that has the claim's digits but another power of ten: 280억 read
    as 280 billion. A small model copies digits right and loses the myriads."""
    if not evidence or not order:
        return None
    same = [
        (order[0], other)
        for other in find_quantities(evidence[order[0]].text)
        if _digits(other) == _digits(claim) and claim.kind in (other.kind, "plain")
    ]
    return same[0] if len(same) == 1 else None


def _digits(quantity: Quantity) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return quantity.low.normalize().as_tuple().digits, quantity.high.normalize().as_tuple().digits


def _dates(text: str, evidence: Sequence[Evidence], order: Sequence[int]) -> list[Checked]:
    def bears(claim: Date, item: Evidence) -> bool:
        article = item.article
        told = find_dates(item.text, article.published, article.published_precision)
        return any(same_date(claim, other) for other in told)

    return [
        Checked(claim.text, "date", next((n for n in order if bears(claim, evidence[n])), None))
        for claim in find_dates(text)
    ]


def _names(
    question: Question, text: str, evidence: Sequence[Evidence], order: Sequence[int], names: NameBook
) -> list[Checked]:
    """A name must stand in a sentence; one that the question gave may also stand around it, in chunk or headline.

    The letter in a quantity such as 11B is none.
    """
    asked = {name.text.casefold() for name in question.names}
    numbers = find_quantities(text)
    claims: list[Checked] = []
    for name in names.find(text):
        if any(number.start <= name.start and name.end <= number.end for number in numbers):
            continue
        bears = next((n for n in order if names.occurs(name.text, evidence[n].text)), None)
        if bears is None and (name.text.casefold() in asked or any(names.occurs(a, name.text) for a in asked)):
            bears = next((n for n in order if names.occurs(name.text, _around(evidence[n]))), None)
        claims.append(Checked(name.text, "name", bears))
    return claims


def _wording(question: Question, text: str, evidence: Sequence[Evidence], order: Sequence[int]) -> Checked:
    """Whether all content words of a Korean statement stand in one sentence, those of the question apart.

    A word that stands there as it is need not be taken apart: alone it may be read otherwise (배경훈).
    """

    words = re.findall(r"\w+", text)

    def content(said: str) -> set[str]:
        return {term for term in terms(said) if not term.isdigit()} - set(question.terms)

    whole = content(text)

    def bears(sentence: str) -> bool:
        has = set(terms(sentence))
        return whole <= has or content(" ".join(w for w in words if not _stands(w, sentence))) <= has

    return Checked(text, "statement", next((n for n in order if bears(evidence[n].text)), None))


def _stands(word: str, sentence: str) -> bool:
    """One syllable is too little to go by: 반 begins 반도체."""
    return len(word) > 1 and re.search(rf"\b{word}{_ENDED}", sentence) is not None


def _around(item: Evidence) -> str:
    return f"{item.article.title}\n{item.context}"


def borne_out(question: Question, statements: Sequence[DraftSentence], names: NameBook) -> bool:
    """Whether a draft may be shown: all claims supported, an answer to what was asked, in the question's language."""
    return (
        bool(statements)
        and all(statement.supported for statement in statements)
        and answers(question, statements, names)
        and has_language(" ".join(statement.text for statement in statements), question.language)
    )


def answers(question: Question, statements: Sequence[DraftSentence], names: NameBook) -> bool:
    """Whether the statements say what was asked for: something new, and of the kind asked for."""
    text = " ".join(statement.text for statement in statements)
    if question.expects in ("count", "amount"):
        return says_number(question, text)
    if question.expects == "date":
        return bool(find_dates(text))
    if asks_name(question):
        return bool(new_names(question, text, names))
    return says_more(question, statements)


def says_more(question: Question, statements: Sequence[DraftSentence]) -> bool:
    """Whether the statements have a word that the question has not, in any inflection."""
    return bool(_words(" ".join(statement.text for statement in statements)) - _words(question.text))


# fmt: off
_FUNCTION = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "been", "by", "can", "did", "do", "does", "for", "from", "has",
    "have", "in", "into", "is", "it", "its", "of", "on", "or", "that", "the", "their", "they", "this", "to",
    "was", "were", "which", "will", "with", "would", "who", "what", "when", "where", "why", "how"
})
# fmt: on


def _words(text: str) -> set[str]:
    """Content words, English ones as their stems and others cut to two letters, so that inflection is no news."""
    found = set(re.findall(r"[a-z0-9]+|[^\W\da-z]+", text.casefold())) - _FUNCTION
    stem = snowballstemmer.stemmer("english").stemWord
    return {stem(word) if word.isascii() else word[:2] for word in found}


def renumbered(statements: Sequence[DraftSentence]) -> tuple[str, list[int], list[DraftSentence]]:
    """The answer's text with [1], [2] ... in order of appearance, the evidence behind each number, and the statements
    with their claims' evidence as those numbers (from 1)."""
    numbers: dict[int, int] = {}
    pieces: list[str] = []
    mended: list[DraftSentence] = []
    for statement in statements:
        marks = "".join(f"[{numbers.setdefault(n, len(numbers) + 1)}]" for n in statement.evidence)
        ended = re.fullmatch(r"(.*?)([.!?。]*)", statement.text, re.DOTALL)
        body, stop = ended.groups() if ended else (statement.text, "")
        pieces.append(f"{body} {marks}{stop or '.'}")
        claims = tuple(
            replace(claim, evidence=None if claim.evidence is None else numbers[claim.evidence])
            for claim in statement.claims
        )
        mended.append(replace(statement, claims=claims))
    return " ".join(pieces), list(numbers), mended
