"""The vector index against brute force, flat and as an inverted file, and what it keeps against what it was given."""

from __future__ import annotations

import numpy as np
import pytest

from index import faiss_index
from index.faiss_index import VectorIndex
from index.types import Vectors

NUMBERS = np.arange(10, 6010, 2)


def _unit(seed: int, n: int) -> Vectors:
    """float32 (n, 32), unit norm, in clumps, as texts are."""
    random = np.random.default_rng(seed)
    clumps = np.random.default_rng(0).normal(size=(60, 32))
    vectors = clumps[random.integers(60, size=n)] + 0.7 * random.normal(size=(n, 32))
    units: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return units


VECTORS = _unit(1, len(NUMBERS))
QUERIES = _unit(2, 50)


@pytest.fixture(scope="module", params=["flat", "inverted"])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    if request.param == "flat":
        return VectorIndex.flat(NUMBERS, VECTORS)
    empty = VectorIndex.inverted(VECTORS, len(VECTORS))
    return empty.changed(np.empty(0, np.int64), [(NUMBERS[:1000], VECTORS[:1000]), (NUMBERS[1000:], VECTORS[1000:])])


def _recall(index: VectorIndex, allowed: np.ndarray, **more: np.ndarray) -> float:
    """Share of the ten best allowed that are among the twenty found."""
    shares = []
    for query in QUERIES:
        scores = np.where(allowed, VECTORS @ query, -2)
        found, products = index.search(query, 20, **more)
        assert np.all(np.isin(found, NUMBERS[allowed]))
        assert np.all(np.diff(products) <= 0)
        shares.append(len(set(NUMBERS[np.argsort(-scores)[:10]]) & set(found.tolist())) / min(10, allowed.sum()))
    return float(np.mean(shares))


def test_recall_against_brute_force(index: VectorIndex) -> None:
    everything = np.ones(len(NUMBERS), bool)
    assert _recall(index, everything) >= (1.0 if index.exact else 0.95)


@pytest.mark.parametrize("share", [2, 50, 300])
def test_restricted_searches_keep_their_recall(index: VectorIndex, share: int) -> None:
    allowed = np.arange(len(NUMBERS)) % share == 0
    assert _recall(index, allowed, among=NUMBERS[allowed]) >= (1.0 if index.exact else 0.95)
    assert _recall(index, ~allowed, without=NUMBERS[allowed]) >= (1.0 if index.exact else 0.95)


def test_what_is_written_is_read_back(index: VectorIndex) -> None:
    again = VectorIndex.from_bytes(index.to_bytes())
    assert (again.exact, again.size, again.last) == (index.exact, len(NUMBERS), 6008)
    for query in QUERIES[:5]:
        np.testing.assert_array_equal(again.search(query, 9)[0], index.search(query, 9)[0])


def test_it_holds_what_it_was_given_and_tells_of_anything_else(index: VectorIndex) -> None:
    def truth(vectors: Vectors, numbers: np.ndarray) -> tuple[np.ndarray, Vectors]:
        return numbers, vectors[np.searchsorted(NUMBERS, numbers)]

    assert index.holds(lambda numbers: truth(VECTORS, numbers))
    assert index.holds(lambda numbers: truth(VECTORS, numbers[numbers < 3000]))  # the others are gone
    other = VECTORS.copy()
    other[700] = other[701]
    assert not index.holds(lambda numbers: truth(other, numbers))


def test_a_change_leaves_the_index_it_was_made_of_as_it_is() -> None:
    index = VectorIndex.inverted(VECTORS, 100).changed(np.empty(0, np.int64), [(NUMBERS[:100], VECTORS[:100])])
    changed = index.changed(NUMBERS[:40], [(NUMBERS[100:110], VECTORS[100:110])])
    assert (index.size, changed.size) == (100, 70)
    assert set(changed.numbers) == set(NUMBERS[40:110])
    assert set(index.numbers) == set(NUMBERS[:100])


def test_sizes_of_an_inverted_file() -> None:
    assert [faiss_index.cells(n) for n in (40_000, 100_000, 1_000_000)] == [1024, 1024, 4096]  # near 4 sqrt(n)
    assert faiss_index.sample(1_000_000) == 40 * 4096
    assert VectorIndex.flat(NUMBERS, VECTORS).roomy(10) is False
    assert VectorIndex.inverted(VECTORS, 3000).roomy(3000)
    assert not VectorIndex.inverted(VECTORS, 3000).roomy(100_000)


def test_nothing_is_found_in_nothing() -> None:
    empty = VectorIndex.flat(np.empty(0, np.int64), np.empty((0, 32), np.float32))
    assert [len(its) for its in empty.search(QUERIES[0], 5)] == [0, 0]
    assert empty.last == 0
