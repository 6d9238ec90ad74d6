"""Keys, limits, origins and hosts of the REST API, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import httpx
import pytest
from serving import ASKED, Open, Served, open_service, served

from rag.settings import ServeSettings
from ui.rest.errors import RateLimitedError
from ui.rest.guard import Caller, Guard
from ui.service.keys import Keys

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["serving"]
SECRET = "Is the secret word xylophone?"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def test_readiness_reads_no_articles(serving: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def reading(*_: object) -> None:
        raise AssertionError("every article is read")

    with serving() as client:
        monkeypatch.setattr("index.local_store.LocalStore.articles", reading)
        assert client.get("/v1/health/ready").json() == {"status": "ready", "articles": 5, "model": "loaded"}
        gone = client.post("/v1/search", json={"question": ASKED}).json()["hits"][0]["article_id"]
        assert client.delete(f"/v1/articles/{gone}").status_code == 204
        assert client.get("/v1/health/ready").json()["articles"] == 4


def test_where_keys_are_needed_nothing_goes_without(opened: Open) -> None:
    service = opened(require_keys=True)
    keys = Keys(service.database)
    asking, managing, revoked = keys.create("a", ("ask",)), keys.create("m", ("manage",)), keys.create("r", ("ask",))
    keys.revoke(revoked.split("_")[1])
    article = {"text": "가람전자는 서버 3만2천대를 들여온다고 밝혔다.", "id": "garam"}
    with served(service) as client:
        assert client.get("/v1/health/live").status_code == 200
        ready = client.get("/v1/health/ready")
        assert ready.status_code == 200
        assert ready.json() == {"status": "ready", "articles": 5, "model": "loaded"}
        for headers in (
            {},
            bearer("gisa_00000000_" + "a" * 43),
            bearer(revoked),
            bearer(asking[:-1] + "!"),
        ):
            for told in (
                client.post("/v1/search", json={"question": ASKED}, headers=headers),
                client.get("/v1/articles", headers=headers),
                client.get("/metrics", headers=headers),
            ):
                assert (told.status_code, told.json()["code"]) == (401, "key_needed")
                assert told.headers["www-authenticate"] == "Bearer"
        assert client.post("/v1/search", json={"question": ASKED}, headers=bearer(asking)).status_code == 200
        for told in (
            client.post("/v1/articles", json=article, headers=bearer(asking)),
            client.delete("/v1/articles/garam", headers=bearer(asking)),
            client.get("/metrics", headers=bearer(asking)),
        ):
            assert (told.status_code, told.json()["code"]) == (403, "scope")
        assert client.post("/v1/articles", json=article, headers=bearer(managing)).status_code == 202
        assert client.post("/v1/search", json={"question": ASKED}, headers=bearer(managing)).status_code == 200
        assert client.get("/v1/articles", headers=bearer(managing) | {"host": "news.example"}).status_code == 200


BROKEN = {"content-type": "application/json"}, b'{"question": '
BROKEN_UPLOAD = {"content-type": "multipart/form-data; boundary=x"}, b"--x\r\nno upload"
TOO_LARGE = {"content-type": "application/json"}, b" " * 65_537


@pytest.mark.parametrize("body", [BROKEN, BROKEN_UPLOAD, TOO_LARGE, ({}, b"")])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/ask"),
        ("POST", "/v1/ask/stream"),
        ("POST", "/v1/search"),
        ("POST", "/v1/feedback"),
        ("POST", "/v1/articles"),
        ("PUT", "/v1/articles/garam"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/mcp"),
    ],
)
def test_the_key_comes_before_the_body(
    guarded: tuple[httpx.Client, str], method: str, path: str, body: tuple[dict[str, str], bytes]
) -> None:
    client, key = guarded
    headers, content = body
    without = client.request(method, path, headers=headers, content=content)
    assert without.status_code == 401
    assert "key_needed" in without.text
    told = client.request(method, path, headers=headers | bearer(key), content=content)
    assert told.status_code in ({403} if path.startswith("/v1/articles") else {400, 406, 413, 415, 422})


@pytest.fixture(scope="module")
def guarded(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, str]]:
    """A client of a server that wants keys, and one for asking."""
    service = open_service(tmp_path_factory.mktemp("guarded") / "home", shipped_home, embedder, require_keys=True)
    key = Keys(service.database).create("a", ("ask",))
    with served(service) as client:
        yield client, key


def test_a_full_queue_is_told_in_the_language_of_the_question(opened: Open) -> None:
    service = opened(queue_length=1, answers_at_once=1)
    with served(service) as client:
        for name in "ab":
            service.turns.join(name)
        korean, escaped, english, broken = (
            client.post("/v1/ask", content=content, headers={"content-type": "application/json"})
            for content in (
                '{"question": "몇 장인가?"}',
                r'{"question": "\ubb87 \uc7a5?"}',
                '{"question": "Who?"}',
                "[" * 9999,
            )
        )
        numbers = client.get("/metrics").text
    assert [one.status_code for one in (korean, escaped, english, broken)] == [429] * 4
    assert {one.json()["code"] for one in (korean, escaped, english, broken)} == {"queue_full"}
    assert [one.headers["content-language"] for one in (korean, escaped, english, broken)] == ["ko", "ko", "en", "en"]
    assert all(int(one.headers["retry-after"]) >= 1 for one in (korean, escaped, english, broken))
    assert "gisa_queue_refusals_total 4.0" in numbers.splitlines()


def test_a_key_is_kept_as_its_hash_alone(opened: Open) -> None:
    service = opened(require_keys=True)
    key = Keys(service.database).create("a", ("ask",))
    with served(service) as client:
        client.get("/v1/articles", headers=bearer(key))
        home = service.settings.home
        written = b"".join(path.read_bytes() for path in home.glob("serve.db*"))
    assert key.split("_", 2)[1].encode() in written
    assert key.split("_", 2)[2].encode() not in written


def test_too_many_requests_are_told_when_to_come_back(serving: Served) -> None:
    with serving(asks_per_minute=2, requests_per_minute=10) as client:
        asked = [client.post("/v1/ask", json={"question": ASKED, "conversation": "no"}) for _ in range(3)]
        listed = [client.get("/v1/articles") for _ in range(8)]
        health = client.get("/v1/health/live")
    assert [one.status_code for one in asked] == [404, 404, 429]
    assert [one.status_code for one in listed] == [200] * 7 + [429]
    for told in (asked[-1], listed[-1]):
        assert told.json()["code"] == "rate_limited"
        assert 1 <= int(told.headers["retry-after"]) <= 60
    assert health.status_code == 200


def test_a_minute_slides(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("ui.rest.guard.time", SimpleNamespace(monotonic=lambda: now))
    service = opened()
    guard, asker = Guard(service, ServeSettings(asks_per_minute=2)), Caller("a", ("ask",))

    def refused_at(moment: float) -> int | None:
        nonlocal now
        now = moment
        try:
            guard.count_ask(asker)
        except RateLimitedError as error:
            return error.retry_after_s
        return None

    told = [refused_at(moment) for moment in (1000.0, 1030.0, 1031.0, 1059.5, 1060.5, 1061.0, 1090.0, 1200.0)]
    asyncio.run(service.close())
    assert told == [None, None, 29, 1, None, 29, None, None]


def test_wrong_keys_are_counted_too(serving: Served) -> None:
    with serving(require_keys=True, requests_per_minute=3) as client:
        told = [client.get("/v1/articles", headers=bearer("guess")).status_code for _ in range(4)]
    assert told == [401, 401, 401, 429]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_pages_of_other_origins_are_turned_away(serving: Served, origin: str) -> None:
    with serving() as client:
        for told in (
            client.get("/v1/articles", headers={"origin": origin}),
            client.post("/v1/articles", files={"file": b"x"}, headers={"origin": origin}),
            client.options("/v1/ask", headers={"origin": origin, "access-control-request-method": "POST"}),
        ):
            assert (told.status_code, told.json()["code"]) == (403, "origin")
            assert "access-control-allow-origin" not in told.headers


def test_pages_that_the_settings_allow_may_call(serving: Served) -> None:
    page = "https://news.example"
    with serving(allowed_origins=(page,)) as client:
        before = client.options("/v1/ask", headers={"origin": page, "access-control-request-method": "POST"})
        told = client.get("/v1/articles", headers={"origin": page})
        wrong = client.get("/v1/articles/none", headers={"origin": page})
        other = client.get("/v1/articles", headers={"origin": "https://evil.example"})
        own = client.get("/v1/articles", headers={"origin": str(client.base_url).rstrip("/")})
    assert [one.headers.get("access-control-allow-origin") for one in (before, told, wrong)] == [page] * 3
    assert (before.status_code, told.status_code, wrong.status_code) == (200, 200, 404)
    assert (other.status_code, own.status_code) == (403, 200)


@pytest.mark.parametrize(
    ("host", "status"), [("evil.example", 421), ("localhost:1", 200), ("gisa.local", 200), ("", 421)]
)
def test_without_keys_only_known_names(serving: Served, host: str, status: int) -> None:
    with serving(allowed_hosts=("gisa.local",)) as client:
        assert client.get("/v1/articles", headers={"host": host}).status_code == status


def test_bodies_are_bounded_also_when_they_do_not_say_how_long_they_are(serving: Served) -> None:
    kind = {"content-type": "application/json"}
    with serving() as client:
        told = [
            client.post("/v1/search", content=b" " * 65_537, headers=kind),
            client.post("/v1/search", content=iter([b" " * 40_000] * 3), headers=kind),
        ]
        within = client.post(
            "/v1/search", content=b'{"question": "' + b"a" * 100 + b'?"}' + b" " * 60_000, headers=kind
        )
    assert [(one.status_code, one.json()["code"]) for one in told] == [(413, "body_too_large")] * 2
    assert within.status_code != 413
