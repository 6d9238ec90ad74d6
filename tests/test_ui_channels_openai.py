"""The OpenAI-compatible routes, as the official client sees them over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionChunk, ChatCompletionMessageParam
from serving import ASKED, Drafting, Open, Slow, open_service, served

from index.names import NameBook
from rag.types import Answer, Citation
from ui.channels import openai_api
from ui.channels.openai_shape import message, without_sources
from ui.service import Turn

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["serving"]
KOREAN = "한국이 확보하는 GPU는 몇 장인가?"
Talking = Callable[..., AbstractContextManager[openai.OpenAI]]


@pytest.fixture
def talking(opened: Open) -> Talking:
    """`with talking(model, standalone, key=..., **settings of serve) as client`."""

    @contextmanager
    def talk(*told: Any, key: str = "none", **serve: Any) -> Iterator[openai.OpenAI]:
        with (
            served(opened(*told, **serve)) as http,
            openai.OpenAI(base_url=f"{http.base_url}/v1", api_key=key, max_retries=0, timeout=30) as client,
        ):
            yield client

    return talk


@pytest.fixture(scope="module")
def idle(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A server that is asked nothing which it answers."""
    with served(open_service(tmp_path_factory.mktemp("openai") / "home", shipped_home, embedder)) as client:
        yield client


def question(text: str = ASKED) -> list[ChatCompletionMessageParam]:
    return [{"role": "user", "content": text}]


def raw(client: openai.OpenAI) -> httpx.Client:
    return httpx.Client(base_url=str(client.base_url).removesuffix("/v1/"), timeout=30)


def test_the_model_is_listed(talking: Talking) -> None:
    with talking() as client:
        assert [one.id for one in client.models.list()] == ["gisa"]
        assert client.models.retrieve("gisa").owned_by == "gisa"
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve("gpt-5")
    assert caught.value.code == "model_not_found"


def test_an_answer_is_annotated_with_its_sources(talking: Talking) -> None:
    with talking() as client:
        told = client.chat.completions.create(model="gisa", messages=question())
        said = told.choices[0].message
        assert said.content is not None
        assert said.annotations
        cited = said.annotations[0].url_citation
        with raw(client) as http:
            article = http.get(cited.url).json()
    ours = told.model_dump()["gisa"]
    assert told.object == "chat.completion"
    assert (told.choices[0].finish_reason, said.role, told.model) == ("stop", "assistant", "gisa")
    assert said.content.startswith(ours["answer"])
    assert "260,000" in ours["answer"]
    assert said.content[cited.start_index : cited.end_index] == "[1]"
    assert cited.title == article["title"] == ours["citations"][0]["title"]
    quote = ours["citations"][0]["quote"]
    assert quote in article["text"]
    assert f"Sources:\n\n- [1] {article['title']}" in said.content
    assert quote in said.content
    assert told.usage is not None
    assert told.usage.total_tokens == told.usage.prompt_tokens + told.usage.completion_tokens
    assert told.usage.prompt_tokens == 8  # 32 bytes


def test_an_answer_in_korean_lists_its_sources_in_korean(talking: Talking) -> None:
    with talking(Drafting("26만 장 이상")) as client:
        told = client.chat.completions.create(model="gisa", messages=question(KOREAN))
    content = told.choices[0].message.content or ""
    assert "26만" in content
    assert "\n\n출처:\n\n- [1] " in content


def test_sources_in_the_text_can_be_turned_off(talking: Talking) -> None:
    with talking(sources_in_text=False) as client:
        told = client.chat.completions.create(model="gisa", messages=question())
    assert told.choices[0].message.content == told.model_dump()["gisa"]["answer"]
    assert told.choices[0].message.annotations


def test_links_lead_where_readers_reach_the_server(talking: Talking) -> None:
    with talking(public_url="https://gisa.example/news/") as client:
        told = client.chat.completions.create(model="gisa", messages=question())
    annotations = told.choices[0].message.annotations
    assert annotations
    assert annotations[0].url_citation.url.startswith("https://gisa.example/news/v1/articles/")


def streamed(client: openai.OpenAI, **told: Any) -> list[ChatCompletionChunk]:
    return list(client.chat.completions.create(model="gisa", messages=question(), stream=True, **told))


def test_a_stream_adds_up_to_the_answer(talking: Talking) -> None:
    with talking() as client:
        chunks = streamed(client)
        whole = client.chat.completions.create(model="gisa", messages=question()).choices[0].message
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == whole.content
    assert sum(bool(delta.content) for delta in deltas) > 3
    annotations = [one for delta in deltas for one in delta.model_dump().get("annotations") or []]
    assert annotations == [one.model_dump() for one in whole.annotations or []]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1
    assert chunks[-1].model_dump()["gisa"]["citations"]


