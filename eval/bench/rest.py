"""What the REST API bears: `python -m eval.bench.rest search|queue|evidence|leaving|memory`.

Each prints its figures as one JSON object, with what they must reach and where they come from. Run on a quiet machine:
the server has the processors to itself but for what asks.
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer
from rich.console import Console

from eval.bench.rest_server import QUESTIONS, Server, serving, stand_in
from eval.bench.tell import source_line, tell

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
_out = Console(highlight=False, markup=False, soft_wrap=True)
_MANY = 10**6
# A string may be no question and text no article, and an id may be nobody's or taken: no schema can say that.
_CONTRACT = """
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "404", "409", "422"]

[[operations]]
include-path = "/v1/chat/completions"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404"]
"""
Real = Annotated[bool, typer.Option(help="The local model instead of a stand-in.")]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of the values do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@app.command()
def search(users: Annotated[int, typer.Option(min=1)] = 20, seconds: Annotated[int, typer.Option(min=1)] = 60) -> None:
    """Users that search once a second each, by locust: 0 errors, p95 under 150 ms."""
    file = Path(__file__).with_name("rest_locustfile.py")
    with stand_in() as model, serving(LLM__BASE_URL=model) as server:
        command = [sys.executable, "-m", "locust", "-f", str(file), "--headless", "--json", "--host", server.url]
        command += ["-u", str(users), "-r", str(users), "-t", f"{seconds}s", "--loglevel", "ERROR"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)[0]
    times = [float(ms) for ms, count in told["response_times"].items() for _ in range(count)]
    figures = {"requests": told["num_requests"], "errors": told["num_failures"], "p50_ms": percentile(times, 0.5)}
    _tell("search", figures | {"p95_ms": percentile(times, 0.95)}, "0 errors, p95 under 150 ms")


@app.command()
def queue(askers: Annotated[int, typer.Option(min=1)] = 40, bursts: Annotated[int, typer.Option(min=1)] = 10) -> None:
    """More asks at once than there are places: 429 with Retry-After in under 50 ms, the rest answered."""
    settings = {"SERVE__QUEUE_LENGTH": 8, "SERVE__QUEUE_EACH": 8}
    with (
        stand_in(pause_s=0.05) as model,
        serving(LLM__BASE_URL=model, **_unlimited(), **settings) as server,
    ):
        httpx.get(server.url, timeout=60).raise_for_status()  # by then the page is made, which takes seconds
        each = [burst(server.url, askers) for _ in range(bursts)]
    told = [one for asked in each for one in asked]
    refused = [one for one in told if one.status == 429]
    times = [1000 * one.seconds for one in refused]
    answered = sum(one.status == 200 for one in told)
    figures = {
        "answered": answered,
        "refused": len(refused),
        "others": len(told) - answered - len(refused),
        "with_retry_after": sum(one.retry_after for one in refused),
        "refusal_p50_ms": round(percentile(times, 0.5)) if times else None,
        "refusal_p95_ms": round(percentile(times, 0.95)) if times else None,
        "refusal_max_ms": round(max(times, default=0)),
    }
    _tell("queue", figures | {"bursts": bursts}, "9 of each burst answered, no others, 429 in under 50 ms")


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one ask: seconds from its last byte written to the first byte of its response."""

    seconds: float
    status: int
    retry_after: bool


def burst(url: str, asks: int) -> list[Told]:
    """So many asks at once, each on a connection that is open already; the order is that of their responses.

    One thread that only writes and waits: clients in threads, which share one interpreter, would time each other.
    """
    address = urlsplit(url)
    assert address.hostname is not None
    body = json.dumps({"question": QUESTIONS[0]}).encode()
    head = f"host: {address.netloc}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ask = b"POST /v1/ask HTTP/1.1\r\n" + head.encode() + body
    told: list[Told] = []
    with ExitStack() as stack:
        waiting = stack.enter_context(DefaultSelector())
        for _ in range(asks):
            connection = stack.enter_context(socket.create_connection((address.hostname, address.port), timeout=60))
            connection.sendall(f"GET /v1/health/live HTTP/1.1\r\nhost: {address.netloc}\r\n\r\n".encode())
            _whole(connection)
            waiting.register(connection, EVENT_READ)
        sent: dict[int, float] = {}
        for key in list(waiting.get_map().values()):
            sent[key.fd] = time.perf_counter()
            os.write(key.fd, ask)
        while sent:
            for key, _ in waiting.select():
                now = time.perf_counter()
                waiting.unregister(key.fileobj)
                assert isinstance(key.fileobj, socket.socket)
                response = _whole(key.fileobj)
                told.append(Told(now - sent.pop(key.fd), response.status, response.headers["retry-after"] is not None))
    return told


def _whole(connection: socket.socket) -> HTTPResponse:
    """A response, read to its end."""
    response = HTTPResponse(connection)
    response.begin()
    response.read()
    return response


