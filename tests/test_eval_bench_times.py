"""Where the time of a question and of a start goes."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.bench import durable, rest
from eval.bench.memory import read_mib
from eval.bench.query import parts, summary
from eval.bench.startup import importing, median_of, start
from eval.bench.tell import source_line, tell
from rag.types import Answer, Drafted, Event, Found, Judging, Listener


class Scripted:
    """Answers with these events; the clock goes on by a second for each look at it."""

    def __init__(self, *events: Event) -> None:
        self._events = events

    def ask(self, question: str, *, listen: Listener = lambda event: None) -> Answer:
        for event in self._events:
            listen(event)
        times = {"retrieve": 0, "generate": 0, "verify": 250, "total": 0}
        return Answer(question, "en", "", False, "llm", (), (), times, None, "")


@pytest.fixture
def clock() -> Iterator[float]:
    return (float(second) for second in range(100))


def test_parts_of_an_answer(clock: Iterator[float]) -> None:
    """Looks at the clock: start 0, evidence 1, in doubt 2, first word 3, second 4, end 5."""
    gisa = Scripted(Found(()), Judging(1), Drafted("more"), Drafted(" than"))
    assert parts(gisa, "?", lambda: next(clock)) == {
        "retrieve": 1000, "read": 1000, "judge": 1000, "write": 1750, "verify": 250, "total": 5000,
    }  # fmt: skip


def test_a_second_draft_adds_up(clock: Iterator[float]) -> None:
    """Evidence 1, first draft 2, second draft 3, end 4."""
    gisa = Scripted(Found(()), Drafted("one"), Drafted("two"))
    told = parts(gisa, "?", lambda: next(clock))
    assert (told["read"], told["write"], told["total"]) == (1000, 1750, 4000)


def test_a_refusal_has_no_writing(clock: Iterator[float]) -> None:
    assert parts(Scripted(Found(())), "?", lambda: next(clock)) == {
        "retrieve": 1000, "read": 750, "verify": 250, "total": 2000,
    }  # fmt: skip


def test_summary_counts_only_answers_that_have_the_part() -> None:
    told = summary([{"retrieve": 10.0, "total": 30.0}, {"retrieve": 20.0, "write": 5.0, "total": 40.0}])
    assert told == {
        "retrieve": {"median_ms": 15.0, "p95_ms": 20.0, "answers": 2},
        "write": {"median_ms": 5.0, "p95_ms": 5.0, "answers": 1},
        "total": {"median_ms": 35.0, "p95_ms": 40.0, "answers": 2},
    }


SAID = {"load", "machine", "revision", "time", "command"}


def test_figures_say_where_they_come_from(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/somewhere/query.py", "--questions", "3"])
    tell("query", {"questions": 3})
    told = json.loads(capsys.readouterr().out)
    assert (told["bench"], told["questions"]) == ("query", 3)
    assert told.keys() >= SAID
    assert told["command"] == "python -m eval.bench.query --questions 3"
    monkeypatch.setattr(sys, "argv", ["/somewhere/ingest.py", "--chunks", "60"])
    assert source_line("ingest").endswith("; python -m eval.bench.ingest --chunks 60")


def test_benches_of_many_measurements_say_it_of_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((durable, "kill"), (rest, "memory")):
        monkeypatch.setattr(sys, "argv", [f"{module.__name__}.py", name])
        if module is durable:
            durable._tell(name, {"lost": 0}, "0 lost", good=True)
        else:
            rest._tell(name, {"lost": 0}, "0 lost")
        told = json.loads(capsys.readouterr().out)
        assert told.keys() == {"bench", "lost", "must", *SAID}
        assert told["bench"] == name
        assert told["command"] == f"python -m {module.__name__} {name}"


SCRIPT = """
import sys, time
assert sys.stderr.isatty() and sys.stdout.isatty()
time.sleep(0.3)
print("\\u00b7 evidence", file=sys.stderr, flush=True)
time.sleep(0.3)
held = bytearray(60 << 20)
held[::4096] = b"x" * len(held[::4096])
print("answer [1].", flush=True)
time.sleep(0.3)
sys.exit(3)
"""


def test_start_is_watched() -> None:
    told = start([sys.executable, "-X", "utf8", "-c", SCRIPT], dict(os.environ))
    assert told.evidence_s is not None
    assert told.answer_s is not None
    assert 0.3 <= told.evidence_s <= told.answer_s - 0.2
    assert told.answer_s <= told.end_s - 0.2
    assert told.memory_mib > 60
    assert told.exit_code == 3


def test_start_that_shows_nothing() -> None:
    told = start([sys.executable, "-c", ""], dict(os.environ))
    assert (told.evidence_s, told.answer_s, told.exit_code) == (None, None, 0)
    assert median_of([told, told])["evidence_s"] is None


def test_importing_costs_what_the_module_costs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "slow_to_import.py").write_text("import time; time.sleep(2)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert importing("slow_to_import", 1) > 1


def test_read_from_disk() -> None:
    assert read_mib(os.getpid()) >= 0
    assert read_mib(2**22 + 1) == 0, "no such process"
