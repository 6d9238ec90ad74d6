"""What the REST API tells of itself, over real HTTP: ids, logs, numbers, its own description."""

from __future__ import annotations

import socket
import time
from typing import Any

import httpx
import pytest
import structlog
from serving import ASKED, Open, Served, served
from structlog.testing import LogCapture

from seeds.article import Article
from ui.service.keys import Keys

pytest_plugins = ["serving"]
SECRET = "Is the secret word xylophone?"


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


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


def test_an_ingest_that_fails_is_logged_without_what_was_taken_in(
    opened: Open, logged: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(store: object, embedder: object, articles: list[Article], **_: object) -> None:
        raise RuntimeError(articles[0].text)

    monkeypatch.setattr("ui.service.shelf.ingest", failing)
    with served(opened()) as client:
        begun = client.post("/v1/articles", json={"text": SECRET, "id": "garam"})
        assert begun.status_code == 202
    (line,) = [one for one in logged if one["event"] == "articles not taken in"]
    assert line["error"] == "RuntimeError"
    assert any("in failing" in frame for frame in line["frames"])
    assert not any("xylophone" in repr(one) or one.get("exc_info") for one in logged)


def test_who_leaves_while_sending_is_no_error(serving: Served, logged: list[dict[str, Any]]) -> None:
    with serving() as client:
        host, port = client.base_url.host, client.base_url.port
        assert port is not None
        for path in ("/v1/articles", "/v1/ask"):
            with socket.create_connection((host, port)) as leaving:
                head = (
                    f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: 99\r\n"
                )
                leaving.sendall(f"{head}\r\n{{".encode())
                time.sleep(0.2)
    lines = [(one["event"], one.get("status")) for one in logged if one["event"] in ("request", "unforeseen")]
    assert lines == [("request", 499)] * 2


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
