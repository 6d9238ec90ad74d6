"""Asks every golden question, scores each answer, and writes a line for each as it comes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import Field

from eval import provenance
from eval.answers import score
from eval.citations import citation_scores
from eval.datasets import DataError, GoldenQuestion, GoldenSet
from eval.errors import TargetLostError
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


class Asks(Protocol):
    """What is measured: `rag.assemble.Gisa`, or whatever answers like it."""

    def ask(self, question: str, *, listen: Listener = ...) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Subject:
    """What is measured, and what scoring its answers needs: `numbers` as of `source_numbers`, `names` those that the
    verifier knows, `waited_ms` how long the last question had to wait before it was taken."""

    asks: Asks
    numbers: Mapping[str, str]
    names: Callable[[], NameBook] = NameBook
    waited_ms: Callable[[], float] = float


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


def content_sha256(store: Store) -> str:
    """The hash of what the articles say: ids, titles and texts, but nothing that our code makes of them."""
    digest = hashlib.sha256()
    for article_id in sorted(info.id for info in store.articles()):
        article = store.article(article_id)
        digest.update(repr((article.id, article.title, article.text)).encode())
    return digest.hexdigest()


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
        articles_sha256=content_sha256(collection.store),
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


def ask_each(subject: Subject, questions: Sequence[tuple[str, GoldenQuestion]], out: Path) -> Iterator[QuestionRecord]:
    """Ask, score, append to `out` and yield, question by question: breaking off loses only the one being asked.

    Raises IndexStoreError: `out` cannot be written; TargetLostError. Every other error that gisa explains is recorded
    in the answer's place.
    """
    with appending(out) as append, watching() as tokens:
        for name, question in questions:
            record = ask_one(subject, name, question, tokens)
            append(record)
            yield record


def ask_one(subject: Subject, name: str, question: GoldenQuestion, tokens: PromptTokens) -> QuestionRecord:
    """One question's record. Raises TargetLostError."""
    tracer = Tracer()
    answer: Answer | None = None
    failed: AskError | None = None
    try:
        answer = subject.asks.ask(question.question, listen=tracer)
    except TargetLostError:
        raise
    except GisaError as error:
        failed = AskError(code=error.code, message=error.en)
    tracer.waited_ms = subject.waited_ms()
    elapsed_ms = tracer.elapsed_ms
    known = subject.names()
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
        scores=score(question, answer, subject.numbers) if answer else None,
        error=failed,
        elapsed_ms=elapsed_ms,
        evidence_ms=tracer.evidence_ms,
        prompt_tokens=tokens.take(),
        citations=citation_scores(answer, known) if answer else None,
        trace=tracer.trace(question.question, answer, known),
    )


def source_numbers(articles: Sequence[ArticleInfo]) -> dict[str, str]:
    """Article id -> the number its source file begins with ("003"), of those that have one."""
    numbers = {info.id: source_number(Path(info.source).name) for info in articles}
    return {article_id: number for article_id, number in numbers.items() if number is not None}


def source_number(name: str) -> str | None:
    """The number that a file's name begins with."""
    head = re.match(r"\d{3}", name)
    return head.group() if head else None
