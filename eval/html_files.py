"""`gisa eval report --html`: which files a page is made of, and writing it."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval import html_words as words
from eval.datasets import DataError
from eval.html_parts import Measured
from eval.html_report import page
from eval.records import read_run, retrieval_rows
from rag.errors import Language

RUNS = Path("eval", "runs")


def write_page(files: Sequence[Path], out: Path, home: Path, language: Language) -> None:
    """Write the page of these result files. Of several runs the history is theirs; else that of all in GISA_HOME.

    A page that is there already is replaced, whole or not at all: it can be made again. Raises DataError: a file that
    is no result, or a page that cannot be written; MissingExtraError.
    """
    retrieval: dict[str, list[dict[str, Any]]] = {}
    runs: list[Path] = []
    for file in files:
        if by_data := retrieval_rows(file):
            for data, rows in by_data.items():
                retrieval[data] = _latest([*retrieval.get(data, []), *rows])
        else:
            runs.append(file)
    measured = _read(runs)
    told, about = measured, words.HISTORY_FILES
    not_runs: list[str] = []
    if len(measured) < 2:
        about = words.HISTORY_HOME.of(folder=home / RUNS)
        others, not_runs = _runs_of(home)
        known = {one.file.resolve() for one in measured}
        told = _read([*runs, *(file for file in others if file.resolve() not in known)])
    text = page(measured, retrieval, told, language=language, about_runs=about, not_runs=not_runs)
    _write(out, text)


def _read(files: Sequence[Path]) -> list[Measured]:
    repeated = Counter(file.stem for file in files)
    found = []
    for number, file in enumerate(files, 1):
        name = file.stem if repeated[file.stem] == 1 else f"{file.parent.name}/{file.stem}"
        found.append(Measured(number, name, file, *read_run(file)))
    return found


def _runs_of(home: Path) -> tuple[list[Path], list[str]]:
    """The runs in GISA_HOME, and the names of files there that cannot be read as one."""
    runs, left_out = [], []
    for file in sorted((home / RUNS).glob("*.jsonl")):
        try:
            if not retrieval_rows(file):
                read_run(file)
                runs.append(file)
        except DataError:
            left_out.append(file.name)
    return runs, left_out


def _latest(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of rows of one method the last."""
    return list({row["method"]: row for row in rows}.values())


def _write(out: Path, text: str) -> None:
    unfinished = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(out)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"{out} cannot be written ({reason}). Name another file with --html.",
            f"{out} 을(를) 쓸 수 없습니다({reason}). --html에 다른 파일을 지정하세요.",
        ) from error
