"""The KakaoTalk skill over real HTTP, with a fake of the host that its callbacks go to.

Payloads are those of Kakao's own pages, with other texts (https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide):
answer_json_format, "SkillPayload"; ai_chatbot_callback_guide, "SkillPayload" with callbackUrl.
"""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest
from chat_tools import KAKAO_SECRET, Heard
from serving import ASKED, Drafting, Open, Slow, served

from rag.errors import SettingsError
from rag.settings import load_settings
from ui.channels import kakaotalk
from ui.channels.background import Seen
from ui.rest.errors import RequestError

pytest_plugins = ["serving", "chat_tools"]
KOREAN = "한국이 확보하는 GPU는 몇 장인가?"
PAYLOAD: dict[str, Any] = {
    "userRequest": {
        "timezone": "Asia/Seoul",
        "params": {"surface": "BuilderBotTest", "ignoreMe": "true"},
        "block": {"id": "<블록 id>", "name": "<블록 이름>"},
        "utterance": KOREAN,
        "lang": "ko",
        "user": {
            "id": "<사용자 botUserKey>",
            "type": "botUserKey",
            "properties": {"plusfriendUserKey": "<카카오톡 채널 사용자 id>"},
        },
    },
    "contexts": [],
    "bot": {"id": "<봇 id>", "name": "<봇 이름>"},
    "intent": {"id": "<블록 id>", "name": "지식+", "extra": {"reason": {"code": 1, "message": "OK"}}},
    "action": {"name": "<스킬 이름>", "clientExtra": None, "params": {}, "id": "<스킬 id>", "detailParams": {}},
    "flow": {"trigger": {"type": "TEXT_INPUT"}, "lastBlock": {"id": "<이전 블록 ID>", "name": "<이전 블록 이름>"}},
}
Skilled = Callable[..., AbstractContextManager[httpx.Client]]


def payload(utterance: str = KOREAN, callback: str | None = None, user: str | None = None) -> dict[str, Any]:
    told = copy.deepcopy(PAYLOAD)
    told["userRequest"]["utterance"] = utterance
    if callback is not None:
        told["userRequest"]["callbackUrl"] = callback
    if user is not None:
        told["userRequest"]["user"]["id"] = user
    return told


@pytest.fixture
def skilled(opened: Open, kakao_host: Heard) -> Skilled:
    """`with skilled(model, **settings of serve) as client`: a skill server that may call the fake back."""

    @contextmanager
    def opened_skill(model: Any = None, *, kakao: Any = None, **serve: Any) -> Iterator[httpx.Client]:
        told = {"secret": KAKAO_SECRET, "callback_origins": [kakao_host.url]} | (kakao or {})
        with served(opened(model, kakao=told, **serve)) as client:
            warm(client)
            yield client

    return opened_skill


def warm(client: httpx.Client) -> None:
    """Have loaded what is loaded with the first questions: the limits here are seconds."""
    for question in (KOREAN, ASKED):
        client.post("/v1/search", json={"question": question})
    client.post("/v1/ask", json={"question": KOREAN})  # read without the model


def send(client: httpx.Client, told: Any, secret: str = KAKAO_SECRET) -> httpx.Response:
    return client.post("/kakao/skill", json=told, headers={"X-Gisa-Secret": secret})


def text_of(reply: dict[str, Any]) -> str:
    found: str = reply["template"]["outputs"][0]["simpleText"]["text"]
    return found


def test_what_the_model_answers_in_time_is_the_response(skilled: Skilled) -> None:
    with skilled(Drafting("26만 장")) as client:
        response = send(client, payload())
        english = send(client, payload(ASKED, user="another")).json()
    reply = response.json()
    assert (response.status_code, reply["version"]) == (200, "2.0")
    assert "[1]" in text_of(reply)
    assert "26만" in text_of(reply)
    assert "[1] " in json.dumps(reply["template"]["outputs"][1], ensure_ascii=False)
    assert "260,000" in text_of(english) or "26만" in text_of(english)


def test_a_slow_model_without_a_callback_is_not_waited_for(skilled: Skilled) -> None:
    model = Slow(words=1000)
    with skilled(model) as client:
        started = time.monotonic()
        reply = send(client, payload(ASKED)).json()
        assert time.monotonic() - started < 5  # Kakao's limit
        assert model.ended.wait(3)  # and the model works for nobody
    assert "260,000" in text_of(reply)
    assert "Read in the article, at the marked words" in text_of(reply)


def test_a_slow_model_with_a_callback_answers_there(skilled: Skilled, kakao_host: Heard) -> None:
    model = Slow(words=100)
    with skilled(model) as client:
        started = time.monotonic()
        reply = send(client, payload(ASKED, f"{kakao_host.url}/callback/token-1")).json()
        assert time.monotonic() - started < 5
        called = kakao_host.wait("callback")[0]
    assert reply == {"version": "2.0", "useCallback": True, "data": {"text": "Looking in the articles…"}}
    assert called["version"] == "2.0"
    assert "260,000" in text_of(called)
    assert len(kakao_host.calls) == 1


