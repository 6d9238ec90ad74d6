"""The dates that the REST API takes, and periods of them."""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError
from serving import ASKED, open_service, served

from ui.rest.schemas import Day

if TYPE_CHECKING:
    from index.sentence_transformer import SentenceTransformerEmbedder

pytest_plugins = ["serving"]
DAY: TypeAdapter[str] = TypeAdapter(Day)
KOREAN = "한국이 확보하는 GPU는 몇 장인가?"
BACKWARDS = {"since": "2025-11", "until": "2025-10-31"}


@pytest.fixture(scope="module")
def client(
    shipped_home: Path, embedder: SentenceTransformerEmbedder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    with served(open_service(tmp_path_factory.mktemp("dates") / "home", shipped_home, embedder)) as client:
        yield client


def taken(told: str) -> bool:
    try:
        DAY.validate_python(told)
    except ValidationError:
        return False
    return True


def test_every_day_of_the_calendar_and_no_other() -> None:
    """In each of 2000 years: 29 February only of leap years, no 30 February, no 31 April, no day 0."""
    real = {str(date(1000, 1, 1) + timedelta(days=n)) for n in range((date(3000, 1, 1) - date(1000, 1, 1)).days)}
    pattern = re.compile(DAY.json_schema()["pattern"])
    for year in range(1000, 3000):
        ends = [f"{year}-{month:02}-{day:02}" for month in range(14) for day in (0, 1, 28, 29, 30, 31, 32)]
        assert [one for one in ends if taken(one)] == [one for one in ends if one in real]
        assert [one for one in ends if pattern.search(one)] == [one for one in ends if one in real]
        assert taken(f"{year}-02-29") is isleap(year)


@pytest.mark.parametrize("told", ["2024-02-29", "2000-02-29", "2024-02", "2024"])
def test_dates_that_are(told: str) -> None:
    assert taken(told)


@pytest.mark.parametrize(
    "told", ["2023-02-29", "1900-02-29", "2024-02-30", "2024-2-29", "2024-02-29\n", " 2024", "24-02-29", "0999", "3000"]
)
def test_dates_that_are_not(told: str) -> None:
    assert not taken(told)


def test_the_29th_of_february_is_a_day_like_any_other(client: httpx.Client) -> None:
    leap, common = "2024-02-29", "2023-02-29"
    assert client.get("/v1/articles", params={"since": leap, "until": leap}).json()["total"] == 0
    assert client.post("/v1/search", json={"question": ASKED, "filter": {"since": leap}}).json()["hits"]
    article = {"text": "가람전자는 서버 3만2천대를 들여온다고 밝혔다.", "id": "leap", "published": leap}
    assert client.post("/v1/articles", json=article).status_code == 202
    for told in (
        client.get("/v1/articles", params={"until": common}),
        client.post("/v1/search", json={"question": ASKED, "filter": {"until": common}}),
        client.post("/v1/articles", json=article | {"id": "common", "published": common}),
    ):
        assert (told.status_code, told.json()["code"]) == (422, "invalid_request")


@pytest.mark.parametrize("path", ["/v1/ask", "/v1/ask/stream", "/v1/search"])
@pytest.mark.parametrize(
    ("question", "language", "said"),
    [(ASKED, "en", "Swap `since` and `until`."), (KOREAN, "ko", "`since`와 `until`을 서로 바꾸세요.")],
)
def test_a_period_ends_after_it_begins(
    client: httpx.Client, path: str, question: str, language: str, said: str
) -> None:
    told = client.post(path, json={"question": question, "filter": BACKWARDS})
    problem: dict[str, Any] = told.json()
    assert (told.status_code, told.headers["content-type"]) == (422, "application/problem+json")
    assert (problem["code"], told.headers["content-language"]) == ("period", language)
    assert said in problem["detail"]


def test_a_list_of_no_period(client: httpx.Client) -> None:
    told = client.get("/v1/articles", params=BACKWARDS)
    assert (told.status_code, told.json()["code"]) == (422, "period")
    within = client.get("/v1/articles", params={"since": "2025-10-31", "until": "2025-10"})  # its last day is the 31st
    assert within.status_code == 200