def test_usage_is_streamed_when_asked_for(talking: Talking) -> None:
    with talking() as client:
        chunks = streamed(client, stream_options={"include_usage": True})
        assert all(chunk.usage is None for chunk in streamed(client))
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.prompt_tokens == 8
    assert all(chunk.usage is None for chunk in chunks[:-1])


def test_what_is_not_borne_out_is_never_streamed(talking: Talking) -> None:
    with talking(Drafting("more than 999,000 GPUs")) as client, raw(client) as http:
        body = {"model": "gisa", "messages": question(), "stream": True}
        told = http.post("/v1/chat/completions", json=body)
    assert told.headers["content-type"].startswith("text/event-stream")
    assert "999,000" not in told.text
    assert told.text.endswith("data: [DONE]\n\n")


def test_a_stream_stays_awake_while_the_model_works(talking: Talking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_api, "KEEP_ALIVE_S", 0.05)
    with talking(Slow(words=30)) as client:
        assert "".join(one.choices[0].delta.content or "" for one in streamed(client)).startswith("More than 260,000")
        with raw(client) as http:
            body = {"model": "gisa", "messages": question(), "stream": True}
            text = http.post("/v1/chat/completions", json=body).text
    assert text.count(": at work\n\n") > 3
    assert text.index('"role"') < text.index(": at work") < text.index("260,000")


def test_earlier_messages_are_the_conversation(talking: Talking) -> None:
    heard: list[Sequence[Turn]] = []

    def standalone(asked: str, turns: Sequence[Turn], names: NameBook) -> str:
        heard.append(list(turns))
        return ASKED if asked == "And in all?" else asked

    with talking(Drafting(), standalone) as client:
        first = client.chat.completions.create(model="gisa", messages=question()).choices[0].message
        heard.clear()
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": "You are a pirate."},
            *question("Who is there?"),
            *question(),
            {"role": "assistant", "content": first.content},
            {"role": "user", "content": [{"type": "text", "text": "And in all?"}]},
        ]
        told = client.chat.completions.create(model="gisa", messages=messages)
    ours = told.model_dump()["gisa"]
    assert heard[-1] == [Turn(ASKED, ASKED, (first.content or "").partition("\n\n")[0])]
    assert (ours["question"], ours["rewritten"]) == ("And in all?", ASKED)
    assert "260,000" in (told.choices[0].message.content or "")


def test_a_refusal_is_a_message_that_names_the_nearest_articles(talking: Talking) -> None:
    with talking() as client:
        told = client.chat.completions.create(
            model="gisa", messages=question("How many nurses did Zanzibar Airways hire in 1907?")
        )
    said, ours = told.choices[0].message, told.model_dump()["gisa"]
    assert ours["refused"] is True
    assert (said.annotations, told.choices[0].finish_reason) == ([], "stop")
    assert said.content is not None
    assert said.content.startswith(ours["answer"])
    assert f"Nearest articles:\n\n- {ours['nearest'][0]['title']}" in said.content


@pytest.mark.parametrize(
    ("surplus", "param", "said"),
    [
        ({"n": 2}, "n", "one answer"),
        ({"n": 0}, "n", "one answer"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "no tools"),
        ({"functions": [{"name": "f"}]}, "functions", "no functions"),
        ({"response_format": {"type": "json_object"}}, "response_format.type", "'text'"),
        ({"stream": "yes"}, "stream", "boolean"),
        ({"messages": []}, "messages", "at least 1"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role", "'user'"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}]},
            "messages.0.content.list[TextPart].0.type",
            "'text'",
        ),
    ],
)
def test_what_cannot_be_done_is_said(idle: httpx.Client, surplus: dict[str, Any], param: str, said: str) -> None:
    told = idle.post("/v1/chat/completions", json={"model": "gisa", "messages": question(), **surplus})
    error = told.json()["error"]
    assert (told.status_code, told.headers["content-type"]) == (400, "application/json")
    assert (error["type"], error["code"]) == ("invalid_request_error", "invalid_request")
    assert error["message"].startswith(error["param"])
    assert said in error["message"]
    assert param in error["message"]


def test_other_parameters_are_passed_over(talking: Talking) -> None:
    with talking() as client:
        told = client.chat.completions.create(
            model="gisa",
            messages=question(),
            n=1,
            tools=[],
            temperature=1.5,
            max_tokens=5,
            stop=["a"],
            user="u",
            seed=7,
            response_format={"type": "text"},
            extra_body={"chat_id": "c", "stream_options": None},
        )
    assert "260,000" in (told.choices[0].message.content or "")


