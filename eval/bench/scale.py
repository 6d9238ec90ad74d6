"""Retrieval in ever larger collections: recall against brute force, time, memory, and how time grows.

`python -m eval.bench.scale [--chunks 1000000]`: 100 chunks, then ten times as many, up to so many. A real collection is
made first, of passages of the given corpora, and kept; each size is one made out of it (`eval.bench.scale_data`),
measured by processes of its own (`eval.bench.scale_measure`), and deleted. A size that is in the results file already
is not measured again: a run that was broken off goes on, with the same questions and settings, if maybe at another
revision (each row names its own). Ten thousand chunks take 0.15 GB of disk, a million 12 GB.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval import provenance
from eval.bench import scale_data
from eval.bench.child import result_of
from eval.bench.tell import source_line
from eval.datasets import DataError, load_retrieval
from eval.resume import refuse_other, taken_up
from eval.retrieval import article
from index.build import ingest
from index.local_store import LocalStore
from rag.assemble import open_embedder
from rag.errors import GisaError
from rag.settings import Settings, load_settings

SIZES = 100, 1_000, 10_000, 100_000, 1_000_000
GROWN_FROM = 10_000
"""Below that FAISS compares all vectors, and what does not depend on the size is most of the time."""
SETS = "korquad", "ntrex_en_ko", "belebele_ko_ko", "autorag_ko"
_CHILD = "eval.bench.scale_measure"
DATA = provenance.ROOT.parent / "shared" / "evaldata"
RESULTS = provenance.ROOT / "eval" / "results"


def main(
    chunks: Annotated[int, typer.Option(min=SIZES[0], help="The largest collection.")] = SIZES[-1],
    *,
    passages: Annotated[int, typer.Option(min=100, help="Real passages, of each corpus as many.")] = 2000,
    questions: Annotated[int, typer.Option(min=8, help="How many are asked of each collection.")] = 200,
    data: Annotated[Path, typer.Option(help="Where the given corpora are.")] = DATA,
    folder: Annotated[Path, typer.Option(help="Where the collections are made.")] = Path("/tmp/gisa-scale"),
    out: Annotated[Path, typer.Option(help="Where the figures and the plot go.")] = RESULTS,
) -> None:
    """Print a row for each size, and the growth."""
    console = Console(highlight=False, soft_wrap=True)
    settings = load_settings()
    now = conditions(data, settings, passages, questions)
    done = _done(out / "scale.jsonl", now)
    out.mkdir(parents=True, exist_ok=True)
    sizes = sorted({*(size for size in SIZES if size < chunks), chunks})
    if set(sizes) - done.keys():
        _real(folder / "real", data, passages, console)
    for size in sizes:
        if size not in done:
            done[size] = now | _measured(folder / "real", folder / f"{size}", data, size, questions)
            with (out / "scale.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[size]) + "\n")
        console.print(row(done[size]), markup=False)
    for first in (sizes[0], GROWN_FROM):
        if first in sizes[:-1]:
            times = growth(done[first], done[sizes[-1]])
            console.print(f"growth of the median query time, {first:,} to {sizes[-1]:,} chunks: {times:.2f}")
    console.print(source_line("scale"), markup=False)
    plot([done[size] for size in sizes], out / "scale.svg")


def conditions(data: Path, settings: Settings, passages: int, questions: int) -> dict[str, Any]:
    """What must be the same for rows to stand in one table. `corpora` is a hash of their files."""
    digest = hashlib.sha256()
    for name in SETS:
        for path in sorted((data / name).glob("*.jsonl")):
            digest.update(path.read_bytes())
    return {
        "corpora": digest.hexdigest()[:12],
        "passages": passages,
        "questions": questions,
        "embedder": settings.embedder.model,
        "settings": settings.fingerprint,
    }


def row(told: dict[str, Any]) -> str:
    """One size as a line."""
    steps = ", ".join(f"{step} {told['p50_ms'][step]:.1f}/{told['p95_ms'][step]:.1f}" for step in told["p50_ms"])
    return (
        f"{told['chunks']:>9,} chunks: recall@10 {told['recall']:.3f}; ms p50/p95: {steps}; peak memory "
        f"{told['ask_mib'] / 1024:.2f} GiB asking, {told['build_mib'] / 1024:.2f} GiB building; index made in "
        f"{told['build_s']:.0f} s, {told['index_mib']:.0f} MiB, loaded in {told['load_s']:.1f} s; "
        f"revision {told['revision']}"
    )


def growth(first: dict[str, Any], last: dict[str, Any]) -> float:
    """How many times as long the median question takes."""
    return float(last["p50_ms"]["retrieval"] / first["p50_ms"]["retrieval"])


def plot(told: list[dict[str, Any]], path: Path) -> None:
    """Median time of each step over the size of the collection, both logarithmic."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6.4, 4))
    for step in told[0]["p50_ms"]:
        axes.plot([one["chunks"] for one in told], [one["p50_ms"][step] for one in told], marker="o", label=step)
    axes.set(xscale="log", yscale="log", xlabel="chunks", ylabel="milliseconds, median")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def _done(path: Path, now: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    """What was measured already, by size. Raises DataError: it was measured otherwise."""
    try:
        rows = [json.loads(row) for row in taken_up(path)]
        found = {told["chunks"]: told for told in rows}
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path} does not hold rows of this measurement. Choose another --out, or delete that file.",
            f"{path} 은(는) 이 평가의 결과가 아닙니다. 다른 --out을 지정하거나 그 파일을 지우세요.",
        ) from error
    for told in rows:
        refuse_other(path, told, now)
    return found


def _measured(base: Path, made: Path, data: Path, size: int, questions: int) -> dict[str, Any]:
    shutil.rmtree(made, ignore_errors=True)
    began = time.perf_counter()
    real = scale_data.read(base)
    scale_data.make(real, made, size)
    made_s = time.perf_counter() - began
    try:
        told = {
            "chunks": size,
            "real_vectors": len(real.anchors),
            "made_s": made_s,
            "machine": provenance.machine(),
            "load": os.getloadavg()[0],
            "revision": provenance.revision(),
            "time": provenance.now(),
            **result_of(_CHILD, "build", str(made)),
            **result_of(_CHILD, "ask", str(made), str(data), str(questions)),
        }
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return told


def _real(base: Path, data: Path, passages: int, console: Console) -> None:
    """Passages of every corpus through the whole ingest: those that are there already cost nothing."""
    embedder = open_embedder(load_settings())
    articles = [
        article(one, name)
        for name in SETS
        for one in islice(load_retrieval(data / name).passages, passages // len(SETS))
    ]
    with LocalStore(base, embedder=embedder.name, dimension=embedder.dimension) as store:
        began = time.perf_counter()
        ingest(store, embedder, articles)
        console.print(f"{len(articles):,} real passages there after {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        Console(stderr=True).print(error.en, highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
