"""What every `Store` must do, tried on each: the local one, and Milvus (Milvus Lite, in a file)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, passes, states, unit

from index.errors import ArticleNotFoundError, IndexMissingError, IndexStoreError
from index.local_store import LocalStore
from index.milvus_client import Connection
from index.milvus_store import MilvusStore
from index.store import Entry, Store
from index.types import Filter
from seeds.article import Article

Kind = Literal["local", "milvus"]
Opened = LocalStore | MilvusStore
_numbers = itertools.count()


@dataclass(frozen=True)
class Place:
    """Where one collection lies; `open` opens it, as often as one likes."""

    kind: Kind
    folder: Path
    file: Path
    name: str

    def open(self, embedder: str | None = MODEL, dimension: int | None = DIMENSION) -> Opened:
        if self.kind == "local":
            return LocalStore(self.folder, embedder=embedder, dimension=dimension)
        return MilvusStore(str(self.file), embedder=embedder, dimension=dimension, name=self.name, refresh_s=0)


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file that is served while the tests last: starting Milvus Lite takes longer than most of them."""
    file = tmp_path_factory.mktemp("milvus") / "lite.db"
    connection = Connection(str(file), None, "Strong", 30)
    yield file
    connection.close()


@pytest.fixture
def place_of(tmp_path: Path, milvus: Path) -> Callable[[Kind], Place]:
    return lambda kind: Place(kind, tmp_path / "local", milvus, f"c{next(_numbers)}")


@pytest.fixture(params=["local", "milvus"])
def place(request: pytest.FixtureRequest, place_of: Callable[[Kind], Place]) -> Place:
    return place_of(request.param)


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    with place.open() as opened:
        yield opened


MANY = [
    entry(f"a{i}", publisher=f"신문{i % 3}", published=date(2025, 1 + i % 12, 5) if i % 4 else None) for i in range(40)
]

# In and out


