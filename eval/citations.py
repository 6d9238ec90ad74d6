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

from dataclasses import dataclass


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


def _share(part: int, of: int) -> float | None:
    return part / of if of else None
