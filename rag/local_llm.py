"""A GGUF model served by llama.cpp in a child process, which listens on loopback with the OpenAI API.

So a local model and a server anywhere are the same to whoever asks: one client path (rag.generate).
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import threading
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import httpx
import structlog

from rag import prompt_files
from rag.errors import ModelServerError
from rag.llama_process import LlamaProcess

_log = structlog.get_logger(__name__)
_PATIENCE_S = 300
"""The first token of a model that shares a busy machine."""


class LocalLLM:
    """Loads the model at once (one to three seconds) and serves it until `close` or the end of the process.

    `context_tokens` bounds prompt and answer together. `cache` is a folder for what `begin` keeps; without one it keeps
    nothing. The key is made anew each time: other users of the machine can reach loopback too. Raises ModelServerError
    when the file cannot be loaded.
    """

    def __init__(
        self, path: Path, *, context_tokens: int = 2048, threads: int | None = None, cache: Path | None = None
    ) -> None:
        self.api_key = secrets.token_urlsafe(16)
        self._path = path
        self._cache = cache if cache is not None and _made(cache) else None
        self._begun: str | None = None
        self._beginning = threading.Lock()
        try:
            self._server = LlamaProcess(
                path=str(path),
                context_tokens=context_tokens,
                threads=threads or os.cpu_count() or 1,
                key=self.api_key,
                slots=str(self._cache) if self._cache is not None else None,
            )
        except RuntimeError as error:
            raise ModelServerError(
                f"The model {path} cannot be loaded ({error}). Fetch it again with `gisa models pull`.",
                f"모델 {path} 을(를) 불러올 수 없습니다({error}). `gisa models pull`로 다시 받으세요.",
            ) from error
        address = self._server.address
        self.base_url = f"{address}/v1"
        self._client = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {self.api_key}"}, timeout=60, trust_env=False
        )
        self._wait()
        _log.info("local model loaded", path=str(path), context_tokens=context_tokens)

    def begin(self, name: str, messages: Sequence[Mapping[str, str]]) -> None:
        """Have the model know the messages with which the prompts to come begin, so that it need not read them again.

        What the model makes of them (its KV cache, some 10 MB) is kept in a file from process to process, one for each
        `name`. A file that is missing, damaged or made otherwise only means reading anew. Call it before each prompt:
        it does something when `name` is not the one of the call before.
        """
        with self._beginning:
            if self._cache is None or self._begun == name:
                return
            key = self._key(messages)
            try:
                if not self._restore(self._cache, name, key):
                    self._read(messages)
                    self._keep(self._cache, name, key)
            except (httpx.HTTPError, OSError) as error:  # it costs time and nothing else
                _log.warning("beginning of prompts not kept", name=name, error=str(error))
            self._begun = name

    def _key(self, messages: Sequence[Mapping[str, str]]) -> str:
        """16 hex digits over all that the state depends on."""
        model = self._path.stat()
        told = json.dumps([version("xllamacpp"), self._path.name, model.st_size, model.st_mtime_ns, list(messages)])
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def _restore(self, cache: Path, name: str, key: str) -> bool:
        path = prompt_files.find(cache, name, key)
        return path is not None and self._slot("restore", path).is_success

    def _read(self, messages: Sequence[Mapping[str, str]]) -> None:
        told = {"messages": list(messages), "max_tokens": 1}
        self._client.post("/v1/chat/completions", json=told, timeout=_PATIENCE_S).raise_for_status()

    def _keep(self, cache: Path, name: str, key: str) -> None:
        part = cache / f"prompt-{secrets.token_hex(4)}.part"
        try:
            saved = self._slot("save", part).raise_for_status().json()
            if part.stat().st_size != saved["n_written"]:
                raise OSError(f"{part} is not whole: is the disk full?")
            prompt_files.keep(part, name, key)
        finally:
            part.unlink(missing_ok=True)

    def _slot(self, action: str, path: Path) -> httpx.Response:
        return self._client.post("/slots/0", params={"action": action}, json={"filename": path.name})

    def _wait(self) -> None:
        """For a first token, which brings the weights into memory."""
        try:
            self._client.post("/v1/completions", json={"prompt": "a", "max_tokens": 1}, timeout=_PATIENCE_S)
        except httpx.HTTPError as error:
            self.close()
            raise ModelServerError(
                f"The model {self._path} was loaded but does not answer ({error}). Try again when the machine is less "
                "busy, or ask with --no-llm.",
                f"모델 {self._path} 을(를) 불러왔지만 답하지 않습니다({error}). 컴퓨터가 덜 바쁠 때 다시 하거나 "
                "--no-llm으로 물어보세요.",
            ) from error

    def close(self) -> None:
        self._client.close()
        self._server.close()


def _made(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        _log.warning("nothing is kept of prompts", folder=str(folder), error=str(error))
        return False
    return True
