"""Servers that say what they are told to, where a gisa is looked for."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from listening import listening
from small_run import Fake

from eval.datasets import GoldenQuestion

ANSWER = Fake().ask("How many GPUs?").to_json() | {"id": "a", "conversation": "c", "rewritten": None, "notices": []}


Reply = tuple[int, dict[str, str], str]


JSON = {"Content-Type": "application/json"}


STREAM = {"Content-Type": "text/event-stream; charset=utf-8"}
PAUSE, PAUSE_S = "\f", 0.1


RIGHT: Reply = (200, JSON, json.dumps(ANSWER | {"nearest": []}))


HTML: Reply = (200, {"Content-Type": "text/html; charset=utf-8"}, "<html><body>Welcome</body></html>")


def told(status: int, told: object, **headers: str) -> Reply:
    return status, JSON | headers, json.dumps(told)


class Server(ThreadingHTTPServer):
    """Answers questions with the replies given, in turn, the last one again and again; the rest as gisa does."""

    daemon_threads = True

    def __init__(
        self, replies: Sequence[Reply], pause_s: float = 0.0, ready: Reply | None = None, *, streams: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.streams = streams
        self.streams_asked = 0
        self.replies = list(replies)
        self.pause_s = pause_s
        self.asked: list[str] = []
        self.keys: list[str | None] = []
        self.others = {
            "/v1/health/ready": ready or told(200, {"status": "ready", "articles": 5, "model": "loaded"}),
            "/openapi.json": told(200, {"openapi": "3.1.0", "info": {"title": "gisa", "version": "9.8.7"}}),
            "/v1/articles/korea": told(200, {"id": "korea", "source": "/data/003_ab.txt"}),
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._send(self.server.others.get(self.path, told(404, {})))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/ask/stream":
            self.server.streams_asked += 1
            if not self.server.streams:
                self._send(told(404, {"code": "not_found", "detail": "Not Found"}))
                return
        self.server.asked.append(body["question"])
        self.server.keys.append(self.headers["Authorization"])
        time.sleep(self.server.pause_s)
        replies = self.server.replies
        self._send(replies.pop(0) if len(replies) > 1 else replies[0])

    def _send(self, reply: Reply) -> None:
        status, headers, body = reply
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if headers.get("Content-Type") != STREAM["Content-Type"]:
            self.send_header("Content-Length", str(len(body.encode())))
        with suppress(BrokenPipeError, ConnectionResetError):  # a client that did not wait
            self.end_headers()
            for part in body.split(PAUSE):
                self.wfile.write(part.encode())
                self.wfile.flush()
                if PAUSE in body:
                    time.sleep(PAUSE_S)

    def log_message(self, *_: object) -> None: ...


def answering(*replies: Reply, **more: Any) -> AbstractContextManager[Server]:
    return listening(Server(replies, **more))


QUESTION = GoldenQuestion(
    id="q", question="How many GPUs?", language="en", answerable=True, kind="how-many",
    facts=(("26만", "260,000"),), articles=("003",),
)  # fmt: skip
