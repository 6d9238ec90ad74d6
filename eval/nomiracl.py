"""Refusing, measured where gisa has never been: questions with ten passages each, half of them without an answer.

`python -m eval.nomiracl ../shared/evaldata/nomiracl_ko [--out FILE.jsonl] [--plot FILE.svg]` (NoMIRACL: Thakur et al.
2024, arXiv:2312.11361). Each question is asked of its own passages alone. What is kept of it is what gisa's decision
rests on: the log odds that the best reading answers. The limit of the odds is then chosen on one half of the questions
and reported on the other. A run that was broken off goes on where it stopped, under the same settings; at another
revision of the code all of them are told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from rich.console import Console
from rich.table import Table

from eval import provenance
from eval.datasets import DataError, Passage
from eval.progress import fetching, track
from eval.resume import refuse_other, taken_up
from eval.retrieval import BATCH, article
from index.build import ingest
from index.local_store import LocalStore
from index.types import Filter
from rag.assemble import open_embedder, open_reader
from rag.decide import answer_odds, in_order
from rag.decide import model as fitted
from rag.errors import GisaError
from rag.pipeline import ALL, Parts, found_for, readings
from rag.question import read
from rag.retrieve import Retriever
from rag.settings import Settings, load_settings

PUBLISHED = {"GPT-4": (0.404, 0.128), "Mixtral-8x7B": (0.100, 0.436)}
"""Hallucination and error rate on Korean, as the paper has them."""


class Query(BaseModel):
    """A question and the ids of the passages it is asked of."""

    model_config = ConfigDict(frozen=True)

    id: str
    text: str = Field(min_length=1)
    answerable: bool
    passages: tuple[str, ...] = Field(min_length=1)


class Outcome(BaseModel):
    """What gisa's decision rests on: `odds` of the best reading, None where nothing was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    answerable: bool
    odds: float | None

    @property
    def calibrates(self) -> bool:
        """Whether the question is of the half on which the limit is chosen: by its id, so the same at every run."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 0


class Sitting(BaseModel):
    """A line before the outcomes of one go: what was asked, of what, and by which code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: Literal["nomiracl"] = "nomiracl"
    questions: str
    model: str
    settings: str
    revision: str
    machine: str
    time: str

    @property
    def conditions(self) -> dict[str, object]:
        """What must be the same for outcomes to stand in one file."""
        return self.model_dump(include={"questions", "model", "settings"})


@dataclass(frozen=True, slots=True)
class Rates:
    """`hallucination`: answered of what cannot be answered; `error`: refused of what can. Shares, 0 to 1."""

    hallucination: float
    error: float

    @property
    def worse(self) -> float:
        return max(self.hallucination, self.error)


_LINE: TypeAdapter[Sitting | Outcome] = TypeAdapter(Sitting | Outcome)


def rates(outcomes: Iterable[Outcome], limit: float) -> Rates:
    """Both rates when sentences with log odds under `limit` are refused. There must be questions of both kinds."""
    answered: dict[bool, list[bool]] = {True: [], False: []}
    for one in outcomes:
        answered[one.answerable].append(one.odds is not None and one.odds >= limit)
    return Rates(float(np.mean(answered[False])), 1 - float(np.mean(answered[True])))


def limits(outcomes: Sequence[Outcome]) -> list[float]:
    """Every limit that divides them otherwise, ascending, with one above all."""
    odds = sorted({one.odds for one in outcomes if one.odds is not None})
    return [*odds, (odds[-1] if odds else 0.0) + 1]


def calibrated(outcomes: Sequence[Outcome]) -> float:
    """The limit whose worse rate is the least: neither kind of mistake is dearer here."""
    return min(limits(outcomes), key=lambda limit: rates(outcomes, limit).worse)


def load(folder: Path) -> tuple[dict[str, Passage], list[Query]]:
    """Passages by id, and the questions. Raises DataError."""
    try:
        passages = {one.id: one for one in map(Passage.model_validate_json, _lines(folder / "corpus.jsonl"))}
        queries = [Query.model_validate_json(line) for line in _lines(folder / "queries.jsonl")]
    except (OSError, ValidationError) as error:
        told = " ".join(str(error).split())[:160]
        raise DataError(
            f"{folder} is no NoMIRACL set ({told}). Name a folder with its corpus.jsonl and queries.jsonl.",
            f"{folder} 은(는) NoMIRACL 자료가 아닙니다({told}). corpus.jsonl과 queries.jsonl이 있는 폴더를 지정하세요.",
        ) from error
    return passages, queries


def decide(query: Query, parts: Parts) -> Outcome:
    """The pipeline's own steps up to its decision, on the question's own passages."""
    question = read(query.text, parts.retriever.names, "ko")
    found = found_for(question, parts, Filter(article_ids=query.passages), ALL)
    odds = answer_odds(question, in_order(question, readings(question, found, parts)))
    return Outcome(id=query.id, answerable=query.answerable, odds=odds if odds > -inf else None)


def sitting(folder: Path, settings: Settings) -> Sitting:
    """What is about to run. `least_odds` is no part of it: every limit is tried on the same odds."""
    asked = b"".join((folder / name).read_bytes() for name in ("corpus.jsonl", "queries.jsonl"))
    answer = settings.answer.model_copy(update={"least_odds": None})
    return Sitting(
        questions=hashlib.sha256(asked).hexdigest()[:12],
        model=settings.reader.model,
        settings=settings.model_copy(update={"answer": answer}).fingerprint,
        revision=provenance.revision(),
        machine=provenance.machine(),
        time=provenance.now(),
    )


