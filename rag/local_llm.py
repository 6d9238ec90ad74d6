"""A GGUF model served inside this process by llama.cpp, which listens on loopback with the OpenAI API.

So a local model and a server anywhere are the same to whoever asks: one client path (rag.generate).
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import httpx
import structlog
import xllamacpp

from rag.errors import ModelServerError

_log = structlog.get_logger(__name__)


class LocalLLM:
    """Loads the model at once (one to three seconds) and serves it until `close` or the end of the process.

    `context_tokens` bounds prompt and answer together. The key is made anew each time: other users of the machine can
    reach loopback too. Raises ModelServerError when the file cannot be loaded.
    """

    def __init__(self, path: Path, *, context_tokens: int = 2048, threads: int | None = None) -> None:
        self.api_key = secrets.token_urlsafe(16)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = context_tokens
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = threads or os.cpu_count() or 1
        parameters.hostnames = ["127.0.0.1"]
        parameters.port = 0  # any free one
        parameters.api_keys = [self.api_key]
        parameters.verbosity = -1
        try:
            self._server: xllamacpp.Server | None = xllamacpp.Server(parameters)
        except RuntimeError as error:
            raise ModelServerError(
                f"The model {path} cannot be loaded ({error}). Fetch it again with `gisa models pull`.",
                f"모델 {path} 을(를) 불러올 수 없습니다({error}). `gisa models pull`로 다시 받으세요.",
            ) from error
        self.base_url = f"{self._server.listening_address}/v1"
        self._wait()
        _log.info("local model loaded", path=str(path), context_tokens=context_tokens)

    def _wait(self) -> None:
        """Until the server has done something: closed before its loop runs, it never ends (xllamacpp 2026.10)."""
        key = {"Authorization": f"Bearer {self.api_key}"}
        httpx.post(f"{self.base_url}/completions", json={"prompt": "a", "max_tokens": 1}, headers=key, timeout=60)

    def close(self) -> None:
        self._server = None
