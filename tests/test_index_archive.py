"""A collection as one file: what goes out comes in, and no damaged or foreign file changes anything."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry
from store_desk import QUERY, _open

from index.archive import ArchiveError, Copied, copy, export, opened
from index.errors import IndexDamagedError, IndexStoreError
from index.local_store import LocalStore
from index.store import Entry

ENTRIES = [
    entry("a", publisher="신문", published=date(2025, 10, 31), names=(("엔스케일", "Nscale"),)),
    entry("b", 1, language="en"),
    entry("c", terms=(("가", "나", "다"), ("가",), ("나", "다"))),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    """A collection that an article was removed from and another replaced in."""
    with _open(tmp_path / "index") as opened:
        opened.put([entry("gone"), entry("b")])
        opened.put(ENTRIES)
        opened.remove("gone")
        opened.flush()
        yield opened


@pytest.fixture
def file(store: LocalStore, tmp_path: Path) -> Path:
    export(store, tmp_path / "moved.gisa")
    return tmp_path / "moved.gisa"


def _import(file: Path, home: Path) -> Copied:
    with opened(file, home) as source, _open(home / "index") as target:
        return copy(source, target)


def _same(one: Entry, two: Entry) -> None:
    for name in ("article", "chunks", "terms", "sentence_terms", "names"):
        assert getattr(one, name) == getattr(two, name)
    np.testing.assert_array_equal(one.vectors, two.vectors)
    np.testing.assert_array_equal(one.sentence_vectors, two.sentence_vectors)
    for its, others in zip(one.word_vectors, two.word_vectors, strict=True):
        for words, other in zip(its, others, strict=True):
            np.testing.assert_allclose(words, other, rtol=1e-6)


def test_what_is_exported_is_imported_into_a_new_collection(store: LocalStore, file: Path, tmp_path: Path) -> None:
    assert _import(file, tmp_path / "new") == Copied(added=3)
    with _open(tmp_path / "new" / "index") as moved:
        assert moved.articles() == store.articles()
        for made in ENTRIES:
            assert moved.article(made.article.id) == made.article
            _same(moved.entry(made.article.id), store.entry(made.article.id))
        assert moved.dense(QUERY, 99) == store.dense(QUERY, 99)
        assert moved.lexical(["가", "문장"], 99) == store.lexical(["가", "문장"], 99)
        assert moved.names() == {("엔스케일", "Nscale")}
        assert moved.verify() == []
    assert sorted(os.listdir(tmp_path / "new")) == ["index"]


def test_an_entry_is_read_as_it_was_put(store: LocalStore) -> None:
    for made in ENTRIES:
        found = store.entry(made.article.id)
        for name in ("article", "chunks", "terms", "sentence_terms", "names"):
            assert getattr(found, name) == getattr(made, name)
        np.testing.assert_array_equal(found.vectors, made.vectors)
        np.testing.assert_allclose(found.sentence_vectors, made.sentence_vectors, atol=1e-3)
        assert [[len(words) for words in its] for its in found.word_vectors] == [
            [len(words) for words in its] for its in made.word_vectors
        ]


def test_an_import_is_merged_into_what_is_there(file: Path, tmp_path: Path) -> None:
    with _open(tmp_path / "other" / "index") as other:
        other.put([entry("a", 7), ENTRIES[1], entry("z")])
    told: list[tuple[int, int]] = []
    with opened(file, tmp_path / "other") as source, _open(tmp_path / "other" / "index") as target:
        assert copy(source, target, lambda done, total: told.append((done, total))) == Copied(1, 1, 1)
        assert {info.id: target.article(info.id) for info in target.articles()} == {
            **{made.article.id: made.article for made in ENTRIES},
            "z": entry("z").article,
        }
        assert target.verify() == []
        assert copy(source, target) == Copied(unchanged=3)
    assert told == [(3, 3)]


def test_what_was_removed_is_not_in_the_file(file: Path) -> None:
    assert b"gone 0 0" not in file.read_bytes()
    assert "a 0 0 첫째".encode() in file.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.9, 0.999, 0.9999])
def test_a_damaged_file_is_told_and_changes_nothing(file: Path, tmp_path: Path, share: float) -> None:
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[int(share * len(whole))] ^= 4
    for data in (bytes(flipped), whole[: int(share * len(whole))], whole[:-1]):
        file.write_bytes(data)
        with pytest.raises(ArchiveError, match="cannot be imported") as caught:
            _import(file, tmp_path / "new")
        assert "\n" not in caught.value.en
        assert "바뀐 것은 없습니다" in caught.value.ko
        assert not list((tmp_path / "new").glob("*")) if (tmp_path / "new").exists() else True


def test_bytes_of_the_last_line_count(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    start = whole.rindex(b"\n", 0, -1)
    for place in range(start, len(whole), 3):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        file.write_bytes(changed)
        with pytest.raises(ArchiveError), opened(file, tmp_path / "new"):
            pass


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"[1]\n", b"PK\x03\x04 a zip", b'{"gisa_collection": 1}\n', b"\xff" * 9000]
)
def test_a_foreign_file_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "foreign").write_bytes(data)
    with pytest.raises(ArchiveError, match="no export of gisa"), opened(tmp_path / "foreign", tmp_path):
        pass
    with pytest.raises(ArchiveError, match="No such file"), opened(tmp_path / "nowhere", tmp_path):
        pass


def test_vectors_of_another_model_are_not_imported(file: Path, tmp_path: Path) -> None:
    with LocalStore(tmp_path / "other", embedder="other@2", dimension=DIMENSION) as other:
        before = other.fingerprint()
        with opened(file, tmp_path) as source:
            assert source.embedder == MODEL
            with pytest.raises(IndexStoreError, match=rf"{MODEL}.*other@2"):
                copy(source, other)
        assert other.fingerprint() == before


def test_a_file_that_is_there_is_not_written_over(store: LocalStore, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(IndexStoreError, match="is there already"):
        export(store, file)
    assert file.read_bytes() == before


def test_a_damaged_collection_is_not_exported(store: LocalStore, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "index" / "gisa.db")) as connection:
        connection.execute("UPDATE chunks SET sentences=json_replace(sentences, '$[1][2]', '다른 말') WHERE number=5")
        connection.commit()
    with pytest.raises(IndexDamagedError, match="was not exported"):
        export(store, tmp_path / "moved.gisa")
    assert sorted(os.listdir(tmp_path)) == ["index"]
