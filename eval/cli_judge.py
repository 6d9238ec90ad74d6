"""`gisa eval judge`: a model judges the answers of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from eval.agreement import METRICS, agreement
from eval.progress import track
from eval.records import QuestionRecord, read_run

TIMEOUT_S = 120.0


def judge(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="eval.file")],
    *,
    judge_url: Annotated[str, typer.Option(metavar="URL", envvar="GISA_EVAL_JUDGE_URL", help="eval.judge.url")],
    judge_model: Annotated[str, typer.Option(metavar="NAME", envvar="GISA_EVAL_JUDGE_MODEL", help="eval.judge.model")],
    key: Annotated[str | None, typer.Option(envvar="GISA_EVAL_JUDGE_KEY", help="eval.judge.key")] = None,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="eval.judge.timeout")] = TIMEOUT_S,
    limit: Annotated[int | None, typer.Option(min=1, help="eval.judge.limit")] = None,
) -> None:
    judge_run(file, judge_url, judge_model, key, timeout_s=timeout, limit=limit)


def judge_run(
    file: Path, url: str, model: str, key: str | None, *, timeout_s: float = TIMEOUT_S, limit: int | None = None
) -> None:
    """Have the model judge what it has not judged of a run yet, and show how far it agrees with the metrics.

    Raises JudgeError; what was judged is kept.
    """
    from eval.judges import judge_each, missing, open_judge

    _, records = read_run(file)
    llm = open_judge(url, model, key, timeout_s)
    waiting = [record for record in records if missing(record, llm.metadata.model_name)][:limit]
    for _ in track(judge_each(llm, waiting, file), "judging", len(waiting)):
        pass
    Console().print(agreement_table(read_run(file)[1], model))


def agreement_table(records: Sequence[QuestionRecord], judge_model: str) -> Table:
    """A row an evaluator: how many answers pass, by it and by the metric, and how far both agree."""
    table = Table(title=f"Judged by {judge_model}", title_justify="left", caption_justify="left", box=SIMPLE_HEAD)
    table.add_column("", no_wrap=True)
    for column in ("answers", "unread", "judge", "metric", "agreement", "kappa"):
        table.add_column(column, justify="right", no_wrap=True)
    for evaluator in METRICS:
        if (found := agreement(evaluator, records)) is not None:
            shares = [f"{100 * share:.1f}%" for share in (found.judge_passes, found.metric_passes, found.raw)]
            kappa = "-" if found.kappa is None else f"{found.kappa:.2f}"
            table.add_row(evaluator, str(found.answers), str(found.unread), *shares, kappa)
    table.caption = "judge, metric: answers that pass by each; kappa: Cohen's (docs/evaluation.md)."
    return table
