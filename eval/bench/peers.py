"""gisa against its peers: the same articles, questions, embedder, language model and machine, in turn.

    python -m eval.bench.peers [--every 4] [--peers gisa,txtai] [--out FILE]    asks; goes on where it stopped
    python -m eval.bench.peers table [FILE ...]                                 prints the one table

With `--newsroom sci` the single facts of that set are asked of its articles; the table then has what is asserted.

Each system has a process of its own (`eval.bench.peer_worker`). The peers share a model server with a context that
their prompts fit into; gisa runs its own, as it comes. All write greedily; peers may write up to 256 tokens, gisa its
own 160. Who is asked first changes from question to question.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from eval import provenance
from eval.bench.memory import children, peak_mib
from eval.bench.peer_records import AnswerRecord, Comparison, ComparisonRecord, SystemRecord
from eval.bench.peer_worker import PEERS, SYSTEMS, unknown
from eval.datasets import GOLDEN, GoldenQuestion, GoldenSet, load_golden
from eval.newsroom.data import home
from eval.newsroom.data import questions as newsroom_questions
from eval.resume import refuse_other, taken_up
from rag.errors import GisaError
from rag.settings import Settings, load_settings

CONTEXT_TOKENS = 8192
MAX_TOKENS = 256
LIBRARIES = ("llama-index-core", "llama-index-embeddings-huggingface", "haystack-ai", "txtai", "xllamacpp", "torch")
RESULTS = Path("eval") / "peers.jsonl"
"""Under GISA_HOME."""
STRIDE = 8
app = typer.Typer(pretty_exceptions_enable=False, invoke_without_command=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


class WorkerEndedError(Exception):
    """A system's process ended; the message is the last line it wrote on stderr."""


@dataclass(frozen=True, slots=True)
class Server:
    """The peers' model server; `pids` are its processes on this machine."""

    base_url: str
    api_key: str
    pids: frozenset[int] = frozenset()


class Worker:
    """A system's process. Raises WorkerEndedError when it does not start."""

    def __init__(self, system: str, model: dict[str, Any], newsroom: str | None, log: Path) -> None:
        self._log = log.open("w+", encoding="utf-8", errors="replace")
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "eval.bench.peer_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=os.environ | {"HAYSTACK_TELEMETRY_ENABLED": "False", "HF_HUB_OFFLINE": "1"},
        )
        self.record = SystemRecord.model_validate_json(
            self._exchange({"system": system, "model": model, "newsroom": newsroom})
        )

    def ask(self, question: str) -> dict[str, Any]:
        """Raises WorkerEndedError."""
        told: dict[str, Any] = json.loads(self._exchange(question))
        return told

    def _exchange(self, message: object) -> str:
        pipes: tuple[IO[str] | None, IO[str] | None] = (self._process.stdin, self._process.stdout)
        assert pipes[0] is not None
        assert pipes[1] is not None
        try:
            pipes[0].write(json.dumps(message) + "\n")
            pipes[0].flush()
            line = pipes[1].readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._process.wait()
            self._log.seek(0)
            lines = self._log.read().split("\n")
            self.close()
            raise WorkerEndedError(next((one.strip() for one in reversed(lines) if one.strip()), "ended"))
        return line

    def close(self) -> None:
        """End the process; gisa's takes its model server along."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


class Systems:
    """The systems compared, opened when first asked and again after a crash. They have the shipped articles, or those
    of a `newsroom` set."""

    def __init__(
        self, names: Sequence[str], model: dict[str, Any], server: Server, logs: Path, newsroom: str | None = None
    ) -> None:
        self.names = names
        self._model = model
        self._newsroom = newsroom
        self._server = server
        self._logs = logs
        self._workers: dict[str, Worker] = {}

    def ask(self, system: str, question: GoldenQuestion) -> Iterator[SystemRecord | AnswerRecord]:
        """The system's record when it was opened for this, and the answer or the error."""
        told = {"system": system, "id": question.id, "load": round(os.getloadavg()[0], 1)}
        try:
            if system not in self._workers:
                log = self._logs.with_suffix(f".{system.replace(' ', '-')}.log")
                self._workers[system] = Worker(system, self._model, self._newsroom, log)
                yield self._workers[system].record
            answered = self._workers[system].ask(question.question)
        except WorkerEndedError as error:
            self._workers.pop(system, None)
            yield AnswerRecord(**told, revision=provenance.revision(), error=str(error))
            return
        if system in PEERS:
            answered["memory_mib"] += round(sum(map(peak_mib, self._server.pids)), 1)
        yield AnswerRecord(**told, **answered, revision=provenance.revision())

    def close(self) -> None:
        for worker in self._workers.values():
            worker.close()


