"""Bulk ingest on Ray: what it stores is what the local ingest stores, also when it was broken off and run again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from ray_driver import CHUNKS, articles

from eval.bench.ray_ingest import HashEmbedder, compare, varied
from index.build import ingest
from index.errors import IndexStoreError
from index.local_store import LocalStore

ROOT = Path(__file__).resolve().parents[1]


def test_broken_off_and_run_again_it_stores_what_the_local_ingest_does(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "ray_driver.py", tmp_path / "ray"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    said = json.loads(ran.stdout.splitlines()[-1])
    count = len(articles())
    full, stored = said["broken off"]
    assert (full, stored) == ("full", count // 2)  # one batch of two
    assert said["run again"] == [stored, count - stored, 1]
    assert said["last told"] == [count + 1, count + 1]
    assert said["once more"] == [count, True]
    assert said["strange"] == ["too strange", None]
    with (
        LocalStore(tmp_path / "ray") as store,
        LocalStore(tmp_path / "local", embedder=HashEmbedder.name, dimension=HashEmbedder.dimension) as local,
    ):
        ingest(local, HashEmbedder(), articles())
        difference = compare(local, store, HashEmbedder.dimension)
        assert difference.same
        assert (difference.articles, difference.vectors, difference.words) == (count, 0.0, 0.0)
        assert difference.chunks == local.statistics().chunks == store.statistics().chunks > CHUNKS
        assert store.verify() == []


def test_a_difference_is_seen(tmp_path: Path) -> None:
    """What the test above and the bench rest on."""
    ours, theirs = (
        LocalStore(tmp_path / name, embedder=HashEmbedder.name, dimension=HashEmbedder.dimension)
        for name in ("ours", "theirs")
    )
    with ours, theirs:
        ingest(ours, HashEmbedder(), articles()[:2])
        ingest(theirs, HashEmbedder(), articles()[:1])
        assert not compare(ours, theirs, HashEmbedder.dimension).same
        ingest(theirs, HashEmbedder(), articles()[1:2])
        assert compare(ours, theirs, HashEmbedder.dimension).same
        ingest(theirs, HashEmbedder(), [replace(articles()[0], title="새 제목")])
        assert not compare(ours, theirs, HashEmbedder.dimension).same


def test_without_ray_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "index.ray_ingest", raising=False)
    with pytest.raises(IndexStoreError, match=r"pip install 'gisa-news\[ray\]'"):
        __import__("index.ray_ingest")


def test_a_node_that_starts_too_slowly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ray tells it by an exception of the bare class."""
    from index import ray_ingest

    def late(**_: object) -> None:
        raise Exception("The current node timed out during startup.")  # noqa: TRY002  # as Ray does

    monkeypatch.setattr(ray_ingest.ray, "init", late)
    with (
        LocalStore(tmp_path, embedder=HashEmbedder.name, dimension=HashEmbedder.dimension) as store,
        pytest.raises(IndexStoreError, match="timed out during startup"),
    ):
        ray_ingest.ingest(store, HashEmbedder, [])


def test_varied_articles_are_the_same_each_time_and_differ_from_one_another() -> None:
    made = list(varied(CHUNKS))
    assert made == list(varied(CHUNKS))
    assert len({article.text for article in made}) == len(made) == 8
