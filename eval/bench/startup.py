"""What a start costs: `python -m eval.bench.startup [--runs 3]`.

`gisa ask` on a terminal, from the start of the process to the first evidence on the screen, to the answer and to its
end: first with a GISA_HOME that holds nothing but the models (the collection is made, instructions and examples are
read), then again, as any later question. Peak memory of all its processes, the size of the collection, and how long
importing takes. Whether the files are in the system's cache shows in `read_mib`: what had to come from the disk.
"""

from __future__ import annotations

import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from eval.bench.memory import peak_mib, read_mib, tree
from eval.bench.tell import tell
from rag.errors import GisaError
from rag.settings import load_settings

QUESTION = "How many GPUs is Korea securing?"
EVIDENCE = "·"
"""Stands before each sentence of evidence on a terminal."""
ANSWER = "[1]"
"""Stands in an answer and not in what is shown before it."""
LOOK_S = 0.2
"""Between looks at the memory, which take processor time themselves; peaks between them are seen at the next."""
MODULES = ("ui.cli", "rag.assemble", "index.sentence_transformer")


@dataclass(frozen=True, slots=True)
class Start:
    """One run: seconds to the evidence (None: it was never shown), to the answer, and to the end."""

    evidence_s: float | None
    answer_s: float | None
    end_s: float
    memory_mib: float
    read_mib: float
    exit_code: int


def start(command: list[str], environment: dict[str, str]) -> Start:
    """Run a command on a terminal, and watch what it writes."""
    ours, theirs = pty.openpty()
    seen: dict[str, float] = {}
    memory = read = 0.0
    written = b""
    look = started = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        os.set_blocking(ours, False)
        running = True
        while running:
            running = process.poll() is None  # what it wrote last is read after it has ended
            time.sleep(0.01)
            written += _waiting(ours)
            for mark in (EVIDENCE, ANSWER):
                if mark.encode() in written:
                    seen.setdefault(mark, time.perf_counter() - started)
            if (now := time.perf_counter()) >= look:
                look = now + LOOK_S
                pids = tree(process.pid)
                memory = max(memory, sum(map(peak_mib, pids)))
                read = max(read, sum(map(read_mib, pids)))
        end_s = time.perf_counter() - started
    os.close(ours)
    return Start(seen.get(EVIDENCE), seen.get(ANSWER), end_s, memory, read, process.returncode)


def _waiting(file: int) -> bytes:
    """What can be read at once; a terminal whose other side is closed has nothing."""
    try:
        return os.read(file, 65536)
    except BlockingIOError:
        return b""
    except OSError:  # Linux: EIO once the last process with the terminal has ended
        return b""


def importing(module: str, runs: int) -> float:
    """Median seconds of a Python that imports a module and ends, less those of one that imports nothing."""

    def seconds(code: str) -> float:
        started = time.perf_counter()
        subprocess.run([sys.executable, "-P", "-c", code], check=True)
        return time.perf_counter() - started

    return statistics.median(seconds(f"import {module}") - seconds("pass") for _ in range(runs))


def median_of(starts: list[Start]) -> dict[str, Any]:
    """Of each figure over several runs, those left aside where it is missing."""
    told = [asdict(one) for one in starts]
    found: dict[str, Any] = {}
    for key in told[0]:
        values = [one[key] for one in told if one[key] is not None]
        found[key] = round(statistics.median(values), 2) if values else None
    return found


def main(
    runs: Annotated[int, typer.Option(min=1, help="Later starts to take the median of.")] = 3,
    llm: Annotated[bool, typer.Option(help="With the language model.")] = True,
) -> None:
    """Print the figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "models").symlink_to(load_settings().home / "models")
        environment = os.environ | {"GISA_HOME": folder, "TERM": "xterm-256color", "COLUMNS": "120"}
        command = [sys.executable, "-P", "-m", "ui.cli", "ask", *([] if llm else ["--no-llm"]), QUESTION]
        first = start(command, environment)
        again = [start(command, environment) for _ in range(runs)]
        size = sum(path.stat().st_size for path in (home / "index").rglob("*") if path.is_file()) / 2**20
    figures = {
        "first": median_of([first]),
        "again": median_of(again),
        "index_mib": round(size, 2),
        "import_s": {module: round(importing(module, runs), 2) for module in MODULES},
    }
    tell("startup", figures)


if __name__ == "__main__":
    try:
        typer.run(main)
    except GisaError as error:
        Console(stderr=True).print(error.en, highlight=False, markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
