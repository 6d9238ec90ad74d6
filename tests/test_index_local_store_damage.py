"""Damaged files of a store: found, named, and mended where they are derived."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from entries import entry
from store_desk import QUERY, _open
from structlog.testing import capture_logs

from index.errors import IndexDamagedError
from index.local_store import LocalStore


def _delete_index(folder: Path) -> None:
    (folder / "faiss-1.bin").unlink()


def _delete_manifest(folder: Path) -> None:
    (folder / "faiss.json").unlink()


def _truncate_index(folder: Path) -> None:
    os.truncate(folder / "faiss-1.bin", 100)


def _flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "faiss-1.bin").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "faiss-1.bin").write_bytes(data)


def _cut_manifest(folder: Path) -> None:
    os.truncate(folder / "faiss.json", 20)


@pytest.mark.parametrize("harm", [_delete_index, _delete_manifest, _truncate_index, _flip_a_bit, _cut_manifest])
def test_a_harmed_vector_index_is_made_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
        store.flush()
        expected = store.dense(QUERY, 9)
    harm(tmp_path)
    with _open(tmp_path) as store:
        assert [damage.mendable for damage in store.verify()] == [True]
        with capture_logs() as logs:
            assert store.dense(QUERY, 9) == expected
        assert [log["log_level"] for log in logs] == ["warning"]
        assert store.verify() == []
    with _open(tmp_path) as store, capture_logs() as logs:
        assert store.dense(QUERY, 9) == expected
        assert logs == []


def test_a_vector_index_left_behind_by_a_crash_is_not_answered_from(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
        store.flush()
        store.put([entry("a", 1)])  # and the process ends before it flushes
    with _open(tmp_path) as store, capture_logs() as logs:
        assert set(store.dense(QUERY, 9)) == {"a-1-0", "a-1-1"}
    assert [log["problem"] for log in logs] == ["faiss-1.bin was made from another state of the collection"]


def _overwrite(path: Path) -> None:
    path.write_bytes(b"This is not a database, it is a text." * 200)


def _scramble_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = random.Random(0).randbytes(len(data) - 4096)
    path.write_bytes(data)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _use(folder: Path) -> None:
    with _open(folder) as store:
        store.put([entry("b")])
        for info in store.articles():
            store.article(info.id)


@pytest.mark.parametrize("harm", [_overwrite, _scramble_pages, _cut])
def test_a_damaged_database_is_reported_and_left_as_it_is(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    with _open(tmp_path) as store:
        store.put([entry(f"a{i}") for i in range(50)])
    harm(tmp_path / "gisa.db")
    harmed = (tmp_path / "gisa.db").read_bytes()
    with pytest.raises(IndexDamagedError, match="gisa index add") as caught:
        _use(tmp_path)
    assert "백업" in caught.value.ko
    assert (tmp_path / "gisa.db").read_bytes() == harmed


@pytest.mark.parametrize("table", ["collection", "articles", "chunks", "vectors", "sentences", "names", "postings"])
def test_a_table_lost_while_it_is_open(tmp_path: Path, table: str) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
        with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
            connection.execute(f"DROP TABLE {table}")
        with pytest.raises(IndexDamagedError, match="gisa index add") as caught:
            _read_all(store)
    assert "백업" in caught.value.ko


def _read_all(store: LocalStore) -> None:
    store.names()
    chunks = store.dense(QUERY, 9)
    store.lexical(["a"], 9)
    store.candidates(chunks)
    store.articles()
    store.statistics()


def test_verify_names_a_damaged_page(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry(f"a{i}") for i in range(200)])
    path = tmp_path / "gisa.db"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = bytes(4096)
    path.write_bytes(data)
    with _open(tmp_path) as store:
        found = store.verify()
    assert found
    assert not any(damage.mendable for damage in found)


HARMS = [
    ("UPDATE sentences SET text='다른 말' WHERE position=1", "is not at its offsets", False),
    ("UPDATE sentences SET start=start+1", "is not at its offsets", False),
    ("UPDATE chunks SET start=start+1", "offsets are not those of its sentences", False),
    ("DELETE FROM sentences WHERE position=1", "offsets are not those of its sentences", False),
    ("UPDATE articles SET title='다른 제목'", "does not have the stored hash", False),
    ("UPDATE articles SET body='[[0,'", "cannot be read", False),
    ("UPDATE articles SET published='gestern'", "cannot be read", False),
    ("UPDATE articles SET title=CAST(x'ff' AS TEXT)", "UTF-8", False),
    ("DELETE FROM vectors WHERE chunk=1", "has no vector", False),
    ("UPDATE vectors SET vector=substr(vector, 1, 8) WHERE chunk=1", "wrong size", False),
    ("UPDATE vectors SET vector=zeroblob(32) WHERE chunk=1", "do not have norm 1", False),
    ("UPDATE vectors SET sentence_vectors=zeroblob(32) WHERE chunk=1", "do not have norm 1", False),
    ("DELETE FROM words WHERE chunk=1", "has no word vectors", False),
    ("UPDATE words SET counts='[3]' WHERE chunk=1", "word vectors have the wrong size", False),
    ("UPDATE words SET counts='[3,' WHERE chunk=1", "word vectors have the wrong size", False),
    ("UPDATE words SET counts='[4,-1]' WHERE chunk=1", "word vectors have the wrong size", False),
    ("UPDATE words SET scales=zeroblob(4) WHERE chunk=1", "word vectors have the wrong size", False),
    ("UPDATE words SET data=substr(data, 2) WHERE chunk=1", "word vectors have the wrong size", False),
    ("UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=1)", "does not hold the vectors", True),
    ("UPDATE postings SET data=zeroblob(6) WHERE term='v0'", "posting list is not what the chunks say", True),
    ("DELETE FROM postings WHERE term='문장'", "posting list is not what the chunks say", True),
    ("INSERT INTO postings VALUES ('귀신', 0, 1, zeroblob(6))", "posting list is not what the chunks say", True),
    ("UPDATE sentences SET terms=9 WHERE chunk=1", "more terms than it has", False),
    ("UPDATE chunks SET length=length+1", "does not have as many terms", False),
    ("UPDATE collection SET value='x' WHERE key='fingerprint'", "another state", True),
    ("DELETE FROM articles", "belongs to a row of", False),
]


@pytest.mark.parametrize(("statement", "what", "mendable"), HARMS)
def test_verify_names_each_damage_and_rebuild_mends_what_is_derived(
    tmp_path: Path, statement: str, what: str, mendable: bool
) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
        store.flush()
        assert store.verify() == []
    connection = sqlite3.connect(tmp_path / "gisa.db")
    with connection:
        connection.execute(statement)
    connection.close()
    with _open(tmp_path) as store:
        found = [damage for damage in store.verify() if what in damage.what]
        assert found
        assert {damage.mendable for damage in found} == {mendable}
        if mendable:
            store.rebuild()
            assert store.verify() == []
