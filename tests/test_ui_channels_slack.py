"""Slack over real HTTP, both ways: requests as Slack signs and sends them, and a fake of its Web API that listens.

Payloads are those of Slack's own pages, with other texts:
https://docs.slack.dev/reference/events/app_mention, .../message.im, .../message.channels, .../url_verification and
https://docs.slack.dev/interactivity/implementing-slash-commands.
"""

from __future__ import annotations

import copy
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from chat_tools import SIGNING_SECRET, Heard, send_slack, signature
from serving import ASKED, Drafting, Open, Slow, served

from rag.errors import SettingsError
from rag.settings import load_settings

pytest_plugins = ["serving", "chat_tools"]
KOREAN = "한국이 확보하는 GPU는 몇 장인가?"
MENTION = {
    "token": "ZZZZZZWSxiZZZ2yIvs3peJ",
    "team_id": "T123ABC456",
    "api_app_id": "A123ABC456",
    "event": {
        "type": "app_mention",
        "user": "U123ABC456",
        "text": f"<@U0LAN0Z89> {ASKED}",
        "ts": "1515449522.000016",
        "channel": "C123ABC456",
        "event_ts": "1515449522000016",
    },
    "type": "event_callback",
    "event_id": "Ev123ABC456",
    "event_time": 1515449522000016,
    "authed_users": ["U0LAN0Z89"],
}
COMMAND = {
    "token": "gIkuvaNzQIHg97ATvDxqgjtO",
    "team_id": "T0001",
    "team_domain": "example",
    "channel_id": "C2147483705",
    "channel_name": "test",
    "user_id": "U2147483697",
    "user_name": "Steve",
    "command": "/gisa",
    "text": ASKED,
    "response_url": "https://hooks.slack.com/commands/1234/5678",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    "api_app_id": "A123456",
}
Slacked = Callable[..., AbstractContextManager[httpx.Client]]


@pytest.fixture
def slacked(opened: Open, slack_api: Heard) -> Slacked:
    """`with slacked(model, **settings of serve) as client`: a server with a Slack app."""
    app = {"bot_token": "xoxb-1", "signing_secret": SIGNING_SECRET, "api_url": f"{slack_api.url}/api/"}
    return lambda model=None, **serve: served(opened(model, slack=app, **serve))


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing of what is asked is logged by the SDK, whatever level is."""
    with caplog.at_level(logging.DEBUG):
        yield
    assert "GPU" not in "".join(
        record.getMessage() for record in caplog.records if record.name.partition(".")[0] not in ("asyncio",)
    )


def mention(text: str = f"<@U0LAN0Z89> {ASKED}", event_id: str = "Ev1", **event: Any) -> str:
    told: dict[str, Any] = copy.deepcopy(MENTION) | {"event_id": event_id}
    told["event"] |= {"text": text} | event
    return json.dumps(told)


def message(text: str, event_id: str = "Ev2", **event: Any) -> str:
    return mention(text, event_id, type="message", **event)


def texts(told: dict[str, Any]) -> str:
    """All that a message shows."""
    found = [block["text"]["text"] for block in told["blocks"] if block["type"] == "section"]
    found += [one["text"] for block in told["blocks"] if block["type"] == "context" for one in block["elements"]]
    return "\n".join(found)


def command(**told: str) -> str:
    return urlencode(COMMAND | told)


FORM = "application/x-www-form-urlencoded"


def test_signatures_here_are_slacks() -> None:
    """The worked example of https://docs.slack.dev/authentication/verifying-requests-from-slack."""
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&"
        "trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    assert signature(body, "1531420618") == "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


