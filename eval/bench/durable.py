"""What the store bears: `python -m eval.bench.durable kill|damage|full|together`.

Each prints its figures as one JSON object, with what they must reach and where they come from, and returns 1 when they
do not. No model: the articles are made up and the embedder draws vectors by hash, so that SQLite, FAISS and the
files are all that is tried.
"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import numpy as np
import structlog
import typer
from rich.console import Console

from eval.bench import durable_damage, durable_full, durable_kill, durable_together
from eval.bench.tell import tell

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
_progress = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
Seed = Annotated[int, typer.Option(help="Of everything that is drawn.")]


@app.callback()
def durable() -> None:
    """Warnings of the store are expected here: it is damaged on purpose."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))


@app.command()
def kill(times: Annotated[int, typer.Option(min=1)] = 100, seed: Seed = 0) -> None:
    """kill -9 at random points of an ingest: 0 acknowledged articles lost, 0 half articles, right answers each time."""
    with TemporaryDirectory() as folder:
        for told in durable_kill.run(Path(folder) / "index", times, seed):
            if told.kills % 10 == 0 or told.lost or told.half or told.wrong:
                _progress.print(f"{told.kills} kills: {told}")
    figures = {
        "kills": told.kills,
        "in_the_middle": told.interrupted,
        "articles_acknowledged": told.acknowledged,
        "lost": len(told.lost),
        "half": len(told.half),
        "wrong": len(told.wrong),
    }
    _tell("kill", figures, "0 lost, 0 half, 0 wrong", good=not (told.lost or told.half or told.wrong))


@app.command()
def damage(times: Annotated[int, typer.Option(min=1)] = 1000, seed: Seed = 0) -> None:
    """Random truncations and bit flips of index files: 100% detected, right answers from what is made anew."""
    with TemporaryDirectory() as folder:
        for told in durable_damage.run(Path(folder), times, seed):
            if (done := told.times.total()) % 100 == 0:
                _progress.print(f"{done} damages: {told}")
    figures = {each.name: getattr(told, each.name) for each in fields(told)}
    bad = told.unseen or told.wrong or told.left
    _tell("damage", figures, "100% detected, right answers", good=not bad)


@app.command()
def full(times: Annotated[int, typer.Option(min=1)] = 40, seed: Seed = 0) -> None:
    """A disk that fills up: a clear error, nothing acknowledged lost, goes on once there is room."""
    with TemporaryDirectory() as folder:
        for told in durable_full.run(Path(folder), times, seed):
            if (done := told.times.total()) % 10 == 0:
                _progress.print(f"{done} full disks: {told}")
    figures = {each.name: getattr(told, each.name) for each in fields(told)}
    _tell("full", figures, "0 lost, 0 wrong, 0 stuck", good=not (told.lost or told.wrong or told.stuck))


@app.command()
def together(
    minutes: Annotated[float, typer.Option(min=0.05)] = 10.0, readers: Annotated[int, typer.Option(min=1)] = 8
) -> None:
    """One process writes, others ask: 0 errors, 0 mixed generations, p95 within twice the idle one.

    The idle time is measured before and after, a tenth of the minutes each.
    """
    with TemporaryDirectory() as folder:
        index, idle_s = Path(folder) / "index", 6 * minutes
        idle = durable_together.run(index, idle_s, readers=readers, write=False)
        busy = durable_together.run(index, 60 * minutes, readers=readers)
        idle.add(durable_together.run(index, idle_s, readers=readers, write=False))
    before, during = (float(np.quantile(asked.seconds, 0.95)) for asked in (idle, busy))
    bad = [*idle.errors, *idle.wrong, *busy.errors, *busy.mixed, *busy.wrong]
    figures = {
        "questions": len(busy.seconds),
        "errors": len(idle.errors) + len(busy.errors),
        "mixed": len(busy.mixed),
        "wrong": len(idle.wrong) + len(busy.wrong),
        "asked_again": busy.overtaken,
        "versions_seen": busy.versions,
        "idle_p95_ms": round(1000 * before, 1),
        "p95_ms": round(1000 * during, 1),
        "ratio": round(during / before, 2),
        "first_problems": bad[:5],
    }
    _tell("together", figures, "0 errors, 0 mixed, ratio 2 at most", good=not bad and during <= 2 * before)


def _tell(name: str, figures: dict[str, Any], least: str, *, good: bool) -> None:
    tell("durable", {**figures, "must": least}, name)
    if not good:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
