"""`verify` names every damage to a store, and `rebuild` mends what is derived."""

from __future__ import annotations

import os
import shutil
import sqlite3
from dataclasses import asdict
from pathlib import Path

import pytest
from entries import entry
from store_desk import _open

from index import manifest


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
    ("UPDATE articles SET source='b.md' WHERE id='a'", "its row not as written", False),
    ("UPDATE articles SET latest='2025-01-01' WHERE id='a'", "its row not as written", False),
    ("UPDATE articles SET body='[[0, 5]]' WHERE id='a'", "its text not as written", False),
    ("INSERT INTO names VALUES (1, '없음', 'None')", "its names or chunks not as written", False),
    ("DELETE FROM article_checks WHERE article=1", "its row not as written", False),
    ("DELETE FROM chunk_checks WHERE chunk=1", "its text not as written", False),
    ("UPDATE chunk_checks SET vector=vector+1 WHERE chunk=1", "its vector not as written", False),
    ("UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=2) WHERE chunk=1", "its vector not as", False),
    (
        "UPDATE vectors SET sentence_vectors=(SELECT sentence_vectors FROM vectors WHERE chunk=2) WHERE chunk=1",
        "its text not as written",
        False,
    ),
    ("UPDATE words SET data=(SELECT data FROM words WHERE chunk=3) WHERE chunk=1", "its word vectors not as", False),
    ("UPDATE chunks SET sentences=json_replace(sentences, '$[1][2]', '다른 말')", "is not at its offsets", False),
    ("UPDATE chunks SET sentences=json_replace(sentences, '$[1][0]', 0)", "is not at its offsets", False),
    ("UPDATE chunks SET sentences='[[0,'", "its sentences cannot be read", False),
    ("UPDATE chunks SET sentences='7' WHERE number=2", "its sentences cannot be read", False),
    ("UPDATE chunks SET start=start+1", "offsets are not those of its sentences", False),
    ("UPDATE chunks SET sentences=json_remove(sentences, '$[1]')", "offsets are not those of its sentences", False),
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
    ("UPDATE posting_blocks SET data=zeroblob(6) WHERE term='v0'", "posting list is not what the chunks say", True),
    ("DELETE FROM posting_blocks WHERE term='문장'", "posting list is not what the chunks say", True),
    ("INSERT INTO posting_blocks VALUES ('귀신', 0, 1, zeroblob(6))", "posting list is not what the chunks say", True),
    (
        "UPDATE chunks SET sentences=json_replace(sentences, '$[0][3]', 9) WHERE number=1",
        "more terms than it has",
        False,
    ),
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
        every = store.verify()
        found = [damage for damage in every if what in damage.what]
        assert found, every
        assert {damage.mendable for damage in found} == {mendable}
        if mendable:
            store.rebuild()
            assert store.verify() == []


def test_a_vector_index_of_other_vectors_is_named_and_mended(tmp_path: Path) -> None:
    with _open(tmp_path / "other") as other:
        other.put([entry("c"), entry("d")])
        other.flush()
    with _open(tmp_path / "index") as store:
        store.put([entry("a"), entry("b")])
        shutil.copy(tmp_path / "other" / "faiss-1.bin", tmp_path / "index")
        about = asdict(manifest.read_manifest(tmp_path / "other")) | {"fingerprint": store.fingerprint()}
        (tmp_path / "index" / "faiss.json").write_bytes(manifest.Manifest(**about).to_bytes())
        assert [(damage.where, damage.mendable) for damage in store.verify()] == [("faiss-1.bin", True)]
        store.rebuild()
        assert store.verify() == []


def test_damage_to_the_generation_before_is_named_and_mended(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        for article_id in "abc":
            store.put([entry(article_id)])
            store.flush()
        for name, text in (("faiss-2.bin", "sha256"), ("faiss.last.json", "cannot be read")):
            os.truncate(tmp_path / name, 40)
            (found,) = store.verify()
            assert (found.where, text in found.what, found.mendable) == ("last vector index", True, True)
            store.rebuild()
            assert store.verify() == []
            store.put([entry(name)])
            store.flush()
            store.rebuild()
