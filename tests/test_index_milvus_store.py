"""What is Milvus' own: writes that break off or meet, damage, values in expressions, errors of the server."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from entries import DIMENSION, MODEL, entry, unit
from hypothesis import given
from hypothesis import strategies as st
from milvus_lite.db import MilvusLite

from index import milvus_filters as filters
from index import milvus_lexical as lexical
from index import milvus_read
from index.errors import DiskFullError, IndexBusyError, IndexMissingError, IndexStoreError, IndexUnreachableError
from index.milvus_client import Connection, _ours
from index.milvus_store import MilvusStore
from index.store import Damage
from index.types import Filter
from rag.assemble import open_store
from rag.errors import SettingsError
from rag.settings import load_settings

QUERY = unit(7, 1)[0]
_numbers = itertools.count()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("milvus") / "lite.db"
    connection = Connection(str(path), None, "Strong", 30)
    yield path
    connection.close()


Open = Callable[[], MilvusStore]


@pytest.fixture
def opened(file: Path) -> Iterator[Open]:
    """Opens one collection, as often as it is called."""
    name, stores = f"m{next(_numbers)}", []

    def open_one() -> MilvusStore:
        stores.append(MilvusStore(str(file), embedder=MODEL, dimension=DIMENSION, name=name, refresh_s=0))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


def _seen(store: MilvusStore) -> tuple[object, ...]:
    return (
        store.dense(QUERY, 99),
        sorted(store.lexical(["문장"], 99)),
        [(info, store.article(info.id)) for info in store.articles()],
        [candidate.chunk for candidate in store.candidates(["a-0-0", "a-0-1", "a-1-0", "a-1-1", "b-0-0", "c-0-0"])],
        (store.statistics().articles, store.statistics().chunks),
        store.document_frequency(["문장"]),
    )


class _Breaks:
    """Lets so many requests through and fails from then on, as a network does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, requests: int) -> None:
        self._left = requests
        for name in ("upsert", "delete"):
            monkeypatch.setattr(Connection, name, self._wrapped(getattr(Connection, name)))

    def _wrapped(self, real: Callable[..., None]) -> Callable[..., None]:
        def call(*values: Any) -> None:
            if self._left <= 0:
                raise IndexUnreachableError("cut off", "끊김")
            self._left -= 1
            real(*values)

        return call


@pytest.mark.parametrize("requests", range(3))
def test_a_put_that_breaks_off_is_done_or_not_and_the_next_sweeps_up(opened: Open, requests: int) -> None:
    """Chunks, commit, sweep: wherever it stops, readers see the articles as before, or as they were to be."""
    store = opened()
    store.put([entry("a", 0), entry("b", 0)])
    before = _seen(store)
    with pytest.MonkeyPatch.context() as patch:
        _Breaks(patch, requests)
        with pytest.raises(IndexUnreachableError):
            store.put([entry("a", 1), entry("c", 0)])
    reader = opened()
    left = reader.verify()
    if requests < 2:
        assert _seen(reader)[:5] == before[:5]
        assert all(damage.mendable for damage in left)
        assert bool(left) == (requests == 1)
    else:
        assert reader.article("a").title == "제목 1"
        assert sorted(reader.lexical(["문장"], 99)) == ["a-1-0", "a-1-1", "b-0-0", "b-0-1", "c-0-0", "c-0-1"]
        assert left == [Damage("chunks", "2 were left by writes that broke off", mendable=True)]
    store.put([entry("a", 1), entry("c", 0)])
    assert store.verify() == []
    assert store.document_frequency(["문장"]) == {"문장": 6}
    assert set(store.dense(QUERY, 99)) == {"a-1-0", "a-1-1", "b-0-0", "b-0-1", "c-0-0", "c-0-1"}


def test_what_broken_off_writes_left_goes_when_it_is_rebuilt(opened: Open) -> None:
    store = opened()
    store.put([entry("a", 0)])
    with pytest.MonkeyPatch.context() as patch:
        _Breaks(patch, 1)
        with pytest.raises(IndexUnreachableError):
            store.put([entry("b", 0)])
    assert [damage.mendable for damage in store.verify()] == [True]
    store.rebuild()
    assert store.verify() == []
    assert set(store.dense(QUERY, 99)) == {"a-0-0", "a-0-1"}


