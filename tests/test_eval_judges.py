"""Models as judges, over real HTTP from a scripted OpenAI-compatible server; how far they agree with the metrics."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from listening import listening
from small_run import NUMBERS, RUN, Fake, asked
from typer.testing import CliRunner, Result

from eval import subjects
from eval.agreement import agreement, correct, faithful, kappa, relevant
from eval.cli import app
from eval.errors import JudgeError
from eval.judges import missing, read_score, reference
from eval.records import read_run
from eval.run import Subject
from eval.subjects import Prepared

Say = Callable[[str], str]
"""A reply to a prompt."""


class Model(ThreadingHTTPServer):
    """A model behind the OpenAI API that says what it is told to; or `raw`, in place of any completion."""

    daemon_threads = True

    def __init__(self, say: Say, raw: tuple[int, str] | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.say = say
        self.raw = raw
        self.prompts: list[str] = []
        self.keys: list[str | None] = []


class Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = "\n".join(message["content"] for message in body["messages"])
        self.server.prompts.append(prompt)
        self.server.keys.append(self.headers["Authorization"])
        message = {"role": "assistant", "content": self.server.say(prompt)}
        told = {
            "id": "1", "object": "chat.completion", "created": 1, "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }  # fmt: skip
        status, text = self.server.raw or (200, json.dumps(told))
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if text.startswith("{") else "text/html")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None: ...


def model(say: Say, raw: tuple[int, str] | None = None) -> AbstractContextManager[Model]:
    return listening(Model(say, raw))


def command(server: Model, out: Path) -> list[str]:
    url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    return ["judge", str(out), "--judge-url", url, "--judge-model", "scripted"]


def by_prompt(prompt: str) -> str:
    """Relevancy and correctness of everything; faithfulness of nothing but what says 260,000."""
    if "reference answer" in prompt.casefold():
        return "4.5\nAs the reference says."
    if "Question:" in prompt:
        return "YES"
    return "YES" if "260,000" in prompt else "NO"


def test_a_run_is_judged_and_agreement_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of five questions one failed and one was refused: three answers are judged by all three, a refusal by one.

    By the metrics: "260,000" is faithful and "26,000" is not; right is one of four (a refusal of what can be
    answered and an answer to what cannot are not); relevant are both answers to the answerable, whose quotes have the
    fact. The judge finds all of them right and relevant.
    """
    monkeypatch.setenv("GISA_EVAL_JUDGE_KEY", "judge-key")
    out = tmp_path / "run.jsonl"
    asked(out)
    with model(by_prompt) as server:
        shown = CliRunner().invoke(app, command(server, out))
        assert shown.exit_code == 0, shown.output
        assert len(server.prompts) == 3 * 3 + 1
        assert set(server.keys) == {"Bearer judge-key"}
        _, records = read_run(out)
        assert [sorted(record.judgements) for record in records] == [
            ["correctness", "faithfulness", "relevancy"],
            ["correctness", "faithfulness", "relevancy"],
            ["correctness"],
            ["correctness", "faithfulness", "relevancy"],
            [],
        ]
        first = records[0].judgements
        assert (first["correctness"].score, first["correctness"].feedback) == (4.5, "As the reference says.")
        assert first["faithfulness"].judge == "scripted"
        found = {name: agreement(name, records) for name in ("faithfulness", "correctness", "relevancy")}
        faithfulness, correctness, relevancy = (found[name] for name in found)
        assert faithfulness is not None
        assert (faithfulness.answers, faithfulness.raw, faithfulness.kappa) == (3, 1.0, 1.0)
        assert correctness is not None
        assert (correctness.answers, correctness.judge_passes, correctness.metric_passes) == (4, 1.0, 0.25)
        assert (correctness.raw, correctness.kappa) == (0.25, 0.0)
        assert relevancy is not None
        assert relevancy.answers == 3
        assert relevancy.raw == pytest.approx(2 / 3)
        assert all(part in shown.output for part in ("Judged by scripted", "faithfulness", "1.00", "25.0%"))
        CliRunner().invoke(app, command(server, out))
        assert len(server.prompts) == 10, "what was judged is not judged again"


GOLDEN = """version: 1
questions:
  - {id: one, question: "How many GPUs?", language: en, answerable: true, kind: how-many, facts: [["260,000"]],
     articles: ["003"]}
  - {id: two, question: "Who won the match?", language: en, answerable: false, kind: who, why: "Nobody plays."}
"""