@pytest.mark.usefixtures("quiet")
def test_a_mention_is_answered_in_its_thread_with_proof(slacked: Slacked, slack_api: Heard) -> None:
    model = Slow(words=20)
    with slacked(model) as client:
        started = time.monotonic()
        response = send_slack(client, json.dumps(MENTION))
        assert response.status_code == 200
        assert time.monotonic() - started < 3  # Slack's ack
        posted = slack_api.wait("chat.postMessage")[0]
        updated = slack_api.wait("chat.update")[0]
    assert (posted["channel"], posted["thread_ts"]) == ("C123ABC456", "1515449522.000016")
    assert posted["text"] == "Found, being read:"
    assert "26만" in texts(posted)  # the evidence, while the model is at work
    assert (updated["channel"], updated["ts"]) == ("C123ABC456", "1700000000.000001")
    assert "260,000" in updated["text"]
    assert "[1]" in updated["text"]
    assert "*[1]* " in texts(updated)
    assert "2025-10-31" in texts(updated)
    assert len(slack_api.of("chat.postMessage")) == len(slack_api.of("chat.update")) == 1


def test_a_follow_up_in_the_thread_goes_on_with_its_conversation(opened: Open, slack_api: Heard) -> None:
    before: list[list[str]] = []

    def standalone(question: str, turns: Any, names: Any) -> str:
        before.append([turn.question for turn in turns])
        return ASKED

    app = {"bot_token": "xoxb-1", "signing_secret": SIGNING_SECRET, "api_url": f"{slack_api.url}/api"}
    with served(opened(None, standalone, slack=app)) as client:
        send_slack(client, json.dumps(MENTION))
        slack_api.wait("chat.update")
        thread = MENTION["event"]["ts"]  # type: ignore[index]
        reply = message("그럼 민간은?", thread_ts=thread, ts="1515449600.000001", channel_type="channel")
        send_slack(client, reply)
        told = slack_api.wait("chat.update", 2)[1]
        assert slack_api.of("chat.postMessage")[1]["thread_ts"] == thread
        assert before == [[ASKED]]
        assert ASKED in texts(told)  # how it was understood

        for text, event in [
            ("elsewhere", {"thread_ts": "1500000000.000001"}),  # a thread we know nothing of
            ("no thread", {}),
            ("<@U999> what do you think?", {"thread_ts": thread}),
            ("changed", {"thread_ts": thread, "subtype": "message_changed"}),
            ("a bot", {"thread_ts": thread, "bot_id": "B999"}),
            ("   ", {"thread_ts": thread}),
        ]:
            assert send_slack(client, message(text, f"Ev-{text}", channel_type="channel", **event)).status_code == 200
        time.sleep(0.5)
    assert len(slack_api.of("chat.postMessage")) == 2


def test_a_direct_message_needs_no_mention(slacked: Slacked, slack_api: Heard) -> None:
    with slacked(Drafting("26만 장")) as client:
        send_slack(client, message(KOREAN, channel="D024BE91L", channel_type="im"))
        posted = slack_api.wait("chat.postMessage")[0]
        slack_api.wait("chat.update")
    assert posted["channel"] == "D024BE91L"
    assert posted.get("thread_ts") is None
    assert posted["text"] == "찾은 문장, 읽는 중:"


@pytest.mark.usefixtures("quiet")
def test_a_command_says_who_asked_what(slacked: Slacked, slack_api: Heard) -> None:
    with slacked() as client:
        response = send_slack(client, command(text=f"{ASKED} &lt;&amp;&gt;"), FORM)
        assert (response.status_code, response.text) == (200, "")
        posted = slack_api.wait("chat.postMessage")[0]
        updated = slack_api.wait("chat.update", 2)[-1]
        intro = "<@U2147483697>: How many GPUs is Korea securing? &lt;&amp;&gt;"
        assert texts(posted).splitlines()[0] == texts(updated).splitlines()[0] == intro

        follow_up = message("Really?", thread_ts=updated["ts"], channel="C2147483705", channel_type="channel")
        send_slack(client, follow_up.replace("T123ABC456", "T0001"))
        assert slack_api.wait("chat.postMessage", 2)[1]["thread_ts"] == updated["ts"]


def test_a_command_where_we_may_not_write_is_told_so(slacked: Slacked, slack_api: Heard) -> None:
    slack_api.errors["chat.postMessage"] = "channel_not_found"
    with slacked() as client:
        send_slack(client, command(response_url=f"{slack_api.url}/commands/1/2"), FORM)
        told = slack_api.wait("response_url")[0]
    assert told["text"] == "I cannot post here. Add me with /invite, then ask again."


