"""The local model itself: loaded once for all tests here, asked one question and for one judgement."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from llama_index.core.base.llms.types import ChatMessage
from made_up import NAMES, evidence, question
from shipped import SECURED, SURE, TRAP

from rag.assemble import Gisa, open_gisa
from rag.errors import ModelServerError
from rag.generate import CERTAIN, beginning, prompt
from rag.local_llm import LocalLLM
from rag.settings import Settings
from rag.types import Answer, Drafted, Event, Found
from seeds.provision import ensure

pytest_plugins = ["shipped"]

MODEL = "qwen2.5-coder-1.5b-instruct"
MOST = 700
"""Tokens that a prompt may have (issue 2)."""


@pytest.fixture(scope="module")
def model_file(home: Path) -> Path:
    """The default language model, fetched once when missing."""
    return ensure(MODEL, home)


@pytest.fixture(scope="module")
def gisa(model_file: Path, embedder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gisa]:
    """As a user has it, but that every English answer is asserted and drafted; its server is gone when it is closed."""
    settings = Settings(
        home=tmp_path_factory.mktemp("gisa"),
        embedder={"model": str(embedder_folder)},
        llm={"model": str(model_file), "timeout_s": 300},
        answer={"drafting": "always", "sure_odds": SURE},
    )
    with open_gisa(settings) as gisa:
        yield gisa
        url = served(gisa).base_url
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/models", timeout=5)


@pytest.fixture(scope="module")
def asked(gisa: Gisa) -> tuple[Answer, list[Event]]:
    """The one question asked here: its answer, and what was heard on the way."""
    events: list[Event] = []
    return gisa.ask(TRAP, listen=events.append), events


@pytest.fixture(scope="module")
def local(gisa: Gisa, asked: tuple[Answer, list[Event]]) -> LocalLLM:
    """Loaded, for it has answered."""
    return served(gisa)


def served(gisa: Gisa) -> LocalLLM:
    assert gisa._model is not None
    assert gisa._model._local is not None
    return gisa._model._local


@pytest.fixture(scope="module")
def client(local: LocalLLM) -> Iterator[httpx.Client]:
    """With the key, at the root of the server."""
    headers = {"Authorization": f"Bearer {local.api_key}"}
    with httpx.Client(base_url=local.base_url.removesuffix("/v1"), headers=headers, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def real_tokens(client: httpx.Client) -> Callable[[list[ChatMessage]], int]:
    """How many tokens the model reads for these messages, its chat template included."""

    def count(messages: list[ChatMessage]) -> int:
        turns = [{"role": message.role.value, "content": str(message.content)} for message in messages]
        whole = client.post("/apply-template", json={"messages": turns}).raise_for_status().json()["prompt"]
        told = client.post("/tokenize", json={"content": whole, "parse_special": True}).raise_for_status()
        return len(told.json()["tokens"])

    return count


class TestServer:
    def test_on_loopback_only(self, local: LocalLLM) -> None:
        address = urlsplit(local.base_url)
        assert address.hostname == "127.0.0.1"
        assert address.port
        assert address.path == "/v1"
        assert _listening(address.port) == {"127.0.0.1"}

    @pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/completion", "/tokenize"])
    @pytest.mark.parametrize("key", [None, "wrong"])
    def test_needs_the_key(self, local: LocalLLM, path: str, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        told = {"messages": [{"role": "user", "content": "hi"}], "prompt": "hi", "content": "hi", "max_tokens": 1}
        url = local.base_url.removesuffix("/v1") + path
        assert httpx.post(url, json=told, headers=headers, timeout=30).status_code == 401

    def test_lets_in_who_has_it(self, client: httpx.Client) -> None:
        assert client.get("/v1/models").status_code == 200

    def test_key_cannot_be_guessed(self, local: LocalLLM) -> None:
        assert len(local.api_key) >= 20

    @pytest.mark.parametrize("content", [b"", b"not a model at all", b"GGUF\x03\x00\x00\x00broken"])
    def test_a_file_that_is_no_model(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "broken.gguf"
        path.write_bytes(content)
        with pytest.raises(ModelServerError) as caught:
            LocalLLM(path)
        for line in (caught.value.en, caught.value.ko):
            assert str(path) in line
            assert "gisa models pull" in line
            assert "\n" not in line


class TestPromptTokens:
    """Counted with the model's own tokenizer; test_rag_generate holds the rest by estimate."""

    LONG = "정부는 GPU 26만장을 엔비디아와 함께 2조원에 들여와 연세대와 삼성전자에 내년까지 나눠 준다. "

    @pytest.mark.parametrize("language", ["en", "ko"])
    @pytest.mark.parametrize("times", [1, 3, 400])
    def test_over_long_sentence_and_question(
        self, real_tokens: Callable[[list[ChatMessage]], int], language: str, times: int
    ) -> None:
        asked = question("How many GPUs? 몇 장인가? " * 80, language)
        assert real_tokens(prompt(asked, evidence(self.LONG * times), NAMES)) <= MOST

    @pytest.mark.parametrize("odd", ["x", "7", "國", "😀", "“", "똠"])
    def test_text_without_words(self, real_tokens: Callable[[list[ChatMessage]], int], odd: str) -> None:
        asked = question("why " + odd * 1900, "en")
        assert real_tokens(prompt(asked, evidence(odd * 20_000), NAMES)) <= MOST


