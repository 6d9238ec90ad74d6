"""Dense search of a growing collection: always what brute force finds, while generations come and go."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, unit
from structlog.testing import capture_logs

from index import derived, faiss_index, manifest
from index.local_store import LocalStore
from index.types import Filter

QUERY = unit(7, 1)[0]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large collections begin at 60 chunks, and an index is made anew for 30 new ones."""
    monkeypatch.setattr(faiss_index, "EXACT", 60)
    monkeypatch.setattr(faiss_index, "PROBED", 1e9)  # all cells: what is missed is then a fault, not a matter of luck
    monkeypatch.setattr(derived, "NEWER", 30)
    monkeypatch.setattr(derived, "FEW", 5)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with _open(tmp_path) as opened:
        yield opened


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder, embedder=MODEL, dimension=DIMENSION)


def _names(first: int, last: int) -> list[str]:
    return [f"a{i:03}" for i in range(first, last)]


def _fill(store: LocalStore, first: int, last: int) -> None:
    store.put([entry(name, publisher="p" if int(name[1:]) % 3 else "q") for name in _names(first, last)])


def _brute(names: list[str], k: int) -> list[str]:
    """The k best chunks of those articles by their vectors as the tests drew them."""
    chunks = [(chunk.id, vector) for name in names for chunk, vector in _parts(name)]
    return [chunk_id for chunk_id, vector in sorted(chunks, key=lambda each: -float(each[1] @ QUERY))[:k]]


def _parts(name: str) -> Iterator[tuple[object, np.ndarray]]:
    made = entry(name)
    yield from zip(made.chunks, made.vectors, strict=True)


def _settle(store: LocalStore) -> None:
    thread = store._derived._thread
    if thread is not None:
        thread.join()


@pytest.mark.usefixtures("small")
def test_what_was_just_added_is_found_and_what_was_removed_is_not_at_every_size(store: LocalStore) -> None:
    there: list[str] = []
    for first in range(0, 120, 10):
        _fill(store, first, first + 10)
        there += _names(first, first + 10)
        gone = there.pop(first // 3)
        store.remove(gone)
        assert store.dense(QUERY, 12) == _brute(there, 12)
        if first % 40 == 0:
            store.flush()
            assert store.dense(QUERY, 12) == _brute(there, 12)
    _settle(store)
    assert store.dense(QUERY, 12) == _brute(there, 12)
    assert store.dense(QUERY, 1000) == _brute(there, 1000)
    assert store.verify() == []


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("k", [1, 7, 40])
def test_filters_restrict_a_large_index_as_they_do_a_small_one(store: LocalStore, k: int) -> None:
    _fill(store, 0, 60)
    store.flush()
    _fill(store, 60, 70)
    of_q = [name for name in _names(0, 70) if int(name[1:]) % 3 == 0]
    assert store.dense(QUERY, k, Filter(publishers=("q",))) == _brute(of_q, k)
    assert store.dense(QUERY, k, Filter(article_ids=("a005", "a065"))) == _brute(["a005", "a065"], k)
    assert store.dense(QUERY, k, Filter(publishers=("nobody",))) == []


@pytest.mark.usefixtures("small")
def test_a_large_generation_stays_while_little_is_new_and_serves_after_a_restart(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        _fill(store, 0, 60)
        store.flush()
        first = manifest.read_manifest(tmp_path)
        _fill(store, 60, 70)
        store.remove("a003")
        store.flush()
        assert manifest.read_manifest(tmp_path) == first
    there = [name for name in _names(0, 70) if name != "a003"]
    with capture_logs() as logs, _open(tmp_path) as store:
        assert store.dense(QUERY, 20) == _brute(there, 20)
        assert store.verify() == []
    assert logs == []  # nothing was made anew
    with _open(tmp_path) as store:
        _fill(store, 70, 90)
        store.flush()
        second = manifest.read_manifest(tmp_path)
        assert second.file != first.file
        assert second.vectors == 2 * 89  # those that were removed are out
        assert store.dense(QUERY, 20) == _brute([*there, *_names(70, 90)], 20)


@pytest.mark.usefixtures("small")
def test_a_generation_of_a_collection_that_went_another_way_is_not_believed(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        _fill(store, 0, 40)
    backup = (tmp_path / "gisa.db").read_bytes()
    with _open(tmp_path) as store:
        _fill(store, 40, 60)
        store.flush()
    (tmp_path / "gisa.db").write_bytes(backup)
    with _open(tmp_path) as store:
        _fill(store, 80, 100)  # takes the numbers that the generation has for others
        assert store.dense(QUERY, 30) == _brute([*_names(0, 40), *_names(80, 100)], 30)


@pytest.mark.usefixtures("small")
def test_searches_go_on_while_an_index_is_made_in_the_background(
    store: LocalStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(store, 0, 20)
    store.flush()
    entered, go_on = threading.Event(), threading.Event()
    made = faiss_index.VectorIndex.inverted

    def slowly(*given: object) -> faiss_index.VectorIndex:
        entered.set()
        assert go_on.wait(10)
        return made(*given)  # type: ignore[arg-type]

    before = manifest.read_manifest(tmp_path)
    _fill(store, 20, 60)
    monkeypatch.setattr(faiss_index.VectorIndex, "inverted", slowly)
    for first in itertools.count(60, 10):
        _fill(store, first, first + 10)
        assert store.dense(QUERY, 15) == _brute(_names(0, first + 10), 15)
        if first == 60:
            assert entered.wait(10)
        if first == 100:
            break
    assert manifest.read_manifest(tmp_path) == before
    go_on.set()
    _settle(store)
    assert manifest.read_manifest(tmp_path) != before
    assert store.dense(QUERY, 15) == _brute(_names(0, 110), 15)


@pytest.mark.usefixtures("small")
def test_closing_stops_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Event(), threading.Event()
    made = faiss_index.VectorIndex.inverted

    def slowly(*given: object) -> faiss_index.VectorIndex:
        entered.set()
        assert go_on.wait(10)
        return made(*given)  # type: ignore[arg-type]

    with _open(tmp_path) as store:
        _fill(store, 0, 20)
        store.flush()
        _fill(store, 20, 60)
        monkeypatch.setattr(faiss_index.VectorIndex, "inverted", slowly)
        monkeypatch.setattr(derived, "_WAIT_S", 0.0)
        store.dense(QUERY, 3)
        assert entered.wait(10)
    go_on.set()
    _settle(store)
    assert manifest.read_manifest(tmp_path).vectors == 40  # no use was made of the closed database


@pytest.mark.usefixtures("small")
def test_another_process_that_adds_much_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "MOST", 50)
    with _open(tmp_path) as reader, _open(tmp_path) as writer:
        _fill(writer, 0, 40)
        writer.flush()
        assert reader.dense(QUERY, 15) == _brute(_names(0, 40), 15)
        _fill(writer, 40, 100)
        writer.flush()
        with capture_logs() as logs:
            assert reader.dense(QUERY, 15) == _brute(_names(0, 100), 15)
        assert logs == []  # it took up what the writer had published
