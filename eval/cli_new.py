"""`gisa eval new`: drafts of golden questions, from the collection or from feedback."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from eval.datasets import DataError
from eval.progress import fetching, track
from rag.errors import Language
from rag.settings import load_settings


def new(
    *,
    out: Annotated[Path | None, typer.Option(metavar="FILE.yaml", help="eval.new.out")] = None,
    count: Annotated[int, typer.Option(min=1, help="eval.new.count")] = 20,
    language: Annotated[Literal["ko", "en"] | None, typer.Option(help="eval.new.language")] = None,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="eval.new.llm")] = False,
    seed: Annotated[int, typer.Option(help="eval.new.seed")] = 0,
    feedback: Annotated[bool, typer.Option("--from-feedback", help="eval.new.feedback")] = False,
) -> None:
    from eval import draft_file, drafting
    from rag.assemble import open_gisa, open_llm

    settings = load_settings()
    out = out or settings.home / draft_file.FOLDER / f"new-{datetime.now(UTC):%Y%m%d-%H%M%S}.yaml"
    left_out: Counter[str] = Counter()
    told = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    if feedback:
        written = draft_file.write_drafts(draft_file.from_feedback(settings.home), out)
    else:
        draft_file.refuse_existing(out)
        languages: tuple[Language, ...] = ("ko", "en") if language is None else (language,)
        with fetching() as progress:
            opened = open_gisa(settings, llm=False, progress=progress)
            model = nullcontext() if no_llm else open_llm(settings, progress)
        with opened as gisa, model as llm:
            made = drafting.draft(gisa, llm, count=count, languages=languages, seed=seed, left_out=left_out)
            written = draft_file.write_drafts(track(made, "drafting", count), out)
        for why, times in left_out.most_common():
            told.print(f"{times} left out: {why}")
        if written < count:
            told.print(f"The collection gave {written} of {count} questions.")
    if not written:
        raise DataError(
            "No sentence of the collection could be made into a question. Add articles, or draft with --no-llm.",
            "질문으로 만들 수 있는 문장이 없습니다. 기사를 더 넣거나 --no-llm으로 초안을 만드세요.",
        )
    told.print(f"Written to {out}: {written} drafts, to be reviewed by a person.")
