"""Two processes at one store, and full disks: nothing is lost or stored by halves."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from entries import entry
from store_desk import QUERY, _open
from structlog.testing import capture_logs

from index.errors import DiskFullError, IndexBusyError

ROOT = Path(__file__).resolve().parents[1]
PRELUDE = """
import sys
from pathlib import Path
from entries import DIMENSION, MODEL, entry, unit
from index.local_store import LocalStore
store = LocalStore(Path(sys.argv[1]), embedder=MODEL, dimension=DIMENSION)
"""


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


def test_a_search_that_a_replacement_overtakes_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _open(tmp_path) as store, _open(tmp_path) as other:
        store.put([entry("a"), entry("b")])
        search = store._derived.search
        versions = iter(range(1, 3))

        def overtaken(*asked: object) -> list[int]:
            found = search(*asked)  # type: ignore[arg-type]
            for version in versions:
                other.put([entry("a", version), entry("b", version)])
                break
            return found

        monkeypatch.setattr(store._derived, "search", overtaken)
        assert {chunk_id.split("-", 1)[1] for chunk_id in store.dense(QUERY, 4)} == {"2-0", "2-1"}
        assert len(store.dense(QUERY, 4)) == 4