def test_what_needs_no_model_needs_no_callback(skilled: Skilled, kakao_host: Heard) -> None:
    with skilled(Slow(words=1000)) as client:
        reply = send(client, payload("카카오가 확보하는 GPU는 몇 장인가?", f"{kakao_host.url}/callback/token-1")).json()
        time.sleep(0.3)
    assert "기사에서 답을 찾지 못했습니다" in text_of(reply)
    assert kakao_host.calls == []


def test_a_callback_that_takes_too_long_is_answered_by_reading(
    skilled: Skilled, kakao_host: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kakaotalk, "CALLBACK_S", 8.0)
    with skilled(Slow(words=1000)) as client:
        send(client, payload(ASKED, callback=f"{kakao_host.url}/callback/token-1"))
        called = kakao_host.wait("callback", seconds=12)[0]
    assert "260,000" in text_of(called)
    assert "Read in the article, at the marked words" in text_of(called)


def test_what_was_begun_is_called_back_before_the_server_ends(skilled: Skilled, kakao_host: Heard) -> None:
    with skilled(Slow(words=100)) as client:
        assert send(client, payload(ASKED, callback=f"{kakao_host.url}/callback/token-1")).json()["useCallback"]
    assert len(kakao_host.of("callback")) == 1


def test_a_redirect_is_not_followed_and_a_failure_not_repeated(skilled: Skilled, kakao_host: Heard) -> None:
    for status in (307, 500):
        kakao_host.status = status
        with skilled(Slow(words=100)) as client:
            send(client, payload(ASKED, callback=f"{kakao_host.url}/callback/token-{status}"))
            kakao_host.wait("callback")
            time.sleep(0.3)
        assert [path for path, _ in kakao_host.calls] == ["callback"]
        kakao_host.calls.clear()


def test_a_user_goes_on_with_their_own_conversation(opened: Open) -> None:
    before: list[list[str]] = []

    def standalone(question: str, turns: Any, names: Any) -> str:
        before.append([turn.question for turn in turns])
        return ASKED

    with served(opened(None, standalone, kakao={"secret": KAKAO_SECRET})) as client:
        warm(client)
        for question, user in ((ASKED, "a"), ("And?", "a"), (ASKED, "b")):
            reply = send(client, payload(question, user=user)).json()
            if question == "And?":
                assert f"Understood as: {ASKED}" in text_of(reply)
    assert before == [[ASKED]]


class TestForged:
    @pytest.mark.parametrize("secret", ["", "wrong", KAKAO_SECRET[:-1], KAKAO_SECRET + "x", "Ã©"])
    def test_a_wrong_secret(self, skilled: Skilled, kakao_host: Heard, secret: str) -> None:
        with skilled() as client:
            told = payload(callback=f"{kakao_host.url}/callback/1")
            response = client.post("/kakao/skill", json=told, headers={b"X-Gisa-Secret": secret.encode("latin-1")})
            none = client.post("/kakao/skill", json=told)
            time.sleep(0.2)
        for one in (response, none):
            assert (one.status_code, one.json()["code"]) == (401, "forged")
            assert one.headers["content-type"] == "application/problem+json"
        assert kakao_host.calls == []

    @pytest.mark.parametrize(
        "address",
        [
            "https://evil.example/callback/1",
            "https://kakao.com.evil.example/",
            "https://evilkakao.com/",
            "https://bot-api.kakao.com@evil.example/",
            "https://user:secret@bot-api.kakao.com/",
            "https://bot-api.kakao.com:8443/",
            "https://evil.example\\@bot-api.kakao.com/",
            "https://evil.example#.kakao.com",
            "http://bot-api.kakao.com/",
            "ftp://bot-api.kakao.com/",
            "//bot-api.kakao.com/",
            "http://127.0.0.1:1/",
            "http://169.254.169.254/latest/meta-data",
            "file:///etc/passwd",
            "",
            "not an address",
            "https://[::1",
        ],
    )
    def test_a_foreign_callback_is_refused(self, address: str) -> None:
        """With the default list: nothing but Kakao's own names over https."""
        allowed = [kakaotalk._matching(one) for one in load_settings().serve.kakao.callback_origins]
        skill = object.__new__(kakaotalk.Skill)
        skill._origins, skill._called = allowed, Seen()
        with pytest.raises(RequestError):
            skill._callback(address)
        assert str(skill._callback("https://bot-api.kakao.com/v1/bots/1/callback/2?x=1")).endswith("?x=1")

    def test_a_foreign_callback_is_never_posted_to(self, skilled: Skilled, kakao_host: Heard) -> None:
        with skilled(Slow(words=10), kakao={"callback_origins": ["https://*.kakao.com"]}) as client:
            response = send(client, payload(callback=f"{kakao_host.url}/callback/1"))
            time.sleep(0.5)
        told = response.json()
        assert (response.status_code, told["code"]) == (422, "invalid_request")
        assert told["errors"] == [{"field": "body.userRequest.callbackUrl", "message": "not an address of Kakao"}]
        assert kakao_host.calls == []

    def test_a_callback_address_serves_once(self, skilled: Skilled, kakao_host: Heard) -> None:
        with skilled(Slow(words=100)) as client:
            told = payload(ASKED, callback=f"{kakao_host.url}/callback/1")
            assert send(client, told).json()["useCallback"]
            again = send(client, told)
            kakao_host.wait("callback")
            time.sleep(0.3)
        assert again.status_code == 422
        assert len(kakao_host.calls) == 1

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            (b"{", 400, "malformed_body"),
            (b"\xff", 400, "malformed_body"),
            (b"[]", 422, "invalid_request"),
            (b"{}", 422, "invalid_request"),
            (b'{"userRequest": {"utterance": 3, "user": {"id": "u"}}}', 422, "invalid_request"),
            (b'{"userRequest": {"utterance": "q", "user": {"id": ""}}}', 422, "invalid_request"),
            (b'{"userRequest": {"utterance": "q", "user": {"id": "u"}, "callbackUrl": ["x"]}}', 422, "invalid_request"),
            (json.dumps(payload("가" * 70_000)).encode(), 413, "body_too_large"),
        ],
    )
    def test_bad_bodies(self, skilled: Skilled, body: bytes, status: int, code: str) -> None:
        headers = {"X-Gisa-Secret": KAKAO_SECRET, "content-type": "application/json"}
        with skilled() as client:
            response = client.post("/kakao/skill", content=body, headers=headers)
        assert (response.status_code, response.json()["code"]) == (status, code)

    def test_without_its_secret_there_is_no_skill(self, opened: Open) -> None:
        with served(opened()) as client:
            assert send(client, payload()).status_code == 404


