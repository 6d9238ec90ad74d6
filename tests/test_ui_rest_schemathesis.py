"""Every documented operation against what openapi.json says of it: schemathesis, all checks, over real HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance
from serving import Drafting, listening, open_service

from eval.bench.rest import schemathesis as run_schemathesis
from ui.rest.app import create_app

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["serving"]
MEANING = {"question", "article_file", "period"}
"""Codes of what only its meaning tells: no schema can say that a string is a question or an article, or that one day is
after another."""
OPERATIONS = [
    ("POST", "/v1/ask"),
    ("POST", "/v1/ask/stream"),
    ("POST", "/v1/search"),
    ("POST", "/v1/feedback"),
    ("GET", "/v1/articles"),
    ("POST", "/v1/articles"),
    ("GET", "/v1/articles/{article_id}"),
    ("PUT", "/v1/articles/{article_id}"),
    ("DELETE", "/v1/articles/{article_id}"),
    ("GET", "/v1/ingests/{ingest_id}"),
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("GET", "/v1/health/live"),
    ("GET", "/v1/health/ready"),
    ("GET", "/metrics"),
]
TAKES_NOTHING = {"/v1/models", "/v1/health/live", "/v1/health/ready", "/metrics"}
"""Operations that cannot be given anything wrong."""
load_all_checks()


@pytest.fixture(scope="module")
def url(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    service = open_service(
        tmp_path_factory.mktemp("schemathesis") / "home",
        shipped_home,
        embedder,
        Drafting(times=5000),
        requests_per_minute=10**9,
        asks_per_minute=10**9,
    )
    with listening(create_app(service, service.settings)) as url:
        yield url


@pytest.fixture(scope="module")
def api(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/openapi.json")


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_operation_is_as_documented(api: Any, method: str, path: str, mode: GenerationMode) -> None:
    operation = api[path][method]

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        response = case.call()
        told = response.json() if response.headers["content-type"] == ["application/problem+json"] else {}
        if method == "POST" and path == "/v1/chat/completions" and response.status_code == 400:
            told = response.json()["error"]
        excluded = [positive_data_acceptance] if told.get("code") in MEANING else []
        case.validate_response(response, excluded_checks=excluded)

    if mode is GenerationMode.NEGATIVE and path in TAKES_NOTHING:
        with pytest.raises(Unsatisfiable):
            holds()
    else:
        holds()


def test_all_phases_find_nothing(url: str) -> None:
    done = run_schemathesis(url, examples=3)
    assert done.returncode == 0, done.stdout
    phases = re.findall(r"(Examples|Coverage|Fuzzing|Stateful) \(in", done.stdout)
    assert phases == ["Examples", "Coverage", "Fuzzing", "Stateful"]
    assert f"Tested: {len(OPERATIONS)}" in done.stdout


def test_every_operation_is_tried(api: Any) -> None:
    assert sorted(OPERATIONS) == sorted(
        (found.ok().method.upper(), found.ok().path) for found in api.get_all_operations()
    )