def chosen(questions: Sequence[GoldenQuestion], every: int, most: int | None) -> list[GoldenQuestion]:
    """Each `every`-th question, at most `most` of them, spread evenly, in an order in which any beginning of a run is
    spread evenly too: every eighth, then the eighths between."""
    taken = questions[::every]
    if most is not None and most < len(taken):
        taken = [taken[i * len(taken) // most] for i in range(most)]
    return [question for start in range(STRIDE) for question in taken[start::STRIDE]]


def rotated(systems: Sequence[str], turn: int) -> list[str]:
    """The systems, another one first each turn."""
    at = turn % len(systems)
    return [*systems[at:], *systems[:at]]


def compare(
    systems: Systems, questions: Sequence[GoldenQuestion], done: Comparison
) -> Iterator[SystemRecord | AnswerRecord]:
    """Ask each question of each system that has not answered it yet."""
    for turn, question in enumerate(questions):
        for system in rotated(systems.names, turn):
            if not done.answered(system, question.id):
                yield from systems.ask(system, question)


@contextmanager
def serving(settings: Settings, needed: bool) -> Iterator[Server]:
    """The peers' model server: the one the settings name, else the local model once more, with their context."""
    from rag.local_llm import LocalLLM
    from seeds.provision import resolve

    told = settings.llm
    if told.base_url or not needed:
        yield Server(told.base_url or "", told.api_key.get_secret_value() if told.api_key else "none")
        return
    before = children(os.getpid())
    path = resolve(told.model, settings.home, "llm")
    with closing(LocalLLM(path, context_tokens=CONTEXT_TOKENS, threads=told.threads)) as server:
        yield Server(server.base_url, server.api_key, frozenset(children(os.getpid()) - before))


def begun(out: Path, now: ComparisonRecord) -> Comparison:
    """What a file holds already. Raises DataError: other questions were asked, by another model or other settings."""
    done = Comparison()
    if taken_up(out):
        done.add(out)
    for before in done.sittings:
        refuse_other(out, before.conditions, now.conditions)
    return done


def sitting(golden: GoldenSet, settings: Settings) -> ComparisonRecord:
    """What is about to run."""
    return ComparisonRecord(
        questions=golden.name,
        sha256=golden.sha256,
        model=settings.llm.model,
        context_tokens=CONTEXT_TOKENS,
        max_tokens=MAX_TOKENS,
        settings=settings.fingerprint,
        versions=dict(_versions()),
        revision=provenance.revision(),
        machine=provenance.machine(),
        time=provenance.now(),
    )


@app.callback()
def run(
    context: typer.Context,
    *,
    out: Annotated[Path | None, typer.Option(help="Result file; what it holds is not asked again.")] = None,
    questions: Annotated[int | None, typer.Option(min=1, help="At most so many questions.")] = None,
    every: Annotated[int, typer.Option(min=1, help="Only each so-manieth question.")] = 1,
    peers: Annotated[str, typer.Option(help="Systems to ask, by commas.")] = ",".join(SYSTEMS),
    golden: Annotated[Path, typer.Option("--set", help="Questions.")] = GOLDEN,
    newsroom: Annotated[str | None, typer.Option(help="A newsroom set instead, with its articles: sci.")] = None,
) -> None:
    """Ask, and write a line for each answer."""
    if context.invoked_subcommand is not None:
        return
    names, settings = named(peers), load_settings()
    loaded = load_golden(golden) if newsroom is None else facts_of(newsroom)
    taken = chosen(loaded.questions, every, questions)
    out = out or settings.home / RESULTS
    out.parent.mkdir(parents=True, exist_ok=True)
    now = sitting(loaded, settings)
    done = begun(out, now)
    with ExitStack() as stack:
        file = stack.enter_context(out.open("a", encoding="utf-8"))
        server = stack.enter_context(serving(settings, needed=not set(names).isdisjoint(PEERS)))
        model = {
            "name": settings.llm.model,
            "base_url": server.base_url,
            "api_key": server.api_key,
            "context_tokens": CONTEXT_TOKENS,
            "max_tokens": MAX_TOKENS,
        }
        systems = stack.enter_context(closing(Systems(names, model, server, out, newsroom)))
        _write(file, now)
        left = sum(not done.answered(name, question.id) for name in names for question in taken)
        for record in compare(systems, taken, done):
            _write(file, record)
            left -= isinstance(record, AnswerRecord)
            _err.print(_line(record, left))


@app.command()
def table(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Result files; the last answer to a question counts.")
    ] = None,
    golden: Annotated[Path, typer.Option("--set", help="The questions that were asked.")] = GOLDEN,
    newsroom: Annotated[str | None, typer.Option(help="The newsroom set that was asked.")] = None,
) -> None:
    """Print the table in Markdown."""
    from eval.bench.peer_table import markdown, newsroom_markdown

    done = Comparison()
    for path in files or [load_settings().home / RESULTS]:
        done.add(path)
    console = Console(highlight=False, markup=False, soft_wrap=True)
    if newsroom is None:
        console.print(markdown(done, load_golden(golden)))
    else:
        console.print(newsroom_markdown(done, facts_of(newsroom), newsroom_questions(home(newsroom), newsroom)))


def facts_of(newsroom: str) -> GoldenSet:
    """The single facts that a newsroom set asks. Raises DataError where it is absent."""
    path = home(newsroom) / "questions" / f"{newsroom}.jsonl"
    asked = [question for question in newsroom_questions(home(newsroom), newsroom) if question.single]
    return GoldenSet(
        f"newsroom {newsroom}",
        hashlib.sha256(path.read_bytes()).hexdigest(),
        tuple(
            GoldenQuestion(id=q.id, question=q.question, language=q.lang, answerable=q.answerable, kind=q.kind)
            for q in asked
        ),
    )


def named(peers: str) -> list[str]:
    """Raises DataError for a system there is not."""
    names = [name.strip() for name in peers.split(",") if name.strip()]
    for name in names:
        if name not in SYSTEMS:
            raise unknown(name)
    return names


def _versions() -> Iterable[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            continue


def _write(file: IO[str], record: ComparisonRecord | SystemRecord | AnswerRecord) -> None:
    file.write(record.model_dump_json() + "\n")
    file.flush()


def _line(record: SystemRecord | AnswerRecord, left: int) -> str:
    if isinstance(record, SystemRecord):
        return f"{record.system}: {record.vectors} vectors in {record.ingest_s:.1f} s"
    said = record.error or " ".join(record.answer.split())
    return escape(f"{left:5} left  {record.system:22} {record.id:32} {record.seconds:6.1f} s  {said[:80]}")


if __name__ == "__main__":
    try:
        app()
    except GisaError as error:
        _err.print(error.en, markup=False)
        sys.exit(error.exit_code)
