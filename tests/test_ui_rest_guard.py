"""Keys, limits, origins, ids, logs and numbers of the REST API, over real HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import structlog
from serving import ASKED, Open, Served, served
from structlog.testing import LogCapture

from ui.service.keys import Keys

pytest_plugins = ["serving"]
SECRET = "Is the secret word xylophone?"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


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


def test_requests_have_ids(serving: Served) -> None:
    with serving() as client:
        told = client.get("/v1/health/live", headers={"x-request-id": "my-id_1.0"})
        assert told.headers["x-request-id"] == "my-id_1.0"
        made = [
            client.get("/v1/articles/none", headers={"x-request-id": wrong}) for wrong in ("a b", "x" * 65, "<script>")
        ]
    assert all(one.headers["x-request-id"] == one.json()["request_id"] for one in made)
    assert len({one.headers["x-request-id"] for one in made} - {"a b", "x" * 65, "<script>"}) == 3


def test_paths_and_methods_that_are_not_there(serving: Served) -> None:
    with serving() as client:
        nowhere, wrong = client.get("/v2/ask"), client.get("/v1/ask")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method_not_allowed", "POST")


@pytest.fixture
def logged() -> Any:
    capture = LogCapture()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, capture], wrapper_class=structlog.BoundLogger
    )
    yield capture.entries
    structlog.configure(**before)


def test_logs_tell_what_happened_and_never_what_was_asked(
    opened: Open, logged: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    service = opened(require_keys=True)
    key = Keys(service.database).create("a", ("ask",))

    async def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError(SECRET)

    with served(service) as client:
        headers = bearer(key) | {"x-request-id": "known"}
        client.post("/v1/search", json={"question": SECRET}, headers=headers)
        client.post("/v1/ask", json={"question": SECRET, "xylophone": 1}, headers=headers)
        client.get("/v1/articles/xylophone?publisher=xylophone", headers=headers)
        client.get("/v1/articles", headers=bearer("xylophone"))
        monkeypatch.setattr(service, "search", failing)
        broken = client.post("/v1/search", json={"question": SECRET}, headers=headers)
    assert (broken.status_code, broken.json()["code"]) == (500, "internal")
    assert "xylophone" not in broken.text
    lines = [one for one in logged if one["event"] == "request"]
    assert [(one["route"], one["status"]) for one in lines] == [
        ("/v1/search", 200),
        ("/v1/ask", 422),
        ("/v1/articles/{article_id:path}", 404),
        ("/v1/articles", 401),
        ("/v1/search", 500),
    ]
    assert lines[0].items() >= {"method": "POST", "request_id": "known", "key": key.split("_")[1]}.items()
    assert any(one["event"] == "unforeseen" and one["error"] == "RuntimeError" for one in logged)
    assert not any("xylophone" in repr(one) or key in repr(one) for one in logged)


def test_prometheus_reads_numbers(serving: Served) -> None:
    with serving() as client:
        client.post("/v1/ask", json={"question": ASKED})
        client.post("/v1/ask/stream", json={"question": ASKED})
        told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    for line in (
        'gisa_requests_total{method="POST",route="/v1/ask",status="200"} 1.0',
        'gisa_answers_total{answered_by="llm"} 2.0',
        "gisa_first_evidence_seconds_count 1.0",
        "gisa_queue_places 0.0",
    ):
        assert line in told.text.splitlines()


def test_openapi_names_every_operation_with_its_errors(serving: Served) -> None:
    with serving() as client:
        told = client.get("/openapi.json").json()
        docs: httpx.Response = client.get("/docs")
    assert docs.status_code == 200
    assert {path: sorted(its) for path, its in told["paths"].items()} == {
        "/v1/ask": ["post"],
        "/v1/ask/stream": ["post"],
        "/v1/search": ["post"],
        "/v1/feedback": ["post"],
        "/v1/chat/completions": ["post"],
        "/v1/models": ["get"],
        "/v1/models/{model}": ["get"],
        "/v1/articles": ["get", "post"],
        "/v1/articles/{article_id}": ["delete", "get", "put"],
        "/v1/ingests/{ingest_id}": ["get"],
        "/v1/health/live": ["get"],
        "/v1/health/ready": ["get"],
        "/metrics": ["get"],
    }
    for path, its in told["paths"].items():
        for operation in its.values():
            assert operation["summary"]
            if path.startswith(("/v1/chat", "/v1/models")):  # they tell errors in OpenAI's shape
                shape = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
                assert shape["$ref"].endswith("/ErrorOut")
            elif "health" not in path:
                assert "application/problem+json" in operation["responses"]["429"]["content"]
