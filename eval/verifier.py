"""The verifier by itself: whether it tells quantities that bear a claim out from those that do not.

`python -m eval.verifier [FILE]` scores the table of our own, `eval/data/quantity_pairs.tsv`, and exits with 1 when a
row is wrong. Its expected values are written by hand. What decides is what decides in answers (`rag.verify.bearing`);
a lost bound counts as borne out, as an answer is given it back.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.table import Table

from eval import provenance
from eval.datasets import DataError
from rag.numerals import find_quantities
from rag.verify import bearing
from seeds.errors import Language

PAIRS = Path(__file__).with_name("data") / "quantity_pairs.tsv"
COLUMNS = ("claim", "claim_language", "source", "source_language", "expected", "class")

Expected = Literal["equal", "unequal"]


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and the source it may follow from; `line` counts from 1, `kind` is the table's column `class`."""

    line: int
    claim: str
    claim_language: Language
    source: str
    source_language: Language
    expected: Expected
    kind: str


@dataclass(frozen=True, slots=True)
class PairScores:
    """`wrong` holds the rows whose verdict is not the expected one; `by_kind` is (right, total) of each class."""

    right: int
    total: int
    wrong: tuple[Pair, ...]
    by_kind: dict[str, tuple[int, int]]


def score_pairs(path: Path = PAIRS) -> PairScores:
    """The verifier's verdict on every row of the table.

    Raises:
        DataError: the file is missing, or one of its lines is malformed.
    """
    pairs = load_pairs(path)
    wrong = tuple(pair for pair in pairs if borne_out(pair) != (pair.expected == "equal"))
    totals, missed = Counter(pair.kind for pair in pairs), Counter(pair.kind for pair in wrong)
    by_kind = {kind: (total - missed[kind], total) for kind, total in totals.items()}
    return PairScores(len(pairs) - len(wrong), len(pairs), wrong, by_kind)


def borne_out(pair: Pair) -> bool:
    """Whether the claim has a quantity, and the source bears out every one it has."""
    claims = find_quantities(pair.claim, pair.claim_language)
    return bool(claims) and all(bearing(claim, {0: pair.source}) is not None for claim in claims)


def load_pairs(path: Path) -> list[Pair]:
    """The rows of a table: tab-separated UTF-8 with the header `COLUMNS`; lines that start with # are comments.

    Raises:
        DataError: the file cannot be read, or a line is malformed; the line is named.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path} cannot be read ({error}); check the path, and that it is UTF-8.",
            f"{path} 파일을 읽을 수 없습니다({error}). 경로와 UTF-8 여부를 확인하세요.",
        ) from error
    rows = [(n, line.split("\t")) for n, line in enumerate(text.splitlines(), 1) if line and line[0] != "#"]
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise _malformed(path, rows[0][0] if rows else 1, f"the header must be {', '.join(COLUMNS)}, split by tabs")
    seen: dict[tuple[str, ...], int] = {}
    pairs: list[Pair] = []
    for line, cells in rows[1:]:
        pairs.append(_pair(path, line, cells))
        before = seen.setdefault(tuple(cells[:4]), line)
        if before != line:
            raise _malformed(path, line, f"repeats line {before}")
    if not pairs:
        raise _malformed(path, rows[0][0], "no row follows the header")
    return pairs


def _pair(path: Path, line: int, cells: Sequence[str]) -> Pair:
    if len(cells) != len(COLUMNS):
        raise _malformed(path, line, f"{len(COLUMNS)} columns are needed, {len(cells)} found")
    if blank := [name for name, cell in zip(COLUMNS, cells, strict=True) if not cell.strip()]:
        raise _malformed(path, line, f"{blank[0]} is empty")
    claim, claim_language, source, source_language, expected, kind = cells
    return Pair(
        line, claim, _language(path, line, claim_language), source, _language(path, line, source_language),
        _expected(path, line, expected), kind,
    )  # fmt: skip


def _language(path: Path, line: int, cell: str) -> Language:
    if cell == "ko":
        return "ko"
    if cell == "en":
        return "en"
    raise _malformed(path, line, f"a language is ko or en, not {cell!r}")


def _expected(path: Path, line: int, cell: str) -> Expected:
    if cell == "equal":
        return "equal"
    if cell == "unequal":
        return "unequal"
    raise _malformed(path, line, f"expected is equal or unequal, not {cell!r}")


def _malformed(path: Path, line: int, what: str) -> DataError:
    return DataError(f"{path}, line {line}: {what}; mend that line.", f"{path} {line}번째 줄: {what}. 고쳐 주세요.")


def main(arguments: Sequence[str]) -> int:
    """Prints the scores by class and every wrong row; 0 when all are right, 1 when not, the error's own code else."""
    console = Console()
    try:
        scores = score_pairs(Path(arguments[0]) if arguments else PAIRS)
    except DataError as error:
        Console(stderr=True).print(error.en, markup=False, soft_wrap=True)
        return error.exit_code
    table = Table("class", "right", "of")
    for kind, (right, total) in sorted(scores.by_kind.items()):
        table.add_row(kind, str(right), str(total))
    console.print(table)
    for pair in scores.wrong:
        console.print(
            f"line {pair.line}: {pair.claim} / {pair.source}: not {pair.expected}", markup=False, soft_wrap=True
        )
    console.print(f"{scores.right} of {scores.total} right ({scores.right / scores.total:.1%})")
    console.print(f"{provenance.machine()}, revision {provenance.revision()}, {provenance.now()}", highlight=False)
    return 0 if scores.right == scores.total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
