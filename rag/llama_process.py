"""llama.cpp in a process of its own: loading a model there holds nobody up here (in this process it would keep Python's
lock for seconds), and a crash of it, which no Python could catch, takes nobody down.

The child reads one line of JSON on stdin, answers with one on stdout, and serves on loopback until stdin ends, as it
also does when its parent is killed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

_END_S = 5.0


class LlamaProcess:
    """A server at `address`. `parameters` are those of `_serve`. Raises RuntimeError with llama.cpp's reason."""

    def __init__(self, **parameters: Any) -> None:
        # -P: a folder named rag where the user stands must not be taken for this package.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for the parent, which ends the child
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(parameters) + "\n")
            self._process.stdin.flush()
            told = self._process.stdout.readline()
        except BrokenPipeError:
            told = ""
        except BaseException:
            self.close()
            raise
        reply = json.loads(told) if told else {"error": f"llama.cpp ended with code {self._process.wait()}"}
        if "error" in reply:
            self.close()
            raise RuntimeError(reply["error"])
        self.address: str = reply["address"]

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End the child; at once when it does not end by itself."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # the child went first
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _serve(*, path: str, context_tokens: int, threads: int, key: str, slots: str | None) -> Any:
    """`slots` is a folder for saved states of prompts."""
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.n_ctx = context_tokens
    parameters.n_parallel = 1
    for cores in (parameters.cpuparams, parameters.cpuparams_batch):
        cores.n_threads = threads
        cores.poll = 0  # a thread that waits sleeps: beside other work spinning ones take its time and their own
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0  # any free one
    parameters.api_keys = [key]
    parameters.verbosity = -1
    parameters.fit_params = False  # it reads the file once more, to see whether a graphics card has room
    parameters.warmup = False  # whoever starts it asks for a first token
    if slots is not None:
        parameters.slot_save_path = f"{slots}/"
    return xllamacpp.Server(parameters)


def main() -> None:
    """The child. It leaves without tidying up: a server that is closed before its loop runs never ends (2026.10)."""
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what llama.cpp prints is not the answer
    try:
        server = _serve(**json.loads(sys.stdin.readline()))
        reply = {"address": server.listening_address}
    except RuntimeError as error:
        reply = {"error": str(error)}
    answer.write(json.dumps(reply) + "\n")
    answer.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
