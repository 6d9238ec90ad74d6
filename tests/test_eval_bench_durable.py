"""The bench of the store's durability at small size, and that it sees what it is there to see."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from eval.bench import durable_damage, durable_full, durable_kill, durable_together
from eval.bench.durable_articles import Hashed, article, entry, version
from index.errors import IndexDamagedError
from index.local_store import LocalStore


def test_kills_lose_nothing(tmp_path: Path) -> None:
    *_, told = durable_kill.run(tmp_path / "index", 5)
    assert (told.kills, told.lost, told.half, told.wrong) == (5, [], [], [])
    assert told.acknowledged > 0


def test_a_lost_a_changed_and_a_half_article_are_seen(tmp_path: Path) -> None:
    held, batch = {"a": 0, "b": 0}, [("b", 1), ("c", 0)]
    embedder = Hashed()
    with LocalStore(tmp_path, embedder=embedder.name, dimension=embedder.dimension) as store:
        store.put([entry(article(*which), embedder) for which in (("b", 1), ("c", 0))])
    for acknowledged in (0, 1):
        told = durable_kill.Kills()
        durable_kill._look(tmp_path, held, [batch], acknowledged, told)
        assert told.lost == ["a"]
    for there, what in ([("a", 0), ("b", 1)], ["part of a batch"]), ([("a", 0), ("b", 7)], ["b"]):
        folder = tmp_path / str(there[1][1])
        with LocalStore(folder, embedder=embedder.name, dimension=embedder.dimension) as store:
            store.put([entry(article(*which), embedder) for which in there])
        told = durable_kill.Kills()
        durable_kill._look(folder, held, [batch], 0, told)
        assert told.wrong == what
    with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
        connection.execute("UPDATE chunks SET sentences=json_remove(sentences, '$[0]') WHERE number=1")
        connection.commit()
    told = durable_kill.Kills()
    with pytest.raises(IndexDamagedError):
        durable_kill._look(tmp_path, {}, [batch], 1, told)
    assert told.half


def test_damage_is_detected(tmp_path: Path) -> None:
    *_, told = durable_damage.run(tmp_path, 18, seed=3)
    assert (told.unseen, told.wrong, told.left) == ([], [], [])
    assert told.times == {"faiss-1.bin": 3, "faiss-2.bin": 3, "faiss.json": 3, "faiss.last.json": 3, "gisa.db": 6}
    assert told.by_verify - Counter({"gisa.db": 6}) == {name: 3 for name in told.times if name != "gisa.db"}


def test_harm_changes_a_bit_or_the_length(tmp_path: Path) -> None:
    drawn, path = random.Random(1), tmp_path / "file"
    for _ in range(50):
        path.write_bytes(bytes(100))
        durable_damage._harm(path, drawn)
        data = path.read_bytes()
        assert len(data) < 100 or sum(byte.bit_count() for byte in data) == 1


def test_full_disks_lose_nothing(tmp_path: Path) -> None:
    *_, told = durable_full.run(tmp_path, 4, seed=5)
    assert (told.lost, told.wrong, told.stuck) == ([], [], [])
    assert told.during.total() == told.times.total() == 4


def test_who_asks_meanwhile_meets_no_mixture(tmp_path: Path) -> None:
    asked = durable_together.run(tmp_path / "index", 3, readers=2, articles=50)
    assert (asked.errors, asked.mixed, asked.wrong) == ([], [], [])
    assert asked.seconds
    assert asked.versions > 0


def test_an_article_tells_its_version() -> None:
    made = article("a7", 3)
    assert {version(line) for line in [made.title, *made.text.splitlines()]} == {3}
    assert len(entry(made, Hashed()).chunks) == 2
    with pytest.raises(ValueError, match="unpack"):
        version("a 3판 b 4판")
