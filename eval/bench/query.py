"""What a question's time goes to: `python -m eval.bench.query [--questions 20]`.

Retrieving (to the evidence), judging (to the first word of a draft), writing (to the last), verifying, and the whole,
as the events of a run tell them; one line of JSON with medians and 95th percentiles, the machine and the revision.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Protocol

import typer
from rich.console import Console

from eval.bench.peers import chosen
from eval.bench.rest import percentile
from eval.bench.tell import tell
from eval.datasets import GOLDEN, GoldenQuestion, load_golden
from rag.errors import GisaError
from rag.types import Answer, Drafted, Event, Found, Judging, Listener

PARTS = ("retrieve", "read", "judge", "write", "verify", "total")


class Asks(Protocol):
    """`rag.assemble.Gisa`, or what answers like it."""

    def ask(self, question: str, *, listen: Listener = ...) -> Answer: ...


def parts(gisa: Asks, question: str, clock: Callable[[], float] = time.perf_counter) -> dict[str, float]:
    """Milliseconds of each part of one answer. A part that did not come about has none; one that came about again (a
    second draft) has its times together."""
    told: dict[str, float] = {}
    doing, since = "retrieve", clock()

    def now(next_one: str) -> None:
        nonlocal doing, since
        at = clock()
        told[doing] = told.get(doing, 0.0) + 1000 * (at - since)
        doing, since = next_one, at

    def listen(event: Event) -> None:
        match event:
            case Found():
                now("read")
            case Judging():
                now("judge")
            case Drafted():
                now("write")

    started = since
    answer = gisa.ask(question, listen=listen)
    last = doing
    now("")
    told["verify"] = float(answer.timings_ms["verify"])
    told[last] = max(0.0, told[last] - told["verify"])  # it comes after the last event
    told["total"] = 1000 * (since - started)
    return told


def summary(measured: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each part, milliseconds, over the answers that have it, and how many do."""
    found: dict[str, dict[str, float]] = {}
    for part in PARTS:
        if told := [one[part] for one in measured if part in one]:
            middle = round(statistics.median(told), 1)
            found[part] = {"median_ms": middle, "p95_ms": round(percentile(told, 0.95), 1), "answers": len(told)}
    return found


def measure(gisa: Asks, questions: Iterable[GoldenQuestion]) -> list[dict[str, float]]:
    """Each question once."""
    return [parts(gisa, question.question) for question in questions]


def main(questions: Annotated[int, typer.Option(min=1, help="How many golden questions.")] = 20) -> None:
    """Print the figures as JSON."""
    from eval.bench.peer_worker import WARM_UP
    from rag.assemble import open_gisa
    from rag.settings import load_settings

    with open_gisa(load_settings()) as gisa:
        gisa.ask(WARM_UP)
        measured = measure(gisa, chosen(load_golden(GOLDEN).questions, 1, questions))
    tell("query", {"questions": len(measured), **summary(measured)})


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        Console(stderr=True).print(error.en, highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