def measure(
    folder: Path, out: Path, settings: Settings, most: int | None = None
) -> tuple[list[Outcome], list[Sitting]]:
    """Ask what `out` does not hold yet, a line each as it comes, of at most so many questions, spread evenly. Their
    outcomes, and the sittings that `out` comes from.

    Raises DataError, also where `out` is of other questions, settings or models; GisaError.
    """
    passages, queries = load(folder)
    if most is not None and most < len(queries):
        queries = [queries[i * len(queries) // most] for i in range(most)]
    now = sitting(folder, settings)
    done, sittings = begun(out, now)
    waiting = [query for query in queries if query.id not in done]
    if waiting:
        out.parent.mkdir(parents=True, exist_ok=True)
        with _opened(passages.values(), folder.name, settings) as parts, out.open("a") as file:
            file.write(now.model_dump_json() + "\n")
            sittings.append(now)
            for query in track(waiting, f"{folder.name}: asking", len(waiting)):
                done[query.id] = decide(query, parts)
                file.write(done[query.id].model_dump_json() + "\n")
                file.flush()
    return [done[query.id] for query in queries], sittings


@contextmanager
def _opened(passages: Iterable[Passage], name: str, settings: Settings) -> Iterator[Parts]:
    with fetching() as progress:
        embedder = open_embedder(settings, progress)
    folder = settings.home / "eval" / "cache" / f"{name}-{provenance.code_hash(['index'])[:12]}"
    articles = [article(one, name) for one in passages]
    with closing(LocalStore(folder, embedder=embedder.name, dimension=embedder.dimension)) as store:
        ingest(store, embedder, track(articles, f"{name}: indexing", len(articles)), batch=BATCH)
        retriever = Retriever(store, embedder, settings.home / "cache", settings.retrieval)
        yield Parts(settings, retriever, open_reader(settings, embedder), None)


def table(outcomes: Sequence[Outcome], in_force: float) -> Table:
    """Both rates at the limit chosen and at the one that is set, each half apart, beside the published ones."""
    halves = {half: [one for one in outcomes if one.calibrates is half] for half in (True, False)}
    chosen = calibrated(halves[True])
    shown = Table("limit of the odds", "questions", "hallucination rate", "error rate")
    for what, limit in (("chosen", chosen), ("as set", in_force)):
        for half, told in ((True, "the half it was chosen on"), (False, "the other half")):
            its = rates(halves[half], limit)
            count = f"{told} ({len(halves[half])})"
            shown.add_row(f"{what}, {limit:.2f}", count, f"{its.hallucination:.1%}", f"{its.error:.1%}")
    for model, (hallucination, error) in PUBLISHED.items():
        shown.add_row("published", model, f"{hallucination:.1%}", f"{error:.1%}")
    return shown


def draw(outcomes: Sequence[Outcome], path: Path) -> None:
    """The curve of both rates on the reported half over all limits, the chosen one marked, as SVG."""
    from matplotlib.figure import Figure

    reported = [one for one in outcomes if not one.calibrates]
    curve = [rates(reported, limit) for limit in limits(reported)]
    chosen = rates(reported, calibrated([one for one in outcomes if one.calibrates]))
    figure = Figure(figsize=(6, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.plot([one.error for one in curve], [one.hallucination for one in curve], label="gisa, by limit of the odds")
    axes.plot(chosen.error, chosen.hallucination, "o", color="C0", label="gisa, limit chosen on the other half")
    for marker, (model, (hallucination, error)) in zip("s^", PUBLISHED.items(), strict=True):
        axes.plot(error, hallucination, marker, color="C7", label=f"{model}, published")
    axes.axhline(0.35, color="C7", linewidth=0.6, linestyle=":")
    axes.axvline(0.35, color="C7", linewidth=0.6, linestyle=":")
    axes.set(
        xlim=(0, 1), ylim=(0, 1), xlabel="refused of what can be answered", ylabel="answered of what cannot be answered"
    )
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def main(
    folder: Annotated[Path, typer.Argument(help="The NoMIRACL set: corpus.jsonl and queries.jsonl.")],
    *,
    questions: Annotated[int | None, typer.Option(min=20, help="At most so many, spread evenly.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where outcomes are kept; else a file in GISA_HOME/eval.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curve here, as SVG.")] = None,
) -> None:
    """Measure refusing on NoMIRACL."""
    settings = load_settings()
    outcomes, sittings = measure(
        folder, out or settings.home / "eval" / f"{folder.resolve().name}.jsonl", settings, questions
    )
    least = settings.answer.least_odds
    Console().print(table(outcomes, fitted("ko").quoting if least is None else least))
    Console(highlight=False, soft_wrap=True).print(*map(source, sittings), sep="\n", markup=False)
    if plot:
        draw(outcomes, plot)


def source(one: Sitting) -> str:
    """Where the outcomes of a sitting come from, as a line."""
    return f"{one.time}, revision {one.revision}, {one.machine}; {one.model}, settings {one.settings}"


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def begun(out: Path, now: Sitting) -> tuple[dict[str, Outcome], list[Sitting]]:
    """What `out` holds: outcomes by question, and their sittings. Raises DataError: not of this measurement."""
    try:
        lines = [_LINE.validate_json(line) for line in taken_up(out)]
    except ValidationError as error:
        raise _of_something_else(out) from error
    sittings = [line for line in lines if isinstance(line, Sitting)]
    if lines and not isinstance(lines[0], Sitting):
        raise _of_something_else(out)
    for before in sittings:
        refuse_other(out, before.conditions, now.conditions)
    return {line.id: line for line in lines if isinstance(line, Outcome)}, sittings


def _of_something_else(out: Path) -> DataError:
    return DataError(
        f"{out} does not hold outcomes of this measurement. Choose another --out, or delete that file.",
        f"{out} 은(는) 이 평가의 결과가 아닙니다. 다른 --out을 지정하거나 그 파일을 지우세요.",
    )


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        raise SystemExit(error.en) from error
