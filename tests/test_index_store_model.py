"""The store against a dictionary: any adds, replacements, removals, kills and reopenings leave both with the same.

A kill is a process that goes without a word: here its files are copied as they lie, log and all, and the copy is
opened in their place, as after a reset of the machine; derived files may be lost or harmed with it.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest
from entries import entry, passes, unit
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from store_desk import _open

from index.errors import ArticleNotFoundError
from index.store import Entry
from index.types import Filter

IDS = st.sampled_from("abcdef")
VERSIONS = st.integers(0, 4)
PUBLISHERS = (None, "신문", "방송")
DAYS = (None, date(2025, 1, 1), date(2025, 6, 30))
FILTERS = [
    None,
    Filter(publishers=("신문",)),
    Filter(article_ids=("a", "b", "z")),
    Filter(since=date(2025, 3, 1)),
    Filter(until=date(2025, 3, 1), publishers=("신문", "방송")),
]


def _made(article_id: str, version: int) -> Entry:
    """Publisher, day and names follow from the version: a replacement changes what filters see."""
    return entry(
        article_id,
        version,
        publisher=PUBLISHERS[version % 3],
        published=DAYS[version % 2 + version // 4],
        names=((f"이름{version}", f"Name{version}"),) if version else (),
    )


class StoreAgainstDictionary(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.base = Path(tempfile.mkdtemp())
        self.lives = 0
        self.store = _open(self.folder)
        self.held: dict[str, Entry] = {}

    @property
    def folder(self) -> Path:
        return self.base / str(self.lives)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.flush()
            assert self.store.verify() == []
            self.store.close()
            shutil.rmtree(self.base)

    @rule(which=st.lists(st.tuples(IDS, VERSIONS), min_size=1, max_size=3))
    def put(self, which: list[tuple[str, int]]) -> None:
        made = [_made(*one) for one in which]
        self.store.put(made)
        self.held |= {one.article.id: one for one in made}

    @rule(article_id=IDS)
    def remove(self, article_id: str) -> None:
        if self.held.pop(article_id, None):
            self.store.remove(article_id)
        else:
            with pytest.raises(ArticleNotFoundError):
                self.store.remove(article_id)

    @rule(article_id=IDS, version=VERSIONS)
    def put_what_is_refused(self, article_id: str, version: int) -> None:
        good, bad = _made("f", version), _made(article_id, version)
        object.__setattr__(bad, "vectors", 2 * bad.vectors)
        with pytest.raises(ValueError, match="vectors: norm"):
            self.store.put([good, bad])

    @rule()
    def flush(self) -> None:
        self.store.flush()

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = _open(self.folder)

    @rule(harm=st.sampled_from(["", "", "faiss.json", "faiss.last.json", "faiss-*.bin", "cut faiss-*.bin"]))
    def kill(self, harm: str) -> None:
        before = self.folder
        self.lives += 1
        shutil.copytree(before, self.folder)
        self.store.close()
        for path in self.folder.glob(harm.removeprefix("cut ")) if harm else ():
            if harm.startswith("cut"):
                path.write_bytes(path.read_bytes()[:-7])
            else:
                path.unlink()
        self.store = _open(self.folder)

    @rule()
    def rebuild(self) -> None:
        self.store.rebuild()
        assert self.store.verify() == []

    @rule(seed=st.integers(0, 50), k=st.sampled_from([1, 3, 99]), where=st.sampled_from(FILTERS))
    def search(self, seed: int, k: int, where: Filter | None) -> None:
        query = unit(seed, 1)[0]
        chunks = {
            chunk.id: (float(vector @ query), one.article.id, terms)
            for one in self.held.values()
            if passes(one, where)
            for chunk, vector, terms in zip(one.chunks, one.vectors, one.terms, strict=True)
        }
        assert self.store.dense(query, k, where) == sorted(chunks, key=lambda each: -chunks[each][0])[:k]
        assert set(self.store.lexical(["v1", "v2"], 99, where)) == {
            chunk_id for chunk_id, (_, _, terms) in chunks.items() if {"v1", "v2"} & set(terms)
        }
        assert {info.id for info in self.store.articles(where)} == {one for _, one, _ in chunks.values()}

    @invariant()
    def holds_the_same(self) -> None:
        if not hasattr(self, "store"):
            return
        assert {info.id: self.store.article(info.id) for info in self.store.articles()} == {
            article_id: made.article for article_id, made in self.held.items()
        }
        assert self.store.names() == {pair for made in self.held.values() for pair in made.names}
        statistics = self.store.statistics()
        assert (statistics.articles, statistics.chunks) == (len(self.held), 2 * len(self.held))
        ids = [chunk.id for made in self.held.values() for chunk in made.chunks]
        assert [one.chunk for one in self.store.candidates(ids)] == [
            chunk for made in self.held.values() for chunk in made.chunks
        ]
        assert self.store.document_frequency(["문장", "v1"]) == {
            "문장": len(ids),
            "v1": sum("v1" in terms for made in self.held.values() for terms in made.terms),
        }


TestStore = StoreAgainstDictionary.TestCase
TestStore.settings = settings(max_examples=25, stateful_step_count=20)
