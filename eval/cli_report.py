"""`gisa eval report` and `gisa eval compare`: the commands that look at what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval import report as tables
from eval.records import complete_lines, not_a_run, read_run

ResultFile = Annotated[Path, typer.Argument(metavar="FILE", help="A file that `gisa eval run` wrote.")]
Failures = Annotated[bool, typer.Option("--failures", help="List what went wrong, with answers and quotes.")]


def report(file: ResultFile, failures: Failures = False) -> None:
    """Show the table of results measured before."""
    show(Console(), file, failures=failures)


def compare(before: ResultFile, after: ResultFile) -> None:
    """Show which questions got better or worse between two runs."""
    tables.show_comparison(Console(), read_run(before), read_run(after))


def show(console: Console, file: Path, *, failures: bool) -> None:
    """The tables of a file of results."""
    by_data = _retrieval_rows(file)
    for rows in by_data.values():
        console.print(tables.retrieval_table(rows))
    if by_data:
        return
    run_record, records = read_run(file)
    console.print(tables.run_table(run_record, records))
    if failures:
        tables.show_failures(console, records)


def _retrieval_rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows of each data set where the file is one of retrieval results; none where it is another."""
    by_data: dict[str, list[dict[str, Any]]] = {}
    lines = complete_lines(file)
    if not lines or b'"type": "retrieval"' not in lines[0]:
        return by_data
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            by_data.setdefault(row["data"], []).append(row)
        except (ValueError, KeyError, TypeError) as error:
            raise not_a_run(file, f"line {number} is no result of retrieval") from error
    return by_data
