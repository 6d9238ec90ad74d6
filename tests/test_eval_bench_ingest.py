"""What is measured of an ingest: every vector counted, every stage, articles that are no two alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from entries import unit

from eval.bench import ingest, ingest_run
from index.types import Span, Vectors, Words
from rag.settings import load_settings

WORDS = ["강", "산", "들", "섬", "달", "별", "눈", "비"]
PASSAGES = [f"{word} 소식이 전해졌다. 사람들은 {word} 이야기를 오래 나누었다." for word in WORDS]


class Fake:
    """Vectors without a model."""

    name, dimension = "fake@1", 8

    def documents(self, texts: Sequence[str]) -> Vectors:
        return unit(len(texts), len(texts))

    def words(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[list[Words]]]:
        return self.documents(texts), [[np.ones((2, 8), np.float32) for _ in its] for its in spans]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in ingest.SETS:
        (tmp_path / name).mkdir()
        lines = [json.dumps({"id": f"{name}{i}", "text": text}) for i, text in enumerate(PASSAGES)]
        (tmp_path / name / "corpus.jsonl").write_text("\n".join(lines), encoding="utf-8")
        asked = json.dumps({"id": "q", "text": "?", "relevant": [f"{name}0"]})
        (tmp_path / name / "queries.jsonl").write_text(asked, encoding="utf-8")
    return tmp_path


@pytest.fixture
def folder(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(ingest, "FILE_ARTICLES", 4)
    made = data / "made"
    made.mkdir()
    assert ingest.write(data, made, 2) == len(_lines(made)) > 4
    return made


def _lines(folder: Path) -> list[str]:
    return [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]


def test_articles_are_no_two_alike_and_the_same_in_every_run(folder: Path, data: Path) -> None:
    lines = _lines(folder)
    assert len({json.loads(line)["text"] for line in lines}) == len(lines)
    assert sum(len(json.loads(line)["text"]) for line in lines) >= 2 * ingest.CHUNK_CHARACTERS
    again = data / "again"
    again.mkdir()
    ingest.write(data, again, 2)
    assert _lines(again) == lines


def test_every_chunk_and_sentence_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_run, "open_embedder", lambda _: Fake())
    monkeypatch.setattr(ingest_run, "load_settings", lambda: load_settings(home=folder))
    told = ingest_run.ours(folder)
    sentences = sum(json.loads(line)["text"].count(".") for line in _lines(folder))
    assert told["articles"] == len(_lines(folder))
    assert told["chunks"] >= told["articles"]
    assert told["vectors"] == told["chunks"] + sentences
    assert told["vectors_s"] == pytest.approx(told["vectors"] / told["seconds"])
    assert told["peak_mib"] > 50
    apart = ingest_run.stages(folder, 3)
    assert apart["articles"] == 3
    assert list(apart["articles_s"]) == ["read", "split", "embed", "write"]
    assert min(apart["articles_s"].values()) > 0
