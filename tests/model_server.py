"""An OpenAI-compatible server over real HTTP that replies what it is told, for tests of whatever asks one.

Test files import it; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PROMPT_TOKENS, WRITTEN_TOKENS = 321, 12


@dataclass
class Served:
    """`url` is what clients take as base URL; `requests` are the bodies of the requests so far."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def prompt(self) -> str:
        """All messages of the last request."""
        return "\n".join(message["content"] for message in self.requests[-1]["messages"])


@contextmanager
def model_server(replies: Sequence[str], status: int = 200) -> Iterator[Served]:
    """Replies in turn, the last one ever after; another `status` than 200 makes each an error."""
    served = Served()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            served.requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            text = replies[min(len(served.requests), len(replies)) - 1]
            choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
            total = PROMPT_TOKENS + WRITTEN_TOKENS
            usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": WRITTEN_TOKENS, "total_tokens": total}
            whole = {
                "id": "1",
                "object": "chat.completion",
                "created": 0,
                "model": "m",
                "choices": [choice],
                "usage": usage,
            }
            body = json.dumps(whole if status == 200 else {"error": {"message": "out of order"}}).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class named it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # connections that clients keep alive are not waited for
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
