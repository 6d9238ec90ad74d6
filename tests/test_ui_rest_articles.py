"""/v1/articles and /v1/ingests over real HTTP: what goes in is searched, what lies or breaks leaves nothing behind."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from typing import Any

import docx
import httpx
import pytest
from serving import ASKED, Served

from seeds.loaders import shipped_articles

pytest_plugins = ["serving"]
TEXT = (
    "가람전자, 서버 투자 확대\n\n"
    "가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 31일 밝혔다. 회사는 이를 위해 9조1천억원을 쓰기로 했다.\n"
    "한빛시는 이 서버를 시민에게 열어 주기로 했다."
)
WANTED = "가람전자는 서버를 몇 대 들여오나?"


def finished(client: httpx.Client, told: httpx.Response) -> dict[str, Any]:
    """The ingest that was begun, when it is over."""
    assert told.status_code == 202, told.text
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        run: dict[str, Any] = client.get(told.headers["location"]).json()
        if run["state"] in ("done", "failed"):
            return run
        time.sleep(0.05)
    raise TimeoutError(run)


def ids(client: httpx.Client) -> list[str]:
    return [one["id"] for one in client.get("/v1/articles", params={"limit": 100}).json()["articles"]]


def test_an_article_that_is_removed_before_it_is_in(serving: Served) -> None:
    with serving() as client:
        begun = client.post("/v1/articles", json={"text": TEXT, "id": "garam"})
        assert client.delete("/v1/articles/garam").status_code == 204
        assert finished(client, begun)["state"] == "done"
        assert "garam" not in ids(client)
        again = finished(client, client.post("/v1/articles", json={"text": TEXT, "id": "garam"}))
        assert (again["outcomes"], "garam" in ids(client)) == ({"garam": "added"}, True)


def test_an_article_lives_and_dies(serving: Served) -> None:
    body = {"text": TEXT, "id": "garam", "published": "2025-10-31"}
    with serving() as client:
        run = finished(client, client.post("/v1/articles", json=body))
        assert (run["state"], run["outcomes"], run["done"], run["total"]) == ("done", {"garam": "added"}, 1, 1)
        hit = client.post("/v1/search", json={"question": WANTED}).json()["hits"][0]
        assert hit["article_id"] == "garam"
        article = client.get("/v1/articles/garam").json()
        assert article["text"][hit["start"] : hit["end"]] == hit["quote"]
        assert (article["published"], article["title"]) == ("2025-10-31", "가람전자, 서버 투자 확대")

        again = finished(client, client.post("/v1/articles", json=body))
        assert again["outcomes"] == {"garam": "unchanged"}
        taken = client.post("/v1/articles", json={"text": "다른 기사다. 내용이 다르다고 밝혔다.", "id": "garam"})
        assert (taken.status_code, taken.json()["code"]) == (409, "article_exists")

        changed = TEXT.replace("3만2천대", "4만5천대")
        run = finished(client, client.put("/v1/articles/garam", json={"text": changed}))
        assert run["outcomes"] == {"garam": "replaced"}
        assert "4만5천대" in client.get("/v1/articles/garam").json()["text"]
        assert "4만5천대" in client.post("/v1/search", json={"question": WANTED}).json()["hits"][0]["quote"]

        assert client.delete("/v1/articles/garam").status_code == 204
        assert "garam" not in ids(client)
        for told in (
            client.delete("/v1/articles/garam"),
            client.get("/v1/articles/garam"),
            client.put("/v1/articles/garam", json={"text": TEXT}),
        ):
            assert (told.status_code, told.json()["code"]) == (404, "article_not_found")


def test_files_of_any_format_in_one_upload(serving: Served) -> None:
    word = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("나래항공이 새 노선을 연다고 1일 밝혔다. 노선은 모두 7개다.")
    document.save(word)
    lines = "\n".join(json.dumps({"id": f"line-{n}", "text": f"새벽시는 공원 {n}곳을 연다고 밝혔다."}) for n in (3, 4))
    with serving() as client:
        files = [
            ("file", ("garam.txt", TEXT.encode("cp949"), "application/octet-stream")),
            ("file", ("narae.docx", word.getvalue(), "text/plain")),
            ("file", ("lines.jsonl", lines.encode(), "image/png")),
        ]
        run = finished(client, client.post("/v1/articles", files=files))
        assert run["outcomes"] == dict.fromkeys(["garam", "narae", "line-3", "line-4"], "added")
        assert {"garam", "narae", "line-3", "line-4"} <= set(ids(client))
        assert client.get("/v1/articles/narae").json()["source"] == "narae.docx"


def archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as zipped:
        zipped.writestr("evil.sh", "rm -rf /")
    return data.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("news.txt", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 20, "text/plain"),
        ("news.docx", archive(), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("news.pdf", b"%PDF-1.7\nnot really", "application/pdf"),
        ("news.txt", b"%PDF-1.7\nnot really", "text/plain"),
        ("news.txt", b"", "text/plain"),
        ("news.hwp", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "text/plain"),
        ("news.jsonl", b'{"text": "\xea\xb0\x80"}\nnot json', "application/jsonl"),
        ("../../etc/passwd", b"", "text/plain"),
    ],
)
def test_files_that_lie_or_break_leave_nothing(serving: Served, name: str, data: bytes, kind: str) -> None:
    good = ("file", ("good.txt", TEXT.encode(), "text/plain"))
    with serving() as client:
        before = ids(client)
        told = client.post("/v1/articles", files=[good, ("file", (name, data, kind))])
        assert (told.status_code, told.json()["code"]) == (422, "article_file")
        assert told.headers["content-type"] == "application/problem+json"
        assert ids(client) == before


def test_uploads_that_are_none(serving: Served) -> None:
    multipart, boundless = (
        {"content-type": kind} for kind in ("multipart/form-data; boundary=x", "multipart/form-data")
    )
    head = b'--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    endless = iter([head + b"a" * 600_000, b"a" * 600_000])
    as_json = {"content-type": "application/json"}
    with serving(upload_mib=1) as client:
        before = ids(client)
        for told, status, code in (
            (client.post("/v1/articles", content=b"--x\r\nbroken", headers=multipart), 422, "invalid_request"),
            (
                client.post("/v1/articles", content=b"x", headers=boundless),
                400,
                "malformed_body",
            ),
            (client.post("/v1/articles", data={"file": "just text"}), 415, "media_type"),
            (client.post("/v1/articles", files={"other": b"x"}), 422, "invalid_request"),
            (
                client.post("/v1/articles", content=b"{", headers=as_json),
                400,
                "malformed_body",
            ),
            (client.post("/v1/articles", json={"text": ""}), 422, "invalid_request"),
            (client.post("/v1/articles", json={"text": " \n"}), 422, "article_file"),
            (client.post("/v1/articles", json={"text": TEXT, "id": "a/b"}), 422, "invalid_request"),
            (client.post("/v1/articles", json={"text": TEXT, "published": "어제"}), 422, "invalid_request"),
            (client.post("/v1/articles", files={"file": b"a" * 1_100_000}), 413, "body_too_large"),
            (client.post("/v1/articles", content=endless, headers=multipart), 413, "body_too_large"),
        ):
            assert (told.status_code, told.json()["code"]) == (status, code), told.text
        assert ids(client) == before


def test_one_upload_cannot_hold_two_articles_of_one_id(serving: Served) -> None:
    lines = b'{"id": "twin", "text": "Garam opened."}\n{"id": "twin", "text": "Garam closed."}'
    with serving() as client:
        told = client.post("/v1/articles", files={"file": ("twins.jsonl", lines)})
        assert (told.status_code, told.json()["code"]) == (409, "article_exists")
        assert "twin" not in ids(client)


def test_a_replacement_is_one_article(serving: Served) -> None:
    lines = b'{"id": "a", "text": "Garam opened."}\n{"id": "b", "text": "Garam closed."}'
    with serving() as client:
        one = ids(client)[0]
        told = client.put(f"/v1/articles/{one}", files={"file": ("two.jsonl", lines)})
        assert (told.status_code, told.json()["code"]) == (422, "article_file")


def test_lists_are_filtered_and_paged(serving: Served) -> None:
    shipped = {article.id: article for article in shipped_articles()}
    with serving() as client:
        everything = client.get("/v1/articles").json()
        pages = [client.get("/v1/articles", params={"limit": 2, "offset": at}).json() for at in (0, 2, 4, 6)]
        publisher = next(one["publisher"] for one in everything["articles"] if one["publisher"])
        of_publisher = client.get("/v1/articles", params={"publisher": publisher}).json()
        recent = client.get("/v1/articles", params={"since": "2025-10", "until": "2025-12"}).json()
        unknown = client.get("/v1/articles", params={"page": 2})
    assert everything["total"] == len(shipped)
    assert [one["id"] for page in pages for one in page["articles"]] == [one["id"] for one in everything["articles"]]
    wanted = {key for key, one in shipped.items() if one.publisher == publisher}
    assert {one["id"] for one in of_publisher["articles"]} == wanted
    wanted = {key for key, one in shipped.items() if str(one.published or "")[:7] in ("2025-10", "2025-11", "2025-12")}
    assert {one["id"] for one in recent["articles"]} == wanted
    assert unknown.status_code == 422


def test_a_running_ingest_does_not_hold_up_searches(
    serving: Served, embedder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The embedding of the new article is made to wait; searches and removals must not."""
    started, go_on = threading.Event(), threading.Event()
    words = embedder.words

    def waiting(texts: list[str], spans: Any) -> Any:
        if any("가람전자" in text for text in texts):
            started.set()
            assert go_on.wait(60)
        return words(texts, spans)

    monkeypatch.setattr(embedder, "words", waiting)
    with serving() as client:
        client.post("/v1/search", json={"question": ASKED})
        told = client.post("/v1/articles", json={"text": TEXT, "id": "garam"})
        try:
            assert started.wait(20)
            assert client.get(told.headers["location"]).json()["state"] == "running"
            assert client.post("/v1/search", json={"question": ASKED}).json()["hits"]
            gone = ids(client)[-1]
            assert client.delete(f"/v1/articles/{gone}").status_code == 204
            assert client.post("/v1/articles", json={"text": TEXT, "id": "garam"}).json()["code"] == "article_exists"
        finally:
            go_on.set()
        assert finished(client, told)["outcomes"] == {"garam": "added"}


def test_an_ingest_that_was_begun_is_finished_at_shutdown(serving: Served) -> None:
    with serving() as client:
        assert client.post("/v1/articles", json={"text": TEXT, "id": "garam"}).status_code == 202
    with serving() as client:
        assert "garam" in ids(client)


def test_no_such_ingest(serving: Served) -> None:
    with serving() as client:
        told = client.get("/v1/ingests/nobody's")
    assert (told.status_code, told.json()["code"]) == (404, "ingest_not_found")
