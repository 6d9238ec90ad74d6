"""A `gisa serve` of its own for a bench: a process, an empty GISA_HOME beside the models, a port of its own.

Its model is the local one, or a stand-in that answers at once or slowly: a server of the OpenAI API in this process.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from rag.settings import load_settings

QUESTIONS = (
    "How many GPUs is Korea securing?",
    "한국이 확보하는 GPU는 몇 장인가?",
    "Which company supplies the GPUs?",
    "정부는 언제까지 GPU를 확보하나?",
    "Who announced the plan?",
)
DRAFT = "yes: more than 260,000 GPUs"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    pid: int

    def memory_mib(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) / 1024

    def cpu_s(self) -> float:
        """Processor seconds used so far, by all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def seconds_until_idle(self, most_s: float = 60.0) -> float:
        """How long it goes on computing: until it uses less than a fifth of a processor for 0.1 s."""
        started, used = time.perf_counter(), self.cpu_s()
        while (now := time.perf_counter()) - started < most_s:
            time.sleep(0.1)
            before, used = used, self.cpu_s()
            if used - before < 0.2 * (time.perf_counter() - now):
                return now - started
        return most_s


@contextmanager
def serving(**settings: object) -> Iterator[Server]:
    """A server with those settings, as GISA_ names without the prefix: `SERVE__QUEUE_LENGTH=4`."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        models = load_settings().home / "models"
        models.mkdir(parents=True, exist_ok=True)
        (home / "models").symlink_to(models)
        told = {f"GISA_{name}": str(value) for name, value in settings.items()}
        environment = os.environ | told | {"GISA_HOME": folder, "GISA_LANG": "en"}
        command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0"]
        with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            url = ""
            for line in process.stderr:
                if found := re.search(r"Serving on (http://\S+?),", line):
                    url = found[1]
                    break
            reading = threading.Thread(target=process.stderr.read, daemon=True)  # a full pipe would stop it
            reading.start()
            try:
                httpx.post(f"{url}/v1/search", json={"question": QUESTIONS[0]}, timeout=60).raise_for_status()
                yield Server(url, process.pid)
            finally:
                process.terminate()
                process.wait()
                reading.join()


@contextmanager
def stand_in(pause_s: float = 0.0, words: int = 5) -> Iterator[str]:
    """The address of a model that says yes to every sentence and streams `words` words, `pause_s` between them."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            if told.get("stream"):
                self._stream()
            else:
                yes = {"token": "yes", "logprob": -0.001, "bytes": None}
                logprobs = {"content": [yes | {"top_logprobs": [yes]}]}
                self._whole({"message": {"role": "assistant", "content": "yes"}, "logprobs": logprobs})

        def _whole(self, choice: dict[str, object]) -> None:
            body = json.dumps(_reply("chat.completion", choice)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            self.send_header("connection", "close")
            self.end_headers()
            for word in [DRAFT, *[""] * words]:
                time.sleep(pause_s)
                reply = _reply("chat.completion.chunk", {"delta": {"role": "assistant", "content": word}})
                self.wfile.write(f"data: {json.dumps(reply)}\n\n".encode())
                self.wfile.flush()
            self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class named it
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # connections that clients keep alive are not waited for
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _reply(kind: str, choice: dict[str, object]) -> dict[str, object]:
    whole = {"index": 0, "finish_reason": None} | choice
    return {"id": "1", "object": kind, "created": 0, "model": "stand-in", "choices": [whole]}
