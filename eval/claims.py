"""The verifier on sentences it was not made for: does a premise bear a claim out, on KLUE-NLI's news.

`python -m eval.claims ../shared/evaldata/klue_nli_news`. The verifier compares quantities, dates, names and words; it
does not reason. So what is told is the area under the curve of entailed claims against all others, for claims with
something to check (a quantity, date or name) and for all, beside the share that has something to check.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console
from rich.table import Table
from sklearn.metrics import roc_auc_score

from eval import provenance
from eval.datasets import DataError
from index.names import NameBook
from index.text import terms
from index.types import ArticleInfo
from rag.errors import GisaError
from rag.question import read
from rag.types import Evidence
from rag.verify import verify

LEAD = "무엇이라고 하나요?"
"""Asks for no kind of thing and names nobody, so that nothing in a claim counts as given by the question."""


class Row(BaseModel):
    """A line of claims.jsonl."""

    model_config = ConfigDict(frozen=True)

    premise: str = Field(min_length=1)
    claim: str = Field(min_length=1)
    label: Literal["entailment", "neutral", "contradiction"]


@dataclass(frozen=True, slots=True)
class Support:
    """How far a premise bears a claim out. `words` is the share of the claim's search terms that the premise has, 0 to
    1; `checked` counts its quantities, dates and names, `missing` those of them that the premise does not bear out."""

    words: float
    checked: int
    missing: int

    @property
    def score(self) -> float:
        """One thing missing weighs more than all words together: a number that is not there is not borne out."""
        return self.words - self.missing


def support(premise: str, claim: str, names: NameBook) -> Support:
    """The verifier's checks of a claim (Korean) as if it were a draft and the premise its only evidence."""
    info = ArticleInfo(
        id="premise", title="", publisher=None, author=None, published=None, published_precision="day", language="ko",
        url=None, source="",
    )  # fmt: skip
    item = Evidence(info, "premise", 0, len(premise), premise, premise, 0.0, 0.0)
    found = [one for said in verify(read(LEAD, names, "ko"), claim, [item], names) for one in said.claims]
    checked = [one for one in found if one.kind != "statement"]
    said, told = set(terms(claim)), set(terms(premise))
    words = len(said & told) / len(said) if said else 0.0
    # A draft's misread power of ten is mended before anybody sees it; as a claim it was not borne out.
    missing = sum(one.evidence is None or one.text not in claim for one in checked)
    return Support(words, len(checked), missing)


def load(folder: Path) -> list[Row]:
    """Raises DataError."""
    path = folder / "claims.jsonl"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [Row.model_validate_json(line) for line in lines if line.strip()]
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        told = " ".join(str(error).split())[:160]
        raise DataError(
            f"{path} does not hold claims ({told}). Expected on each line: premise, claim, label.",
            f"{path} 에 주장이 없습니다({told}). 줄마다 premise, claim, label이 있어야 합니다.",
        ) from error


def table(rows: Sequence[Row], supports: Sequence[Support]) -> Table:
    """The areas under the curve, for claims with something to check, for all, and for words alone."""
    shown = Table("claims", "how many", "entailed", "verifier and words", "words alone", "verifier alone")
    for told, kept in (("with a quantity, date or name", 1), ("all", 0)):
        chosen = [(row.label == "entailment", its) for row, its in zip(rows, supports, strict=True)]
        chosen = [(entailed, its) for entailed, its in chosen if its.checked >= kept]
        entailed = [one for one, _ in chosen]
        columns = (
            [its.score for _, its in chosen],
            [its.words for _, its in chosen],
            [-its.missing for _, its in chosen],
        )
        areas = [f"{roc_auc_score(entailed, column):.3f}" for column in columns]
        shown.add_row(told, f"{len(chosen)} ({len(chosen) / len(rows):.0%})", f"{sum(entailed)}", *areas)
    return shown


def main(folder: Annotated[Path, typer.Argument(help="The folder of claims.jsonl.")]) -> None:
    """Measure the verifier on premises and claims."""
    rows, names = load(folder), NameBook(())
    supports = [support(row.premise, row.claim, names) for row in rows]
    Console().print(table(rows, supports))
    refuted = [row.label for row, its in zip(rows, supports, strict=True) if its.missing]
    told = ", ".join(f"{label} {refuted.count(label)}" for label in ("entailment", "neutral", "contradiction"))
    Console().print(f"something missing: {told}. {provenance.machine()}, {provenance.revision()}", highlight=False)


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        raise SystemExit(error.en) from error
