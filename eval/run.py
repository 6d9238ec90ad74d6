"""Asks every golden question, scores each answer, and writes a line for each as it comes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import Field

from eval import provenance
from eval.answers import score
from eval.citations import citation_scores
from eval.datasets import DataError, GoldenQuestion, GoldenSet
from eval.prompt_tokens import PromptTokens, watching
from eval.records import AskError, QuestionRecord, RunRecord
from eval.run_file import appending
from eval.trace import Tracer
from index.build import ingest
from index.embed import Embedder
from index.names import NameBook
from index.store import Store
from index.types import ArticleInfo
from rag.assemble import Collection
from rag.errors import GisaError, Language
from rag.settings import Settings
from rag.types import Answer, Listener
from seeds.loaders import load_each, shipped_articles

SHIPPED = "shipped"


class StopError(GisaError):
    """Why a run cannot go on at all: what was asked is kept, and the run can be taken up again."""


class Asks(Protocol):
    """What is measured: `rag.assemble.Gisa`, or whatever answers like it."""

    def ask(self, question: str, *, listen: Listener = ...) -> Answer: ...


class CollectionSettings(Settings):
    """The user's settings, with a collection of their own: models and fingerprint stay the same."""

    collection: Path = Field(exclude=True)

    @property
    def index_folder(self) -> Path:
        return self.collection


def own_collection(settings: Settings, articles: Path | None) -> CollectionSettings:
    """Settings whose collection holds these articles (the shipped ones for None) and nothing else.

    It lies under GISA_HOME/eval and is made anew when the code that indexes changes.
    """
    key = (str(articles.resolve()) if articles else SHIPPED, provenance.code_hash(["index"]))
    name = f"{articles.resolve().name if articles else SHIPPED}-{hashlib.sha256(repr(key).encode()).hexdigest()[:12]}"
    folder = settings.home / "eval" / "collections" / name
    return CollectionSettings.model_validate({**dict(settings), "collection": folder})


def fill(store: Store, embedder: Embedder, articles: Path | None) -> None:
    """Bring the collection to exactly these articles. Raises DataError, ArticleFileError for one that fails."""
    loaded = list(load_each([articles])) if articles else shipped_articles()
    report = ingest(store, embedder, loaded)
    for problem in report.problems:
        raise problem.error
    if not report.outcomes:
        raise DataError(
            f"There are no articles in {articles}. Name a folder or file of articles.",
            f"{articles} 에 기사가 없습니다. 기사 폴더나 파일을 지정하세요.",
        )
    for info in store.articles():
        if info.id not in report.outcomes:
            store.remove(info.id)
    store.flush()


def choose(sets: Sequence[GoldenSet], language: Language | None, limit: int | None) -> list[tuple[str, GoldenQuestion]]:
    """(set, question) of the questions to ask: of one language if told, the first `limit` of those."""
    chosen = [(one.name, q) for one in sets for q in one.questions if language in (None, q.language)]
    return chosen[:limit]


def header(
    sets: Sequence[GoldenSet], collection: Collection, settings: Settings, *, articles: Path | None, llm: bool
) -> RunRecord:
    """The first line of a run's file."""
    return RunRecord(
        sets={one.name: one.sha256 for one in sets},
        articles=str(articles) if articles else SHIPPED,
        collection=collection.store.fingerprint(),
        llm=llm,
        settings=settings.fingerprint,
        revision=provenance.revision(),
        machine=provenance.machine(),
        time=provenance.now(),
        gisa=provenance.release(),
        model=settings.llm.model if llm else None,
        model_sha256=provenance.pinned_sha256(settings.llm) if llm else None,
        embedder=collection.embedder.name,
    )


def ask_each(
    gisa: Asks,
    questions: Sequence[tuple[str, GoldenQuestion]],
    numbers: Mapping[str, str],
    out: Path,
    names: Callable[[], NameBook] = NameBook,
) -> Iterator[QuestionRecord]:
    """Ask, score, append to `out` and yield, question by question: breaking off loses only the one being asked.

    `numbers` are those of `source_numbers`; `names` gives the names the verifier knows. Raises IndexStoreError when
    `out` cannot be written, and what ends a run (StopError); every other error is recorded in the answer's place.
    """
    with appending(out) as append, watching() as tokens:
        for asked in questions:
            record = ask_one(gisa, asked, numbers, tokens, names)
            append(record)
            yield record


def ask_one(
    gisa: Asks,
    asked: tuple[str, GoldenQuestion],
    numbers: Mapping[str, str],
    tokens: PromptTokens,
    names: Callable[[], NameBook] = NameBook,
) -> QuestionRecord:
    """One question's record; an error that gisa explains is recorded in the answer's place. Raises StopError."""
    name, question = asked
    tracer = Tracer()
    answer: Answer | None = None
    failed: AskError | None = None
    try:
        answer = gisa.ask(question.question, listen=tracer)
    except StopError:
        raise
    except GisaError as error:
        failed = AskError(code=error.code, message=error.en)
    elapsed_ms = tracer.elapsed_ms
    known = names()
    return QuestionRecord(
        set=name,
        id=question.id,
        question=question.question,
        language=question.language,
        answerable=question.answerable,
        kind=question.kind,
        facts=question.facts,
        articles=question.articles,
        answer=answer.to_json() if answer else None,
        notices=answer.notices if answer else (),
        scores=score(question, answer, numbers) if answer else None,
        error=failed,
        elapsed_ms=elapsed_ms,
        evidence_ms=tracer.evidence_ms,
        prompt_tokens=tokens.take(),
        citations=citation_scores(answer, known) if answer else None,
        trace=tracer.trace(question.question, answer, known),
    )


def source_numbers(articles: Sequence[ArticleInfo]) -> dict[str, str]:
    """Article id -> the number its source file begins with ("003"), of those that have one."""
    heads = {info.id: re.match(r"\d{3}", Path(info.source).name) for info in articles}
    return {article_id: head.group() for article_id, head in heads.items() if head}
