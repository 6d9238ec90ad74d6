"""Retrieval measured on a made-up set small enough to know the right figures by hand."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from eval.baselines.plain import BM25, best, fuse, nearest
from eval.datasets import DataError, Passage, Query, RetrievalSet
from eval.retrieval import OURS, article, cache, evaluate, measure, record
from rag.errors import QuestionError
from rag.settings import load_settings

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

PASSAGES = (
    Passage(
        id="해운", title="항구 소식", text="부산 항만 공사는 새 부두에 크레인 열두 대를 놓았다. 공사는 봄에 끝났다."
    ),
    Passage(id="farm", text="전남의 농가는 올해 마늘 값이 떨어져 걱정이 크다. 비가 잦아 수확도 줄었다."),
    Passage(id="space", text="한국형 발사체가 위성 세 기를 궤도에 올렸다. 연구진은 신호를 확인했다."),
    Passage(id="music", text="젊은 피아니스트가 바르샤바 경연에서 우승했다. 심사위원들은 그의 쇼팽 해석을 칭찬했다."),
)
QUERIES = (
    Query(id="q1", text="마늘 값이 왜 걱정인가?", relevant=("farm",)),
    Query(id="q2", text="Which competition did the pianist win?", relevant=("music",)),
    Query(id="q3", text="발사체가 궤도에 올린 위성은 몇 기인가?", relevant=("space",)),
    Query(id="q4", text="How many cranes were placed at the port?", relevant=("해운",)),
)
DATA = RetrievalSet("tiny", {"corpus.jsonl": "c", "queries.jsonl": "q"}, PASSAGES, QUERIES)


def test_bm25_by_hand() -> None:
    """Documents of equal length, so the length norm is 1: idf * f * (k1 + 1) / (f + k1), idf = ln(1 + 1.5 / 1.5)."""
    bm25 = BM25([["a", "a", "b"], ["b", "c", "d"]])
    assert bm25.scores(["a"]) == pytest.approx([np.log(2) * 2 * 2.5 / 3.5, 0])
    assert bm25.scores(["c", "c", "z"]) == pytest.approx([0, 2 * np.log(2)])
    assert best(bm25.scores(["b"]), 5) == [0, 1], "equal scores keep the documents' order"
    assert best(bm25.scores(["z"]), 5) == []
    assert BM25([]).scores(["a"]).shape == (0,)


def test_fusion_by_hand() -> None:
    """7 is second and first, 5 first only: 1/62 + 1/61 > 1/61 > 1/62."""
    assert fuse([[5, 7], [7, 9]], 10) == [7, 5, 9]
    assert fuse([[5, 7], [7, 9]], 1) == [7]
    assert fuse([[], []], 3) == []


def test_nearest() -> None:
    documents = np.array([[0, 1], [1, 0], [0.6, 0.8]], np.float32)
    assert nearest(np.array([1, 0], np.float32), documents, 2) == [1, 2]


def test_measures_by_hand() -> None:
    """Right at rank 1, at rank 3, unread, and not found: MRR (1 + 1/3) / 4, nDCG (1 + 1/log2(4)) / 4, one of four
    within 2, two from 3 on."""
    found = {"farm": ["farm"], "music": ["a", "b", "music"], "해운": ["a", "b"]}

    def rank(question: str) -> list[str]:
        relevant = next(query.relevant[0] for query in QUERIES if query.text == question)
        if relevant == "space":
            raise QuestionError("Ask in words.", "말로 물어보세요.")
        return found[relevant]

    result = measure("known", rank, DATA)
    recall = {"R@1": 0.25, "R@2": 0.25, "R@3": 0.5, "R@5": 0.5, "R@10": 0.5}
    assert result.scores == pytest.approx({"nDCG@10": 0.375, "MRR@10": 1 / 3} | recall)
    assert result.unread == 1
    assert result.ms >= 0


def test_a_method_that_finds_nothing_scores_nothing() -> None:
    assert set(measure("none", lambda _: [], DATA).scores.values()) == {0.0}


def test_passage_as_article() -> None:
    apart = unicodedata.normalize("NFD", "가 나다.")
    its = article(Passage(id="p", title="제목", text=apart), "set")
    assert its.text[slice(*its.body[0])] == "가 나다.", "NFC, and all of it is body"
    assert (its.id, its.title, its.language, its.source) == ("p", "제목", "ko", "set/p")
    assert article(Passage(id="p", text="Only English words."), "set").language == "en"


def test_every_method_end_to_end(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> None:
    settings = load_settings(home=tmp_path)
    seen: list[str] = []

    def track(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
        seen.append(what)
        return items

    results = {result.method: result for result in evaluate(DATA, embedder, settings, track=track)}
    assert list(results) == [OURS, "BM25 on words", "BM25 on morphemes", "dense", "fusion of the two"]
    assert seen == ["tiny: indexing", "tiny: embedding passages", *(f"tiny: {method}" for method in results)]
    for method in (OURS, "dense"):
        assert results[method].scores["R@1"] == 1, f"{method}: four passages on four unlike things"
    for method in ("BM25 on words", "BM25 on morphemes"):
        assert results[method].scores["R@5"] == 0.5, f"{method}: the English questions share no word with the passages"
    line = record(DATA, results[OURS], embedder, settings)
    assert json.loads(json.dumps(line)) == line
    assert (line["data"], line["passages"], line["queries"], line["MRR@10"]) == ("tiny", 4, 4, 1.0)
    assert line["embedder"] == embedder.name
    assert line["settings"] == settings.fingerprint
    folder = cache(tmp_path, DATA, embedder)
    kept = (folder / "passages.npy").stat().st_mtime_ns
    again = evaluate(DATA, embedder, settings, only=["dense"])
    assert [result.scores for result in again] == [results["dense"].scores]
    assert (folder / "passages.npy").stat().st_mtime_ns == kept, "what was embedded is reused"
    (folder / "passages.npy").unlink()
    alone = evaluate(DATA, embedder, settings, only=[OURS])
    assert [result.scores for result in alone] == [results[OURS].scores]
    assert not (folder / "passages.npy").exists(), "only the plain methods need it"


def test_passage_that_cannot_be_indexed(tmp_path: Path, embedder: SentenceTransformerEmbedder) -> None:
    data = RetrievalSet("tiny", {}, (Passage(id="blank", text=" "),), QUERIES)
    with pytest.raises(DataError, match="passage blank cannot be indexed"):
        evaluate(data, embedder, load_settings(home=tmp_path))
