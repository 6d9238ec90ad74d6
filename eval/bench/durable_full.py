"""A disk that fills up during an ingest: a clear error, nothing acknowledged lost, on it goes once there is room."""

from __future__ import annotations

import random
import resource
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from eval.bench.durable_articles import Hashed, article, entry
from index.errors import DiskFullError, IndexStoreError
from index.local_store import LocalStore
from index.store import Entry

BATCH = 4
_EMBEDDER = Hashed()
_LEAST, _MOST = 40_000, 3_000_000


@dataclass(slots=True)
class Fulls:
    """How often the disk was full and while doing what; `lost`, `wrong` and `stuck` name what must not be."""

    times: Counter[str] = field(default_factory=Counter)
    during: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)


class Room(Protocol):
    """A disk that grows."""

    folder: Path

    def grow(self) -> None: ...

    def end(self) -> None: ...


class Limited:
    """Any folder, where no file may be longer than `size` bytes until it grows: RLIMIT_FSIZE of this process."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def grow(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    end = grow


class Small:
    """A file system of `size` bytes, in memory."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True, capture_output=True)

    def grow(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=64m", self.folder], check=True)

    def end(self) -> None:
        subprocess.run(["umount", self.folder], check=True)


def run(folder: Path, times: int, seed: int = 0) -> Iterator[Fulls]:
    """Fill a disk so many times, by turns a limit on files and, where this user may mount one, a small file system."""
    drawn = random.Random(seed)
    told = Fulls()
    kinds = ["limit", "small disk"] if _mountable(folder) else ["limit"]
    for number in range(times):
        kind = kinds[number % len(kinds)]
        with _room(kind, folder / str(number), drawn.randint(_LEAST, _MOST)) as room:
            told.times[kind] += 1
            _fill(room, f"{kind} {number}", told)
        yield told


def _mountable(folder: Path) -> bool:
    try:
        with _room("small disk", folder / "trial", _MOST):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def _room(kind: str, folder: Path, size: int) -> Iterator[Room]:
    folder.mkdir()
    room: Room = Small(folder, size) if kind == "small disk" else Limited(folder, size)
    try:
        yield room
    finally:
        room.end()
        shutil.rmtree(folder)


def _fill(room: Room, name: str, told: Fulls) -> None:
    held: dict[str, Entry] = {}
    batches = _batches()
    batch = next(batches)
    doing = "open"
    try:
        with _open(room.folder) as store:
            while True:
                doing = "put"
                store.put(batch)
                held |= {made.article.id: made for made in batch}
                batch = next(batches)
                doing = "flush"
                store.flush()
    except DiskFullError:
        told.during[doing] += 1
        told.acknowledged += len(held)
    _look(room.folder, held, f"{name}, full during {doing}", told)
    room.grow()
    try:
        with _open(room.folder) as store:
            store.put(batch)
            store.flush()
            held |= {made.article.id: made for made in batch}
            if damage := store.verify():
                told.stuck.append(f"{name}: {damage[0]}")
    except IndexStoreError as error:
        told.stuck.append(f"{name}: {error.en}")
    _look(room.folder, held, f"{name}, with room", told)


def _batches() -> Iterator[list[Entry]]:
    """New articles, and one that every batch replaces."""
    number = 0
    while True:
        ids = [*((f"a{number * BATCH + place}", 0) for place in range(BATCH - 1)), ("shared", number)]
        yield [entry(article(*which), _EMBEDDER) for which in ids]
        number += 1


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder / "index", embedder=_EMBEDDER.name, dimension=_EMBEDDER.dimension)


def _look(folder: Path, held: dict[str, Entry], name: str, told: Fulls) -> None:
    """Everything that was acknowledged is there and is found; on a full disk too."""
    if not held:
        return
    try:
        with _open(folder) as store:
            found = {info.id for info in store.articles()}
            told.lost += [f"{name}: {article_id}" for article_id in held.keys() - found]
            told.wrong += [f"{name}: {article_id}" for article_id in found - held.keys()]
            told.wrong += [f"{name}: {damage}" for damage in store.verify() if not damage.mendable]
            for made in held.values():
                if store.article(made.article.id) != made.article or store.dense(made.vectors[0], 1) != [
                    made.chunks[0].id
                ]:
                    told.wrong.append(f"{name}: {made.article.id} is not found")
    except IndexStoreError as error:
        told.wrong.append(f"{name}: {error.en}")
