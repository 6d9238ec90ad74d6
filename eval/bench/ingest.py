"""Taking articles in: gisa's whole ingest against llama-index's pipeline on the same embedder, and its stages apart.

`python -m eval.bench.ingest [--chunks 500]`. Articles are passages of the given corpora, three or four drawn for each
(so that no two are alike), as .jsonl files; each way of taking them in is a process of its own. gisa makes a vector for
each chunk and for each sentence, and word vectors besides; the peer makes one for each of its chunks.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval import provenance
from eval.bench.child import result_of
from eval.bench.tell import source_line
from eval.datasets import load_retrieval
from rag.errors import GisaError

SETS = "korquad", "ntrex_en_ko", "belebele_ko_ko"
_CHILD = "eval.bench.ingest_run"
DATA = provenance.ROOT.parent / "shared" / "evaldata"
CHUNK_CHARACTERS = 420
"""About what one of gisa's chunks holds."""
FILE_ARTICLES = 500
STAGE_ARTICLES = 100


def write(data: Path, folder: Path, chunks: int, seed: int = 1) -> int:
    """Articles for about so many chunks, as .jsonl files in `folder`. Returns how many articles."""
    passages = [passage.text for name in SETS for passage in load_retrieval(data / name).passages]
    drawn = random.Random(seed)
    lines: list[str] = []
    characters = 0
    while characters < chunks * CHUNK_CHARACTERS:
        parts = drawn.sample(passages, drawn.choice((3, 4)))
        text = "\n\n".join(parts)
        characters += len(text)
        title = " ".join(parts[0].split()[:6])
        lines.append(json.dumps({"id": f"a{len(lines)}", "title": title, "text": text}, ensure_ascii=False))
    for first in range(0, len(lines), FILE_ARTICLES):
        (folder / f"{first:07}.jsonl").write_text("\n".join(lines[first : first + FILE_ARTICLES]), encoding="utf-8")
    return len(lines)


def main(
    chunks: Annotated[int, typer.Option(min=20, help="About how many chunks of gisa's.")] = 500,
    data: Annotated[Path, typer.Option(help="Where the given corpora are.")] = DATA,
    peer_precision: Annotated[str, typer.Option(help="float32, its default, or bfloat16.")] = "float32",
) -> None:
    """Print both, the ratio of vectors a second, and the stages."""
    console = Console(highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        articles = write(data, folder, chunks)
        console.print(f"{source_line('ingest')}; {articles} articles")
        ours = result_of(_CHILD, "gisa", place)
        console.print(row("gisa", ours))
        theirs = result_of(_CHILD, "peer", place, peer_precision)
        console.print(row(f"llama-index, {peer_precision}, batches of {theirs['batch']}", theirs))
        console.print(
            f"gisa makes {ours['vectors_s'] / theirs['vectors_s']:.2f} times as many vectors a second, and takes in "
            f"{articles_s(ours) / articles_s(theirs):.2f} times as many articles"
        )
        speeds = result_of(_CHILD, "stages", place, str(STAGE_ARTICLES))["articles_s"]
        told = ", ".join(f"{stage} {speed:.1f}" for stage, speed in speeds.items())
        console.print(f"stages of gisa by themselves, articles a second: {told}")


def row(name: str, told: dict[str, Any]) -> str:
    """One way of taking them in, as a line."""
    return (
        f"{name}: {told['seconds']:.1f} s, {told['articles']} articles, {told['chunks']} chunks, {told['vectors']} "
        f"vectors, {told['vectors_s']:.1f} vectors a second, peak memory {told['peak_mib'] / 1024:.2f} GiB"
    )


def articles_s(told: dict[str, Any]) -> float:
    """Articles a second."""
    return float(told["articles"] / told["seconds"])


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        Console(stderr=True).print(error.en, highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
