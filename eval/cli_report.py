"""`gisa eval report` and `gisa eval compare`: the commands that look at what was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from eval import compare as compared
from eval import report as tables
from eval.records import read_run, retrieval_rows
from rag.settings import load_settings

WORSE = 11
"""Exit status of a gate: the second run is significantly worse, or lacks questions of the first."""
ResultFile = Annotated[Path, typer.Argument(metavar="FILE", help="eval.file")]
Failures = Annotated[bool, typer.Option("--failures", help="eval.failures")]


def report(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="eval.report.files"),
    ],
    *,
    html: Annotated[Path | None, typer.Option(metavar="OUT.html", help="eval.report.html")] = None,
    language: Annotated[Literal["ko", "en"], typer.Option(help="eval.report.language")] = "en",
    failures: Failures = False,
) -> None:
    if html is None:
        for file in files:
            show(Console(), file, failures=failures)
        return
    from eval.html_files import write_page

    write_page(files, html, load_settings().home, language)
    Console(stderr=True).print(f"Written to {html}", highlight=False, markup=False, soft_wrap=True)


def compare(
    before: ResultFile,
    after: ResultFile,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="eval.compare.json")] = False,
    gate: Annotated[bool, typer.Option("--gate", help="eval.compare.gate")] = False,
    allow: Annotated[float, typer.Option(min=0, max=1, help="eval.compare.allow")] = 0.0,
    allow_seconds: Annotated[
        float | None,
        typer.Option(min=0, help="eval.compare.allow_seconds"),
    ] = None,
    seed: Annotated[int, typer.Option(help="eval.compare.seed")] = 0,
) -> None:
    found = compared.compare(read_run(before), read_run(after), seed=seed)
    if as_json:
        typer.echo(json.dumps(found.to_json(allow, allow_seconds), ensure_ascii=False, indent=2))
    else:
        tables.show_comparison(Console(), found)
    if not gate:
        return
    closed = [f"Missing: {len(found.missing)} questions of {before}"] if found.missing else []
    if failing := found.failing(allow, allow_seconds):
        closed.append(f"Worse: {', '.join(one.measure for one in failing)}")
    if closed:
        Console(stderr=True).print("\n".join(closed), highlight=False, markup=False, soft_wrap=True)
        raise typer.Exit(WORSE)


def show(console: Console, file: Path, *, failures: bool) -> None:
    """The tables of a file of results."""
    by_data = retrieval_rows(file)
    for rows in by_data.values():
        console.print(tables.retrieval_table(rows))
    if by_data:
        return
    run_record, records = read_run(file)
    console.print(tables.run_table(run_record, records))
    if failures:
        tables.show_failures(console, records)