@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_those_that_the_client_knows(talking: Talking, stream: bool) -> None:
    def create(client: openai.OpenAI, messages: list[ChatCompletionMessageParam], model: str = "gisa") -> None:
        client.chat.completions.create(model=model, messages=messages, stream=stream)

    with talking() as client:
        with pytest.raises(openai.BadRequestError) as wordless:
            create(client, question("?!"))
        with pytest.raises(openai.BadRequestError) as unasked:
            create(client, [*question(), {"role": "assistant", "content": "Yes."}])
        with pytest.raises(openai.NotFoundError) as unknown:
            create(client, question("다른 모델은?"), model="gpt-5")
        with pytest.raises(openai.APIStatusError) as large:
            create(client, question("a" * 70_000))
        with raw(client) as http:
            broken = http.post("/v1/chat/completions", content=b"{", headers={"content-type": "application/json"})
            wrong = http.get("/v1/chat/completions")
    assert (wordless.value.code, unasked.value.code, unknown.value.code) == ("question", "question", "model_not_found")
    assert (large.value.status_code, large.value.code) == (413, "body_too_large")
    assert (broken.status_code, broken.json()["error"]["code"]) == (400, "malformed_body")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_key_of_gisa_is_the_api_key(opened: Open) -> None:
    from ui.service.keys import Keys

    service = opened(require_keys=True)
    key = Keys(service.database).create("chat", ("ask",))
    with served(service) as http:
        base = f"{http.base_url}/v1"
        for wrong in ("sk-nothing", key[:-1] + "!"):
            with openai.OpenAI(base_url=base, api_key=wrong) as client, pytest.raises(openai.AuthenticationError) as no:
                client.models.list()
            assert no.value.code == "key_needed"
        with openai.OpenAI(base_url=base, api_key=key) as client:
            told = client.chat.completions.create(model="gisa", messages=question())
    assert told.choices[0].message.annotations


def test_asks_beyond_a_limit_are_told_when_to_come_back(talking: Talking) -> None:
    with talking(asks_per_minute=1) as client:
        client.chat.completions.create(model="gisa", messages=question())
        with pytest.raises(openai.RateLimitError) as caught:
            client.chat.completions.create(model="gisa", messages=question())
    assert int(caught.value.response.headers["retry-after"]) >= 1
    assert caught.value.body == {
        "message": caught.value.response.json()["error"]["message"],
        "type": "rate_limit_error",
        "param": None,
        "code": "rate_limited",
    }


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_leaves_stops_the_model(opened: Open, stream: bool) -> None:
    model = Slow(words=1000)
    with served(opened(model)) as client:
        body = {"model": "gisa", "messages": question(), "stream": stream}

        async def leave() -> None:
            async with httpx.AsyncClient(base_url=client.base_url, timeout=60) as http:
                asking = asyncio.create_task(http.post("/v1/chat/completions", json=body))
                assert await asyncio.to_thread(model.began.wait, 30)
                asking.cancel()
                await asyncio.wait((asking,))

        asyncio.run(leave())
        assert model.ended.wait(5)  # of 20 seconds


def test_an_error_on_the_way_ends_the_stream(talking: Talking) -> None:
    class Broken(Slow):
        def write(self, *told: object) -> str:
            from rag.errors import QuestionError

            raise QuestionError("Never mind. Ask again.", "됐습니다. 다시 물어보세요.")

    with talking(Broken()) as client, pytest.raises(openai.APIError) as caught:
        streamed(client)
    assert caught.value.message == "Never mind. Ask again."
    assert json.loads(json.dumps(caught.value.body))["code"] == "question"


def test_what_articles_hold_is_shown_and_not_obeyed() -> None:
    cited = Citation(
        1, "a/b", "[속보] <b>", None, None, "javascript:alert(1)", "3~5일 <img src=x> ![p](http://x)", 0, 5
    )
    answer = Answer(
        "q", "ko", "<img src=x> [1](그림) 3 < 5 [2]", False, "llm", (cited,), (), {}, None, "s", notices=("n",)
    )
    content, (annotation,) = message(answer, "http://here", sources=True)
    assert content == (
        "< img src=x> [1] (그림) 3 < 5 [2]\n\nn\n\n출처:\n\n"
        '- [1] [속보] < b>: "3∼5일 < img src=x> ![p] (http://x)" http://here/v1/articles/a%2Fb'
    )
    its = annotation.url_citation
    assert (content[its.start_index : its.end_index], its.url) == ("[1]", "http://here/v1/articles/a%2Fb")
    assert without_sources(content) == "< img src=x> [1] (그림) 3 < 5 [2]\n\nn"
    assert message(answer, "http://here", sources=False).content == without_sources(content)


def test_a_quotation_is_not_quoted_twice() -> None:
    cited = Citation(1, "a", "제목", "신문", "2025", "https://news.example/1?a=b", "다섯이다.", 0, 5)
    answer = Answer("q", "ko", "“다섯이다.” [1]", False, "extract", (cited,), (), {}, None, "s")
    content = message(answer, "http://here", sources=True).content
    assert content == "“다섯이다.” [1]\n\n출처:\n\n- [1] 제목 (신문, 2025) https://news.example/1?a=b"
