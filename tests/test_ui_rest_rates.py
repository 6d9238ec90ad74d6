"""What the limit of requests counts that comes without a key: forged posts of chat tools; and what it leaves alone."""

from __future__ import annotations

import json

import httpx
from chat_tools import KAKAO_SECRET, SIGNING_SECRET, send_slack
from serving import Open, served

pytest_plugins = ["serving"]
SLACK = {"bot_token": "xoxb-1", "signing_secret": SIGNING_SECRET}
CHALLENGE = json.dumps({"type": "url_verification", "challenge": "3eZbrw1a"})
SKILL = {"userRequest": {"utterance": "?!", "user": {"id": "u"}}}


def kakao(client: httpx.Client, secret: str) -> httpx.Response:
    return client.post("/kakao/skill", json=SKILL, headers={"X-Gisa-Secret": secret})


def test_forged_posts_are_counted_and_real_ones_are_not(opened: Open) -> None:
    with served(opened(slack=SLACK, kakao={"secret": KAKAO_SECRET}, requests_per_minute=4)) as client:
        real = [send_slack(client, CHALLENGE).status_code for _ in range(5)]
        forged = [
            send_slack(client, CHALLENGE, x_slack_signature="v0=0"),
            kakao(client, "wrong"),
            client.post("/slack/events", content=b"\xff\xfe"),
            kakao(client, ""),
            kakao(client, "wrong"),
            send_slack(client, CHALLENGE, x_slack_signature="v0=0"),
        ]
        still = [send_slack(client, CHALLENGE).status_code, kakao(client, KAKAO_SECRET).status_code]
    assert real == [200] * 5
    assert [one.status_code for one in forged] == [401, 401, 400, 401, 429, 429]
    assert {one.json()["code"] for one in forged[4:]} == {"rate_limited"}
    assert all(1 <= int(one.headers["retry-after"]) <= 60 for one in forged[4:])
    assert still == [200, 200]


def test_health_and_files_for_everyone_are_not_counted(opened: Open) -> None:
    free = ("/v1/health/live", "/v1/health/ready", "/widget.js", "/openapi.json", "/docs")
    with served(opened(requests_per_minute=1)) as client:
        told = [client.get(path).status_code for path in free * 2]
        listed = [client.get("/v1/articles").status_code for _ in range(2)]
    assert told == [200] * 10
    assert listed == [200, 429]
