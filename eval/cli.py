"""`gisa eval`: measure answers and retrieval, and look at what was measured."""

from __future__ import annotations

import typer

from eval.cli_judge import judge
from eval.cli_new import new
from eval.cli_report import compare, report
from eval.cli_run import retrieval, run
from eval.help import HELP

__all__ = ["HELP", "app"]

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="eval")
for command in (run, retrieval, judge, report, compare, new):
    app.command(help=f"eval.{command.__name__}")(command)
