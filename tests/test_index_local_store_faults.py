"""What goes wrong around a store: crashes, two processes, full disks, damaged files. Nothing is lost or made up."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from entries import DIMENSION, MODEL, entry, unit
from structlog.testing import capture_logs

from index.errors import DiskFullError, IndexBusyError, IndexDamagedError
from index.local_store import LocalStore

ROOT = Path(__file__).resolve().parents[1]
QUERY = unit(7, 1)[0]
PRELUDE = """
import sys
from pathlib import Path
from entries import DIMENSION, MODEL, entry, unit
from index.local_store import LocalStore
store = LocalStore(Path(sys.argv[1]), embedder=MODEL, dimension=DIMENSION)
"""


def _open(folder: Path, wait_s: float = 3.0) -> LocalStore:
    return LocalStore(folder, embedder=MODEL, dimension=DIMENSION, wait_s=wait_s)


@contextmanager
def _child(folder: Path, code: str) -> Iterator[subprocess.Popen[str]]:
    """Another Python that runs `code` with a `store` on `folder`; killed at the end."""
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    with subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


# A second process


def test_a_second_writer_is_told_who_writes(tmp_path: Path) -> None:
    code = "with store._lock.hold(1): print('held', flush=True); sys.stdin.readline()"
    with _child(tmp_path, code) as other, _open(tmp_path, wait_s=0.2) as store:
        assert _line(other) == "held"
        with pytest.raises(IndexBusyError, match=f"process {other.pid}") as caught:
            store.put([entry("a")])
        assert str(other.pid) in caught.value.ko
        assert store.articles() == []  # reading goes on
        other.communicate("\n")
        store.put([entry("a")])
        assert [info.id for info in store.articles()] == ["a"]


def test_a_reader_sees_each_change_of_another_process_whole(tmp_path: Path) -> None:
    code = """
for version in range(1, 40):
    store.put([entry("a", version), entry("b", version)])
    if version % 8 == 0:
        store.flush()
print("done", flush=True)
"""
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
        with _child(tmp_path, code) as writer:
            seen: set[str] = set()
            while writer.poll() is None:
                first, second = store.articles()
                assert first.title >= "제목"
                found = store.candidates(store.dense(QUERY, 4))
                # One view of the database: all that it returns is of one version.
                assert len({candidate.article.title for candidate in found}) <= 1
                assert first.title == second.title
                seen.add(first.title)
            assert _line(writer) == "done"
        assert len(seen) > 2
        assert {chunk_id.split("-")[1] for chunk_id in store.dense(QUERY, 4)} == {"39"}
        assert len(store.dense(QUERY, 4)) == 4


@pytest.mark.parametrize("seed", range(4))
def test_a_writer_that_is_killed_leaves_whole_articles(tmp_path: Path, seed: int) -> None:
    code = """
print("ready", flush=True)
for i in range(10_000):
    store.put([entry(f"x{i}"), entry(f"y{i}"), entry("z", i)])
    if i % 3 == 0:
        store.flush()
    print(i, flush=True)
"""
    with _child(tmp_path, code) as writer:
        assert _line(writer) == "ready"
        time.sleep(random.Random(seed).uniform(0.1, 0.6))
        writer.send_signal(signal.SIGKILL)
        assert writer.stdout is not None
        told = [int(line) for line in writer.stdout.read().split()]
    with _open(tmp_path) as store:
        ids = {info.id for info in store.articles()}
        count = sum(article_id.startswith("x") for article_id in ids)
        assert count >= len(told)  # what was said to be stored is stored
        assert ids == {f"{kind}{i}" for kind in "xy" for i in range(count)} | ({"z"} if count else set())
        assert not count or store.article("z").title == f"제목 {count - 1}"
        assert [damage for damage in store.verify() if not damage.mendable] == []
        assert len(store.dense(QUERY, 9999)) == store.statistics().chunks
        store.put([entry("after")])
        store.flush()
        assert store.verify() == []


# A full disk


def test_a_full_disk_stores_nothing_by_halves(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
        store.flush()
    code = """
import resource
from index.errors import DiskFullError
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    store.put([entry("a", 1)] + [entry(f"b{i}") for i in range(2000)])
except DiskFullError as error:
    print(error.ko, [info.title for info in store.articles()], store.verify())
