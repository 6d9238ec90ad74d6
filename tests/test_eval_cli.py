"""The commands of `gisa eval`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from eval import provenance
from eval.cli import app
from eval.datasets import DataError, GoldenSet
from eval.records import read_run
from eval.run import choose
from rag.types import Answer

if TYPE_CHECKING:
    pass
from small_run import QUESTIONS, asked

GOLDEN = GoldenSet("small", "0" * 64, QUESTIONS)


def test_choice() -> None:
    assert [q.id for _, q in choose([GOLDEN], "ko", None)] == ["ko-refused", "ko-down"]
    assert [q.id for _, q in choose([GOLDEN, GOLDEN], "ko", 3)] == ["ko-refused", "ko-down", "ko-refused"]
    assert len(choose([GOLDEN], None, None)) == 5


def test_report_and_compare_commands(tmp_path: Path) -> None:
    out = tmp_path / "run.jsonl"
    asked(out)
    cli = CliRunner()
    told = cli.invoke(app, ["report", str(out), "--failures"])
    assert told.exit_code == 0, told.output
    assert "right refusals" in told.output
    assert "4 of 5 questions went wrong." in told.output
    told = cli.invoke(app, ["compare", str(out), str(out)])
    assert told.exit_code == 0, told.output
    assert "Better: 0" in told.output


def test_report_of_retrieval(tmp_path: Path) -> None:
    row = {
        "type": "retrieval", "data": "tiny", "sha256": {}, "passages": 4, "queries": 2, "method": "gisa",
        "nDCG@10": 0.5, "MRR@10": 0.25, "R@1": 0.125, "R@5": 1.0, "ms_per_query": 12.34, "unread": 1,
        "embedder": "e", "settings": "s", "revision": "r", "machine": "m", "time": "t",
    }  # fmt: skip
    out = tmp_path / "retrieval.jsonl"
    out.write_text(json.dumps(row) + "\n", encoding="utf-8")
    told = CliRunner().invoke(app, ["report", str(out)])
    assert told.exit_code == 0, told.output
    for part in ("tiny: 2 questions, 4 passages", "gisa (1 not read)", "0.500", "0.250", "0.125", "1.000", "12.3"):
        assert part in told.output


def test_run_command(tmp_path: Path, embedder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shipped articles, the real pipeline without a language model, a run that is broken off and gone on with."""
    from rag.assemble import Gisa

    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_EMBEDDER__MODEL", str(embedder_folder))
    monkeypatch.setattr(provenance, "revision", lambda: "r")  # whatever is committed or edited meanwhile
    monkeypatch.setattr(provenance, "code_hash", lambda _: "h")
    out = tmp_path / "run.jsonl"
    command = ["run", "--no-llm", "--language", "en", "--limit", "3", "--out", str(out)]
    ask = Gisa.ask

    def broken_off(gisa: Gisa, question: str, **told: Any) -> Answer:
        if out.read_bytes().count(b"\n") == 3:
            raise KeyboardInterrupt
        return ask(gisa, question, **told)

    monkeypatch.setattr(Gisa, "ask", broken_off)
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 130, told.output
    assert "all (2)" in told.output
    monkeypatch.setattr(Gisa, "ask", ask)
    told = CliRunner().invoke(app, [*command, "--resume", "--failures"])
    assert told.exit_code == 0, told.output
    assert "all (3)" in told.output
    run, records = read_run(out)
    assert (run.llm, run.articles, list(run.sets)) == (False, "shipped", ["golden"])
    assert [record.language for record in records] == ["en"] * 3
    assert all(record.answer and record.answer["model"] is None for record in records)
    assert all(record.evidence_ms and record.evidence_ms < record.elapsed_ms for record in records)
    assert not (tmp_path / "index").exists(), "the user's own collection is left alone"
    assert isinstance(CliRunner().invoke(app, command).exception, DataError), "nothing is written over"
    assert CliRunner().invoke(app, ["run", "--resume"]).exit_code == 2


def test_retrieval_command(tmp_path: Path, embedder_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_EMBEDDER__MODEL", str(embedder_folder))
    passages = [{"id": "p1", "text": "마늘 값이 크게 떨어졌다."}, {"id": "p2", "text": "발사체가 궤도에 올랐다."}]
    for name, extra in (("tiny", {"relevant": ["p1"]}), ("other", {"answerable": True})):
        (tmp_path / name).mkdir()
        lines = "\n".join(json.dumps(passage) for passage in passages)
        (tmp_path / name / "corpus.jsonl").write_text(lines, encoding="utf-8")
        query = {"id": "q", "text": "마늘 값은 어떻게 되었나?", **extra}
        (tmp_path / name / "queries.jsonl").write_text(json.dumps(query), encoding="utf-8")
    out = tmp_path / "retrieval.jsonl"
    data = ["--data", str(tmp_path / "other"), "--data", str(tmp_path / "tiny")]
    told = CliRunner().invoke(app, ["retrieval", *data, "--method", "gisa", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "tiny: 1 questions, 2 passages" in told.stdout
    assert "does not say which passages are relevant" in told.stderr.replace("\n", " ")
    (line,) = (json.loads(line) for line in out.read_text(encoding="utf-8").splitlines())
    assert (line["method"], line["R@1"]) == ("gisa", 1.0)
    alone = CliRunner().invoke(app, ["retrieval", "--data", str(tmp_path / "other")])
    assert isinstance(alone.exception, DataError)
