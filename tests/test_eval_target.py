"""A gisa elsewhere, measured over HTTP: the real server, and servers that answer nonsense, ask to wait, or are gone."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from serving import ASKED, Served
from small_run import Fake
from target_server import ANSWER, HTML, QUESTION, RIGHT, Reply, answering, told
from typer.testing import CliRunner

from eval.cli import app
from eval.datasets import GoldenQuestion
from eval.errors import TargetError, TargetLostError
from eval.records import read_run
from eval.run import Subject, ask_each
from eval.target import Target
from rag.pipeline import ignore

pytest_plugins = ["serving"]
pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, instead of waiting them."""
    waited: list[float] = []
    monkeypatch.setattr("eval.target.sleep", waited.append)
    return waited


def test_answer_of_a_server(tmp_path: Path) -> None:
    """The Answer is what was sent; its articles' numbers come from the server, asked for once."""
    with answering(RIGHT) as server, Target(server.url + "/", "gisa_key") as target:
        about = target.about("How many GPUs?")
        out = tmp_path / "run.jsonl"
        (record,) = ask_each(Subject(target, target.numbers), [("s", QUESTION)], out)
        assert (about.version, about.articles, about.llm, about.settings, about.model) == ("9.8.7", 5, True, "s", "m")
        assert record.scores is not None
        assert record.scores.right
        assert record.answer == Fake().ask("How many GPUs?").to_json()
        assert server.keys == ["Bearer gisa_key"] * 2
        assert dict(target.numbers) == {"korea": "003"}
        assert target.numbers.get("gone") is None


PROBLEM = {"code": "question", "detail": "gisa answers questions in Korean and English.", "status": 422}


@pytest.mark.parametrize(
    ("reply", "en"),
    [
        (HTML, r"POST /v1/ask as gisa does not \(HTTP 200, text/html: not JSON\)"),
        ((500, {"Content-Type": "text/plain"}, "Internal Server Error"), r"HTTP 500, text/plain: no answer"),
        (told(200, []), "no JSON object"),
        (told(200, {"answer": "42"}), "question: Field required"),
        (told(200, ANSWER | {"refused": "no"}), "refused: Input should be a valid boolean"),
        (told(200, ANSWER | {"citations": [{"number": 1}]}), r"citations\.0\.article_id: Field required"),
        (told(302, {}, Location="http://127.0.0.1:1/"), "HTTP 302"),
        (told(422, PROBLEM), r"said question \(HTTP 422\): gisa answers questions in Korean"),
        (told(504, {"code": "out_of_time", "detail": "It took too long."}), r"out_of_time \(HTTP 504\)"),
    ],
)
def test_what_is_no_answer_is_told(reply: Reply, en: str) -> None:
    with answering(reply) as server, Target(server.url) as target, pytest.raises(TargetError, match=en) as caught:
        target.ask("q")
    assert "\n" not in caught.value.en + caught.value.ko


def test_a_server_that_asks_to_wait_is_waited_for(waits: list[float]) -> None:
    busy = told(429, {"code": "rate_limited", "detail": "Too many."}, **{"Retry-After": "7"})
    long = told(503, {"code": "index_busy", "detail": "Busy."}, **{"Retry-After": "900"})
    with answering(busy, long, RIGHT) as server, Target(server.url) as target:
        assert target.ask("q").answer == ANSWER["answer"]
        assert waits == [7, 60]
        assert 67_000 <= target.waited_ms < 77_000
        assert len(server.asked) == 3
        target.ask("q")
        assert target.waited_ms == 0


def test_a_server_that_is_always_busy_is_not_waited_for_for_ever(waits: list[float]) -> None:
    busy = told(429, {"code": "queue_full", "detail": "Full."})
    with answering(busy) as server, Target(server.url) as target, pytest.raises(TargetError, match="queue_full"):
        target.ask("q")
    assert waits == [5] * 6


def test_time_that_was_waited_is_not_the_answers(tmp_path: Path) -> None:
    class Waiting(Fake):
        def ask(self, question: str, *, listen: Callable[..., None] = ignore) -> Any:
            time.sleep(0.3)
            return super().ask(question, listen=listen)

    question = ("s", GoldenQuestion(id="q", question="Who won?", language="en", answerable=False, kind="who"))
    (record,) = ask_each(Subject(Waiting(), {}, waited_ms=lambda: 300.0), [question], tmp_path / "run.jsonl")
    assert 20 <= record.elapsed_ms < 300
    assert record.evidence_ms is not None
    assert 0 <= record.evidence_ms < 250


def test_slow_server() -> None:
    with (
        answering(RIGHT, pause_s=1.0) as server,
        Target(server.url, timeout_s=0.2) as target,
        pytest.raises(TargetError, match=r"within 0\.2 s"),
    ):
        target.ask("q")


@pytest.mark.parametrize("status", [401, 403])
def test_without_a_key_that_opens(status: int) -> None:
    with (
        answering(told(status, {"code": "key_needed", "detail": "A key."})) as server,
        Target(server.url) as target,
        pytest.raises(TargetLostError, match="GISA_EVAL_KEY"),
    ):
        target.ask("q")


