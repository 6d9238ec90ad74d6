"""Random bit flips and truncations of the files of a collection: every one is detected, and none is answered from."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from eval.bench.durable_articles import Hashed, article, entry
from index.errors import IndexStoreError
from index.local_store import DATABASE, LocalStore

ARTICLES = 24
_EMBEDDER = Hashed()
Answers = list[object]
_ASKED = [entry(article(f"a{number}", number % 3), _EMBEDDER) for number in range(ARTICLES)]


@dataclass(slots=True)
class Damages:
    """What became of so many damages, by file: how many were seen when opening, how many by `verify`; of the database
    also how many were of bytes that hold nothing, so that every row reads as before. `unseen`, `wrong` and `left` (not
    mended by `rebuild`) name what must not be."""

    times: Counter[str] = field(default_factory=Counter)
    at_start: Counter[str] = field(default_factory=Counter)
    by_verify: Counter[str] = field(default_factory=Counter)
    of_nothing: Counter[str] = field(default_factory=Counter)
    unseen: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def run(folder: Path, times: int, seed: int = 0) -> Iterator[Damages]:
    """Damage a copy of a collection in `folder` so many times; tells of each what was found up to it."""
    drawn = random.Random(seed)
    whole, harmed = folder / "whole", folder / "harmed"
    expected = _make(whole)
    files = sorted(path.name for path in whole.glob("faiss*")) + [DATABASE] * 2
    told = Damages()
    for number in range(times):
        shutil.rmtree(harmed, ignore_errors=True)
        shutil.copytree(whole, harmed)
        name = files[number % len(files)]
        what = f"{name}: {_harm(harmed / name, drawn)}"
        told.times[name] += 1
        if name == DATABASE:
            _look_at_database(whole, harmed, what, expected, told)
        else:
            _look_at_derived(harmed, name, what, expected, told)
        yield told


def _make(folder: Path) -> Answers:
    """A collection with a generation before the current one. Returns its answers."""
    with _open(folder) as store:
        store.put([entry(article(f"a{number}"), _EMBEDDER) for number in range(ARTICLES)])
        store.flush()
        store.put(_ASKED)
        store.rebuild()
        return _answers(store)


def _open(folder: Path) -> LocalStore:
    return LocalStore(folder, embedder=_EMBEDDER.name, dimension=_EMBEDDER.dimension)


def _harm(path: Path, drawn: random.Random) -> str:
    """Flip a bit of a file, or cut it off somewhere."""
    size = path.stat().st_size
    if drawn.random() < 0.25:
        length = drawn.randrange(size)
        os.truncate(path, length)
        return f"cut to {length} of {size}"
    place, bit = drawn.randrange(size), drawn.randrange(8)
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))
    return f"bit {bit} of byte {place}"


def _answers(store: LocalStore) -> Answers:
    """What the collection says to everything it can be asked."""
    found: Answers = [store.articles(), sorted(store.names()), store.fingerprint()]
    for made in _ASKED:
        ids = [chunk.id for chunk in made.chunks]
        found += [store.article(made.article.id), store.dense(made.vectors[0], 5), store.lexical(made.terms[0], 5)]
        found += [(one.chunk, one.article, one.terms, one.vector.tobytes()) for one in store.candidates(ids)]
        found += [one.sentence_vectors.tobytes() for one in store.candidates(ids)]
        found += [words.tobytes() for its in store.words(ids) for words in its]
    return found


def _look_at_derived(folder: Path, name: str, what: str, expected: Answers, told: Damages) -> None:
    """Named by `verify`; answered past, from the last good or a new generation; mended by `rebuild`."""
    with _open(folder) as store:
        if store.verify():
            told.by_verify[name] += 1
        else:
            told.unseen.append(what)
        if _answers(store) != expected:
            told.wrong.append(what)
        store.rebuild()
        if store.verify() or _answers(store)[3:] != expected[3:]:
            told.left.append(what)


def _look_at_database(whole: Path, folder: Path, what: str, expected: Answers, told: Damages) -> None:
    """Seen when opening, or named by `verify`, or of bytes that hold nothing; never answered from."""
    try:
        store = _open(folder)
    except IndexStoreError:
        told.at_start[DATABASE] += 1
        return
    with store:
        damage = store.verify()
        try:
            right = _answers(store) == expected
        except IndexStoreError:
            right = True  # it says so, and answers nothing
    if damage:
        told.by_verify[DATABASE] += 1
    elif _dump(whole) == _dump(folder):
        told.of_nothing[DATABASE] += 1
    else:
        told.unseen.append(what)
    if not right:
        told.wrong.append(f"{what}: {damage[:1]}")


def _dump(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return list(connection.iterdump())
