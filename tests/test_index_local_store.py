"""The local store: what is its own beside the contract of all stores (test_index_store_contract.py)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry

from index.errors import IndexMissingError, IndexStoreError
from index.local_store import LocalStore
from index.store import Entry


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder, embedder=MODEL, dimension=DIMENSION)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with _open(tmp_path) as opened:
        yield opened


def test_words_of_nothing_but_zeros_and_no_words_at_all(store: LocalStore) -> None:
    none, zeros = np.empty((0, 6), np.float32), np.zeros((2, 6), np.float32)
    store.put([replace(entry("a"), word_vectors=((none, none), (none, zeros)))])
    assert [[its.tolist() for its in words] for words in store.words(["a-0-0", "a-0-1"])] == [
        [[], []],
        [[], zeros.tolist()],
    ]
    assert [its.shape for its in store.words(["a-0-0"])[0]] == [(0, 6), (0, 6)]
    assert [damage for damage in store.verify() if "word" in damage.what] == []


def _harmed(**changed: object) -> Entry:
    return replace(entry("a"), **changed)  # type: ignore[arg-type]


def test_document_frequencies_follow_what_another_process_writes(tmp_path: Path) -> None:
    """They are kept in memory from one question to the next."""
    with _open(tmp_path) as writes, _open(tmp_path) as reads:
        for number in range(1, 4):
            writes.put([entry(f"a{number}", terms=(("문장",),))])
            assert reads.document_frequency(["문장", "없음"]) == {"문장": number, "없음": 0}
            assert len(reads.lexical(["문장"], 10)) == number
        writes.remove("a2")
        assert reads.document_frequency(["문장"]) == {"문장": 2}


def test_chunks_are_found_by_id_whatever_number_another_process_gave_them(tmp_path: Path) -> None:
    """Which number an id has is kept in memory as well."""
    with _open(tmp_path) as writes, _open(tmp_path) as reads:
        writes.put([entry("a"), entry("b")])
        for _ in range(2):
            (found,) = reads.candidates(reads.lexical(["a"], 1))
            assert found.chunk.id == "a-0-0"
            assert [len(words) for words in reads.words(["a-0-1", "b-0-0"])] == [2, 2]
            writes.put([entry("c"), entry("a")])  # new numbers for the ids of "a"
        writes.remove("a")
        assert [one.chunk.id for one in reads.candidates(["a-0-0", "b-0-0", "none"])] == ["b-0-0"]
        assert reads.words(["a-0-1"]) == [()]


def test_a_collection_can_be_looked_at_without_naming_its_model(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
    with LocalStore(tmp_path) as store:
        assert (store.embedder, store.dimension) == (MODEL, DIMENSION)
        assert [info.id for info in store.articles()] == ["a"]


def test_no_collection(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="gisa index add"):
        LocalStore(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_a_database_of_another_program_or_of_a_newer_gisa_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "newer").mkdir()
    _open(tmp_path / "newer").close()
    connection = sqlite3.connect(tmp_path / "newer" / "gisa.db")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(IndexStoreError, match="newer gisa"):
        _open(tmp_path / "newer")
    (tmp_path / "other").mkdir()
    connection = sqlite3.connect(tmp_path / "other" / "gisa.db")
    connection.execute("CREATE TABLE recipes (name TEXT)")
    connection.close()
    with pytest.raises(IndexStoreError, match="another program"):
        _open(tmp_path / "other")