def test_a_run_is_judged_at_its_end_where_a_judge_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the environment or by options; one that does not answer leaves the run whole, to be judged later."""
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setattr(
        subjects, "local", lambda *_, **__: Prepared(RUN, lambda: nullcontext(Subject(Fake(), NUMBERS)))
    )
    (tmp_path / "own.yaml").write_text(GOLDEN, encoding="utf-8")

    def measured(name: str, *more: str) -> Result:
        told = ["run", "--set", str(tmp_path / "own.yaml"), "--out", str(tmp_path / name), *more]
        return CliRunner().invoke(app, told)

    alone = measured("alone.jsonl")
    assert alone.exit_code == 0, alone.output
    assert "Judged" not in alone.output
    with model(by_prompt) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        monkeypatch.setenv("GISA_EVAL_JUDGE_URL", url)
        assert measured("half.jsonl").exit_code == 2, "no model is named"
        assert not (tmp_path / "half.jsonl").exists()
        monkeypatch.setenv("GISA_EVAL_JUDGE_MODEL", "scripted")
        judged = measured("judged.jsonl")
        assert judged.exit_code == 0, judged.output
        assert judged.output.index("facts in the answer") < judged.output.index("Judged by scripted")
        assert all(set(record.judgements) >= {"correctness"} for record in read_run(tmp_path / "judged.jsonl")[1])
        server.raw = (401, '{"error": {"message": "no such key"}}')
        failed = measured("failed.jsonl", "--judge-model", "another")
        assert isinstance(failed.exception, JudgeError)
        assert "gisa eval judge FILE" in failed.exception.en
        assert len(read_run(tmp_path / "failed.jsonl")[1]) == 2
        server.raw = None
        later = CliRunner().invoke(app, ["judge", str(tmp_path / "failed.jsonl")])
        assert later.exit_code == 0, later.output
        assert "Judged by scripted" in later.output


def test_judging_goes_on_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    with model(by_prompt, raw=(401, '{"error": {"message": "no such key"}}')) as server:
        shown = CliRunner().invoke(app, command(server, out))
        assert isinstance(shown.exception, JudgeError)
        assert "no such key" in shown.exception.en
        assert "\n" not in shown.exception.en + shown.exception.ko
    with model(by_prompt) as server:
        assert CliRunner().invoke(app, [*command(server, out), "--limit", "1"]).exit_code == 0
        server.raw = (400, '{"error": {"message": "too long"}}')
        assert isinstance(CliRunner().invoke(app, command(server, out)).exception, JudgeError)
        server.raw = None
        del server.prompts[:]
        assert CliRunner().invoke(app, command(server, out)).exit_code == 0
        assert len(server.prompts) == 7, "three of the first answer are there"
    assert sum(bool(record.judgements) for record in read_run(out)[1]) == 4


@pytest.mark.parametrize("raw", [(200, "<html>Welcome</html>"), (200, '{"told": 1}'), (200, '{"choices": []}')])
def test_a_server_that_is_no_model(tmp_path: Path, raw: tuple[int, str]) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    before = out.read_bytes()
    with model(by_prompt, raw=raw) as server:
        assert isinstance(CliRunner().invoke(app, command(server, out)).exception, JudgeError)
    assert out.read_bytes() == before


def test_nobody_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    out = tmp_path / "run.jsonl"
    asked(out)
    with model(by_prompt) as server:
        told = command(server, out)
    assert isinstance(CliRunner().invoke(app, told).exception, JudgeError)


def test_a_reply_that_says_neither_is_unread(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    with model(lambda _: "I cannot judge that.") as server:
        assert CliRunner().invoke(app, command(server, out)).exit_code == 0
    _, records = read_run(out)
    assert {judged.passing for record in records for judged in record.judgements.values()} == {None}
    found = agreement("correctness", records)
    assert found is not None
    assert (found.answers, found.unread, found.kappa) == (0, 4, None)
    assert missing(records[0], "scripted") == []
    assert missing(records[0], "another") == ["faithfulness", "correctness", "relevancy"]


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], None),
        ([(True, True)] * 3, None),
        ([(True, True), (False, False)], 1.0),
        ([(True, False), (False, True)], -1.0),
        # Two readers of 50 grant proposals, 20 both yes, 15 both no, 5 and 10 split: the usual textbook example.
        ([(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15, 0.4),
    ],
)
def test_kappa(pairs: list[tuple[bool, bool]], expected: float | None) -> None:
    assert kappa(pairs) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("4.0\nFine.", (4.0, "Fine.")),
        ("5", (5.0, "")),
        ("Score: 2\nWrong year.", (2.0, "Wrong year.")),
        ("10\nGreat", (None, "10\nGreat")),
        ("It is fine: 4", (None, "It is fine: 4")),
        ("", (None, "")),
    ],
)
def test_scores_as_models_write_them(reply: str, expected: tuple[float | None, str]) -> None:
    assert read_score(reply) == expected


def test_what_answers_are_compared_with(tmp_path: Path) -> None:
    right, wrong, refused, unsaid, down = asked(tmp_path / "run.jsonl")
    verdicts: list[tuple[Any, ...]] = [(faithful(one), correct(one), relevant(one)) for one in (right, wrong, refused)]
    assert verdicts == [(True, True, True), (False, False, True), (None, False, None)]
    assert (correct(unsaid), relevant(unsaid)) == (False, False)
    assert (faithful(down), correct(down), relevant(down)) == (None, None, None)
    assert [reference(one) for one in (right, unsaid)] == ["26만 or 260,000", "The articles do not say."]
