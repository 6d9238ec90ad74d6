"""`python -m eval.newsroom`: scores single facts of a newsroom set by what is asserted, by language and by kind.

All articles of the set's folder are one collection. `sci` is the set for measuring: nothing was trained, fitted or
looked at on it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from eval import provenance
from eval.newsroom.collection import opened
from eval.newsroom.data import collection, home, questions
from eval.newsroom.score import Scored, figures, score
from eval.progress import track
from rag.errors import GisaError
from rag.settings import load_settings


def main(
    name: Annotated[str, typer.Argument(help="The set: pol, eco or sci.")] = "sci",
    *,
    folder: Annotated[Path | None, typer.Option(help="Where articles/ and questions/ lie.")] = None,
    llm: Annotated[bool, typer.Option(help="With the language model.")] = True,
    every: Annotated[int, typer.Option(min=1, help="Every so many questions.")] = 1,
    out: Annotated[Path | None, typer.Option(help="A line of JSON a question.")] = None,
    failures: Annotated[bool, typer.Option(help="List what went wrong.")] = False,
) -> None:
    """Score gisa on a newsroom set."""
    where = folder or home(name)
    asked = [question for question in questions(where, name) if question.single][::every]
    its = collection(where, name)
    settings = load_settings()
    with opened(settings, its, llm=llm) as gisa:
        gisa.warm()
        found = [
            score(question, gisa.ask(question.question, language=question.lang))
            for question in track(asked, f"{name}: questions", len(asked))
        ]
    console = Console(highlight=False, markup=False, soft_wrap=True)
    Console().print(table(found))
    if failures:
        for one in [o for o in found if o.result == "wrong" or (o.question.answerable and o.result != "right")]:
            spans = "; ".join(place.span for place in one.question.answers)
            console.print(f"{one.question.id} {one.result}: {one.question.question} | {one.said} | {spans}")
    times = [one.ms for one in found]
    console.print(
        f"{name}: {len(its)} articles, {len(found)} questions, {'with' if llm else 'without'} language model; "
        f"whole answer median {np.median(times):.0f} ms, 95th percentile {np.percentile(times, 95):.0f} ms. "
        f"{provenance.machine()}, {provenance.revision()}, {provenance.now()}"
    )
    if out is not None:
        lines = [
            json.dumps(
                {"id": o.question.id, "result": o.result, "said": o.said, "sentence": o.sentence, "ms": o.ms},
                ensure_ascii=False,
            )
            for o in found
        ]
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")


def table(found: Sequence[Scored]) -> Table:
    """Figures of each language, then of its kinds."""
    shown = Table(
        "single facts", "can / cannot be answered", "asserted right", "asserted wrong, of answers", "sentence quoted",
        "refused what can be", "answered what cannot",
    )  # fmt: skip
    for lang in ("ko", "en"):
        its = [one for one in found if one.question.lang == lang]
        groups = [(lang, its)]
        groups += [
            (f"  {kind}", [one for one in its if one.question.kind == kind])
            for kind in sorted({one.question.kind for one in its})
        ]
        for told, group in groups:
            if group:
                said = asdict(figures(group))
                shares = [f"{said[key]:.1%}" for key in ("right", "wrong", "sentence", "refused", "answered")]
                shown.add_row(told, f"{said['answerable']} / {said['unanswerable']}", *shares)
    return shown


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        raise SystemExit(error.en) from error
