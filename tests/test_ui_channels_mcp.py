"""The MCP server, as the official client sees it: over streamable HTTP and over stdio."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent
from serving import ASKED, Drafting, Open, Served, Slow, open_service, served
from shipped import SURE

from ui.service.keys import Keys

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["serving"]
KOREAN = "한국이 확보하는 GPU는 몇 장인가?"


@asynccontextmanager
async def over_http(url: str, key: str | None = None) -> AsyncIterator[ClientSession]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with (
        httpx.AsyncClient(headers=headers, timeout=30) as http,
        streamable_http_client(f"{url}/mcp", http_client=http) as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        yield session


def speak(url: str, said: Callable[[ClientSession], Awaitable[Any]], key: str | None = None) -> Any:
    """What `said` returns of one session."""

    async def talk() -> Any:
        async with over_http(url, key) as session:
            return await said(session)

    return anyio.run(talk)


def call(url: str, name: str, key: str | None = None, **arguments: Any) -> CallToolResult:
    result = speak(url, lambda session: session.call_tool(name, arguments), key)
    assert isinstance(result, CallToolResult)
    return result


def text(result: CallToolResult) -> str:
    (content,) = result.content
    assert isinstance(content, TextContent)
    return content.text


@pytest.fixture(scope="module")
def url(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A server that drafts the same answer to everything."""
    with served(open_service(tmp_path_factory.mktemp("mcp") / "home", shipped_home, embedder)) as client:
        yield str(client.base_url)


def test_tools_are_described_in_both_languages(url: str) -> None:
    async def list_tools(session: ClientSession) -> Any:
        return session.get_server_capabilities(), (await session.list_tools()).tools

    capabilities, tools = speak(url, list_tools)
    assert capabilities.tools is not None
    assert [tool.name for tool in tools] == ["ask", "search", "get_article"]
    for tool in tools:
        described = [tool.description, *(one["description"] for one in tool.inputSchema["properties"].values())]
        for one in described:
            assert any("가" <= letter <= "힣" for letter in one), one
            assert any("a" <= letter <= "z" for letter in one), one
        assert tool.annotations.readOnlyHint is True
        assert "$defs" not in tool.inputSchema
        assert tool.outputSchema["type"] == "object"
    assert tools[0].inputSchema["required"] == ["question"]


def test_an_answer_proves_itself(url: str) -> None:
    result = call(url, "ask", question=ASKED)
    answer = result.structuredContent
    assert answer is not None
    assert json.loads(text(result)) == answer
    assert "260,000" in answer["answer"]
    assert (answer["answered_by"], answer["refused"]) == ("llm", False)
    citation = answer["citations"][0]
    article = call(url, "get_article", article_id=citation["article_id"]).structuredContent
    assert article is not None
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_a_search_can_be_filtered(url: str) -> None:
    found = call(url, "search", question=KOREAN, limit=2).structuredContent
    assert found is not None
    assert len(found["hits"]) == 2
    first = found["hits"][0]["article_id"]
    only = call(url, "search", question=KOREAN, article_ids=[first]).structuredContent
    early = call(url, "search", question=KOREAN, until="2001").structuredContent
    assert only is not None
    assert {hit["article_id"] for hit in only["hits"]} == {first}
    assert early == {"question": KOREAN, "language": "ko", "hits": []}


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("ask", {"question": "?!"}, "no question in words"),
        ("ask", {"question": "?!가"[:2], "language": "fr"}, "language"),
        ("ask", {}, "question: Field required"),
        ("ask", {"question": ASKED, "tone": "kind"}, "tone: Extra inputs"),
        ("ask", {"question": "그럼 몇 장?", "conversation": "gone"}, "그런 대화가 없거나"),
        ("search", {"question": ASKED, "limit": 0}, "limit"),
        ("search", {"question": ASKED, "since": "soon"}, "since"),
        (
            "ask",
            {"question": ASKED, "since": "2025-02", "until": "2024-02-29"},
            "The first day is later than the last.",
        ),
        ("search", {"question": KOREAN, "since": "2025-02", "until": "2024-02-29"}, "시작일이 종료일보다 늦습니다."),
        ("get_article", {"article_id": "nobody's"}, "nobody's"),
    ],
)
def test_what_is_wrong_is_told_to_the_model(url: str, name: str, arguments: dict[str, Any], said: str) -> None:
    result = call(url, name, **arguments)
    assert result.isError is True
    assert said in text(result)
    assert result.structuredContent is None


def test_an_unknown_tool_is_an_error_of_the_protocol(url: str) -> None:
    from mcp import McpError

    with pytest.raises(ExceptionGroup) as caught:
        call(url, "delete_article")
    assert caught.group_contains(McpError, match="Unknown tool", depth=None)


