"""Bulk ingest on Ray, killed once and run again, against the local ingest of the same articles.

`python -m eval.bench.ray_ingest [--chunks 20000] [--small] [--real]`. The articles are the shipped ones, varied: their
sentences drawn anew for each, with other digits. A local cluster takes them in; about half way its driver is killed
(SIGKILL), and started again. Then both collections are compared, article by article, chunk by chunk. The embedder is a
hash, so that 20,000 chunks take minutes; `--real` takes the one of the settings.
"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from eval.bench.tell import source_line
from index.build import ingest
from index.embed import Embedder
from index.errors import IndexMissingError
from index.local_store import LocalStore
from index.store import Store
from index.text import sentences
from index.types import Span, Vectors, Words
from rag.assemble import open_embedder
from rag.settings import load_settings
from seeds.article import Article
from seeds.loaders import shipped_articles

CHUNKS_EACH = 8
"""Chunks of a varied article, about."""
SENTENCES_EACH = 52
_WIDTH = 64
_app = typer.Typer(add_completion=False)


class HashEmbedder:
    """Vectors drawn from a hash of the text: equal for equal texts, and quick."""

    name = "hash@1"
    dimension = _WIDTH

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self.documents(texts)

    def documents(self, texts: Sequence[str]) -> Vectors:
        drawn = np.empty((len(texts), _WIDTH), np.float32)
        for i, text in enumerate(texts):
            drawn[i] = np.random.default_rng(zlib.crc32(text.encode())).standard_normal(_WIDTH, np.float32)
        units: Vectors = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
        return units

    def words(self, texts: Sequence[str], spans: Sequence[Sequence[Span]]) -> tuple[Vectors, list[list[Words]]]:
        parts = [[text[start:end].split() for start, end in its] for text, its in zip(texts, spans, strict=True)]
        return self.documents(texts), [[self.documents(words) for words in its] for its in parts]

    def question_words(self, texts: Sequence[str]) -> tuple[Vectors, list[Words]]:
        return self.queries(texts), [self.documents(text.split()) for text in texts]


@dataclass(frozen=True, slots=True)
class Difference:
    """How one collection differs from another: what is only in one, and the greatest difference of a number."""

    articles: int
    chunks: int
    only_in_one: int
    other_content: int
    vectors: float
    sentence_vectors: float
    words: float

    @property
    def same(self) -> bool:
        """The same ids, texts and terms, and vectors within 1e-2: batches of other sizes round bfloat16 otherwise."""
        near = self.vectors < 1e-2 and self.sentence_vectors < 1e-2
        return not self.only_in_one and not self.other_content and near


def varied(chunks: int) -> Iterator[Article]:
    """Articles of about that many chunks in all, the same for the same number."""
    own = [(article, sentences(article.text, article.body)) for article in shipped_articles()]
    for number in range(max(1, chunks // CHUNKS_EACH)):
        draw = random.Random(number)
        article, its = own[number % len(own)]
        lines = [_other_digits(sentence.text, draw) for sentence in draw.choices(its, k=SENTENCES_EACH)]
        text = "\n".join(lines)
        day = date(2020, 1, 1) + timedelta(days=number % 2000)
        yield replace(
            article,
            id=f"varied-{number:06}",
            title=f"{article.title} ({number})",
            text=text,
            body=((0, len(text)),),
            published=day,
            published_precision="day",
            source=f"varied-{number:06}.md",
        )


def _other_digits(text: str, draw: random.Random) -> str:
    return re.sub(r"\d", lambda _: str(draw.randrange(1, 10)), text)


def compare(one: Store, other: Store, dimension: int) -> Difference:
    """Every article and chunk of both."""
    ids = [{info.id for info in store.articles()} for store in (one, other)]
    both = sorted(ids[0] & ids[1])
    content = sum(one.content_hash(its) != other.content_hash(its) for its in both)
    found = [set(store.dense(np.ones(dimension, np.float32), 10**7)) for store in (one, other)]
    chunks = sorted(found[0] & found[1])
    vectors = halves = words = 0.0
    for at in range(0, len(chunks), 500):
        part = chunks[at : at + 500]
        for ours, theirs in zip(one.candidates(part), other.candidates(part), strict=True):
            told = (ours.chunk, ours.article, ours.terms, ours.sentence_terms)
            content += told != (theirs.chunk, theirs.article, theirs.terms, theirs.sentence_terms)
            vectors = max(vectors, float(np.abs(ours.vector - theirs.vector).max()))
            halves = max(halves, float(np.abs(ours.sentence_vectors - theirs.sentence_vectors).max()))
        for its, others in zip(one.words(part), other.words(part), strict=True):
            content += [len(sentence) for sentence in its] != [len(sentence) for sentence in others]
            far = [float(np.abs(a - b).max(initial=0)) for a, b in zip(its, others, strict=True) if a.shape == b.shape]
            words = max(words, *far)
    alone = len(ids[0] ^ ids[1]) + len(found[0] ^ found[1])
    return Difference(len(both), len(chunks), alone, content, vectors, halves, words)


def _embedder(real: bool) -> Callable[[], Embedder]:
    return partial(open_embedder, load_settings()) if real else HashEmbedder


@_app.command()
def main(
    chunks: Annotated[int, typer.Option(help="Chunks, about.")] = 20_000,
    small: Annotated[bool, typer.Option(help="400 chunks.")] = False,
    real: Annotated[bool, typer.Option(help="The embedder of the settings, not a hash.")] = False,
    drive: Annotated[Path | None, typer.Option(hidden=True, help="Take in on Ray, into this folder.")] = None,
) -> None:
    chunks = 400 if small else chunks
    make = _embedder(real)
    if drive is not None:
        _drive(drive, make, chunks)
        return
    console = Console(highlight=False, soft_wrap=True)
    console.print(source_line("ray_ingest"), markup=False)
    with TemporaryDirectory(prefix="gisa-ray-") as folder:
        on_ray, alone = Path(folder) / "ray", Path(folder) / "local"
        command = [sys.executable, "-m", "eval.bench.ray_ingest", "--drive", str(on_ray), "--chunks", str(chunks)]
        command += ["--real"] if real else []
        stored, killed_s = _killed(command, on_ray, len(range(max(1, chunks // CHUNKS_EACH))) // 2)
        console.print(f"killed after {killed_s:.0f} s with {stored} articles stored")
        began = time.perf_counter()
        again = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().splitlines()[-1]
        console.print(f"run again: {again}, {time.perf_counter() - began:.0f} s")
        embedder = make()
        began = time.perf_counter()
        with closing(LocalStore(alone, embedder=embedder.name, dimension=embedder.dimension)) as local:
            ingest(local, embedder, varied(chunks))
            console.print(f"local ingest: {time.perf_counter() - began:.0f} s")
            with closing(LocalStore(on_ray)) as other:
                difference = compare(local, other, embedder.dimension)
                damage = other.verify()
                held = other.statistics()
    console.print(difference)
    duplicates = held.articles - difference.articles + held.chunks - difference.chunks
    console.print(f"duplicates {duplicates}, damage {len(damage)}, same content: {difference.same}")
    raise typer.Exit(0 if difference.same and not duplicates and not damage else 1)


def _drive(folder: Path, make: Callable[[], Embedder], chunks: int) -> None:
    from index import ray_ingest

    embedder = make()
    with closing(LocalStore(folder, embedder=embedder.name, dimension=embedder.dimension)) as store:
        report = ray_ingest.ingest(store, make, varied(chunks))
    counts = {outcome: len(report.ids(outcome)) for outcome in ("added", "replaced", "unchanged")}
    typer.echo(", ".join(f"{count} {outcome}" for outcome, count in counts.items()))


def _killed(command: Sequence[str], folder: Path, enough: int) -> tuple[int, float]:
    """Run it until about so many articles are stored, then kill it. Returns how many are, and the seconds it had."""
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver:
        while driver.poll() is None and _stored(folder) < enough:
            time.sleep(0.2)
        if driver.poll() is not None:
            raise RuntimeError(f"the driver ended by itself with {driver.returncode}: nothing was left to kill")
        driver.send_signal(signal.SIGKILL)
    return _stored(folder), time.perf_counter() - began


def _stored(folder: Path) -> int:
    try:
        with closing(LocalStore(folder)) as store:
            return store.statistics().articles
    except IndexMissingError:
        return 0


if __name__ == "__main__":
    _app()
