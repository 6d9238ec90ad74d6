"""The lines of a comparison's JSONL file: what runs, what each system made of the articles, and each answer."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from eval.datasets import DataError
from eval.records import complete_lines


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ComparisonRecord(_Line):
    """A sitting. `questions` is the question file, `sha256` its hash; `versions` those of the libraries compared."""

    type: Literal["comparison"] = "comparison"
    questions: str
    sha256: str
    model: str
    context_tokens: int
    max_tokens: int
    settings: str
    versions: dict[str, str]
    revision: str
    machine: str
    time: str

    @property
    def conditions(self) -> dict[str, object]:
        """What must be the same for answers of two sittings to stand in one file."""
        told = self.model_dump(include={"questions", "model", "context_tokens", "max_tokens", "settings"})
        return {**told, "question file": self.sha256[:12]}


class SystemRecord(_Line):
    """A system opened: seconds to take the articles in (its models loaded before), and the vectors it made of them."""

    type: Literal["system"] = "system"
    system: str
    ingest_s: float
    vectors: int


class Part(_Line):
    """A text and the id of the article it is from."""

    article: str
    text: str


class AnswerRecord(_Line):
    """One question put to one system. `given` is what the model was shown, `cited` what the answer points to (None: the
    system has no citations), `refused` None where the system has no flag for it, `asserted` what of the answer is no
    quotation (None: all of it). `error` stands in place of an answer.

    `prompt_tokens` is the longest prompt, `calls` how many there were; `memory_mib` the peak of all its processes so
    far; `load` the machine's load average over a minute when it was asked; `revision` gisa's.
    """

    type: Literal["answer"] = "answer"
    system: str
    id: str
    answer: str = ""
    given: tuple[Part, ...] = ()
    cited: tuple[Part, ...] | None = None
    refused: bool | None = None
    asserted: str | None = None
    seconds: float = 0.0
    prompt_tokens: int | None = None
    written_tokens: int | None = None
    calls: int | None = None
    memory_mib: float = 0.0
    load: float = 0.0
    revision: str = ""
    error: str | None = None


_LINE: TypeAdapter[ComparisonRecord | SystemRecord | AnswerRecord] = TypeAdapter(
    ComparisonRecord | SystemRecord | AnswerRecord
)


class Comparison:
    """What one or more files hold; of a question put to a system again the last answer counts, unless it failed."""

    def __init__(self) -> None:
        self.sittings: list[ComparisonRecord] = []
        self.systems: dict[str, list[SystemRecord]] = {}
        self.answers: dict[tuple[str, str], AnswerRecord] = {}

    def add(self, path: Path) -> None:
        """Read one file. Raises DataError, naming the line that is wrong."""
        for number, line in enumerate(complete_lines(path), 1):
            try:
                record = _LINE.validate_json(line)
            except ValidationError as error:
                raise DataError(
                    f"{path} is no comparison: line {number} is no record of one. Name a file that "
                    "`python -m eval.bench.peers --out` wrote.",
                    f"{path} 은(는) 비교 결과가 아닙니다: {number}번째 줄. `python -m eval.bench.peers --out`이 쓴 "
                    "파일을 지정하세요.",
                ) from error
            match record:
                case ComparisonRecord():
                    self.sittings.append(record)
                case SystemRecord():
                    self.systems.setdefault(record.system, []).append(record)
                case AnswerRecord():
                    before = self.answers.get((record.system, record.id))
                    if before is None or before.error is not None or record.error is None:
                        self.answers[record.system, record.id] = record

    def answered(self, system: str, question: str) -> bool:
        """Whether there is an answer that is no error."""
        record = self.answers.get((system, question))
        return record is not None and record.error is None
