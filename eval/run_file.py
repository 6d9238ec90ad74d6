"""A run's file as it is written: begun, taken up again, and added to a line at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from eval.datasets import DataError
from eval.records import QuestionRecord, RunRecord, complete_lines, read_run
from index.disk import file_error


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
    _write(out, run.model_dump_json().encode() + b"\n")
    return []


@contextmanager
def appending(out: Path) -> Iterator[Callable[[QuestionRecord], None]]:
    """Adds records to `out`, each written before the call returns. Raises IndexStoreError: it cannot be written.

    A disk that is full leaves a line cut off, which `begin` takes away.
    """
    with _explained(out):
        file = out.open("ab", buffering=0)
    with file:

        def append(record: QuestionRecord) -> None:
            left = memoryview(record.model_dump_json().encode() + b"\n")
            with _explained(out):
                while left:
                    left = left[file.write(left) :]

        yield append


@contextmanager
def _explained(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise file_error(error, out) from error


def _write(path: Path, data: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with _explained(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.write_bytes(data)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
