"""Figures, tables and comparisons of runs."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from eval.report import run_table, show_failures, wrongs
from eval.summary import summary

if TYPE_CHECKING:
    pass
from small_run import RUN, asked


def shown(*things: object) -> str:
    console = Console(file=StringIO(), width=200)
    for thing in things:
        console.print(thing)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_figures(tmp_path: Path) -> None:
    """One of three facts is right in the answer, two in the quotes; of all five, two refused flags are right."""
    figures = {figure.what: figure.told for figure in summary(asked(tmp_path / "run.jsonl"))}
    assert figures["facts in the answer"] == "33.3% (1/3)"
    assert figures["facts in the quotes"] == "66.7% (2/3)"
    assert figures["right refusals"] == "40.0% (2/5)"
    assert figures["  refused, of the unanswerable"] == "0.0% (0/2)"
    assert figures["  answered, of the answerable"] == "66.7% (2/3)"
    assert figures["right citation article"] == "66.7% (2/3)"
    assert figures["right language"] == "80.0% (4/5)", "a question that failed counts as wrong"
    assert (figures["unsupported quantities"], figures["errors"]) == ("1", "1")
    tokens = figures["prompt tokens, median"], figures["prompt tokens, most"]
    assert tokens == ("54", "58"), "40 and the lengths of four questions: 14, 15, 6, 18"


def test_table_and_failures(tmp_path: Path) -> None:
    records = asked(tmp_path / "run.jsonl")
    table = shown(run_table(RUN, records))
    assert all(head in table for head in ("all (5)", "ko (2)", "en (3)"))
    console = Console(file=StringIO(), width=40)
    show_failures(console, records)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert text.startswith("\n4 of 5 questions went wrong.")
    assert "en-right" not in text
    for part in (
        "26만 | 260,000 from 003",
        "26,000 chips [1]",
        "unsupported: 26,000",
        "The server is away",
        "a refusal",
    ):
        assert part in text
    assert "quote 1:  GPU 26만장을 들여온다. (korea)" in text


def test_summary_of_nothing() -> None:
    assert {figure.told for figure in summary([])} == {"-", "0"}


def test_right_answers_have_no_wrongs(tmp_path: Path) -> None:
    records = asked(tmp_path / "run.jsonl")
    assert (
        [record.id for record in records if not wrongs(record)]
        == ["en-right"]
        == [record.id for record in records if record.right]
    )