def test_an_article_comes_back_with_all_its_fields(store: Store) -> None:
    made = entry("a")
    text = made.article.text
    article = Article(
        id="a",
        title="제목 'quoted' \"둘\" \\ 셋",
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


def test_a_long_article_with_long_sentences_comes_back_whole(store: Store) -> None:
    made = entry("a")
    long = replace(made.article, text=made.article.text + "꼬리 문장이 길다. " * 30_000)
    words = ((states(1, 900, width=64), states(2, 3, width=64)), (states(3, 3, width=64), states(4, 1, width=64)))
    many = tuple(f"말{i}" for i in range(6000))
    terms = ((*many, "끝"), ("문장",))
    by_sentence = ((many, ("끝",)), ((), ("문장",)))
    store.put([replace(made, article=long, word_vectors=words, terms=terms, sentence_terms=by_sentence)])
    assert store.article("a").text == long.text
    (found,) = store.candidates(["a-0-0"])
    assert found.terms == terms[0]
    assert [its.shape for its in store.words(["a-0-0"])[0]] == [(900, 64), (3, 64)]
    assert store.lexical(["말5999"], 3) == ["a-0-0"]
    assert store.verify() == [] or all(damage.mendable for damage in store.verify())


def test_candidates_come_back_as_they_went_in_and_in_the_order_asked_for(store: Store) -> None:
    store.put(MANY)
    found = store.candidates(["a7-0-1", "gone", "a3-0-0", "a7-0-0"])
    assert [candidate.chunk.id for candidate in found] == ["a7-0-1", "a3-0-0", "a7-0-0"]
    first, its = found[0], MANY[7]
    assert first.chunk == its.chunks[1]
    assert (first.article.id, first.article.published) == ("a7", its.article.published)
    np.testing.assert_array_equal(first.vector, its.vectors[1])
    assert {first.vector.dtype, first.sentence_vectors.dtype} == {np.dtype(np.float32)}
    np.testing.assert_allclose(first.sentence_vectors, its.sentence_vectors[2:4], atol=1e-3)  # kept in half precision
    np.testing.assert_allclose(np.linalg.norm(first.sentence_vectors, axis=1), 1, atol=1e-6)
    assert first.terms == its.terms[1]
    assert first.sentence_terms == its.sentence_terms[1]
    assert store.candidates([]) == []


def test_words_come_back_in_eight_bits_and_in_the_order_asked_for(store: Store) -> None:
    store.put(MANY[:9])
    found = store.words(["a7-0-1", "gone", "a3-0-0", "a7-0-1"])
    for words, expected in zip(found, [MANY[7].word_vectors[1], (), MANY[3].word_vectors[0]], strict=False):
        assert [its.shape for its in words] == [its.shape for its in expected]
        for one, other in zip(words, expected, strict=True):
            assert one.dtype == np.float32
            # A number is off by half a step at most, and there are 127 steps to the greatest of its word.
            assert np.all(np.abs(one - other) <= np.abs(other).max(axis=1, keepdims=True, initial=0) / 254 + 1e-6)
    np.testing.assert_array_equal(found[0][0], found[3][0])
    assert store.words([]) == []
    store.remove("a7")
    assert store.words(["a7-0-1"]) == [()]


def test_words_of_nothing_but_zeros_and_no_words_at_all(store: Store) -> None:
    none, zeros = np.empty((0, 6), np.float32), np.zeros((2, 6), np.float32)
    store.put([replace(entry("a"), word_vectors=((none, none), (none, zeros)))])
    assert [[its.tolist() for its in words] for words in store.words(["a-0-0", "a-0-1"])] == [
        [[], []],
        [[], zeros.tolist()],
    ]


# Changes


def test_replacing_and_removing_leave_nothing_of_the_old(store: Store) -> None:
    store.put([entry("a", 0, names=(("엔스케일", "Nscale"),)), entry("b")])
    before = store.fingerprint()
    assert store.fingerprint() == before
    store.put([entry("a", 1)])
    replaced = store.fingerprint()
    assert replaced != before
    assert sorted(store.lexical(["v0"], 9)) == ["b-0-0", "b-0-1"]
    assert set(store.dense(unit(1, 1)[0], 9)) == {"a-1-0", "a-1-1", "b-0-0", "b-0-1"}
    assert store.document_frequency(["v0", "v1"]) == {"v0": 2, "v1": 2}
    assert store.names() == frozenset()
    store.remove("a")
    assert store.fingerprint() not in (before, replaced)
    assert [info.id for info in store.articles()] == ["b"]
    assert store.candidates(["a-1-0"]) == []
    assert store.lexical(["v1"], 9) == []
    assert store.statistics().chunks == 2
    with pytest.raises(ArticleNotFoundError, match="'a'"):
        store.remove("a")
    with pytest.raises(ArticleNotFoundError):
        store.article("a")
    assert store.content_hash("a") is None


def test_a_chunk_that_stays_while_its_article_changes_is_found_once(store: Store) -> None:
    old = entry("a")
    store.put([old])
    store.put([replace(old, article=replace(old.article, title="새 제목"))])
    assert sorted(store.dense(unit(1, 1)[0], 9)) == ["a-0-0", "a-0-1"]
    assert [candidate.article.title for candidate in store.candidates(["a-0-0"])] == ["새 제목"]
    shorter = replace(
        old,
        chunks=old.chunks[:1],
        vectors=old.vectors[:1],
        sentence_vectors=old.sentence_vectors[:2],
        word_vectors=old.word_vectors[:1],
        terms=old.terms[:1],
        sentence_terms=old.sentence_terms[:1],
    )
    store.put([shorter])
    assert store.dense(unit(1, 1)[0], 9) == ["a-0-0"]
    assert (store.statistics().chunks, store.document_frequency(["문장"])) == (1, {"문장": 1})


def test_putting_the_same_again_changes_nothing_that_can_be_seen(store: Store) -> None:
    store.put(MANY[:5])
    query = unit(3, 1)[0]
    before = store.dense(query, 99), store.lexical(["문장", "a3"], 2), store.articles()
    store.put(MANY[:5])
    assert (store.dense(query, 99), store.lexical(["문장", "a3"], 2), store.articles()) == before
    statistics = store.statistics()
    assert (statistics.articles, statistics.chunks) == (5, 10)


def test_of_two_entries_of_one_article_the_later_is_stored(store: Store) -> None:
    store.put([entry("a", 0), entry("a", 1)])
    assert store.article("a").title == "제목 1"
    assert store.statistics().chunks == 2


def test_an_empty_collection_answers_with_nothing(store: Store) -> None:
    assert store.articles() == []
    assert store.dense(unit(0, 1)[0], 5) == []
    assert store.lexical(["가"], 5) == []
    assert store.document_frequency(["가"]) == {"가": 0}
    assert (store.statistics().articles, store.statistics().chunks, store.statistics().average_terms) == (0, 0, 0)
    assert store.names() == frozenset()
    store.put([])


class _Breaks(tuple[tuple[str, str], ...]):
    """Names that cannot be read to their end."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        raise OSError("no more")


def test_a_put_that_fails_half_way_leaves_all_as_it_was(store: Store) -> None:
    store.put([entry("a", 0), entry("b", 0)])
    query = unit(3, 1)[0]
    before = store.dense(query, 99), sorted(store.lexical(["문장"], 99)), store.articles(), store.statistics().chunks
    with pytest.raises(OSError, match="no more"):
        store.put([entry("a", 1), entry("c"), replace(entry("d"), names=_Breaks())])
    after = store.dense(query, 99), sorted(store.lexical(["문장"], 99)), store.articles(), store.statistics().chunks
    assert after == before
    assert store.article("a").title == "제목 0"


def _harmed(**changed: object) -> Entry:
    return replace(entry("a"), **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        _harmed(vectors=unit(0, 3)),
        _harmed(vectors=2 * unit(0, 2)),
        _harmed(sentence_vectors=unit(0, 3)),
        _harmed(word_vectors=entry("a").word_vectors[:1]),
        _harmed(terms=(("가 나",), ("다",))),
        _harmed(article=replace(entry("a").article, text="다른 글")),
    ],
)
def test_an_entry_that_breaks_its_contract_is_refused_whole(store: Store, bad: Entry) -> None:
    with pytest.raises(ValueError, match="entry of article"):
        store.put([entry("good"), bad])
    assert store.articles() == []


# Filters

FILTERS = [
    None,
    Filter(),
    Filter(publishers=("신문1",)),
    Filter(publishers=("신문1", "신문2"), since=date(2025, 3, 5)),
    Filter(until=date(2025, 6, 5)),
    Filter(since=date(2025, 3, 6), until=date(2025, 5, 5)),
    Filter(article_ids=("a1", "a2", "a'); DROP TABLE chunks;--")),
    Filter(publishers=("없음",)),
    Filter(publishers=('신문1" or id != "',)),
    Filter(article_ids=("a1\\", '"] or id != "', "{a1}", "a1\n")),
    Filter(publishers=("\\", "' or '1'='1", "%")),
]


def test_searches_and_listing_obey_filters_and_dense_search_is_brute_force(store: Store) -> None:
    store.put(MANY)
    query = 3 * unit(99, 1)[0]
    for where, k in itertools.product(FILTERS, [0, 1, 10, 1000]):
        scores = {
            chunk.id: float(vector @ query)
            for made in MANY
            if passes(made, where)
            for chunk, vector in zip(made.chunks, made.vectors, strict=True)
        }
        assert store.dense(query, k, where) == sorted(scores, key=lambda chunk_id: -scores[chunk_id])[:k], where
    for where in FILTERS:
        expected = {made.article.id for made in MANY if passes(made, where)}
        assert {chunk_id.split("-")[0] for chunk_id in store.lexical(["문장"], 1000, where)} == expected, where
        assert {info.id for info in store.articles(where)} == expected, where


NASTY = ['"', "\\", '\\"', "' or 1==1", '" or id != "', "줄\n바꿈\t", "{x}", "$meta", "100%", "\u2028", "\x01"]


def test_values_that_look_like_syntax_are_only_values(store: Store) -> None:
    as_terms = [value.replace(" ", "") for value in NASTY]
    store.put(
        [
            entry(f"id{at}", publisher=value, terms=((term, "가"),))
            for at, (value, term) in enumerate(zip(NASTY, as_terms, strict=True))
        ]
    )
    for at, (value, term) in enumerate(zip(NASTY, as_terms, strict=True)):
        assert [info.id for info in store.articles(Filter(publishers=(value,)))] == [f"id{at}"], value
        assert store.lexical([term], 9) == [f"id{at}-0-0"], value
        assert store.document_frequency([term]) == {term: 1}, value


def test_a_month_passes_when_any_of_its_days_does(store: Store) -> None:
    made, year = entry("july", published=date(2025, 7, 1)), entry("2024", published=date(2024, 6, 1))
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
    assert set(store.lexical(["문장"], 9, Filter(since=date(2024, 12, 31), until=date(2024, 12, 31)))) == {
        "2024-0-0",
        "2024-0-1",
    }


def test_articles_are_listed_newest_first_and_undated_last(store: Store) -> None:
    days = {"c": None, "b": date(2024, 1, 1), "d": date(2025, 1, 1), "a": date(2024, 1, 1)}
    store.put([entry(article_id, published=day) for article_id, day in days.items()])
    assert [info.id for info in store.articles()] == ["d", "a", "b", "c"]


# Words


def test_bm25_by_hand(store: Store) -> None:
    """Three chunks of 2, 4 and 6 terms, 4 on average; k1 1.2, b 0.75.

    가: in two of three, idf log(1 + 1.5 / 2.5) = .4700; once in 2 terms: 2.2 / (1 + 1.2 * (.25 + .375)) = 1.2571;
    twice in 6: 4.4 / (2 + 1.2 * (.25 + 1.125)) = 1.2055. 나: in one, idf log(1 + 2.5 / 1.5) = .9808.
    """
    short, middle = entry("s", terms=(("가", "다"),)), entry("m", terms=(("나", "다", "다", "다"),))
    long = entry("l", terms=(("가", "가", "다", "다", "다", "다"),))
    store.put([short, middle, long])
    assert store.lexical(["가"], 9) == ["s-0-0", "l-0-0"]
    assert store.lexical(["가", "나"], 9) == ["m-0-0", "s-0-0", "l-0-0"]
    assert store.lexical(["가", "나"], 1) == ["m-0-0"]
    assert store.lexical(["가", "가", "없음"], 9) == ["s-0-0", "l-0-0"]
    assert store.lexical([], 9) == []
    assert store.lexical(["가"], 0) == []


@pytest.mark.parametrize("scale", [1, 40])
def test_lexical_search_ranks_the_same_in_both(place_of: Callable[[Kind], Place], scale: int) -> None:
    """Chunks of Zipf's words: short ones, and ones longer than Milvus' vectors are made for."""
    draw = np.random.default_rng(scale)
    entries = []
    for i in range(60):
        drawn = tuple(f"말{n}" for n in np.minimum(draw.zipf(1.3, size=scale * int(draw.integers(3, 30))), 500))
        entries.append(entry(f"a{i}", terms=(drawn,)))
    with place_of("local").open() as local, place_of("milvus").open() as milvus:
        local.put(entries)
        milvus.put(entries)
        assert milvus.statistics().average_terms == local.statistics().average_terms
        for asked in (["말1"], ["말2", "말3"], ["말1", "말4", "말7", "말19"], [f"말{n}" for n in range(5, 20)]):
            assert milvus.document_frequency(asked) == local.document_frequency(asked)
            for k in (1, 7, 100):
                ours, theirs = local.lexical(asked, k), milvus.lexical(asked, k)
                assert len(ours) == len(theirs)
                # Chunks of one score may stand in either order: what counts is that place has that score.
                by_id = {its.chunk.id: its.terms for its in local.candidates([*ours, *theirs])}
                scores = _bm25(asked, by_id, local)
                np.testing.assert_allclose([scores[its] for its in theirs], [scores[its] for its in ours], rtol=1e-9)


def _bm25(asked: list[str], by_id: dict[str, tuple[str, ...]], store: Store) -> dict[str, float]:
    """The formula once more, as it stands in Robertson and Zaragoza 2009, with Lucene's idf."""
    n, average, held = store.statistics().chunks, store.statistics().average_terms, store.document_frequency(asked)
    idf = {term: np.log(1 + (n - held[term] + 0.5) / (held[term] + 0.5)) for term in asked}
    return {
        chunk_id: sum(
            idf[term] * terms.count(term) * 2.2 / (terms.count(term) + 1.2 * (0.25 + 0.75 * len(terms) / average))
            for term in asked
        )
        for chunk_id, terms in by_id.items()
    }


def test_statistics_follow_the_collection(store: Store) -> None:
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


def test_a_chunk_without_terms_is_found_by_its_vector(store: Store) -> None:
    bare = replace(entry("a"), terms=((), ()), sentence_terms=(((), ()), ((), ())))
    store.put([bare])
    assert store.lexical(["가"], 9) == []
    assert set(store.dense(unit(1, 1)[0], 9)) == {"a-0-0", "a-0-1"}
    assert store.candidates(["a-0-0"])[0].terms == ()


def test_names_are_those_of_the_articles_that_are_there(store: Store) -> None:
    pair = ("엔스케일", "Nscale")
    store.put([entry("a", names=(pair,)), entry("b", names=(pair, ("코어위브", "CoreWeave")))])
    assert store.names() == {pair, ("코어위브", "CoreWeave")}
    store.remove("b")
    assert store.names() == {pair}


# Opening, and what holds it together


def test_what_was_put_is_there_when_it_is_opened_again(place: Place) -> None:
    query = unit(3, 1)[0]
    with place.open() as store:
        store.put(MANY)
        store.flush()
        seen = store.dense(query, 99), store.lexical(["문장", "a3"], 2), store.articles(), store.fingerprint()
    with place.open(None, None) as again:
        assert (again.embedder, again.dimension) == (MODEL, DIMENSION)
        assert (again.dense(query, 99), again.lexical(["문장", "a3"], 2), again.articles(), again.fingerprint()) == seen


def test_one_handle_sees_what_another_wrote(place: Place) -> None:
    with place.open() as writer, place.open() as reader:
        writer.put([entry("a", names=(("엔스케일", "Nscale"),))])
        assert reader.statistics().chunks == 2
        assert len(reader.dense(unit(3, 1)[0], 9)) == 2
        writer.put([entry("b")])
        assert (reader.statistics().chunks, len(reader.dense(unit(3, 1)[0], 9))) == (4, 4)
        writer.remove("a")
        assert (reader.names(), reader.lexical(["문장"], 9)) == (frozenset(), ["b-0-0", "b-0-1"])


def test_threads_share_one_store(store: Store) -> None:
    store.put(MANY)

    def work(i: int) -> bool:
        if i % 10 == 0:
            store.put([entry("busy", i)])
        found = store.candidates(store.dense(unit(i, 1)[0], 5))
        return len(found) >= 4 and len(store.lexical(["문장"], 5)) == 5 and store.statistics().articles >= 40

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(24)))
    store.flush()
    assert store.verify() == []


def test_a_whole_collection_is_found_whole_and_stays_so_when_it_is_rebuilt(store: Store) -> None:
    store.put(MANY[:8])
    store.flush()
    assert store.verify() == []
    query = unit(3, 1)[0]
    before = store.dense(query, 99), store.lexical(["문장", "a3"], 2), store.articles()
    store.rebuild()
    assert (store.dense(query, 99), store.lexical(["문장", "a3"], 2), store.articles()) == before
    assert store.verify() == []


def test_no_collection(place: Place) -> None:
    with pytest.raises(IndexMissingError, match="gisa index add"):
        place.open(None, None)


@pytest.mark.parametrize(("embedder", "dimension"), [("other@2", DIMENSION), (MODEL, DIMENSION + 1)])
def test_vectors_of_another_model_are_not_mixed_in(place: Place, embedder: str, dimension: int) -> None:
    place.open().close()
    with pytest.raises(IndexStoreError, match=rf"embedded with {MODEL} \(8 dimensions\), not {embedder}") as caught:
        place.open(embedder, dimension)
    assert MODEL in caught.value.ko
