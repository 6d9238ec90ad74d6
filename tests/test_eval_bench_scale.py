"""Collections made to measure on are whole ones, their vectors new; a run that was broken off goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, unit

from eval.bench import scale, scale_data, scale_measure
from index.local_store import LocalStore


@pytest.fixture
def real(tmp_path: Path) -> scale_data.Real:
    folder = tmp_path / "real"
    with LocalStore(folder, embedder=MODEL, dimension=DIMENSION) as store:
        store.put([entry(f"a{i:02}", names=(("김기사", "Kim Gisa"),)) for i in range(12)])
    return scale_data.read(folder)


def test_a_made_collection_is_a_whole_one(real: scale_data.Real, tmp_path: Path) -> None:
    scale_data.make(real, tmp_path / "made", 60)
    with LocalStore(tmp_path / "made") as store:
        store.flush()
        assert store.verify() == []
        assert (store.statistics().chunks, store.statistics().articles) == (60, 30)
        query = unit(3, 1)[0]
        found = store.dense(query, 60)
        (nearest,) = scale_measure.brute(tmp_path / "made", query[None], 5)
        assert set(nearest) == set(found[:5])
        every = store.candidates(found)
        assert len(every) == 60
        assert all(len(its) == 2 for its in store.words(found))
        assert len(store.lexical(["문장"], 99)) > 40  # in every real chunk, and in most that were drawn anew
        assert store.names() == {("김기사", "Kim Gisa")}


def test_made_vectors_are_new_and_near_the_real_ones(real: scale_data.Real) -> None:
    made = scale_data.vary(real, 500, np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    nearest = (made @ real.anchors.T).max(axis=1)
    assert np.mean(nearest < 1 - 1e-5) > 0.95  # of few real ones, now and then both of a difference are the same
    assert nearest.min() > 0.5
    assert len(np.unique(made.round(4), axis=0)) > 490


def test_recall_is_the_mean_share_of_true_neighbours() -> None:
    assert scale_measure.recall([["a", "b"], ["c", "x"]], [["b", "a"], ["c", "d"]]) == 0.75


def test_a_size_that_was_measured_is_not_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(chunks: int, median: float) -> dict[str, object]:
        times = {"retrieval": median, "dense": median / 4}
        more = {"recall": 0.98, "ask_mib": 1024.0, "build_mib": 512.0, "build_s": 3.0, "index_mib": 15.0, "load_s": 0.1}
        return {"chunks": chunks, "p50_ms": times, "p95_ms": times, **more}

    (tmp_path / "scale.jsonl").write_text(f"{json.dumps(told(10_000, 20.0))}\n", encoding="utf-8")
    asked: list[int] = []
    monkeypatch.setattr(scale, "_real", lambda *_: None)
    monkeypatch.setattr(scale, "_measured", lambda *given: asked.append(given[3]) or told(given[3], 50.0))
    scale.main(100_000, folder=tmp_path, out=tmp_path, passages=100, questions=8, data=tmp_path)
    assert asked == [100_000]
    printed = capsys.readouterr().out
    assert "recall@10 0.980" in printed
    assert "10,000 to 100,000 chunks: 2.50" in printed
    assert len((tmp_path / "scale.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert (tmp_path / "scale.svg").read_text(encoding="utf-8").startswith("<?xml")
