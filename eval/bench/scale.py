"""Retrieval in ever larger collections: recall against brute force, time, memory, and how time grows.

`python -m eval.bench.scale [--chunks 1000000]`. A real collection is made first, of passages of the given corpora, and
kept; each size is one made out of it (`eval.bench.scale_data`), measured by processes of its own
(`eval.bench.scale_measure`), and deleted. A size that is in the results file already is not measured again: a run that
was broken off goes on. Ten thousand chunks take 0.15 GB of disk, a million 12 GB.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval import provenance
from eval.bench import scale_data
from eval.bench.child import result_of
from eval.datasets import load_retrieval
from eval.retrieval import article
from index.build import ingest
from index.local_store import LocalStore
from rag.assemble import open_embedder
from rag.errors import GisaError
from rag.settings import load_settings

SIZES = 10_000, 100_000, 1_000_000
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
    done = _done(out / "scale.jsonl")
    sizes = sorted({*(size for size in SIZES if size < chunks), chunks})
    if set(sizes) - done.keys():
        _real(folder / "real", data, passages, console)
    for size in sizes:
        if size not in done:
            done[size] = _measured(folder / "real", folder / f"{size}", data, size, questions)
            with (out / "scale.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[size]) + "\n")
        console.print(row(done[size]), markup=False)
    first, last = done[sizes[0]], done[sizes[-1]]
    console.print(f"growth of the median query time, {sizes[0]:,} to {sizes[-1]:,} chunks: {growth(first, last):.2f}")
    plot([done[size] for size in sizes], out / "scale.svg")


def row(told: dict[str, Any]) -> str:
    """One size as a line."""
    steps = ", ".join(f"{step} {told['p50_ms'][step]:.1f}/{told['p95_ms'][step]:.1f}" for step in told["p50_ms"])
    return (
        f"{told['chunks']:>9,} chunks: recall@10 {told['recall']:.3f}; ms p50/p95: {steps}; peak memory "
        f"{told['ask_mib'] / 1024:.2f} GiB asking, {told['build_mib'] / 1024:.2f} GiB building; index made in "
        f"{told['build_s']:.0f} s, {told['index_mib']:.0f} MiB, loaded in {told['load_s']:.1f} s"
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


def _done(path: Path) -> dict[int, dict[str, Any]]:
    """What was measured already, by size."""
    if not path.exists():
        return {}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {told["chunks"]: told for told in rows}


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
            "questions": questions,
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
