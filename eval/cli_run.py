"""`gisa eval run` and `gisa eval retrieval`: the commands that measure."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from eval import report as tables
from eval.cli_report import Failures, show
from eval.datasets import GOLDEN, NoRelevantError, RetrievalSet, load_golden, load_retrieval
from eval.progress import fetching, track
from rag.settings import Settings, load_settings

INTERRUPTED = 130


def run(
    *,
    sets: Annotated[
        list[Path] | None, typer.Option("--set", metavar="FILE", help="Questions; the golden ones when left out.")
    ] = None,
    articles: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Ask these articles instead of the shipped ones.")
    ] = None,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="Answer by quoting alone.")] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Ask only so many questions.")] = None,
    language: Annotated[Literal["ko", "en"] | None, typer.Option(help="Ask only questions in this language.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Where results go; a new file in GISA_HOME/eval/runs.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in --out that was broken off.")] = False,
    failures: Failures = False,
) -> None:
    """Ask every question of a set and score the answers."""
    from eval import run as measuring
    from eval.run_file import begin
    from rag.assemble import open_collection, open_gisa

    if resume and out is None:
        raise typer.BadParameter("say which run to go on with: --out FILE.jsonl", param_hint="--resume")
    golden = [load_golden(path) for path in sets or [GOLDEN]]
    settings = measuring.own_collection(load_settings(), articles)
    out = out or _new_file(settings, "answers")
    with fetching() as progress:
        collection = open_collection(settings, progress=progress)
    with closing(collection.store) as store:
        measuring.fill(store, collection.embedder, articles)
        run_record = measuring.header(golden, collection, settings, articles=articles, llm=not no_llm)
        numbers = measuring.source_numbers(store.articles())
    records = {record.key: record for record in begin(out, run_record, resume=resume)}
    chosen = measuring.choose(golden, language, limit)
    waiting = [(name, question) for name, question in chosen if (name, question.id) not in records]
    interrupted = False
    with fetching() as progress:
        opened = open_gisa(settings, llm=not no_llm, progress=progress)
    with opened as gisa:
        try:
            asked = measuring.ask_each(gisa, waiting, numbers, out, lambda: gisa.names)
            for record in track(asked, "asking", len(waiting)):
                records[record.key] = record
        except KeyboardInterrupt:
            interrupted = True
    show(Console(), out, failures=failures)
    Console(stderr=True).print(f"Written to {out}", highlight=False, soft_wrap=True)
    if interrupted:
        raise typer.Exit(INTERRUPTED)


def retrieval(
    data: Annotated[list[Path], typer.Option(metavar="FOLDER", help="A data set: corpus.jsonl and queries.jsonl.")],
    method: Annotated[list[str] | None, typer.Option(help="Only this method; may be said again.")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.jsonl", help="Results are added here; else a file in GISA_HOME/eval."),
    ] = None,
) -> None:
    """Score retrieval on questions with known passages, beside the plain methods."""
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