def test_nobody_there() -> None:
    with answering(RIGHT) as server:
        url = server.url
    with Target(url) as target, pytest.raises(TargetLostError, match="out of reach"):
        target.about("q")


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8000", "ftp://a", "http://", "http://me:secret@a/", "http://a/?key=1", "http://a:b", ""]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(TargetLostError, match="no address of a gisa server") as caught:
        Target(url)
    assert "secret" not in caught.value.en + caught.value.ko


@pytest.mark.parametrize("ready", [HTML, told(200, {"status": "ok"}), told(404, {"detail": "Not Found"})])
def test_another_server_is_no_target(ready: Reply) -> None:
    with answering(RIGHT, ready=ready) as server, Target(server.url) as target:
        with pytest.raises(TargetLostError, match="GET /v1/health/ready as gisa does not"):
            target.about("q")
        assert server.asked == []


def test_three_failures_in_a_row_end_it_and_a_refused_question_is_none() -> None:
    refused = told(422, PROBLEM)
    with answering(HTML, HTML, refused, HTML, HTML, RIGHT, HTML) as server, Target(server.url) as target:
        for _ in range(5):
            with pytest.raises(TargetError):
                target.ask("q")
        target.ask("q")
        for _ in range(2):
            with pytest.raises(TargetError):
                target.ask("q")
        with pytest.raises(TargetLostError, match="3 questions in a row"):
            target.ask("q")


GOLDEN = """version: 1
questions:
  - {id: one, question: "How many GPUs?", language: en, answerable: true, kind: how-many, facts: [["260,000"]],
     articles: ["003"]}
  - {id: two, question: "몇 장인가?", language: ko, answerable: true, kind: how-many, facts: [["26만"]],
     articles: ["003"]}
  - {id: three, question: "Who won?", language: en, answerable: false, kind: who, why: "Nobody plays."}
"""


def test_run_that_lost_its_target_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was answered is kept; questions that failed are asked again."""
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_EVAL_KEY", "gisa_key")
    monkeypatch.setattr("eval.provenance.revision", lambda: "r")
    (tmp_path / "own.yaml").write_text(GOLDEN, encoding="utf-8")
    out = tmp_path / "run.jsonl"
    with answering(RIGHT, RIGHT, (500, {}, "")) as server:
        command = ["run", "--target", server.url, "--set", str(tmp_path / "own.yaml"), "--out", str(out)]
        shown = CliRunner().invoke(app, command)
        assert shown.exit_code == 0, shown.output
        assert set(server.keys) == {"Bearer gisa_key"}
        run, records = read_run(out)
        assert [record.id for record in records if record.error is None] == ["one"]
        assert (run.target, run.gisa, run.articles, run.collection) == (
            server.url,
            "9.8.7",
            f"those of {server.url}",
            "5 articles",
        )
        server.replies = [RIGHT]
        before = len(server.asked)
        shown = CliRunner().invoke(app, [*command, "--resume"])
        assert shown.exit_code == 0, shown.output
        assert server.asked[before:] == ["How many GPUs?", "몇 장인가?", "Who won?"], "the first is its trial"
        assert [record.error for record in read_run(out)[1]] == [None] * 3
        server.replies = [told(200, ANSWER | {"settings": "other"})]
        told_off = CliRunner().invoke(app, [*command, "--resume"])
        assert "other questions, articles, settings or code" in str(told_off.exception)
    gone = CliRunner().invoke(app, [*command[:-1], str(tmp_path / "new.jsonl")])
    assert isinstance(gone.exception, TargetLostError)
    assert not (tmp_path / "new.jsonl").exists(), "nothing is begun that cannot be measured"
    assert CliRunner().invoke(app, [*command, "--no-llm"]).exit_code == 2


def test_real_server(serving: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app of `gisa serve` over HTTP, the shipped articles, the real embedder, a fake model."""
    monkeypatch.setenv("GISA_HOME", str(tmp_path / "eval"))
    question = {"id": "gpus", "question": ASKED, "language": "en", "answerable": True, "kind": "how-many"}
    told = {"version": 1, "questions": [question | {"facts": [["26만", "260,000"]], "articles": ["003"]}]}
    path = tmp_path / "own.yaml"
    path.write_text(json.dumps(told), encoding="utf-8")
    out = tmp_path / "run.jsonl"
    with serving() as client:
        shown = CliRunner().invoke(
            app, ["run", "--target", str(client.base_url), "--set", str(path), "--out", str(out)]
        )
    assert shown.exit_code == 0, shown.output
    run, (record,) = read_run(out)
    assert (run.llm, run.collection, run.model) == (True, "5 articles", "fake")
    assert record.scores is not None
    assert record.scores.right
    assert record.citations is not None
    assert (record.citations.recall, record.citations.precision) == (1.0, 1.0)
    assert record.trace is not None
    assert any("26만" in sentence.text for sentence in record.trace.evidence)
    assert [draft.text for draft in record.trace.drafts] == ["more than 260,000 GPUs"]
    assert record.evidence_ms is not None
    assert record.evidence_ms < record.elapsed_ms
