"""A store never answers from what was damaged: it is an error, or made anew where it is derived."""

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

from index import postings
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


@pytest.mark.parametrize(
    "table",
    ["collection", "articles", "chunks", "vectors", "names", "posting_blocks", "article_checks", "chunk_checks"],
)
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


def test_a_schema_that_is_no_text_is_damage(tmp_path: Path) -> None:
    """SQLite quotes it in its message, which Python then cannot read."""
    with _open(tmp_path) as store:
        store.put([entry("a")])
    path = tmp_path / "gisa.db"
    data = path.read_bytes()
    assert data.count(b"CREATE TABLE chunk_checks") == 1
    path.write_bytes(data.replace(b"CREATE TABLE chunk_checks", b"CREATE TABL\xd4 chunk_checks"))
    with pytest.raises(IndexDamagedError, match="gisa index add"):
        _use(tmp_path)


READ_HARMS = [
    "DELETE FROM vectors WHERE chunk=1",
    "DELETE FROM words WHERE chunk=1",
    "UPDATE chunks SET sentences=json_replace(sentences, '$[1][2]', '다른 말') WHERE number=1",
    "UPDATE chunks SET terms='다른 말 a a' WHERE number=1",
    "UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=2) WHERE chunk=1",
    "UPDATE vectors SET vector=substr(vector, 1, 8) WHERE chunk=1",
    "UPDATE vectors SET sentence_vectors=zeroblob(32) WHERE chunk=1",
    "UPDATE words SET data=zeroblob(length(data)) WHERE chunk=1",
    "UPDATE articles SET title='다른 제목' WHERE id='a'",
    "UPDATE articles SET text='다른 글' WHERE id='a'",
    "UPDATE articles SET body='[[0,' WHERE id='a'",
]


@pytest.mark.parametrize("statement", READ_HARMS)
def test_a_damaged_row_is_never_answered_from(tmp_path: Path, statement: str) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
        store.flush()
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.execute(statement)
        connection.commit()
    with _open(tmp_path) as store:
        with pytest.raises(IndexDamagedError, match=r"Article a is damaged.*`gisa index remove a`") as caught:
            _answer_from(store, "a")
        assert "기사 a" in caught.value.ko
        _answer_from(store, "b")
        store.remove("a")
        store.put([entry("a")])
        store.rebuild()
        assert store.verify() == []
        _answer_from(store, "a")


def _answer_from(store: LocalStore, article_id: str) -> None:
    chunks = [f"{article_id}-0-0", f"{article_id}-0-1"]
    assert len(store.candidates(chunks)) == len([words for words in store.words(chunks) if words]) == 2
    store.article(article_id)


@pytest.mark.parametrize("table", ["chunks", "vectors"])
def test_a_row_that_is_not_found_was_removed_or_is_damage(tmp_path: Path, table: str) -> None:
    """A flipped bit of a row's number hides it: an answer without it would be another answer."""
    number = {"chunks": "number", "vectors": "chunk"}[table]
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
        store.flush()
        with _open(tmp_path) as reads:
            assert len(reads.dense(QUERY, 9)) == len(reads.lexical(["문장"], 9)) == 4
            store.remove("b")
            assert len(reads.dense(QUERY, 9)) == len(reads.lexical(["문장"], 9)) == 2
            with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
                connection.execute(f"UPDATE {table} SET {number}=77 WHERE {number}=1")
                connection.commit()
            with pytest.raises(IndexDamagedError):
                reads.candidates(reads.dense(QUERY, 9))
            with pytest.raises(IndexDamagedError):
                reads.candidates(reads.lexical(["문장"], 9))


def test_a_damaged_vector_goes_into_no_vector_index(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.execute("UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=2) WHERE chunk=1")
        connection.commit()
    with _open(tmp_path) as store:
        for use in (store.flush, lambda: store.dense(QUERY, 9)):
            with pytest.raises(IndexDamagedError, match="Article a is damaged"):
                use()
        assert not (tmp_path / "faiss.json").exists()


def test_an_emptied_database_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
    os.truncate(tmp_path / "gisa.db", 0)
    with pytest.raises(IndexDamagedError, match="it is empty"):
        _open(tmp_path)
    (tmp_path / "gisa.db").rename(tmp_path / "away.db")  # as the error says
    with _open(tmp_path) as store:
        assert store.articles() == []


def test_a_log_left_by_a_database_that_was_moved_away_is_not_played_into_a_new_one(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
        log = (tmp_path / "gisa.db-wal").read_bytes()
    (tmp_path / "gisa.db").unlink()
    (tmp_path / "gisa.db-wal").write_bytes(log)
    with _open(tmp_path) as store:
        assert store.articles() == []
        store.put([entry("b")])
        store.flush()
        assert store.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE collection SET value='2020-01-01' WHERE key='created'",
        "UPDATE sqlite_sequence SET seq=1",
        "CREATE TABLE more (x INTEGER)",
        "DELETE FROM collection WHERE key='seal'",
    ],
)
def test_a_changed_description_is_seen_at_the_start(tmp_path: Path, statement: str) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.execute(statement)
        connection.commit()
    with pytest.raises(IndexDamagedError, match="schema or description"):
        _open(tmp_path)


@pytest.mark.parametrize("change", ["data=zeroblob(length(data))", "data=substr(data, 2)", "data=x''", "term='귀신'"])
def test_a_damaged_posting_list_is_never_answered_from(tmp_path: Path, change: str) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.execute(f"UPDATE posting_blocks SET {change} WHERE term='v0'")
        connection.commit()
    with _open(tmp_path) as store:
        for use in (lambda: store.lexical(["v0", "귀신"], 9), lambda: store.put([entry("귀신")])):
            with pytest.raises(IndexDamagedError, match="Run `gisa index rebuild`") as caught:
                use()
            assert "`gisa index rebuild`" in caught.value.ko
        store.rebuild()
        assert store.lexical(["v0"], 9) == ["a-0-0", "a-0-1", "b-0-0", "b-0-1"]
        assert store.verify() == []


@pytest.mark.parametrize(("block", "data"), [(None, b"\0" * 10), (0, None), (0, "\0" * 10), (0, b"\0")])
def test_whatever_a_posting_row_holds_it_is_an_error_of_ours(block: int | None, data: object) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:  # without the schema: damage keeps to no type either
        connection.execute("CREATE TABLE posting_blocks (term, block, documents, data)")
        connection.execute("INSERT INTO posting_blocks VALUES ('가', ?, 1, ?)", (block, data))
        with pytest.raises(IndexDamagedError):
            postings._Postings(connection, "가", 1, 9, 9.0).all()
