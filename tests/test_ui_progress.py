"""Progress on a terminal and elsewhere."""

from __future__ import annotations

import io
import threading

import pytest
from rich.console import Console

from ui import words
from ui.progress import Bars
from ui.session import Session


def session(terminal: bool) -> Session:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    return Session("en", out=console, err=console)


def written(of: Session) -> str:
    assert isinstance(of.err.file, io.StringIO)
    return of.err.file.getvalue()


def test_elsewhere_each_stage_is_one_line() -> None:
    told = session(terminal=False)
    with Bars(told) as bars:
        bars.wait(words.OPENING)
        bars.start("download", "some-model", 2_000_000)
        for _ in range(10):
            bars.advance(200_000)
        bars.start("convert", "some-model", 0)
        for done in range(4):
            bars.count(words.INDEXING, done, 3)
    assert written(told) == "Downloading some-model (2.0 MB)\nConverting some-model\nIndexing articles\n"


def test_silent_says_nothing() -> None:
    told = session(terminal=True)
    with Bars(told, silent=True) as bars:
        bars.count(words.QUESTIONS, 1, 2)
    assert written(told) == ""


@pytest.mark.parametrize(("total", "shown"), [(3, "2/3"), (None, "2")])
def test_terminal_shows_how_far_it_is(total: int | None, shown: str) -> None:
    told = session(terminal=True)
    with Bars(told) as bars:
        bars.count(words.INDEXING, 2, total)
        bars._shown.refresh()
    assert f"{shown} " in written(told).replace("\r", " ").replace("\x1b", " \x1b")


def test_two_threads_have_a_bar_each() -> None:
    told = session(terminal=True)
    both = threading.Barrier(2)

    def fetch(bars: Bars, name: str, size: int) -> None:
        bars.start("download", name, 1_000_000)
        both.wait()
        bars.advance(size)
        both.wait()

    with Bars(told) as bars:
        threads = [
            threading.Thread(target=fetch, args=(bars, name, size))
            for name, size in {"one": 100_000, "two": 700_000}.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        done = {task.description: (task.completed, task.fields["amount"]) for task in bars._shown.tasks}
    assert done == {
        "Downloading one": (100_000, "100.0 kB/1.0 MB"),
        "Downloading two": (700_000, "700.0 kB/1.0 MB"),
    }
