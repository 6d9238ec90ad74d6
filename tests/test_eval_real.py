"""A short evaluation with the real models: four golden questions on one article, by the command as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from eval.cli import app
from eval.datasets import GOLDEN, load_golden
from eval.records import read_run
from seeds.provision import ensure

ARTICLE = Path(__file__).parent.parent / "seeds" / "articles" / "003-korea-nvidia-gpu-260k.md"
IDS = ("korea-gpus-en", "korea-gpus-ko", "u-japan-gpus", "u-hangang-speed")
LLM = "qwen2.5-coder-1.5b-instruct"


def test_four_golden_questions(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensure("multilingual-e5-small", home)
    ensure(LLM, home)
    (tmp_path / "models").symlink_to(home / "models", target_is_directory=True)
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_LLM__TIMEOUT_S", "300")  # other tests may be at work
    chosen = [question for question in load_golden(GOLDEN).questions if question.id in IDS]
    keys = {"id", "question", "language", "answerable", "kind", "facts", "articles"}
    told = {"version": 1, "questions": [question.model_dump(mode="json", include=keys) for question in chosen]}
    (tmp_path / "four.yaml").write_text(json.dumps(told), encoding="utf-8")
    out = tmp_path / "run.jsonl"
    command = ["run", "--set", str(tmp_path / "four.yaml"), "--articles", str(ARTICLE), "--out", str(out)]
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0, shown.output
    run, records = read_run(out)
    assert (run.model, run.target, list(run.sets)) == (LLM, "local", ["four"])
    assert run.model_sha256 == "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    assert run.embedder is not None
    assert run.embedder.startswith("multilingual-e5-small@")
    by_id = {record.id: record for record in records}
    assert set(by_id) == set(IDS)
    assert [record.error for record in records] == [None] * 4
    assert [record.scores.unsupported for record in records if record.scores] == [()] * 4
    for name in ("korea-gpus-en", "korea-gpus-ko"):
        record = by_id[name]
        assert record.right, record.answer
        assert record.citations is not None
        assert record.citations.recall == 1.0
        assert record.trace is not None
        assert all(draft.failed == () for draft in record.trace.drafts)
        assert any("26만" in sentence.text for sentence in record.trace.evidence)
        assert record.prompt_tokens is None or 100 < record.prompt_tokens < 700, "asked only in doubt"
    assert by_id["u-japan-gpus"].right, by_id["u-japan-gpus"].answer
