"""The bench's own client: what it counts and times, against a server that is known to the millisecond."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from eval.bench.rest import _until, burst, percentile

SLOW_S = 0.3


class Handler(BaseHTTPRequestHandler):
    """Takes the first ask, slowly, and refuses all others."""

    protocol_version = "HTTP/1.1"
    asked = 0
    guard = threading.Lock()

    def do_GET(self) -> None:
        self._tell(200, b"live")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        with self.guard:
            Handler.asked += 1
            first = Handler.asked == 1
        if first:
            time.sleep(SLOW_S)
        self._tell(200 if first else 429, b"told")

    def _tell(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if status == 429:
            self.send_header("retry-after", "5")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class named it
        """Says nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_burst_times_each_ask_by_itself(url: str) -> None:
    told = burst(url, 6)
    assert sorted(one.status for one in told) == [200, 429, 429, 429, 429, 429]
    assert [one.retry_after for one in told] == [one.status == 429 for one in told]
    slow = next(one for one in told if one.status == 200)
    assert slow.seconds >= SLOW_S
    assert min(one.seconds for one in told) < SLOW_S


def test_a_stream_that_ends_early_is_told_as_what_it_is() -> None:
    wanted = "event: evidence\ndata: {}\n\nevent: judging\ndata: {}\n\n"
    assert _until("judging", httpx.Response(200, text=wanted)) is None
    failed = "event: evidence\ndata: {}\n\nevent: error\ndata: {out_of_time}\n\n"
    assert _until("judging", httpx.Response(200, text=failed)) == "data: {}; event: error; data: {out_of_time}"
    assert _until("judging", httpx.Response(429, text='{"code": "queue_full"}')) == 'status 429; {"code": "queue_full"}'


def test_percentile_is_the_nearest_rank() -> None:
    assert percentile([15, 20, 35, 40, 50], 0.4) == 20
    assert percentile([15, 20, 35, 40, 50], 0.95) == 50
