"""`gisa eval run` and `gisa eval retrieval`: the commands that measure."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from eval import report as tables
from eval.cli_judge import judge_run
from eval.cli_report import Failures, show
from eval.datasets import GOLDEN, NoRelevantError, RetrievalSet, load_golden, load_retrieval
from eval.progress import fetching, track
from eval.records import LOCAL
from rag.settings import Settings, load_settings

INTERRUPTED = 130


def run(
    *,
    sets: Annotated[list[Path] | None, typer.Option("--set", metavar="FILE", help="eval.run.set")] = None,
    articles: Annotated[Path | None, typer.Option(metavar="PATH", help="eval.run.articles")] = None,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="eval.run.llm")] = False,
    target: Annotated[str, typer.Option(metavar="local|URL", help="eval.run.target")] = LOCAL,
    key: Annotated[str | None, typer.Option(envvar="GISA_EVAL_KEY", help="eval.run.key")] = None,
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="eval.run.timeout")] = 120.0,
    limit: Annotated[int | None, typer.Option(min=1, help="eval.run.limit")] = None,
    language: Annotated[Literal["ko", "en"] | None, typer.Option(help="eval.run.language")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.jsonl", help="eval.run.out")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="eval.run.resume")] = False,
    failures: Failures = False,
    judge_url: Annotated[
        str | None, typer.Option(metavar="URL", envvar="GISA_EVAL_JUDGE_URL", help="eval.run.judge.url")
    ] = None,
    judge_model: Annotated[
        str | None, typer.Option(metavar="NAME", envvar="GISA_EVAL_JUDGE_MODEL", help="eval.judge.model")
    ] = None,
    judge_key: Annotated[str | None, typer.Option(envvar="GISA_EVAL_JUDGE_KEY", help="eval.judge.key")] = None,
) -> None:
    from eval import run as measuring
    from eval import subjects
    from eval.run_file import begin
    from eval.target import Target

    if resume and out is None:
        raise typer.BadParameter("say which run to go on with: --out FILE.jsonl", param_hint="--resume")
    if target != LOCAL and (articles or no_llm):
        raise typer.BadParameter("a target has its own articles and model: leave --articles and --no-llm out")
    if bool(judge_url) != bool(judge_model):
        raise typer.BadParameter("a judge has both: --judge-url (GISA_EVAL_JUDGE_URL) and --judge-model (..._MODEL)")
    golden = [load_golden(path) for path in sets or [GOLDEN]]
    settings = load_settings()
    out = out or _new_file(settings, "answers")
    if target == LOCAL:
        prepared = subjects.local(golden, settings, articles, llm=not no_llm)
    else:
        prepared = subjects.elsewhere(golden, Target(target, key, timeout_s=timeout))
    done = {record.key for record in begin(out, prepared.header, resume=resume)}
    waiting = [one for one in measuring.choose(golden, language, limit) if (one[0], one[1].id) not in done]
    interrupted = False
    try:
        with prepared.open() as subject:
            for _ in track(measuring.ask_each(subject, waiting, out), "asking", len(waiting)):
                pass
    except KeyboardInterrupt:
        interrupted = True
    finally:
        Console(stderr=True).print(f"Written to {out}", highlight=False, soft_wrap=True)
    show(Console(), out, failures=failures)
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    if judge_url and judge_model:
        judge_run(out, judge_url, judge_model, judge_key)


def retrieval(
    data: Annotated[list[Path], typer.Option(metavar="FOLDER", help="eval.retrieval.data")],
    method: Annotated[list[str] | None, typer.Option(help="eval.retrieval.method")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="eval.retrieval.out"),
    ] = None,
) -> None:
    from eval.retrieval import evaluate, record
    from rag.assemble import open_embedder

    loaded = _loaded(data)
    settings = load_settings()
    with fetching() as progress:
        embedder = open_embedder(settings, progress)
    out = out or _new_file(settings, "retrieval")
    out.parent.mkdir(parents=True, exist_ok=True)
    for one in loaded:
        rows = [
            record(one, result, embedder, settings)
            for result in evaluate(one, embedder, settings, method or (), track=track)
        ]
        with out.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        Console().print(tables.retrieval_table(rows))
    Console(stderr=True).print(f"Written to {out}", highlight=False, soft_wrap=True)


def _loaded(folders: list[Path]) -> list[RetrievalSet]:
    """The retrieval sets. Of many, one made for another purpose is told and passed over; alone it is an error."""
    found: list[RetrievalSet] = []
    for folder in folders:
        try:
            found.append(load_retrieval(folder))
        except NoRelevantError as error:
            if len(folders) == 1:
                raise
            Console(stderr=True).print(error.en, highlight=False, markup=False, soft_wrap=True)
    return found


def _new_file(settings: Settings, kind: str) -> Path:
    return settings.home / "eval" / "runs" / f"{kind}-{datetime.now(UTC):%Y%m%d-%H%M%S}.jsonl"
