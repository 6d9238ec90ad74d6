"""The local store: what goes in comes out, searches agree with brute force, filters, and who may open what."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, states, unit

from index import sqlite
from index.errors import ArticleNotFoundError, IndexMissingError, IndexStoreError
from index.local_store import LocalStore
from index.store import Entry
from index.types import Filter
from seeds.article import Article


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder, embedder=MODEL, dimension=DIMENSION)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    with _open(tmp_path) as opened:
        yield opened


MANY = [
    entry(f"a{i}", publisher=f"신문{i % 3}", published=date(2025, 1 + i % 12, 5) if i % 4 else None) for i in range(40)
]


def test_an_article_comes_back_with_all_its_fields(store: LocalStore) -> None:
    made = entry("a")
    text = made.article.text
    article = Article(
        id="a",
        title="제목 'quoted' \"둘\"",
        text=text,
        body=((0, 3), (5, len(text))),
        publisher="신문",
        author="기자",
        published=date(2025, 7, 1),
        published_precision="month",
        language="en",
        url="https://example.org/1?a=b",
        source="어디/a.md",
        rights="우리가 씀",
    )
    store.put([replace(made, article=article)])
    assert store.article("a") == article
    assert store.content_hash("a") == article.content_hash
    (info,) = store.articles()
    for name in ("id", "title", "publisher", "author", "published", "published_precision", "language", "url", "source"):
        assert getattr(info, name) == getattr(article, name)


def test_candidates_come_back_as_they_went_in_and_in_the_order_asked_for(store: LocalStore) -> None:
    store.put(MANY)
    asked = ["a7-0-1", "gone", "a3-0-0", "a7-0-0"]
    found = store.candidates(asked)
    assert [candidate.chunk.id for candidate in found] == ["a7-0-1", "a3-0-0", "a7-0-0"]
    first, its = found[0], MANY[7]
    assert first.chunk == its.chunks[1]
    assert first.article.id == "a7"
    assert first.article.published == its.article.published
    np.testing.assert_array_equal(first.vector, its.vectors[1])
    assert first.sentence_vectors.dtype == np.float32
    np.testing.assert_allclose(first.sentence_vectors, its.sentence_vectors[2:4], atol=1e-3)  # kept in half precision
    np.testing.assert_allclose(np.linalg.norm(first.sentence_vectors, axis=1), 1, atol=1e-6)
    assert first.terms == its.terms[1]
    assert first.sentence_terms == its.sentence_terms[1]
    assert store.candidates([]) == []


def test_words_come_back_in_eight_bits_and_in_the_order_asked_for(store: LocalStore) -> None:
    store.put(MANY)
    found = store.words(["a7-0-1", "gone", "a3-0-0", "a7-0-1"])
    for words, expected in zip(found, [MANY[7].word_vectors[1], (), MANY[3].word_vectors[0]], strict=False):
        assert [its.shape for its in words] == [its.shape for its in expected]
        for one, other in zip(words, expected, strict=True):
            assert one.dtype == np.float32
            # A number is off by half a step at most, and there are 127 steps to the greatest of its word.
            assert np.all(np.abs(one - other) <= np.abs(other).max(axis=1, keepdims=True, initial=0) / 254 + 1e-6)
    assert [its.shape for its in found[2]] == [(3, 6), (0, 6)]
    np.testing.assert_array_equal(found[0][0], found[3][0])
    assert store.words([]) == []
    store.remove("a7")
    assert store.words(["a7-0-1"]) == [()]


def test_words_of_nothing_but_zeros_and_no_words_at_all(store: LocalStore) -> None:
    none, zeros = np.empty((0, 6), np.float32), np.zeros((2, 6), np.float32)
    store.put([replace(entry("a"), word_vectors=((none, none), (none, zeros)))])
    assert [[its.tolist() for its in words] for words in store.words(["a-0-0", "a-0-1"])] == [
        [[], []],
        [[], zeros.tolist()],
    ]
    assert [its.shape for its in store.words(["a-0-0"])[0]] == [(0, 6), (0, 6)]
    assert [damage for damage in store.verify() if "word" in damage.what] == []


def test_replacing_and_removing_leave_nothing_of_the_old(store: LocalStore) -> None:
    store.put([entry("a", 0, names=(("엔스케일", "Nscale"),)), entry("b")])
    before = store.fingerprint()
    new = entry("a", 1)
    store.put([new])
    assert store.fingerprint() != before
    assert store.lexical(["v0"], 9) == ["b-0-0", "b-0-1"]
    assert set(store.dense(unit(1, 1)[0], 9)) == {"a-1-0", "a-1-1", "b-0-0", "b-0-1"}
    assert store.names() == frozenset()
    store.remove("a")
    assert [info.id for info in store.articles()] == ["b"]
    assert store.candidates(["a-1-0"]) == []
    with pytest.raises(ArticleNotFoundError, match="'a'"):
        store.remove("a")
    with pytest.raises(ArticleNotFoundError):
        store.article("a")
    assert store.content_hash("a") is None


def test_of_two_entries_of_one_article_the_later_is_stored(store: LocalStore) -> None:
    store.put([entry("a", 0), entry("a", 1)])
    assert store.article("a").title == "제목 1"
    assert store.statistics().chunks == 2


def test_an_empty_collection_answers_with_nothing(store: LocalStore) -> None:
    assert store.articles() == []
    assert store.dense(unit(0, 1)[0], 5) == []
    assert store.lexical(["가"], 5) == []
    assert store.document_frequency(["가"]) == {"가": 0}
    assert (store.statistics().chunks, store.statistics().average_terms) == (0, 0)
    store.put([])


FILTERS = [
    None,
    Filter(),
    Filter(publishers=("신문1",)),
    Filter(publishers=("신문1", "신문2"), since=date(2025, 3, 5)),
    Filter(until=date(2025, 6, 5)),
    Filter(since=date(2025, 3, 6), until=date(2025, 5, 5)),
    Filter(article_ids=("a1", "a2", "a'); DROP TABLE chunks;--")),
    Filter(publishers=("없음",)),
]


def _passes(made: Entry, where: Filter | None) -> bool:
    if where is None:
        return True
    article = made.article
    if where.publishers and article.publisher not in where.publishers:
        return False
    if where.article_ids and article.id not in where.article_ids:
        return False
    if (where.since or where.until) and article.published is None:
        return False
    after = where.since is None or (article.published or date.min) >= where.since
    return after and (where.until is None or (article.published or date.max) <= where.until)


@pytest.mark.parametrize("where", FILTERS)
@pytest.mark.parametrize("k", [0, 1, 10, 1000])
def test_dense_search_agrees_with_brute_force(store: LocalStore, where: Filter | None, k: int) -> None:
    store.put(MANY)
    query = 3 * unit(99, 1)[0]
    scores = {
        chunk.id: float(vector @ query)
        for made in MANY
        if _passes(made, where)
        for chunk, vector in zip(made.chunks, made.vectors, strict=True)
    }
    assert store.dense(query, k, where) == sorted(scores, key=lambda chunk_id: -scores[chunk_id])[:k]


@pytest.mark.parametrize("where", FILTERS)
def test_lexical_search_and_listing_obey_the_filter(store: LocalStore, where: Filter | None) -> None:
    store.put(MANY)
    expected = {made.article.id for made in MANY if _passes(made, where)}
    assert {chunk_id.split("-")[0] for chunk_id in store.lexical(["문장"], 1000, where)} == expected
    assert {info.id for info in store.articles(where)} == expected


def test_a_month_passes_when_any_of_its_days_does(store: LocalStore) -> None:
    made = entry("july", published=date(2025, 7, 1))
    year = entry("2024", published=date(2024, 6, 1))
    store.put(
        [
            replace(made, article=replace(made.article, published_precision="month")),
            replace(year, article=replace(year.article, published_precision="year")),
        ]
    )
    assert [info.id for info in store.articles(Filter(since=date(2025, 7, 31)))] == ["july"]
    assert [info.id for info in store.articles(Filter(until=date(2025, 7, 1), since=date(2025, 1, 1)))] == ["july"]
    assert store.articles(Filter(since=date(2025, 8, 1))) == []
    assert [info.id for info in store.articles(Filter(until=date(2024, 1, 1)))] == ["2024"]


def test_articles_are_listed_newest_first_and_undated_last(store: LocalStore) -> None:
    days = {"c": None, "b": date(2024, 1, 1), "d": date(2025, 1, 1), "a": date(2024, 1, 1)}
    store.put([entry(article_id, published=day) for article_id, day in days.items()])
    assert [info.id for info in store.articles()] == ["d", "a", "b", "c"]


def test_statistics_follow_the_collection(store: LocalStore) -> None:
    one = entry("a", terms=(("가", "나"), ("가",)), language="ko")
    two = entry("b", terms=(("다",) * 6,), language="en")
    store.put([one])
    assert store.statistics().average_terms == 1.5
    store.put([two])
    statistics = store.statistics()
    assert (statistics.articles, statistics.chunks, statistics.average_terms) == (2, 3, 3.0)
    assert set(statistics.document_means) == {"ko", "en"}
    np.testing.assert_allclose(statistics.document_means["ko"], one.vectors.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(statistics.document_means["en"], two.vectors[0], atol=1e-6)
    assert store.document_frequency(["가", "다", "라"]) == {"가": 2, "다": 1, "라": 0}


def test_names_are_those_of_the_articles_that_are_there(store: LocalStore) -> None:
    pair = ("엔스케일", "Nscale")
    store.put([entry("a", names=(pair,)), entry("b", names=(pair, ("코어위브", "CoreWeave")))])
    assert store.names() == {pair, ("코어위브", "CoreWeave")}
    store.remove("b")
    assert store.names() == {pair}


def _harmed(**changed: object) -> Entry:
    return replace(entry("a"), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        _harmed(vectors=unit(0, 3)),
        _harmed(vectors=2 * unit(0, 2)),
        _harmed(vectors=np.full((2, DIMENSION), np.nan, np.float32)),
        _harmed(sentence_vectors=unit(0, 3)),
        _harmed(word_vectors=entry("a").word_vectors[:1]),
        _harmed(word_vectors=((states(0, 3),), (states(0, 3),))),
        _harmed(word_vectors=((states(0, 3), states(0, 1)), (states(0, 3), states(0, 1, width=5)))),
        _harmed(word_vectors=((states(0, 3), states(0, 1)), (states(0, 3), np.full((1, 6), np.inf, np.float32)))),
        _harmed(word_vectors=((states(0, 3), states(0, 1)), (states(0, 3), np.zeros((1, 6))))),
        _harmed(terms=(("가",),)),
        _harmed(terms=(("가 나",), ("다",))),
        _harmed(sentence_terms=((("가",),), (("나",), ("다",)))),
        _harmed(sentence_terms=(((), ("가",)), ((), ()))),
        _harmed(article=replace(entry("a").article, text="다른 글")),
        _harmed(article=replace(entry("a").article, id="b")),
    ],
)
def test_an_entry_that_breaks_its_contract_is_refused_whole(store: LocalStore, bad: Entry) -> None:
    with pytest.raises(ValueError, match="entry of article"):
        store.put([entry("good"), bad])
    assert store.articles() == []


def test_threads_share_one_store(store: LocalStore) -> None:
    store.put(MANY)

    def work(i: int) -> bool:
        if i % 10 == 0:
            store.put([entry("busy", i)])
        found = store.candidates(store.dense(unit(i, 1)[0], 5))
        return len(found) >= 4 and len(store.lexical(["문장"], 5)) == 5 and store.statistics().articles >= 40

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(80)))
    store.flush()
    assert store.verify() == []


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


@pytest.mark.parametrize(("embedder", "dimension"), [("other@2", DIMENSION), (MODEL, DIMENSION + 1)])
def test_vectors_of_another_model_are_not_mixed_in(tmp_path: Path, embedder: str, dimension: int) -> None:
    _open(tmp_path).close()
    with pytest.raises(IndexStoreError, match=rf"embedded with {MODEL} \(8 dimensions\), not {embedder}") as caught:
        LocalStore(tmp_path, embedder=embedder, dimension=dimension)
    assert MODEL in caught.value.ko


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
        assert connection.execute("PRAGMA user_version").fetchone() == (3,)
        # "gone" had the chunks 1 and 2: numbers are never used again.
        assert [number for (number,) in connection.execute("SELECT number FROM chunks")] == [3, 4, 5, 6, 7, 8]
        connection.execute("UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=4) WHERE chunk=3")
        connection.commit()
    with _open(tmp_path) as store:
        assert "article a chunk number 3" in [damage.where for damage in store.verify()]


def test_an_upgrade_that_fails_leaves_the_collection_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])

    def add_column(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE articles ADD COLUMN section TEXT")
        if broken:
            raise sqlite3.OperationalError("interrupted")

    broken = True
    monkeypatch.setattr("index.sqlite.VERSION", sqlite.VERSION + 1)
    monkeypatch.setitem(sqlite.MIGRATIONS, sqlite.VERSION - 1, add_column)
    with pytest.raises(IndexStoreError, match="interrupted"):
        _open(tmp_path)
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (sqlite.VERSION - 1,)
    broken = False
    with _open(tmp_path) as store:
        assert [info.id for info in store.articles()] == ["a"]
        assert store.verify()[0].where == "vector index"  # and nothing else
