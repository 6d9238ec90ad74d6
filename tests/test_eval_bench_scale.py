"""Collections made to measure on are whole ones, their vectors new; a run that was broken off goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, unit

from eval.bench import scale, scale_data, scale_measure
from eval.datasets import DataError
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


def told(chunks: int, median: float) -> dict[str, object]:
    """A row as one size is measured."""
    times = {"retrieval": median, "dense": median / 4}
    more = {"recall": 0.98, "ask_mib": 1024.0, "build_mib": 512.0, "build_s": 3.0, "index_mib": 15.0, "load_s": 0.1}
    return {"chunks": chunks, "p50_ms": times, "p95_ms": times, "revision": f"r{chunks}", **more}


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes that were measured: each takes twice as long as a tenth of it."""
    sizes: list[int] = []
    monkeypatch.setattr(scale, "_real", lambda *_: None)
    monkeypatch.setattr(
        scale, "_measured", lambda *given: sizes.append(given[3]) or told(given[3], 5 * 2.0 ** np.log10(given[3] / 100))
    )
    return sizes


def run(folder: Path, chunks: int, questions: int = 8) -> None:
    scale.main(chunks, folder=folder, out=folder / "out", passages=100, questions=questions, data=folder)


def test_growth_from_a_hundred_chunks(tmp_path: Path, measured: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    run(tmp_path, 100_000)
    assert measured == [100, 1000, 10_000, 100_000]
    printed = capsys.readouterr().out
    assert "100 to 100,000 chunks: 8.00" in printed
    assert "10,000 to 100,000 chunks: 2.00" in printed
    assert "python -m eval.bench.scale" in printed
    picture = (tmp_path / "out" / "scale.svg").read_text(encoding="utf-8")
    assert picture.startswith("<?xml")
    assert 'id="line2d' in picture


def test_a_size_that_was_measured_is_not_measured_again(
    tmp_path: Path, measured: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    run(tmp_path, 10_000)
    results = tmp_path / "out" / "scale.jsonl"
    results.write_text(results.read_text(encoding="utf-8") + '{"chunks": 100000, "rec', encoding="utf-8")
    measured.clear()
    capsys.readouterr()
    run(tmp_path, 100_000)
    assert measured == [100_000], "also where its row was cut off"
    printed = capsys.readouterr().out
    assert "recall@10 0.980" in printed
    assert "revision r10000\n" in printed
    assert [json.loads(line)["chunks"] for line in results.read_text(encoding="utf-8").splitlines()] == [
        100, 1000, 10_000, 100_000,
    ]  # fmt: skip


def test_rows_of_other_questions_or_settings_are_not_gone_on_with(
    tmp_path: Path, measured: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, 1000)
    with pytest.raises(DataError, match=r"questions 8, now 16\)\. Choose another --out, or delete"):
        run(tmp_path, 1000, questions=16)
    monkeypatch.setenv("GISA_RETRIEVAL__CANDIDATES", "50")
    with pytest.raises(DataError, match=r"\(settings \w+, now \w+\)"):
        run(tmp_path, 1000)
    monkeypatch.delenv("GISA_RETRIEVAL__CANDIDATES")
    (tmp_path / scale.SETS[0]).mkdir()
    (tmp_path / scale.SETS[0] / "queries.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(DataError, match=r"\(corpora \w+, now \w+\)"):
        run(tmp_path, 1000)
    assert measured == [100, 1000]


def test_a_collection_smaller_than_the_real_one(real: scale_data.Real, tmp_path: Path) -> None:
    scale_data.make(real, tmp_path / "made", 7)
    with LocalStore(tmp_path / "made") as store:
        store.flush()
        assert store.verify() == []
        assert store.statistics().chunks == 7
