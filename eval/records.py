"""The lines of a run's JSONL file: one RunRecord, then one QuestionRecord for each question asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from eval.answers import Scores
from eval.citations import CitationScores
from eval.datasets import DataError
from rag.errors import Language


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


LOCAL = "local"


class RunRecord(_Line):
    """What was measured, and on what. `sets` maps a question set's name to the sha256 of its file.

    `articles` is "shipped" or the path told, `articles_sha256` the hash of what they say: the same wherever and by
    whichever code they were indexed (None for a target). `collection` is the fingerprint of what was indexed,
    `settings` that of the settings, `revision` the commit of the code ("+": with changes), `gisa` its release.

    `model` is the language model's name, `model_sha256` the hash of its pinned file; None for a server's model, a file
    of one's own, or no model. `embedder` names the embedding model with the stamp of its weights. `target` is "local",
    or the address of the server that was asked: then collection, settings, models and `gisa` are as that server tells
    them, "" or None for what it does not tell, and `revision` and `machine` are those of the side that asked.
    """

    type: Literal["run"] = "run"
    sets: dict[str, str]
    articles: str
    articles_sha256: str | None = None
    collection: str
    llm: bool
    settings: str
    revision: str
    machine: str
    time: str
    target: str = LOCAL
    gisa: str | None = None
    model: str | None = None
    model_sha256: str | None = None
    embedder: str | None = None

    @property
    def asked_of(self) -> str:
        """The articles by what they say; for a target by where and how many, for an old run by where they lay."""
        if self.articles_sha256 is not None:
            return self.articles_sha256
        return self.articles if self.target == LOCAL else f"{self.collection}, {self.articles}"

    def same_run(self, other: RunRecord) -> bool:
        """Whether answers of both may stand in one file. The model is part of the settings; that of a target is known
        only where it wrote the trial answer."""
        aside = {"machine", "time", "model"}
        return self.model_dump(exclude=aside) == other.model_dump(exclude=aside)


class AskError(_Line):
    """Why there is no answer."""

    code: str
    message: str


class FoundSentence(_Line):
    """A sentence of the evidence: `article.text[start:end] == text`. `words` is how its words match the
    question's, None where a target was asked; `odds` are the model's log odds that it answers, None where it was not
    judged, or its odds were not told."""

    article_id: str
    start: int
    end: int
    text: str
    score: float
    words: float | None
    odds: float | None = None


class Draft(_Line):
    """What the model wrote, and when (milliseconds since the question was asked). `failed` says why it was thrown away,
    a reason a claim; empty for the draft that was shown."""

    text: str
    begun_ms: float
    ended_ms: float
    failed: tuple[str, ...] = ()


class Trace(_Line):
    """What happened on the way to an answer. `evidence` is in the order it was found in, best first; `judged_ms` tells
    when the model began to look at each of its sentences, in order."""

    evidence: tuple[FoundSentence, ...] = ()
    judged_ms: tuple[float, ...] = ()
    drafts: tuple[Draft, ...] = ()


class Judgement(_Line):
    """What a model thinks of an answer. `passing` is None when it could not be read from its words; `score` is as the
    evaluator gives it (correctness: 1 to 5)."""

    judge: str
    passing: bool | None
    score: float | None = None
    feedback: str = ""


class QuestionRecord(_Line):
    """One question asked. `answer` is the public Answer object; it and `scores` are None when there was an `error`.

    `elapsed_ms` is the whole wait as the caller saw it, `evidence_ms` the wait until the evidence was there.
    `prompt_tokens` is what the model read, where that is known. `citations` say what the answer's own citations bear
    out (None: no answer, or a refusal), `judgements` what models think of it, by the evaluator's name.
    """

    type: Literal["question"] = "question"
    set: str
    id: str
    question: str
    language: Language
    answerable: bool
    kind: str
    facts: tuple[tuple[str, ...], ...]
    articles: tuple[str, ...]
    answer: dict[str, Any] | None
    notices: tuple[str, ...] = ()
    scores: Scores | None
    error: AskError | None = None
    elapsed_ms: float
    evidence_ms: float | None = None
    prompt_tokens: int | None = None
    citations: CitationScores | None = None
    trace: Trace | None = None
    judgements: dict[str, Judgement] = {}

    @property
    def key(self) -> tuple[str, str]:
        return self.set, self.id

    @property
    def right(self) -> bool:
        return self.scores is not None and self.scores.right


_RETRIEVAL_KEYS = frozenset(
    {"data", "method", "queries", "passages", "nDCG@10", "MRR@10", "R@1", "R@5", "ms_per_query", "unread", "embedder",
     "revision", "machine"}
)  # fmt: skip
_LINE: TypeAdapter[RunRecord | QuestionRecord] = TypeAdapter(RunRecord | QuestionRecord)


def read_run(path: Path) -> tuple[RunRecord, list[QuestionRecord]]:
    """The records of a run. A last line that was cut off while it was written is left aside; of a question that was
    asked again the last record counts. Raises DataError, naming the line that is wrong."""
    run: RunRecord | None = None
    questions: dict[tuple[str, str], QuestionRecord] = {}
    for number, line in enumerate(complete_lines(path), 1):
        try:
            record = _LINE.validate_json(line)
        except ValidationError as error:
            raise not_a_run(path, f"line {number} is no record of one") from error
        if isinstance(record, QuestionRecord):
            questions[record.key] = record
        elif run is None:
            run = record
        else:
            raise not_a_run(path, f"line {number} begins another run")
    if run is None:
        raise not_a_run(path, "it does not say what was measured")
    return run, list(questions.values())


def retrieval_rows(file: Path) -> dict[str, list[dict[str, Any]]]:
    """Rows of each data set where the file is one of `gisa eval retrieval`; none where it is another.

    Raises DataError, naming the line that is wrong.
    """
    by_data: dict[str, list[dict[str, Any]]] = {}
    lines = complete_lines(file)
    if not lines or b'"type": "retrieval"' not in lines[0]:
        return by_data
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            missing = _RETRIEVAL_KEYS - row.keys()
        except (ValueError, AttributeError) as error:
            raise not_a_run(file, f"line {number} is no result of retrieval") from error
        if missing:
            raise not_a_run(file, f"line {number} lacks {', '.join(sorted(missing))}")
        by_data.setdefault(str(row["data"]), []).append(row)
    return by_data


def complete_lines(path: Path) -> list[bytes]:
    """The lines that were written to their end. Raises DataError when there is no such file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"{path} cannot be read ({reason}). Name a file that `gisa eval run --out` wrote.",
            f"{path} 을(를) 읽을 수 없습니다({reason}). `gisa eval run --out`이 쓴 파일을 지정하세요.",
        ) from error
    return [line for line in data[: data.rfind(b"\n") + 1].split(b"\n") if line.strip()]


def not_a_run(path: Path, reason: str) -> DataError:
    return DataError(
        f"{path} is not the result of a run: {reason}. Name a file that `gisa eval run --out` wrote.",
        f"{path} 은(는) 평가 결과가 아닙니다: {reason}. `gisa eval run --out`이 쓴 파일을 지정하세요.",
    )