class TestTrouble:
    """Status 200 and one plain line: anything else the user sees as a failure of the chatbot."""

    @pytest.mark.parametrize("utterance", ["", "  \n", "?!"])
    def test_no_question(self, skilled: Skilled, utterance: str) -> None:
        with skilled() as client:
            response = send(client, payload(utterance))
        assert response.status_code == 200
        assert "quickReplies" not in response.json()["template"]

    def test_too_many_of_one_user(self, skilled: Skilled) -> None:
        with skilled(asks_per_minute=1) as client:
            send(client, payload())
            told = send(client, payload()).json()
            other = send(client, payload(user="another")).json()
        assert "뒤에 다시 시도하세요" in text_of(told)
        assert told["template"]["quickReplies"] == [
            {"action": "message", "label": "다시 물어보기", "messageText": KOREAN}
        ]
        assert "26만" in text_of(other)

    def test_a_full_queue_is_read_around(self, skilled: Skilled) -> None:
        model = Slow(words=400)
        with skilled(model, queue_length=0) as client:
            client.headers["connection"] = "close"
            with client.stream("POST", "/v1/ask/stream", json={"question": ASKED}) as busy:
                assert busy.status_code == 200
                assert model.began.wait(20)
                reply = send(client, payload(ASKED)).json()
                numbers = client.get("/metrics").text.splitlines()
        assert "260,000" in text_of(reply)
        # one of the answers that were read is the first, by which the model was warmed
        assert {"gisa_queue_refusals_total 1.0", 'gisa_answers_total{answered_by="reader"} 2.0'} <= set(numbers)

    def test_nothing_in_time(self, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
        service = opened(kakao={"secret": KAKAO_SECRET, "answer_s": 2})

        async def never(*_: Any, **__: Any) -> None:
            await asyncio.sleep(30)

        monkeypatch.setattr(service, "ask", never)
        monkeypatch.setattr(service, "quote", never)
        with served(service) as client:
            started = time.monotonic()
            reply = send(client, payload()).json()
            assert time.monotonic() - started < 5
        assert text_of(reply) == "지금은 질문이 많습니다. 잠시 뒤에 다시 물어보세요."

    def test_an_unforeseen_error_is_told(
        self, opened: Open, kakao_host: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = opened(kakao={"secret": KAKAO_SECRET, "callback_origins": [kakao_host.url]})

        async def broken(*_: Any, **__: Any) -> None:
            await asyncio.sleep(1.5)
            raise ZeroDivisionError

        monkeypatch.setattr(service, "ask", broken)
        with served(service) as client:
            assert send(client, payload(callback=f"{kakao_host.url}/callback/1")).json()["useCallback"]
            told = kakao_host.wait("callback")[0]
        assert text_of(told) == "문제가 생겼습니다. 다시 시도하세요."


@pytest.mark.parametrize(
    "origin",
    ["http://kakao.com", "https://*", "https://*.com/", "*.kakao.com", "https://kakao.com/path", "https://*.*"],
)
def test_origins_that_cannot_be_meant_are_wrong_settings(origin: str) -> None:
    with pytest.raises(SettingsError):
        load_settings(serve={"kakao": {"callback_origins": [origin]}})