def test_a_follow_up_names_its_conversation(url: str) -> None:
    first = call(url, "ask", question=ASKED).structuredContent
    assert first is not None
    second = call(url, "ask", question=ASKED, conversation=first["conversation"]).structuredContent
    assert second is not None
    assert second["conversation"] == first["conversation"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_session_and_no_stream(url: str, method: str) -> None:
    told = httpx.request(method, f"{url}/mcp", headers={"accept": "text/event-stream"})
    assert (told.status_code, told.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b'{"jsonrpc": "2.0"}', 400),
        (b"x" * 70_000, 413),
    ],
)
@pytest.mark.parametrize("chunked", [False, True])
def test_bad_bodies(url: str, content: bytes, status: int, chunked: bool) -> None:
    headers = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    body = iter([content]) if chunked else content
    assert httpx.post(f"{url}/mcp", content=body, headers=headers).status_code == status


def test_pages_of_other_origins_are_turned_away(url: str) -> None:
    assert httpx.post(f"{url}/mcp", json={}, headers={"origin": "https://evil.example"}).status_code == 403


def test_a_key_of_gisa_opens_it(opened: Open) -> None:
    service = opened(require_keys=True, asks_per_minute=1)
    key = Keys(service.database).create("desktop", ("ask",))
    with served(service) as client:
        base = str(client.base_url)
        assert httpx.post(f"{base}/mcp", json={}).status_code == 401
        with pytest.raises(ExceptionGroup) as caught:
            call(base, "search", "gisa_00000000_" + "x" * 43, question=ASKED)
        assert caught.group_contains(httpx.HTTPStatusError, match="401", depth=None)
        assert call(base, "ask", key, question=ASKED).isError is False
        again = call(base, "ask", key, question=ASKED)
        assert again.isError is True
        assert "Too many requests" in text(again)
        assert call(base, "search", key, question=ASKED).isError is False


def test_answers_and_full_queues_are_counted(opened: Open) -> None:
    service = opened(queue_length=1, answers_at_once=1)
    with served(service) as client:
        base = str(client.base_url)
        assert call(base, "ask", question=ASKED).isError is False
        for name in "ab":
            service.turns.join(name)
        assert "Too many questions are waiting" in text(call(base, "ask", question=ASKED))
        numbers = client.get("/metrics").text.splitlines()
    assert {'gisa_answers_total{answered_by="llm"} 1.0', "gisa_queue_refusals_total 1.0"} <= set(numbers)


def test_a_client_that_leaves_stops_the_model(serving: Served) -> None:
    model = Slow(words=1000)
    with serving(model) as client:
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "ask", "arguments": {"question": ASKED}},
        }

        async def leave() -> None:
            async with httpx.AsyncClient(base_url=client.base_url, timeout=60) as http:
                asking = asyncio.create_task(
                    http.post("/mcp", json=body, headers={"accept": "application/json, text/event-stream"})
                )
                assert await asyncio.to_thread(model.began.wait, 30)
                asking.cancel()
                await asyncio.wait((asking,))

        asyncio.run(leave())
        assert model.ended.wait(5)  # of 20 seconds


def test_what_nobody_foresaw_is_not_told(serving: Served) -> None:
    from mcp import McpError

    class Broken(Drafting):
        def write(self, *told: object) -> str:
            raise RuntimeError(f"secret {told}")

    with serving(Broken()) as client, pytest.raises(ExceptionGroup) as caught:
        call(str(client.base_url), "ask", question=ASKED)
    assert caught.group_contains(McpError, match=r"^Something went wrong", depth=None)


def test_the_command_speaks_over_stdio(home: Path, shipped_home: Path, tmp_path: Path) -> None:
    """`gisa mcp` as an application starts it: nothing but the protocol on stdout, and an end when stdin closes."""
    shutil.copytree(shipped_home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "models").symlink_to(home / "models")
    environment = os.environ | {"GISA_HOME": str(tmp_path), "GISA_LANG": "en", "GISA_ANSWER__SURE_ODDS": str(SURE)}
    command = [sys.executable, "-m", "ui.cli", "mcp", "--no-llm"]

    async def talk() -> tuple[Any, CallToolResult]:
        parameters = StdioServerParameters(command=command[0], args=command[1:], env=environment)
        with (tmp_path / "stderr").open("w") as log:
            async with stdio_client(parameters, errlog=log) as (read, write), ClientSession(read, write) as session:
                started = await session.initialize()
                return started, await session.call_tool("ask", {"question": KOREAN})

    started, result = anyio.run(talk)
    answer = result.structuredContent
    assert started.serverInfo.name == "gisa"
    assert answer is not None
    assert (answer["answered_by"], answer["language"]) == ("reader", "ko")
    assert "26만" in answer["answer"]
    assert KOREAN not in (tmp_path / "stderr").read_text()

    with subprocess.Popen(command, env=environment, stdin=-1, stdout=-1, stderr=-1, text=True) as running:
        out, log = running.communicate("not a message\n", timeout=60)
    assert (running.returncode, [json.loads(line)["jsonrpc"] for line in out.splitlines()]) == (0, ["2.0"])
    assert "not a message" not in log
