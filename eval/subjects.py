"""The two things a run can measure, made ready: gisa here on a collection of its own, or a gisa that runs elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval import provenance
from eval.datasets import GoldenSet
from eval.progress import fetching
from eval.records import RunRecord
from eval.run import Subject, fill, header, own_collection, source_numbers
from eval.target import Target
from rag.assemble import open_collection, open_gisa
from rag.settings import Settings


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a run's file begins with, and how to open what is measured: models are loaded only then."""

    header: RunRecord
    open: Callable[[], AbstractContextManager[Subject]]


def local(sets: Sequence[GoldenSet], settings: Settings, articles: Path | None, *, llm: bool) -> Prepared:
    """gisa in this process, on the articles told or the shipped ones. Raises GisaError."""
    own = own_collection(settings, articles)
    with fetching() as progress:
        collection = open_collection(own, progress=progress)
    with closing(collection.store) as store:
        fill(store, collection.embedder, articles)
        told = header(sets, collection, own, articles=articles, llm=llm)
        numbers = source_numbers(store.articles())

    @contextmanager
    def opened() -> Iterator[Subject]:
        with fetching() as progress:
            gisa = open_gisa(own, llm=llm, progress=progress)
        with gisa:
            yield Subject(gisa, numbers, lambda: gisa.names)

    return Prepared(told, opened)


def elsewhere(sets: Sequence[GoldenSet], target: Target) -> Prepared:
    """A running gisa, with whatever articles it has. It is tried with the first question, which also loads its model.

    Raises TargetLostError.
    """
    about = target.about(sets[0].questions[0].question)
    told = RunRecord(
        sets={one.name: one.sha256 for one in sets},
        articles=f"those of {target.url}",
        collection=f"{about.articles} articles",
        llm=about.llm,
        settings=about.settings,
        revision=provenance.revision(),
        machine=provenance.machine(),
        time=provenance.now(),
        target=target.url,
        gisa=about.version,
        model=about.model,
    )

    @contextmanager
    def opened() -> Iterator[Subject]:
        with target:
            yield Subject(target, target.numbers, waited_ms=lambda: target.waited_ms)

    return Prepared(told, opened)
