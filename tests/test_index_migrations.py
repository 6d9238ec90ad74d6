"""Collections of older formats: opened, they are as if they had been made now, and damage in them is still damage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, unit

from index import migrations, sqlite
from index.errors import IndexDamagedError, IndexStoreError
from index.local_store import LocalStore

MADE = [
    entry("a", publisher="신문", published=date(2025, 10, 31)), entry("b", 1), entry("c"), entry("d"), entry("e")
]  # fmt: skip
NUMBERS = [3, 4, 5, 6, 4095, 4096, 8001, 8002, 16_383, 16_384]
"""Of their chunks in tests/data/collection-3.sql, which the last gisa of format 3 made: on both sides of its blocks."""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "gisa.db", isolation_level=None)) as connection:
        connection.executescript((Path(__file__).parent / "data" / "collection-3.sql").read_text(encoding="utf-8"))
        yield connection


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder, embedder=MODEL, dimension=DIMENSION)


def test_a_collection_of_format_1_is_brought_up_to_date(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.executescript((Path(__file__).parent / "data" / "collection-1.sql").read_text(encoding="utf-8"))
    with _open(tmp_path) as store:
        assert {info.id: store.article(info.id) for info in store.articles()} == {
            "a": entry("a", publisher="신문", published=date(2025, 10, 31)).article,
            "b": entry("b", 1).article,
        }
        assert {one.chunk.id for one in store.candidates(store.dense(unit(1, 1)[0], 9))} == {
            "a-0-0", "a-0-1", "b-1-0", "b-1-1"
        }  # fmt: skip
        assert set(store.lexical(["문장"], 9)) == {"a-0-0", "a-0-1", "b-1-0", "b-1-1"}
        assert store.names() == {("엔스케일", "Nscale")}
        store.put([entry("c")])
        store.flush()
        assert store.verify() == []
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (sqlite.VERSION,)
        # "gone" had the chunks 1 and 2: numbers are never used again.
        assert [number for (number,) in connection.execute("SELECT number FROM chunks")] == [3, 4, 5, 6, 7, 8]
        connection.execute("UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=4) WHERE chunk=3")
        connection.commit()
    with _open(tmp_path) as store:
        assert "article a chunk number 3" in [damage.where for damage in store.verify()]


def test_a_collection_of_format_3_is_as_if_it_had_been_made_now(tmp_path: Path, old: sqlite3.Connection) -> None:
    with _open(tmp_path) as store, _open(tmp_path / "now") as fresh:
        fresh.put(MADE)
        store.flush()
        assert store.verify() == []
        ids = [chunk.id for made in MADE for chunk in made.chunks]
        for found, expected in zip(store.candidates(ids), fresh.candidates(ids), strict=True):
            assert (found.chunk, found.article) == (expected.chunk, expected.article)
            assert (found.terms, found.sentence_terms) == (expected.terms, expected.sentence_terms)
            assert np.array_equal(found.sentence_vectors, expected.sentence_vectors)
        for terms in ["문장"], ["a", "v0"], ["e"], ["v1", "문장"]:
            assert store.lexical(terms, 99) == fresh.lexical(terms, 99)
            assert store.document_frequency(terms) == fresh.document_frequency(terms)
        store.remove("d")
        store.put([entry("c", 2), entry("f")])
        store.flush()
        assert store.verify() == []
        assert store.lexical(["d"], 9) == []
    assert old.execute("PRAGMA user_version").fetchone() == (sqlite.VERSION,)
    assert old.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('sentences', 'postings')").fetchone() == (0,)
    # Numbers go on where they were; "문장" stands in chunks of two blocks.
    assert old.execute("SELECT max(number) FROM chunks").fetchone() == (NUMBERS[-1] + 4,)
    assert old.execute("SELECT block FROM posting_blocks WHERE term='문장'").fetchall() == [(0,), (1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sentences SET text='다른 말' WHERE chunk=4095 AND position=1",
        "UPDATE sentences SET text=CAST(x'ff' AS TEXT) WHERE chunk=4095 AND position=1",
        "DELETE FROM sentences WHERE chunk=4095",
        "UPDATE chunks SET terms='다른 말 c c' WHERE number=4095",
        "UPDATE vectors SET sentence_vectors=zeroblob(32) WHERE chunk=4095",
        "DELETE FROM chunk_checks WHERE chunk=4095",
    ],
)
def test_what_was_damaged_before_is_so_after_and_nothing_else(
    tmp_path: Path, old: sqlite3.Connection, statement: str
) -> None:
    old.execute(statement)
    with _open(tmp_path) as store:
        assert {damage.where for damage in store.verify() if not damage.mendable} >= {"article c chunk number 4095"}
        with pytest.raises(IndexDamagedError, match="gisa index remove c"):
            store.candidates(["c-0-0"])
        assert len(store.candidates([chunk.id for made in MADE[:2] for chunk in made.chunks])) == 4
        store.remove("c")
        store.rebuild()
        assert store.verify() == []


@pytest.mark.parametrize("change", ["data=zeroblob(length(data))", "term=CAST(x'ff' AS TEXT)"])
def test_posting_lists_that_were_damaged_are_made_anew(tmp_path: Path, old: sqlite3.Connection, change: str) -> None:
    old.execute(f"UPDATE postings SET {change} WHERE term='문장' AND block=1")
    with _open(tmp_path) as store:
        store.flush()
        assert store.verify() == []
        assert len(store.lexical(["문장"], 99)) == len(NUMBERS)


def test_nobody_goes_on_with_a_collection_that_another_gisa_brought_up_to_date(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([MADE[0]])
        with closing(sqlite3.connect(tmp_path / "gisa.db", isolation_level=None)) as connection:
            connection.execute(f"PRAGMA user_version={sqlite.VERSION + 1}")
        for use in (lambda: store.put([MADE[1]]), lambda: store.remove("a"), lambda: store.lexical(["a"], 1)):
            with pytest.raises(IndexStoreError, match=f"format {sqlite.VERSION + 1}.*Restart"):
                use()


def test_the_last_gisa_of_format_3_cannot_write_into_it(tmp_path: Path, old: sqlite3.Connection) -> None:
    """It may have had the collection open: what it writes to are the tables `sentences` and `postings`."""
    _open(tmp_path).close()
    for statement in "DELETE FROM postings", "INSERT INTO sentences VALUES (3, 9, 0, 1, '가', 0)":
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            old.execute(statement)


def test_a_description_that_was_changed_is_not_believed(tmp_path: Path, old: sqlite3.Connection) -> None:
    old.execute("UPDATE collection SET value='other@1' WHERE key='embedder'")
    with pytest.raises(IndexDamagedError, match="description"):
        _open(tmp_path)
    assert old.execute("PRAGMA user_version").fetchone() == (3,)


def test_an_upgrade_that_fails_leaves_the_collection_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])

    def add_column(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE articles ADD COLUMN section TEXT")
        if broken:
            raise sqlite3.OperationalError("interrupted")

    broken = True
    monkeypatch.setattr("index.sqlite.VERSION", sqlite.VERSION + 1)
    monkeypatch.setitem(migrations.STEPS, sqlite.VERSION - 1, add_column)
    with pytest.raises(IndexStoreError, match="interrupted"):
        _open(tmp_path)
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (sqlite.VERSION - 1,)
    broken = False
    with _open(tmp_path) as store:
        assert [info.id for info in store.articles()] == ["a"]
        assert store.verify()[0].where == "vector index"  # and nothing else