def test_the_address_is_proven_by_its_challenge(slacked: Slacked) -> None:
    challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    told = {"token": "Jhj5dZrVaK7ZwHHjRyZWjbDl", "challenge": challenge, "type": "url_verification"}
    with slacked() as client:
        response = send_slack(client, json.dumps(told))
    assert (response.status_code, response.json()) == (200, {"challenge": challenge})


class TestForged:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"x_slack_signature": "v0=" + "0" * 64},
            {"x_slack_signature": ""},
            {"x_slack_signature": "v0=é".encode().decode("latin-1")},
            {"x_slack_request_timestamp": "1531420618"},
            {"x_slack_request_timestamp": "now"},
            {"x_slack_request_timestamp": "９" * 10},
            {"x_slack_request_timestamp": "9" * 5000},
        ],
    )
    @pytest.mark.usefixtures("quiet")
    def test_what_slack_did_not_sign_is_refused(
        self, slacked: Slacked, slack_api: Heard, wrong: dict[str, str]
    ) -> None:
        with slacked() as client:
            headers = {name: value.encode() for name, value in wrong.items()}
            response = send_slack(client, json.dumps(MENTION), **headers)  # type: ignore[arg-type]
            time.sleep(0.2)
        assert response.status_code == 401
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["code"] == "forged"
        assert slack_api.calls == []

    def test_a_body_that_was_changed(self, slacked: Slacked) -> None:
        at = str(int(time.time()))
        signed = signature(json.dumps(MENTION), at)
        with slacked() as client:
            response = send_slack(client, mention("another"), x_slack_signature=signed, x_slack_request_timestamp=at)
        assert response.status_code == 401

    def test_a_timestamp_of_six_minutes_ago(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked() as client:
            assert send_slack(client, json.dumps(MENTION), age_s=4 * 60).status_code == 200
            assert send_slack(client, mention(event_id="Ev9"), age_s=6 * 60).status_code == 401
            slack_api.wait("chat.update")
        assert len(slack_api.of("chat.postMessage")) == 1

    def test_events_that_come_again_are_answered_once(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked() as client:
            send_slack(client, json.dumps(MENTION))
            again = send_slack(client, json.dumps(MENTION), x_slack_retry_num="1", x_slack_retry_reason="http_timeout")
            send_slack(client, command(), FORM)
            replayed = send_slack(client, command(), FORM)
            slack_api.wait("chat.postMessage", 2)
            time.sleep(0.5)
        assert again.status_code == replayed.status_code == 200
        assert len(slack_api.of("chat.postMessage")) == 2

    def test_a_retry_of_what_never_came_is_answered(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked() as client:
            send_slack(client, json.dumps(MENTION), x_slack_retry_num="1", x_slack_retry_reason="http_error")
            assert slack_api.wait("chat.postMessage")

    @pytest.mark.parametrize("body", ["{", "[1]", '"x"', "", "{" * 50_000])
    def test_a_broken_body_that_is_signed(self, slacked: Slacked, body: str) -> None:
        with slacked() as client:
            response = send_slack(client, body)
        assert (response.status_code, response.json()["code"]) == (400, "malformed_body")

    def test_an_over_long_body(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked() as client:
            response = send_slack(client, mention("x" * 70_000))
        assert (response.status_code, response.json()["code"]) == (413, "body_too_large")
        assert slack_api.calls == []

    def test_bytes_that_are_no_text(self, slacked: Slacked) -> None:
        with slacked() as client:
            response = client.post("/slack/events", content=b"\xff\xfe", headers={"x-slack-signature": "v0=1"})
        assert (response.status_code, response.json()["code"]) == (400, "malformed_body")

    def test_without_its_secrets_there_is_no_slack(self, opened: Open) -> None:
        with served(opened()) as client:
            assert send_slack(client, json.dumps(MENTION)).status_code == 404


class TestTrouble:
    """Errors in one plain line, in the language of the question."""

    def test_a_full_queue(self, slacked: Slacked, slack_api: Heard) -> None:
        model = Slow(words=60)
        with slacked(model, queue_length=0) as client:
            send_slack(client, json.dumps(MENTION))
            assert model.began.wait(20)
            send_slack(client, mention(f"<@U0LAN0Z89> {KOREAN}", "Ev3", user="U2", ts="1.2"))
            refused = next(told for told in (slack_api.wait("chat.postMessage", 2)) if told["thread_ts"] == "1.2")
            slack_api.wait("chat.update")
            numbers = client.get("/metrics").text.splitlines()
        assert "다시 물어보세요" in refused["text"]
        assert len(refused["blocks"]) == 1
        assert "gisa_queue_refusals_total 1.0" in numbers

    def test_too_many_of_one_user(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked(asks_per_minute=1) as client:
            send_slack(client, json.dumps(MENTION))
            slack_api.wait("chat.update")
            send_slack(client, mention(event_id="Ev3", ts="1.2"))
            told = slack_api.wait("chat.postMessage", 2)[1]
            assert "Try again in" in told["text"]
            send_slack(client, mention(event_id="Ev4", ts="1.3", user="U2"))  # another user's limit is their own
            slack_api.wait("chat.update", 2)

    def test_no_question(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked() as client:
            send_slack(client, mention("<@U0LAN0Z89>"))
            told = slack_api.wait("chat.postMessage")[0]
        assert told["text"]
        assert len(told["blocks"]) == 1

    def test_an_unforeseen_error_leaves_nobody_looking(
        self, opened: Open, slack_api: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        app = {"bot_token": "xoxb-1", "signing_secret": SIGNING_SECRET, "api_url": f"{slack_api.url}/api"}
        service = opened(slack=app)

        async def broken(*_: Any, **__: Any) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(service, "ask", broken)
        with served(service) as client:
            send_slack(client, json.dumps(MENTION))
            assert slack_api.wait("chat.postMessage")[0]["text"] == "Something went wrong. Try again."

    def test_a_message_that_slack_refuses_harms_nothing(self, slacked: Slacked, slack_api: Heard) -> None:
        slack_api.errors["chat.postMessage"] = "not_in_channel"
        with slacked() as client:
            send_slack(client, json.dumps(MENTION))
            slack_api.wait("chat.postMessage")
            slack_api.errors.clear()
            send_slack(client, mention(event_id="Ev3"))
            slack_api.wait("chat.update")

    def test_what_was_begun_is_finished_before_the_server_ends(self, slacked: Slacked, slack_api: Heard) -> None:
        model = Slow(words=40)
        with slacked(model) as client:
            send_slack(client, json.dumps(MENTION))
            assert model.began.wait(20)
        assert "260,000" in slack_api.of("chat.update")[0]["text"]

    def test_one_model_answers_many(self, slacked: Slacked, slack_api: Heard) -> None:
        with slacked() as client:
            sending = [
                threading.Thread(
                    target=send_slack, args=(client, mention(event_id=f"Ev{n}", ts=f"1.{n}", user=f"U{n}"))
                )
                for n in range(5)
            ]
            for one in sending:
                one.start()
            for one in sending:
                one.join()
            answered = slack_api.wait("chat.update", 5)
        assert all("260,000" in told["text"] for told in answered)


def test_half_an_app_is_a_wrong_setting_and_secrets_are_not_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="go together"):
        load_settings(serve={"slack": {"bot_token": "xoxb-1"}})
    plain = load_settings(home=tmp_path)
    told = load_settings(
        home=tmp_path,
        serve={"slack": {"bot_token": "xoxb-1", "signing_secret": SIGNING_SECRET}, "kakao": {"secret": "s" * 16}},
    )
    assert told.fingerprint == plain.fingerprint
    for secret in ("xoxb-1", SIGNING_SECRET, "s" * 16):
        assert secret not in repr(told) + told.model_dump_json()
