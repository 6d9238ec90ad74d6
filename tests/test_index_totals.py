"""Totals that are kept equal those that are counted, whatever went in and out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
from entries import DIMENSION, MODEL, entry

from index import totals
from index.local_store import LocalStore


def test_what_is_kept_is_what_would_be_counted(tmp_path: Path) -> None:
    with LocalStore(tmp_path, embedder=MODEL, dimension=DIMENSION) as store:
        store.put([entry("a"), entry("b"), entry("c", language="en")])
        store.put([entry("b", 1), entry("d", terms=(("하나", "둘", "셋"),))])
        store.remove("a")
        there = [entry("b", 1), entry("d", terms=(("하나", "둘", "셋"),))]
        kept = store.statistics()
    assert (kept.articles, kept.chunks, kept.average_terms) == (3, 5, (4 * 4 + 3) / 5)
    vectors = np.concatenate([its.vectors for its in there]).astype(np.float64)
    np.testing.assert_allclose(kept.document_means["ko"], vectors.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(kept.document_means["en"], entry("c").vectors.mean(axis=0), atol=1e-6)
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        assert totals.read(connection, DIMENSION).to_json() == totals.count(connection, DIMENSION).to_json()


def test_they_are_counted_where_an_older_gisa_kept_none(tmp_path: Path) -> None:
    with LocalStore(tmp_path, embedder=MODEL, dimension=DIMENSION) as store:
        store.put([entry("a")])
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.execute("DELETE FROM collection WHERE key='totals'")
        assert totals.read(connection, DIMENSION).chunks == 2
        totals.change(connection, DIMENSION, ["a", "nobody"], [entry("b"), entry("c")])
        assert totals.read(connection, DIMENSION).chunks == 4


def test_the_language_that_nothing_is_left_of_is_gone() -> None:
    one = totals.Totals()
    made = entry("a")
    one.add("ko", made.vectors, [4, 4])
    one.add("ko", made.vectors, [4, 4], -1)
    assert one == totals.Totals()
