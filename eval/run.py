"""Asks every golden question, scores each answer, and writes a line for each as it comes."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from pydantic import Field

from eval import provenance
from eval.answers import score
from eval.datasets import DataError, GoldenQuestion, GoldenSet
from eval.prompt_tokens import PromptTokens, watching
from eval.records import AskError, QuestionRecord, RunRecord, complete_lines, read_run
from index.build import ingest
from index.embed import Embedder
from index.store import Store
from index.types import ArticleInfo
from rag.errors import GisaError, Language
from rag.settings import Settings
from rag.types import Answer, Event, Found, Listener
from seeds.loaders import load_each, shipped_articles

SHIPPED = "shipped"


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
    sets: Sequence[GoldenSet], store: Store, settings: Settings, *, articles: Path | None, llm: bool
) -> RunRecord:
    """The first line of a run's file."""
    return RunRecord(
        sets={one.name: one.sha256 for one in sets},
        articles=str(articles) if articles else SHIPPED,
        collection=store.fingerprint(),
        llm=llm,
        settings=settings.fingerprint,
        revision=provenance.revision(),
        machine=provenance.machine(),
        time=provenance.now(),
    )


def begin(out: Path, run: RunRecord, *, resume: bool) -> list[QuestionRecord]:
    """Make the run's file, or with `resume` take up one that was broken off: what is answered there already.

    Raises DataError: the file is there already, or holds a run of other questions, articles, settings or code.
    """
    if resume and out.exists() and (lines := complete_lines(out)):
        before, done = read_run(out)
        if not run.same_run(before):
            raise DataError(
                f"{out} is a run of other questions, articles, settings or code. Start a new one under another --out.",
                f"{out} 은(는) 질문, 기사, 설정 또는 코드가 다른 평가입니다. 다른 --out으로 새로 시작하세요.",
            )
        _write(out, b"".join(line + b"\n" for line in lines))
        return [record for record in done if record.error is None]
    if out.exists() and not resume:
        raise DataError(
            f"{out} is there already. Go on with it by --resume, or choose another --out.",
            f"{out} 이(가) 이미 있습니다. --resume으로 이어서 하거나 다른 --out을 고르세요.",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    _write(out, run.model_dump_json().encode() + b"\n")
    return []


def ask_each(
    gisa: Asks, questions: Sequence[tuple[str, GoldenQuestion]], numbers: dict[str, str], out: Path
) -> Iterator[QuestionRecord]:
    """Ask, score, append to `out` and yield, question by question: breaking off loses only the one being asked."""
    with out.open("a", encoding="utf-8") as file, watching() as tokens:
        for name, question in questions:
            record = ask_one(gisa, name, question, numbers, tokens)
            file.write(record.model_dump_json() + "\n")
            file.flush()
            yield record


def ask_one(
    gisa: Asks, name: str, question: GoldenQuestion, numbers: dict[str, str], tokens: PromptTokens
) -> QuestionRecord:
    """One question's record; an error that gisa explains is recorded in the answer's place."""
    waited: list[float] = []
    start = time.perf_counter()

    def listen(event: Event) -> None:
        if isinstance(event, Found) and not waited:
            waited.append(_ms_since(start))

    answer: Answer | None = None
    failed: AskError | None = None
    try:
        answer = gisa.ask(question.question, listen=listen)
    except GisaError as error:
        failed = AskError(code=error.code, message=error.en)
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
        elapsed_ms=_ms_since(start),
        evidence_ms=waited[0] if waited else None,
        prompt_tokens=tokens.take(),
    )


def source_numbers(articles: Sequence[ArticleInfo]) -> dict[str, str]:
    """Article id -> the number its source file begins with ("003"), of those that have one."""
    heads = {info.id: re.match(r"\d{3}", Path(info.source).name) for info in articles}
    return {article_id: head.group() for article_id, head in heads.items() if head}


def _ms_since(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)
