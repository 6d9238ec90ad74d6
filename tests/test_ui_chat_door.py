"""What is in front of Gradio: keys, policy, languages, and only the paths the page needs. Over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from typing import TYPE_CHECKING

import httpx
import pytest
from serving import Drafting, Served, served

from ui.service.keys import Keys

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ("browser",)


@pytest.fixture(scope="module")
def guarded(
    shipped_home: object, embedder: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, str, str]]:
    """A server that asks for keys: a client, a key that may ask and one that may manage."""
    from serving import open_service

    home = tmp_path_factory.mktemp("guarded") / "home"
    service = open_service(home, shipped_home, embedder, Drafting(), require_keys=True)  # type: ignore[arg-type]
    keys = Keys(service.database)
    asks, manages = keys.create("reader", ("ask",)), keys.create("desk", ("manage",))
    with served(service) as client:
        client.timeout = httpx.Timeout(120)
        yield client, asks, manages


def nonce_of(response: httpx.Response) -> str:
    found = re.search(r"'nonce-([\w-]{22})'", response.headers["content-security-policy"])
    assert found
    return found[1]


def test_the_page_has_a_strict_policy(guarded: tuple[httpx.Client, str, str]) -> None:
    client, _, manages = guarded
    told = client.get("/", headers={"authorization": f"Bearer {manages}"})
    assert told.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in told.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == f"'self' 'nonce-{nonce_of(told)}'"
    assert policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert policy["object-src"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert told.headers["x-content-type-options"] == "nosniff"
    again = client.get("/", headers={"authorization": f"Bearer {manages}"})
    assert nonce_of(again) != nonce_of(told)
    scripts = re.findall(r"<script[^>]*>", told.text)
    assert len(scripts) > 3
    assert all(f'nonce="{nonce_of(told)}"' in script for script in scripts)


def test_no_connection_stays_open_as_long_as_the_page(guarded: tuple[httpx.Client, str, str]) -> None:
    client, _, manages = guarded
    told = {"authorization": f"Bearer {manages}"}
    assert '"connect_heartbeat":false' in client.get("/", headers=told).text
    assert client.get("/chat/manage/en/gradio_api/heartbeat/x", headers=told).status_code == 404


def test_the_page_names_no_other_origin(guarded: tuple[httpx.Client, str, str]) -> None:
    client, _, manages = guarded
    told = client.get("/", headers={"authorization": f"Bearer {manages}"}).text
    linked = re.findall(r"(?:src|href|content)=\"((?:https?:)?//[^\"]+)", told)
    assert linked == []


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({"accept-language": "ko-KR,ko;q=0.9,en;q=0.8"}, "ko"),
        ({"accept-language": "en-GB"}, "en"),
        ({"accept-language": "fr"}, "en"),
        ({"accept-language": "en", "cookie": "gisa_lang=ko"}, "ko"),
        ({"accept-language": "ko", "cookie": "gisa_lang=xx"}, "ko"),
    ],
)
def test_the_page_is_in_the_language_of_the_device(
    guarded: tuple[httpx.Client, str, str], headers: dict[str, str], language: str
) -> None:
    client, asks, _ = guarded
    told = client.get("/", headers={**headers, "authorization": f"Bearer {asks}"})
    assert told.headers["content-language"] == language
    assert f'<html\n\tlang="{language}"' in told.text
    assert f'<base href="/chat/ask/{language}/" />' in told.text


def test_without_a_key_there_is_only_the_door(guarded: tuple[httpx.Client, str, str]) -> None:
    client, asks, _ = guarded
    told = client.get("/", headers={"accept-language": "en"})
    assert told.status_code == 401
    assert "gradio" not in told.text
    for path in ("config", "gradio_api/info", "gradio_api/queue/data?session_hash=x"):
        assert client.get(f"/chat/manage/en/{path}").status_code in (401, 404), path
    assert client.post("/chat/manage/en/gradio_api/queue/join", json={}).status_code == 401
    assert client.post("/chat/manage/en/gradio_api/upload").status_code == 401
    assert client.get("/chat/about").status_code == 401
    assert client.post("/chat/written", json={"claims": []}).status_code == 401
    wrong = {"authorization": f"Bearer {asks[:-1]}"}
    assert client.get("/chat/about", headers=wrong).status_code == 401


def test_who_may_only_ask_gets_no_tabs_to_manage(guarded: tuple[httpx.Client, str, str]) -> None:
    client, asks, manages = guarded
    page = client.get("/", headers={"authorization": f"Bearer {asks}", "accept-language": "en"}).text
    assert "Articles" not in page.split("gisa-told")[0]
    assert '"label":"Articles"' in client.get(
        "/", headers={"authorization": f"Bearer {manages}", "accept-language": "en"}
    ).text.replace('": "', '":"')
    refused = client.post("/chat/manage/en/gradio_api/queue/join", json={}, headers={"authorization": f"Bearer {asks}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope")


def test_the_tabs_to_manage_are_shown_to_those_who_may_alone(
    browser: Browser, guarded: tuple[httpx.Client, str, str]
) -> None:
    client, asks, manages = guarded
    article = f"{client.base_url}/v1/articles/there-is-none"
    for key, tabs, removed in ((asks, ["Ask"], 403), (manages, ["Ask", "Articles", "Quality"], 404)):
        context = browser.new_context(locale="en-US")
        try:
            page = context.new_page()
            page.goto(str(client.base_url))
            assert page.get_by_role("tab").count() == 0
            page.get_by_label("API key").fill(key)
            page.keyboard.press("Enter")
            page.locator("#gisa-chat .composer").wait_for()
            assert page.get_by_role("tab").all_inner_texts() == tabs
            assert page.locator(".lead").inner_text().startswith("Answers come from 5 articles")
            if "Articles" in tabs:
                page.get_by_role("tab", name="Articles").click()
                page.get_by_role("button", name="Add articles").wait_for()
            else:
                assert page.locator(".gt-halves, .gt-add, .gt-tab").count() == 0
            assert page.request.delete(article).status == removed  # with the cookie that the page has
        finally:
            context.close()


def test_signing_in_makes_a_cookie_that_scripts_cannot_read(guarded: tuple[httpx.Client, str, str]) -> None:
    client, asks, _ = guarded
    wrong = client.post("/chat/sign-in", json={"key": "gisa_00000000_" + "a" * 43})
    assert wrong.status_code == 401
    assert "set-cookie" not in wrong.headers
    told = client.post("/chat/sign-in", json={"key": asks})
    assert told.status_code == 204
    cookie = told.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    try:
        assert client.get("/").status_code == 200
        assert client.get("/v1/articles").json()["total"] == 5
        assert client.get("/v1/articles", headers={"authorization": "Bearer nonsense"}).status_code == 401
        foreign = client.post("/v1/search", json={"question": "a"}, headers={"origin": "https://evil.example"})
        assert foreign.status_code == 403
        assert client.post("/chat/sign-out").status_code == 204
        assert client.get("/").status_code == 401
    finally:
        client.cookies.clear()


@pytest.mark.parametrize(
    "path",
    [
        "config", "monitoring", "gradio_api/info", "gradio_api/openapi.json", "gradio_api/proxy=https://evil.example/",
        "gradio_api/vibe-edit", "gradio_api/deep_link", "login", "gradio_api/mcp", "custom_component/x", "",
    ],
)  # fmt: skip
def test_what_the_page_does_not_need_is_not_there(guarded: tuple[httpx.Client, str, str], path: str) -> None:
    client, _, manages = guarded
    told = client.get(f"/chat/manage/en/{path}", headers={"authorization": f"Bearer {manages}"})
    assert told.status_code == 404
    assert told.json()["code"] == "not_found"


def test_our_scripts_are_served_and_make_no_markup_of_text(guarded: tuple[httpx.Client, str, str]) -> None:
    client, _, _ = guarded
    ways = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "createContextualFragment",
            "DOMParser", "new Function")  # fmt: skip
    scripts = [one for one in resources.files("ui.chat").joinpath("static").iterdir() if one.name.endswith(".js")]
    assert len(scripts) > 5
    for script in scripts:
        told = client.get(f"/chat/static/{script.name}")
        assert (told.status_code, told.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert not [way for way in ways if way in told.text], script.name
        tag = {"if-none-match": told.headers["etag"]}
        assert client.get(f"/chat/static/{script.name}", headers=tag).status_code == 304
    assert client.get("/chat/static/..%2Fdoor.py").status_code == 404
    assert client.get("/chat/static/door.py").status_code == 404


def test_the_api_still_answers_for_itself(serving: Served) -> None:
    with serving() as client:
        assert client.get("/nowhere").json()["code"] == "not_found"
        assert client.get("/v1/ask").json()["code"] == "method_not_allowed"
        paths = client.get("/openapi.json").json()["paths"]
        assert not [path for path in paths if path == "/" or path.startswith("/chat")]
