"""BM25 against a second implementation written from the formula, and posting lists under change."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import postings
from index.sqlite import SCHEMA

ODD_TERMS = [
    "H100",
    "6G",
    "AI-RAN",
    "GPT-4o",
    "26만",
    "엔비디아",
    "R&D",
    "C++",
    "3.5",
    '"OR"',
    "NEAR(",
    "a*",
    "AND",
    "-",
    "'",
]


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    yield connection
    connection.close()


def _bm25(documents: Mapping[int, Sequence[str]], query: Sequence[str]) -> dict[int, float]:
    """Okapi BM25, k1=1.2, b=0.75, idf of Lucene, straight from the formula."""
    average = sum(map(len, documents.values())) / len(documents)
    scores: dict[int, float] = {}
    for number, words in documents.items():
        score = 0.0
        for word in set(query):
            n = sum(word in other for other in documents.values())
            f = list(words).count(word)
            idf = math.log(1 + (len(documents) - n + 0.5) / (n + 0.5))
            score += idf * f * 2.2 / (f + 1.2 * (0.25 + 0.75 * len(words) / average))
        scores[number] = score
    return scores


def _search(
    database: sqlite3.Connection, documents: Mapping[int, Sequence[str]], query: Sequence[str], k: int, **more: object
) -> list[int]:
    average = sum(map(len, documents.values())) / max(len(documents), 1)
    frequency = postings.document_frequency(database, query)
    return postings.search(database, frequency, k, chunks=len(documents), average_length=average, **more)  # type: ignore[arg-type]


@given(
    texts=st.dictionaries(
        st.integers(1, 3 * postings.BLOCK),
        st.lists(st.sampled_from("가나다라마바"), max_size=12),
        min_size=1,
        max_size=12,
    ),
    query=st.lists(st.sampled_from("가나다라마바사"), max_size=4),
    k=st.integers(0, 13),
    frequent=st.sampled_from([-1, 1, postings._FREQUENT]),
)
def test_the_ranking_is_that_of_the_formula(
    texts: dict[int, list[str]], query: list[str], k: int, frequent: int
) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        connection.executescript(SCHEMA)
        postings.update(connection, {}, texts)
        with mock.patch.object(postings, "_FREQUENT", frequent):  # more frequent terms are only looked up, if possible
            found = _search(connection, texts, query, k)
    finally:
        connection.close()
    if not any(texts.values()):
        assert found == []
        return
    scores = _bm25(texts, query)
    matching = sorted((n for n in texts if set(texts[n]) & set(query)), key=lambda n: -scores[n])
    assert len(found) == len(set(found)) == min(k, len(matching))
    # Equal scores may come in either order, and the last digits of a sum depend on its order.
    assert [scores[n] for n in found] == pytest.approx([scores[n] for n in matching[:k]])


def test_hand_computed_order() -> None:
    # N=3, all of length 2. "가" in one chunk: idf log(1+2.5/1.5)=.98; "나" in two: log(1+1.5/2.5)=.47.
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(SCHEMA)
    texts = {1: ["나", "다"], 2: ["가", "다"], 3: ["나", "나"]}
    postings.update(connection, {}, texts)
    assert _search(connection, texts, ["가", "나"], 3) == [2, 3, 1]
    connection.close()


@pytest.mark.parametrize(("k", "read_whole"), [(5, ["드문"]), (60, ["드문", "말"]), (300, ["드문", "말", "흔한"])])
def test_frequent_terms_are_looked_up_where_they_can_matter_and_change_no_answer(
    database: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, k: int, read_whole: list[str]
) -> None:
    random = np.random.default_rng(1)
    texts = {
        int(number): ["흔한"] * random.integers(1, 5)
        + ["말"] * random.integers(0, 3)
        + (["드문"] if i % 40 == 0 else [])
        for i, number in enumerate(sorted(random.choice(3 * postings.BLOCK, 400, replace=False)))
    }
    postings.update(database, {}, texts)
    read: list[str] = []
    whole = postings._Postings.all
    monkeypatch.setattr(postings._Postings, "all", lambda its: read.append(its._term) or whole(its))
    monkeypatch.setattr(postings, "_FREQUENT", 50)
    scores = _bm25(texts, ["흔한", "말", "드문"])
    best = sorted(scores.values(), reverse=True)[:k]
    found = _search(database, texts, ["말", "흔한", "드문"], k)
    assert [scores[number] for number in found] == pytest.approx(best)
    # Ten chunks hold the rare term, some 270 the second: with so many to find the common ones may matter, or not.
    assert read == read_whole


def test_a_term_in_every_chunk_of_a_small_collection_still_counts(database: sqlite3.Connection) -> None:
    texts = {1: ["가"], 2: ["가", "나", "다"]}
    postings.update(database, {}, texts)
    assert _search(database, texts, ["가"], 5) == [1, 2]


@pytest.mark.parametrize("term", ODD_TERMS)
def test_terms_stay_exactly_as_they_are(database: sqlite3.Connection, term: str) -> None:
    texts = {number: [word] for number, word in enumerate(ODD_TERMS, 1)}
    postings.update(database, {}, texts)
    assert _search(database, texts, [term], 99) == [ODD_TERMS.index(term) + 1]
    assert postings.document_frequency(database, [term, "없음"]) == {term: 1, "없음": 0}


def test_only_chunks_among_those_allowed_are_found(database: sqlite3.Connection) -> None:
    texts = {number: ["가"] * number for number in range(1, 6)}
    postings.update(database, {}, texts)
    allowed = np.array([2, 4, 99999], np.int64)
    assert set(_search(database, texts, ["가"], 9, among=allowed)) == {2, 4}
    assert _search(database, texts, ["가"], 9, among=np.array([], np.int64)) == []


def test_removing_leaves_nothing_behind(database: sqlite3.Connection) -> None:
    texts = {1: ["가", "나", "가"], 2: ["가"], postings.BLOCK + 1: ["나"]}
    postings.update(database, {}, texts)
    postings.update(database, {1: texts[1]}, {3: ["다"]})
    assert set(_stored(database, 0)) == {("가", 2, 1, 1), ("다", 3, 1, 1)}
    assert _stored(database, 1) == [("나", postings.BLOCK + 1, 1, 1)]
    postings.update(database, {2: ["가"], 3: ["다"], postings.BLOCK + 1: ["나"]}, {})
    assert database.execute("SELECT count(*) FROM posting_blocks").fetchone() == (0,)


def test_a_very_long_chunk_is_held_at_the_limit(database: sqlite3.Connection) -> None:
    postings.update(database, {}, {1: ["가"] * 70_000})
    assert _stored(database, 0) == [("가", 1, 65_535, 65_535)]


def test_a_block_is_read_in_parts_in_which_each_posting_is_once(database: sqlite3.Connection) -> None:
    numbers = [0, 1, 1023, 1024, 5000, postings.BLOCK - 1, postings.BLOCK]
    postings.update(database, {}, {number: ["가", "나"] for number in numbers})
    parts = list(postings.stored(database, 0, 1024))
    assert len(parts) == postings.BLOCK // 1024
    for part, its in enumerate(parts):
        expected = [number for number in numbers if number // 1024 == part]
        assert sorted(its) == sorted((term, number, 1, 2) for number in expected for term in "가나")


def test_a_place_beyond_its_block_is_told(database: sqlite3.Connection) -> None:
    postings.update(database, {}, {7: ["가"]})
    beyond = np.array([(7, 1, 1), (postings.BLOCK + 3, 1, 1)], postings.POSTING).tobytes()
    database.execute("UPDATE posting_blocks SET documents=2, data=?", (postings.packed("가", 0, beyond),))
    assert _stored(database, 0) == [("가", 7, 1, 1), ("가", postings.BLOCK + 3, 1, 1)]


def _stored(database: sqlite3.Connection, block: int) -> list[tuple[str, int, int, int]]:
    return [posting for part in postings.stored(database, block, postings.BLOCK) for posting in part]