class TestOneQuestion:
    def test_answer(self, asked: tuple[Answer, list[Event]], model_file: Path) -> None:
        answer = asked[0]
        assert answer.answered_by == "llm"
        assert answer.language == "en"
        assert "more than 260,000" in answer.answer.casefold()
        assert answer.model == model_file.stem
        assert any(claim.supported for claim in answer.claims)

    def test_citation(self, asked: tuple[Answer, list[Event]]) -> None:
        first = asked[0].citations[0]
        assert SECURED in first.quote
        assert first.published == "2025-10-31"
        assert "[1]" in asked[0].answer

    def test_streamed(self, asked: tuple[Answer, list[Event]]) -> None:
        events = asked[1]
        assert isinstance(events[0], Found)
        assert sum(isinstance(event, Drafted) for event in events) > 3

    def test_judges_by_log_probabilities(self, gisa: Gisa, local: LocalLLM) -> None:
        """A sentence about something else: odds of its own, not the ones that stand for a reply."""
        assert gisa._model is not None
        beside = evidence("김하늘 교수는 강물의 오염을 재는 위성을 개발하고 있다.")
        odds = gisa._model.judge(question(TRAP), beside, NAMES)
        assert odds != -CERTAIN
        assert odds < 0


class TestBeginning:
    """The instructions and examples are read once and then kept, from process to process."""

    MESSAGES = tuple({"role": message.role.value, "content": str(message.content)} for message in beginning("en"))

    def as_in_a_new_process(self, local: LocalLLM, client: httpx.Client) -> int:
        """Begin with a model that has read nothing yet; how many tokens of a prompt it then knows."""
        client.post("/slots/0", params={"action": "erase"}).raise_for_status()
        local._begun = None
        local.begin("en", self.MESSAGES)
        asked = [*self.MESSAGES, {"role": "user", "content": "Question: Who?"}]
        reply = client.post("/v1/chat/completions", json={"messages": asked, "max_tokens": 1}).raise_for_status()
        return int(reply.json()["timings"]["cache_n"])

    def test_known_and_not_read_again(
        self, local: LocalLLM, client: httpx.Client, gisa: Gisa, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert len(list((gisa.settings.home / "cache").glob("prompt-en-*.kv"))) == 1
        monkeypatch.setattr(local, "_read", None)  # reading would raise TypeError
        assert self.as_in_a_new_process(local, client) > 200

    def test_a_damaged_file_is_read_anew(self, local: LocalLLM, client: httpx.Client, gisa: Gisa) -> None:
        """llama.cpp itself aborts the process over a file that was cut off."""
        (kept,) = (gisa.settings.home / "cache").glob("prompt-en-*.kv")
        kept.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
        assert self.as_in_a_new_process(local, client) > 200
        (mended,) = (gisa.settings.home / "cache").glob("prompt-en-*.kv")
        assert mended.stat().st_size > 1_000_000
        assert not list((gisa.settings.home / "cache").glob("*.part"))

    def test_a_folder_that_cannot_be_written_costs_only_time(
        self, local: LocalLLM, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(local, "_cache", tmp_path / "gone")
        monkeypatch.setattr(local, "_read", lambda messages: None)
        monkeypatch.setattr(local, "_begun", None)
        local.begin("en", self.MESSAGES)
        assert local._begun == "en"

    def test_whatever_the_state_depends_on_makes_another_key(self, local: LocalLLM) -> None:
        assert local._key(self.MESSAGES) == local._key([*self.MESSAGES])
        assert local._key(self.MESSAGES) != local._key(self.MESSAGES[:-1])


def _listening(port: int) -> set[str]:
    """The addresses on which a port of this machine is listened to."""
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            address, state = row.split()[1], row.split()[3]
            host, at = address.split(":")
            if state == "0A" and int(at, 16) == port:
                parts = [str(byte) for byte in bytes.fromhex(host)[::-1]]
                found.add(".".join(parts))
    return found


class TestCrash:
    """Last, for nothing works after it."""

    def test_a_model_that_is_gone_leaves_what_was_read(self, gisa: Gisa, local: LocalLLM) -> None:
        os.kill(local._server.pid, signal.SIGKILL)
        answer = gisa.ask(TRAP)
        assert answer.answered_by == "reader"
        assert SECURED in answer.citations[0].quote
        assert len(answer.notices) == 1
