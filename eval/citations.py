"""Whether an answer's citations bear it out, by ALCE's definitions, decided by gisa's own verifier.

Gao et al. 2023 (arXiv:2305.14627), section 4: *recall* is the share of statements that their citations, taken together,
support; a statement without citations is not supported. *Precision* is the share of citations that are not irrelevant:
one is relevant when its statement is supported and either it supports it alone, or the others do not without it.

ALCE lets a model for natural language inference decide what supports what; here `rag.verify` does: every quantity, date
and name of the statement, and of a Korean one its other words, must stand in the cited quotes as they are, with nothing
for the verifier to mend. So the figures of gisa's own answers tell whether what was verified is what was cited, not
whether the verifier is right: that is measured by eval.verifier and by facts. Two things follow:

- A quotation supports itself. Quotations are counted apart, as supported where they stand in the quote they cite.
- A statement with nothing in it to check is decided by nobody. It is left out, and counted.

Refusals cite nothing and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from index.names import NameBook
from index.types import ArticleInfo
from rag.question import Question, read
from rag.types import Answer, Citation, Evidence
from rag.verify import verify
from seeds.article import Precision

_MARK = re.compile(r"\s*\[(\d{1,2})\]")
_LEAD_IN = re.compile(r"[^.!?。\n\]]*:\s*(?=\n|$)", re.MULTILINE)
"""What only introduces a quotation: "In the article's words:"."""
_SENTENCE = re.compile(
    r".+?(?:(?<!\bNo)(?<!\bMr)(?<!\bMs)(?<!\bMrs)(?<!\bDr)(?<!\bSt)(?<!\bvs)(?<!\b[A-Z])"
    r"[.!?。][\"'”’)]*(?:\s*\[\d{1,2}\])*(?=\s|$)|$)",
    re.DOTALL,
)
_SINGLE = str.maketrans({'"': "'", "“": "'", "”": "'", "‘": "'", "’": "'"})


@dataclass(frozen=True, slots=True)
class CitationScores:
    """Counts over one answer: `statements` of its own words that could be decided and how many of them are
    `supported`; their `citations` and how many are `relevant`; quotations, and those that stand in what they cite;
    statements that nobody could decide."""

    statements: int = 0
    supported: int = 0
    citations: int = 0
    relevant: int = 0
    quotations: int = 0
    quoted_right: int = 0
    undecided: int = 0

    @property
    def recall(self) -> float | None:
        """Quotations count as statements. None when there is neither."""
        return _share(self.supported + self.quoted_right, self.statements + self.quotations)

    @property
    def precision(self) -> float | None:
        return _share(self.relevant + self.quoted_right, self.citations + self.quotations)

    @property
    def written_recall(self) -> float | None:
        """Of its own words alone; None when there are none."""
        return _share(self.supported, self.statements)

    @property
    def written_precision(self) -> float | None:
        return _share(self.relevant, self.citations)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer without its marks, and the numbers of the citations it has."""

    text: str
    cited: tuple[int, ...]


def citation_scores(answer: Answer, names: NameBook) -> CitationScores | None:
    """None for a refusal. `names` are those the verifier knows; a number with no citation behind it is no citation.

    Raises QuestionError for a question that gisa would not have taken.
    """
    if answer.refused:
        return None
    own, quoted = _without_quotations(answer.answer, answer.citations)
    evidence = {citation.number: _evidence(citation, answer.language) for citation in answer.citations}
    question = read(answer.question, names, answer.language, max(1, len(answer.question)))
    found = [_scored(question, one, evidence, names) for one in statements(own, evidence)]
    decided = [one for one in found if one is not None]
    return CitationScores(
        statements=len(decided),
        supported=sum(supported for supported, _ in decided),
        citations=sum(len(relevant) for _, relevant in decided),
        relevant=sum(sum(relevant) for _, relevant in decided),
        quotations=len(quoted),
        quoted_right=sum(quoted),
        undecided=len(found) - len(decided),
    )


def statements(text: str, numbers: Container[int]) -> Iterator[Statement]:
    """The sentences of a text, each with the `numbers` it is marked with."""
    for line in text.splitlines():
        for sentence in _SENTENCE.findall(line):
            marks = [int(number) for number in _MARK.findall(sentence)]
            words = _MARK.sub("", sentence).strip()
            if words.strip(" .,:;!?。"):
                yield Statement(words, tuple(dict.fromkeys(number for number in marks if number in numbers)))


def _without_quotations(text: str, citations: Sequence[Citation]) -> tuple[str, list[bool]]:
    """What is left of an answer without the sentences it quotes, their glosses and what introduces them; and of each
    quotation whether it is marked with the number of the quote it is."""
    found: list[bool] = []
    for citation in citations:
        quote = re.sub(r"['‘’\"“”]", "['‘’\"“”]", re.escape(citation.quote.translate(_SINGLE)))
        pattern = re.compile(rf"[\"“]{quote}[\"”](?:\s*\(.*?\))?\s*\[(\d{{1,2}})\]", re.DOTALL)
        found += [int(number) == citation.number for number in pattern.findall(text)]
        text = pattern.sub("\n", text)
    return _LEAD_IN.sub("", text) if found else text, found


def _scored(
    question: Question, statement: Statement, evidence: Mapping[int, Evidence], names: NameBook
) -> tuple[bool, list[bool]] | None:
    """Whether the statement is supported, and of each of its citations whether it is relevant; None where nothing in
    it can be checked."""

    def supports(*numbers: int) -> bool | None:
        found = verify(question, statement.text, [evidence[number] for number in numbers], names)
        if not any(one.claims for one in found):
            return None
        as_it_is = "".join("".join(one.text for one in found).split()) == "".join(statement.text.split())
        return as_it_is and all(one.supported for one in found)

    cited = statement.cited
    if not cited:
        return False, []
    together = supports(*cited)
    if together is None:
        return None
    relevant = [
        together and (bool(supports(one)) or not supports(*(other for other in cited if other != one))) for one in cited
    ]
    return together, relevant


def _evidence(citation: Citation, language: str) -> Evidence:
    """The quote as evidence, with nothing around it."""
    day, precision = _day(citation.published)
    article = ArticleInfo(
        citation.article_id, citation.title, citation.publisher, None, day, precision, language, citation.url, ""
    )
    return Evidence(article, "", citation.start, citation.end, citation.quote, citation.quote, score=0.0, words=0.0)


def _day(published: str | None) -> tuple[date | None, Precision]:
    parts = [int(part) for part in (published or "").split("-") if part]
    if not parts:
        return None, "day"
    precisions: tuple[Precision, ...] = ("year", "month", "day")
    year, month, day = [*parts, 1, 1][:3]
    return date(year, month, day), precisions[len(parts) - 1]


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
