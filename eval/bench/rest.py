"""What the REST API bears: `python -m eval.bench.rest search|queue|evidence|leaving|memory`.

Each prints its figures as one JSON object, with what they must reach. Run on a quiet machine: the server has the
processors to itself but for what asks.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console

from eval.bench.rest_server import QUESTIONS, Server, serving, stand_in

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
_out = Console(highlight=False, markup=False, soft_wrap=True)
_MANY = 10**6
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
def queue(askers: Annotated[int, typer.Option(min=1)] = 40) -> None:
    """More asks at once than there are places: 429 with Retry-After in under 50 ms, the rest answered."""
    settings = {"SERVE__QUEUE_LENGTH": 8, "SERVE__QUEUE_EACH": 8}
    with (
        stand_in(pause_s=0.05) as model,
        serving(LLM__BASE_URL=model, **_unlimited(), **settings) as server,
        ThreadPoolExecutor(askers) as pool,
        httpx.Client(base_url=server.url, timeout=60, limits=_wide()) as client,
    ):
        _warm(client, askers, pool)
        told = list(pool.map(lambda _: _timed(client), range(askers)))
    refused = [(seconds, one) for seconds, one in told if one.status_code == 429]
    answered = [one for _, one in told if one.status_code == 200]
    figures = {
        "answered": len(answered),
        "refused": len(refused),
        "others": askers - len(answered) - len(refused),
        "with_retry_after": sum("retry-after" in one.headers for _, one in refused),
        "refusal_p95_ms": round(1000 * percentile([seconds for seconds, _ in refused], 0.95)) if refused else None,
        "refusal_max_ms": round(1000 * max((seconds for seconds, _ in refused), default=0)),
    }
    _tell("queue", figures, "9 answered, no others, 429 in under 50 ms")


@app.command()
def evidence(asks: Annotated[int, typer.Option(min=1)] = 30) -> None:
    """Seconds to the first event while the local model writes for somebody else: p95 under 300 ms."""
    times: list[float] = []
    with serving(**_unlimited()) as server, httpx.Client(base_url=server.url, timeout=90) as client:
        while len(times) < asks:
            with client.stream("POST", "/v1/ask/stream", json={"question": QUESTIONS[0]}) as writing:
                lines = writing.iter_lines()
                next(line for line in lines if line == "event: judging")
                for number in range(5):
                    question = f"{QUESTIONS[number % len(QUESTIONS)]} ({len(times)})"
                    started = time.perf_counter()
                    with client.stream("POST", "/v1/ask/stream", json={"question": question}) as told:
                        next(told.iter_lines())
                        times.append(time.perf_counter() - started)
    figures = {"asks": len(times), "p50_ms": round(1000 * percentile(times, 0.5))}
    _tell("evidence", figures | {"p95_ms": round(1000 * percentile(times, 0.95))}, "p95 under 300 ms")


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
                    if not any(line == f"event: {event}" for line in told.iter_lines()):
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


@contextmanager
def _served(real: bool) -> Iterator[Server]:
    with ExitStack() as stack:
        model = {} if real else {"LLM__BASE_URL": stack.enter_context(stand_in())}
        yield stack.enter_context(serving(**model, **_unlimited()))


def _unlimited() -> dict[str, object]:
    return {"SERVE__ASKS_PER_MINUTE": _MANY, "SERVE__REQUESTS_PER_MINUTE": _MANY}


def _wide() -> httpx.Limits:
    return httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=60)


def _warm(client: httpx.Client, connections: int, pool: ThreadPoolExecutor) -> None:
    """Open the connections beforehand: what is timed is the answer."""
    list(pool.map(lambda _: client.get("/v1/health/live"), range(connections)))


def _timed(client: httpx.Client) -> tuple[float, httpx.Response]:
    started = time.perf_counter()
    told = client.post("/v1/ask", json={"question": QUESTIONS[0]})
    return time.perf_counter() - started, told


def _ask(client: httpx.Client, number: int) -> None:
    question = f"{QUESTIONS[number % len(QUESTIONS)]} ({number})"
    client.post("/v1/ask", json={"question": question}).raise_for_status()


def _tell(bench: str, figures: dict[str, Any], least: str) -> None:
    _out.print(json.dumps({"bench": bench, **figures, "must": least}))


if __name__ == "__main__":
    app()