def test_leftovers_never_push_what_counts_out_of_the_best(opened: Open) -> None:
    store = opened()
    store.put([entry("a", 0)])
    with pytest.MonkeyPatch.context() as patch:
        _Breaks(patch, 1)
        with pytest.raises(IndexUnreachableError):
            store.put([entry(f"x{i}", 0) for i in range(30)])
    assert set(store.dense(QUERY, 2)) == {"a-0-0", "a-0-1"}
    assert set(store.lexical(["문장"], 2)) == {"a-0-0", "a-0-1"}
    assert store.document_frequency(["문장"]) == {"문장": 2}


def test_of_two_who_write_an_article_at_once_the_one_that_stays_is_whole(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one commits and sweeps between this one's chunks and its commit: they are gone when it commits."""
    one, other = opened(), opened()
    one.put([entry("a", 0)])
    real = MilvusStore._commit
    met = iter([True])

    def commit(self: MilvusStore, articles: Sequence[dict[str, Any]]) -> None:
        if self is one and next(met, False):
            other.put([entry("a", 2)])
        real(self, articles)

    monkeypatch.setattr(MilvusStore, "_commit", commit)
    one.put([entry("a", 1)])
    assert one.article("a").title == "제목 1"
    assert set(one.dense(QUERY, 9)) == {"a-1-0", "a-1-1"}
    assert one.verify() == []


# Damage


def _tampered(store: MilvusStore, **changed: object) -> None:
    (row,) = store._connection.query(store._chunks, filters.one_of("chunk", ["a-0-1"]), ["*"])
    store._connection.upsert(store._chunks, [{**row, **changed}])


@pytest.mark.parametrize(
    "changed",
    [
        {"terms": ["다른 말"]},
        {"dense": unit(1234, 1)[0].tolist()},
        {"words": ["[]"]},
        {"record": ['{"position": 9}']},
        {"sentence_vectors": ["!"]},
    ],
)
def test_a_chunk_that_is_not_what_was_written_is_found(opened: Open, changed: dict[str, object]) -> None:
    store = opened()
    store.put([entry("a"), entry("b")])
    _tampered(store, **changed)
    assert [(damage.where, damage.mendable) for damage in store.verify()] == [("article a", False)]
    store.put([entry("a")])
    assert store.verify() == []


def test_a_lost_chunk_and_a_wrong_article_are_found(opened: Open) -> None:
    store = opened()
    store.put([entry("a"), entry("b")])
    (row,) = store._connection.query(store._chunks, filters.one_of("chunk", ["a-0-1"]), ["id"])
    store._connection.delete(store._chunks, [row["id"]])
    (article,) = store._connection.query(store._articles, filters.one_of("id", ["b"]), ["*"])
    store._connection.upsert(store._articles, [{**article, "text": ["다른 글"]}])
    assert store.verify() == [
        Damage("article a", "has 1 of its 2 chunks", mendable=False),
        Damage("article b", "its content does not have the stored hash", mendable=False),
    ]


def test_a_wrong_sparse_vector_is_found_and_mended(opened: Open) -> None:
    store = opened()
    store.put([entry("a"), entry("b")])
    right = store.lexical(["v0"], 9)
    _tampered(store, sparse={5: 1.0})
    assert store.verify() == [Damage("article a", "its sparse vectors are not what its terms say", mendable=True)]
    store.rebuild()
    assert store.verify() == []
    assert store.lexical(["v0"], 9) == right


# Scores, samples, expressions


@given(st.integers(1, 3000), st.integers(1, 70_000), st.floats(0.5, 5000))
def test_a_true_score_is_never_more_than_slack_times_the_stored_one(
    frequency: int, length: int, average: float
) -> None:
    true, stored = (lexical.share(frequency, length, by) for by in (average, lexical.LENGTH))
    assert true <= max(1.0, average / lexical.LENGTH) * stored * (1 + 1e-9)
    assert not lexical.enough(true * (1 - 1e-9), stored, average)


def test_terms_have_their_places_in_what_milvus_takes() -> None:
    places = {lexical.dimension(f"말{i}") for i in range(50_000)}
    assert len(places) >= 49_990  # by the birthday bound, 0.3 pairs of them meet
    assert min(places) >= 1
    assert max(places) < 2**32 - 1
    assert lexical.document([]) == {0: 1.0}


def test_of_a_large_collection_statistics_are_those_of_a_sample(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened()
    entries = [entry(f"a{i}", terms=(("가",) * 3,) if i % 2 else (("가",) * 5,)) for i in range(200)]
    store.put(entries)
    whole = np.mean([made.vectors[0] for made in entries], axis=0)
    np.testing.assert_allclose(store.statistics().document_means["ko"], whole, atol=1e-6)
    monkeypatch.setattr(milvus_read, "SAMPLE", 100)
    store.remove("a0")
    statistics = store.statistics()
    assert (statistics.articles, statistics.chunks) == (199, 199)
    assert 3.5 < statistics.average_terms < 4.5
    assert 0.001 < np.abs(statistics.document_means["ko"] - whole).max() < 0.2
    np.testing.assert_allclose(statistics.document_means["sw"], statistics.document_means["ko"], atol=1e-6)
    assert set(statistics.document_means) == {"ko"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("신문", '"신문"'),
        ('" or id != "', '"\\" or id != \\""'),
        ("\\", '"\\\\"'),
        ('\\"', '"\\\\\\""'),
        ("a\nb", '"a\\nb"'),
    ],
)
def test_values_become_literals(value: str, expected: str) -> None:
    assert filters.literal(value) == expected
    assert filters.where(Filter(publishers=(value,)), "article") == [f"publisher in [{expected}]"]


# Opening


def test_it_is_all_there_after_its_server_went_down(tmp_path: Path) -> None:
    address = str(tmp_path / "own.db")
    with MilvusStore(address, embedder=MODEL, dimension=DIMENSION) as store:
        store.put([entry("a"), entry("b")])
        seen = _seen(store)
    settings = load_settings(home=tmp_path, store={"kind": "milvus", "address": address})
    again = open_store(settings)
    assert isinstance(again, MilvusStore)
    assert _seen(again) == seen
    assert again.verify() == []
    again.close()
    assert not (tmp_path / "index").exists()
    lite = MilvusLite(address)  # the lock is free: nothing runs on
    with pytest.raises(IndexBusyError, match="Another process"):
        open_store(settings)
    lite.close()


def test_none_is_made_where_none_is_wanted(file: Path) -> None:
    with pytest.raises(IndexMissingError, match="gisa index add"):
        MilvusStore(str(file), embedder=MODEL, dimension=DIMENSION, name="unmade", make=False)
    with pytest.raises(IndexMissingError):
        MilvusStore(str(file), name="unmade")


def test_settings_that_name_no_server(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="milvus needs an address"):
        load_settings(home=tmp_path, store={"kind": "milvus"})
    with pytest.raises(SettingsError, match="collection"):
        load_settings(home=tmp_path, store={"collection": "a; drop"})
    with pytest.raises(IndexStoreError, match=r"no address of Milvus"):
        MilvusStore(str(tmp_path / "folder"))


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(IndexUnreachableError, match="GISA_STORE__ADDRESS"):
        MilvusStore("http://127.0.0.1:9", timeout_s=0.5)


class _Refuses(grpc.GenericRpcHandler):
    """A server that knows nobody; the words are Milvus' own."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        def refuse(_: bytes, context: grpc.ServicerContext) -> bytes:
            context.abort(
                grpc.StatusCode.UNAUTHENTICATED, "auth check failure, please check api key or username and password"
            )
            return b""

        return grpc.unary_unary_rpc_method_handler(refuse)


def test_a_token_that_is_refused() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((_Refuses(),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(IndexStoreError, match="refuses the token") as caught:
            MilvusStore(f"http://127.0.0.1:{port}", token="root:wrong", timeout_s=3)
        assert "GISA_STORE__TOKEN" in caught.value.ko
        assert "root:wrong" not in str(caught.value)
    finally:
        server.stop(0).wait()


def test_what_milvus_says_becomes_one_line(opened: Open) -> None:
    from pymilvus import MilvusException

    store = opened()
    with pytest.raises(IndexStoreError, match=r"^Milvus at \S+ failed: [^\n]+ Look at its logs"):
        store._connection.query(store._articles, "no such", ["id"])
    full = _ours(MilvusException(9, "quota exceeded[reason=disk quota exceeded, please allocate more]"), "http://m:1")
    assert isinstance(full, DiskFullError)


def test_without_pymilvus_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymilvus", None)
    monkeypatch.delitem(sys.modules, "index.milvus_client")
    with pytest.raises(IndexStoreError, match=r"pip install 'gisa-news\[milvus\]'"):
        __import__("index.milvus_client")


def test_vectors_come_back_to_the_last_bit(opened: Open) -> None:
    store = opened()
    made = entry("a")
    store.put([made])
    np.testing.assert_array_equal(store.candidates(["a-0-0"])[0].vector, made.vectors[0])