@app.command()
def evidence(asks: Annotated[int, typer.Option(min=1)] = 30) -> None:
    """Seconds to the first event while the local model writes for somebody else: p95 under 300 ms."""
    times: list[float] = []
    early: list[str] = []
    # Who left is out of the queue only when their thread has seen it: the next asks are not to be refused for that.
    settings = {"SERVE__QUEUE_LENGTH": 50, "SERVE__QUEUE_EACH": 50}
    with serving(**_unlimited(), **settings) as server, httpx.Client(base_url=server.url, timeout=90) as client:
        while len(times) < asks and len(early) < asks:
            with client.stream("POST", "/v1/ask/stream", json={"question": QUESTIONS[0]}) as writing:
                if (ended := _until("judging", writing)) is not None:
                    early.append(ended)
                    continue
                for number in range(5):
                    question = f"{QUESTIONS[number % len(QUESTIONS)]} ({len(times)})"
                    started = time.perf_counter()
                    with client.stream("POST", "/v1/ask/stream", json={"question": question}) as told:
                        if (ended := _until("evidence", told)) is not None:
                            early.append(ended)
                            continue
                        times.append(time.perf_counter() - started)
    figures = {"asks": len(times), "ended_early": early}
    if times:
        figures |= {f"p{percent}_ms": round(1000 * percentile(times, percent / 100)) for percent in (50, 95)}
    _tell("evidence", figures, "p95 under 300 ms")


def _until(event: str, told: httpx.Response) -> str | None:
    """Read up to an event; None when it came, else the last lines there were: how the stream ended instead."""
    last: deque[str] = deque([f"status {told.status_code}"], maxlen=3)
    for line in told.iter_lines():
        if line == f"event: {event}":
            return None
        if line:
            last.append(line)
    return "; ".join(last)


@app.command()
def leaving(times: Annotated[int, typer.Option(min=1)] = 5) -> None:
    """Seconds the local model goes on after its reader left: under 1 s, when judging and when writing."""
    found: dict[str, list[float]] = {"judging": [], "token": []}
    with serving(**_unlimited()) as server, httpx.Client(base_url=server.url, timeout=90) as client:
        server.seconds_until_idle()
        for number in range(times):
            for event, seconds in found.items():
                body = {"question": f"{QUESTIONS[0]} ({number})"}
                with client.stream("POST", "/v1/ask/stream", json=body) as told:
                    if _until(event, told) is not None:
                        continue
                seconds.append(server.seconds_until_idle())
    figures = {f"{event}_max_s": round(max(seconds), 2) for event, seconds in found.items() if seconds}
    _tell("leaving", figures, "under 1 s")


@app.command()
def memory(real: Real = False, asks: int = 0) -> None:
    """Growth over 500 asks of a stand-in, or 30 of the local model: under 5 %."""
    asks = asks or (30 if real else 500)
    with _served(real) as server, httpx.Client(base_url=server.url, timeout=90) as client:
        for number in range(max(5, asks // 10)):  # what is loaded or filled once
            _ask(client, number)
        before = server.memory_mib()
        for number in range(asks):
            _ask(client, number)
        after = server.memory_mib()
    figures = {"asks": asks, "before_mib": round(before), "after_mib": round(after)}
    _tell("memory", figures | {"growth_percent": round(100 * (after / before - 1), 2)}, "under 5 %")


@app.command()
def contract(examples: Annotated[int, typer.Option(min=1)] = 50) -> None:
    """schemathesis, all checks, all phases, with a stand-in for the model: 0 failures."""
    with _served(real=False) as server:
        done = schemathesis(server.url, examples)
    _out.print(f"{done.stdout}\n{source_line('rest')}")
    raise typer.Exit(done.returncode)


def schemathesis(url: str, examples: int) -> subprocess.CompletedProcess[str]:
    """Every operation of the server's openapi.json against what is said of it, `examples` of each: examples, coverage
    of the schemas, fuzzing, and sequences of operations. Exit code 0: no failures, no errors."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "schemathesis.toml"
        config.write_text(_CONTRACT, encoding="utf-8")
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", f"{url}/openapi.json"]
        command += ["--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--continue-on-failure"]
        command += ["--max-examples", str(examples), "--no-color"]
        return subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True)


@contextmanager
def _served(real: bool) -> Iterator[Server]:
    with ExitStack() as stack:
        model = {} if real else {"LLM__BASE_URL": stack.enter_context(stand_in())}
        yield stack.enter_context(serving(**model, **_unlimited()))


def _unlimited() -> dict[str, object]:
    return {"SERVE__ASKS_PER_MINUTE": _MANY, "SERVE__REQUESTS_PER_MINUTE": _MANY}


def _ask(client: httpx.Client, number: int) -> None:
    question = f"{QUESTIONS[number % len(QUESTIONS)]} ({number})"
    client.post("/v1/ask", json={"question": question}).raise_for_status()


def _tell(name: str, figures: dict[str, Any], least: str) -> None:
    tell("rest", {**figures, "must": least}, name)


if __name__ == "__main__":
    app()