"""
    with _child(tmp_path, code) as writer:
        said = _line(writer)
    assert "가득 찼습니다" in said
    assert said.endswith("['제목 0'] []")
    with _open(tmp_path) as store:
        assert [info.title for info in store.articles()] == ["제목 0"]
        assert store.verify() == []


def test_searches_go_on_when_the_vector_index_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with _open(tmp_path) as store:
        with capture_logs() as logs:
            assert len(store.dense(QUERY, 9)) == 2
        assert [log["event"] for log in logs] == ["vector index rebuilt from the database", "vector index not written"]
        with pytest.raises(DiskFullError):
            store.rebuild()
        monkeypatch.undo()
        store.rebuild()
        assert store.verify() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can make a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="no mount command")
def test_a_collection_on_a_full_disk_can_still_be_searched(small_disk: Path) -> None:
    home = small_disk / "index"
    with _open(home) as store:
        store.put([entry("a"), entry("b")])
        store.flush()
    free = os.statvfs(small_disk)
    (small_disk / "fill").write_bytes(bytes(free.f_bavail * free.f_bsize))
    with capture_logs() as logs, _open(home) as store:
        assert len(store.dense(QUERY, 9)) == len(store.lexical(["문장"], 9)) == 4
        assert store.article("a") == entry("a").article
        with pytest.raises(DiskFullError):
            store.put([entry("c")])
        with pytest.raises(DiskFullError):
            store.rebuild()
        assert [info.id for info in store.articles()] == ["a", "b"]
    assert [log["log_level"] for log in logs] == ["warning"]
    with pytest.raises(DiskFullError):
        _open(small_disk / "new")
    (small_disk / "fill").unlink()
    with _open(home) as store:
        store.put([entry("c")])
        store.flush()
        assert store.verify() == []
        assert len(store.articles()) == 3
    with _open(small_disk / "new") as store:
        assert store.articles() == []


# A damaged vector index


def _delete_index(folder: Path) -> None:
    (folder / "faiss-1.bin").unlink()


def _delete_manifest(folder: Path) -> None:
    (folder / "faiss.json").unlink()


def _truncate_index(folder: Path) -> None:
    os.truncate(folder / "faiss-1.bin", 100)


def _flip_a_bit(folder: Path) -> None:
    data = bytearray((folder / "faiss-1.bin").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "faiss-1.bin").write_bytes(data)


def _cut_manifest(folder: Path) -> None:
    os.truncate(folder / "faiss.json", 20)


@pytest.mark.parametrize("harm", [_delete_index, _delete_manifest, _truncate_index, _flip_a_bit, _cut_manifest])
def test_a_harmed_vector_index_is_made_anew(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a"), entry("b")])
        store.flush()
        expected = store.dense(QUERY, 9)
    harm(tmp_path)
    with _open(tmp_path) as store:
        assert [damage.mendable for damage in store.verify()] == [True]
        with capture_logs() as logs:
            assert store.dense(QUERY, 9) == expected
        assert [log["log_level"] for log in logs] == ["warning"]
        assert store.verify() == []
    with _open(tmp_path) as store, capture_logs() as logs:
        assert store.dense(QUERY, 9) == expected
        assert logs == []


def test_a_vector_index_left_behind_by_a_crash_is_not_answered_from(tmp_path: Path) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
        store.flush()
        store.put([entry("a", 1)])  # and the process ends before it flushes
    with _open(tmp_path) as store, capture_logs() as logs:
        assert set(store.dense(QUERY, 9)) == {"a-1-0", "a-1-1"}
    assert [log["problem"] for log in logs] == ["faiss-1.bin was made from another state of the collection"]


# A damaged database


def _overwrite(path: Path) -> None:
    path.write_bytes(b"This is not a database, it is a text." * 200)


def _scramble_pages(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = random.Random(0).randbytes(len(data) - 4096)
    path.write_bytes(data)


def _cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _use(folder: Path) -> None:
    with _open(folder) as store:
        store.put([entry("b")])
        for info in store.articles():
            store.article(info.id)


@pytest.mark.parametrize("harm", [_overwrite, _scramble_pages, _cut])
def test_a_damaged_database_is_reported_and_left_as_it_is(tmp_path: Path, harm: Callable[[Path], None]) -> None:
    with _open(tmp_path) as store:
        store.put([entry(f"a{i}") for i in range(50)])
    harm(tmp_path / "gisa.db")
    harmed = (tmp_path / "gisa.db").read_bytes()
    with pytest.raises(IndexDamagedError, match="gisa index add") as caught:
        _use(tmp_path)
    assert "백업" in caught.value.ko
    assert (tmp_path / "gisa.db").read_bytes() == harmed


@pytest.mark.parametrize("table", ["collection", "articles", "chunks", "vectors", "sentences", "names", "postings"])
def test_a_table_lost_while_it_is_open(tmp_path: Path, table: str) -> None:
    with _open(tmp_path) as store:
        store.put([entry("a")])
        with closing(sqlite3.connect(tmp_path / "gisa.db")) as connection:
            connection.execute(f"DROP TABLE {table}")
        with pytest.raises(IndexDamagedError, match="gisa index add") as caught:
            _read_all(store)
    assert "백업" in caught.value.ko


def _read_all(store: LocalStore) -> None:
    store.names()
    chunks = store.dense(QUERY, 9)
    store.lexical(["a"], 9)
    store.candidates(chunks)
    store.articles()
    store.statistics()


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
    ("UPDATE sentences SET text='다른 말' WHERE position=1", "is not at its offsets", False),
    ("UPDATE sentences SET start=start+1", "is not at its offsets", False),
    ("UPDATE chunks SET start=start+1", "offsets are not those of its sentences", False),
    ("DELETE FROM sentences WHERE position=1", "offsets are not those of its sentences", False),
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
    ("UPDATE vectors SET vector=(SELECT vector FROM vectors WHERE chunk=1)", "does not hold the vectors", True),
    ("UPDATE postings SET data=zeroblob(6) WHERE term='v0'", "posting list is not what the chunks say", True),
    ("DELETE FROM postings WHERE term='문장'", "posting list is not what the chunks say", True),
    ("INSERT INTO postings VALUES ('귀신', 0, 1, zeroblob(6))", "posting list is not what the chunks say", True),
    ("UPDATE sentences SET terms=9 WHERE chunk=1", "more terms than it has", False),
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
        found = [damage for damage in store.verify() if what in damage.what]
        assert found
        assert {damage.mendable for damage in found} == {mendable}
        if mendable:
            store.rebuild()
            assert store.verify() == []
