"""The examples of openapi.json: whole bodies, valid, true of the shipped articles, and accepted as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from serving import open_service, served

from seeds.loaders import shipped_articles

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["serving"]
BODIES = {
    ("post", "/v1/ask"): 200,
    ("post", "/v1/ask/stream"): 200,
    ("post", "/v1/search"): 200,
    ("post", "/v1/feedback"): 404,  # no answer has the id of an example
    ("post", "/v1/chat/completions"): 200,
    ("post", "/v1/articles"): 202,
    ("put", "/v1/articles/{article_id}"): 202,
}
"""Operations that take JSON, and what they say to their examples."""
SHOWN = ("AnswerOut", "SearchOut", "ArticleOut", "ArticlesOut", "IngestOut", "FeedbackOut", "Problem")


@pytest.fixture(scope="module")
def client(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    with served(open_service(tmp_path_factory.mktemp("examples") / "home", shipped_home, embedder)) as client:
        yield client


@pytest.fixture(scope="module")
def api(client: httpx.Client) -> dict[str, Any]:
    told: dict[str, Any] = client.get("/openapi.json").json()
    return told


def schema_of(api: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = api["components"]["schemas"][name]
    return found


def offered(api: dict[str, Any], method: str, path: str) -> tuple[dict[str, Any], Any]:
    """The schema of a body, and what is filled in where somebody tries the operation out."""
    content = api["paths"][path][method]["requestBody"]["content"]["application/json"]
    schema = content["schema"]
    if "$ref" in schema:
        schema = schema_of(api, schema["$ref"].rpartition("/")[2])
    if "examples" in content:
        return schema, next(iter(content["examples"].values()))["value"]
    return schema, schema["examples"][0]


def check(api: dict[str, Any], schema: dict[str, Any], example: Any) -> None:
    Draft202012Validator({**schema, "components": api["components"]}).validate(example)


def test_every_operation_that_takes_json_is_listed_here(api: dict[str, Any]) -> None:
    takes = {
        (method, path)
        for path, its in api["paths"].items()
        for method, operation in its.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    assert takes == set(BODIES)


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_can_be_sent_as_it_is_offered(client: httpx.Client, api: dict[str, Any], method: str, path: str) -> None:
    schema, example = offered(api, method, path)
    check(api, schema, example)
    shipped = shipped_articles()[0].id
    told = client.request(method, path.format(article_id=shipped), json=example)
    assert told.status_code == BODIES[method, path], told.text


@pytest.mark.parametrize("name", SHOWN)
def test_a_response_is_shown_whole(api: dict[str, Any], name: str) -> None:
    schema = schema_of(api, name)
    (example,) = schema["examples"]
    check(api, schema, example)
    optional = {"errors"} if name == "Problem" else set()
    assert set(schema["properties"]) - optional == set(example)


@pytest.mark.parametrize(("name", "key"), [("AnswerOut", "citations"), ("SearchOut", "hits")])
def test_what_is_quoted_stands_in_the_article(api: dict[str, Any], name: str, key: str) -> None:
    (quoted,) = schema_of(api, name)["examples"][0][key]
    (article,) = [one for one in shipped_articles() if one.id == quoted["article_id"]]
    assert article.text[quoted["start"] : quoted["end"]] == quoted["quote"]
    assert (article.title, str(article.published)) == (quoted["title"], quoted["published"])


def test_the_problem_is_one_that_is_told(client: httpx.Client, api: dict[str, Any]) -> None:
    told = client.get("/v1/articles/garam").json()
    (example,) = schema_of(api, "Problem")["examples"]
    assert told | {"request_id": ""} == example | {"request_id": ""}
