"""What is measured on: golden questions (YAML) and retrieval sets (a folder of two JSONL files), as checked records."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from eval import golden_file
from rag.errors import GisaError, Language

GOLDEN = Path(__file__).with_name("data") / "golden.yaml"
CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"


class DataError(GisaError):
    """A file or folder to measure on is missing or not of the form expected."""

    code = "eval_data"
    exit_code = 10


class NoRelevantError(DataError):
    """A data set made for another purpose: it does not say which passages are relevant."""

    code = "eval_no_relevant"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class GoldenQuestion(_Record):
    """One question and what a right answer must hold.

    `facts`: all must be found, each in one of its forms. `articles` are numbers of source files ("003"), ids or titles
    of articles; `sentences` prove the facts. Of an unanswerable question `why` says what the articles lack and
    `nearest` which ones a reader would be pointed to.
    """

    id: str = Field(min_length=1)
    question: str = Field(min_length=1)
    language: Language
    answerable: StrictBool
    kind: str = "other"
    facts: tuple[tuple[str, ...], ...] = ()
    articles: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    why: str = ""
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoldenSet:
    """`name` is the file's stem, `sha256` that of its bytes."""

    name: str
    sha256: str
    questions: tuple[GoldenQuestion, ...]


class Passage(BaseModel):
    """One document of a retrieval set. Keys beyond these are left aside."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    title: str = ""


class Query(BaseModel):
    """One question of a retrieval set and the ids of the passages that answer it."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    relevant: tuple[str, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """`name` is the folder's; `sha256` maps each file's name to the hash of its bytes."""

    name: str
    sha256: dict[str, str]
    passages: tuple[Passage, ...]
    queries: tuple[Query, ...]


_Line = TypeVar("_Line", Passage, Query)


def load_golden(path: Path) -> GoldenSet:
    """Raises DataError that tells all that is wrong, each problem with its line and question; MissingExtraError."""
    data = _read(path)
    told, problems = golden_file.parse(data)
    if problems:
        raise _malformed(path, problems)
    questions = tuple(GoldenQuestion.model_validate(question) for question in told["questions"])
    return GoldenSet(path.stem, hashlib.sha256(data).hexdigest(), questions)


def load_retrieval(folder: Path) -> RetrievalSet:
    """Raises DataError: no data set there, a malformed line (by number), ids that do not fit together;
    NoRelevantError: passages and questions, but not which belong together."""
    missing = [name for name in (CORPUS, QUERIES) if not (folder / name).is_file()]
    if missing:
        expected = (
            f'{CORPUS} ("id", "text", optional "title") and {QUERIES} ("id", "text", "relevant": ids of passages)'
        )
        raise DataError(
            f"{folder} is no retrieval set: {' and '.join(missing)} is not there. Expected: {expected}.",
            f"{folder} 은(는) 검색 평가 자료가 아닙니다: {', '.join(missing)} 없음. 있어야 할 것: {expected}.",
        )
    passages = _lines(folder / CORPUS, Passage)
    queries = _lines(folder / QUERIES, Query)
    known = {passage.id for passage in passages}
    for number, query in enumerate(queries, 1):
        if unknown := [one for one in query.relevant if one not in known]:
            raise _bad(folder / QUERIES, f"question {number} ({query.id}) names passage {unknown[0]}, not in {CORPUS}")
    hashes = {name: hashlib.sha256(_read(folder / name)).hexdigest() for name in (CORPUS, QUERIES)}
    return RetrievalSet(folder.resolve().name, hashes, passages, queries)


def _lines(path: Path, kind: type[_Line]) -> tuple[_Line, ...]:
    found: list[_Line] = []
    for number, line in enumerate(_read(path).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
            if kind is Query and isinstance(told, dict) and "relevant" not in told:
                raise NoRelevantError(
                    f'{path} does not say which passages are relevant ("relevant" is missing in line {number}): it '
                    "cannot score retrieval. Choose another data set.",
                    f'{path} 에 정답 단락이 없습니다({number}번째 줄에 "relevant" 없음). 검색을 채점할 수 없으니 다른 '
                    "자료를 고르세요.",
                )
            found.append(kind.model_validate(told))
        except ValidationError as error:
            raise _bad(path, f"line {number}: {_first(error)}") from error
        except ValueError as error:  # not JSON, or not UTF-8
            raise _bad(path, f"line {number} is not JSON ({error})") from error
    if not found:
        raise _bad(path, "it is empty")
    if repeated := _repeated(one.id for one in found):
        raise _bad(path, f"the id {repeated} stands twice")
    return tuple(found)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"{path} cannot be read ({reason}). Check the path.",
            f"{path} 을(를) 읽을 수 없습니다({reason}). 경로를 확인하세요.",
        ) from error


def _malformed(path: Path, problems: Sequence[golden_file.Problem]) -> DataError:
    told = problems[: golden_file.MOST]
    more = len(problems) - len(told)
    en = [f"line {one.line}: {one.en}" if one.line else one.en for one in told] + [f"and {more} more"] * bool(more)
    ko = [f"{one.line}번째 줄: {one.ko}" if one.line else one.ko for one in told] + [f"그 밖에 {more}개"] * bool(more)
    return _bad(path, "; ".join(en), "; ".join(ko))


def _first(error: ValidationError) -> str:
    """The first thing wrong, and where."""
    problem = error.errors()[0]
    return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}"


def _repeated(ids: Any) -> str | None:
    return next((one for one, count in Counter(ids).items() if count > 1), None)


def _bad(path: Path, en: str, ko: str | None = None) -> DataError:
    return DataError(
        f"{path} cannot be measured on: {en}. Correct it and try again.",
        f"{path} 으로는 잴 수 없습니다: {ko or en}. 고친 뒤 다시 시도하세요.",
    )
