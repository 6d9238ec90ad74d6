"""What is highlighted in a quoted sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import CITATION

from rag.types import Claim
from ui.highlight import bearing

QUOTE = "Garam은 지난 5월 서버 15대와 5대, 예산 280억원을 한빛연구소에 배정했다."
CITED = replace(CITATION, quote=QUOTE)


def highlighted(*claims: Claim, published: str | None = "2025-10-31") -> list[str]:
    spans = bearing(replace(CITED, published=published), claims)
    return [QUOTE[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim("5 servers", "quantity", True, 1), ["5대"]),
        (Claim("28 billion won", "quantity", True, 1), ["280억원"]),
        (Claim("280 billion won", "quantity", True, 1), []),
        (Claim("May 2025", "date", True, 1), ["지난 5월"]),
        (Claim("May 2024", "date", True, 1), []),
        (Claim("garam", "name", True, 1), ["Garam"]),
        (Claim("한빛연구소", "name", True, 1), ["한빛연구소"]),
        (Claim("Hanbit Institute", "name", True, 1), []),
        (Claim("Garam assigned a budget", "statement", True, 1), []),
    ],
)
def test_each_kind_of_claim(claim: Claim, expected: list[str]) -> None:
    assert highlighted(claim) == expected


def test_only_what_this_citation_bears_out() -> None:
    assert highlighted(Claim("5 servers", "quantity", False, 1)) == []
    assert highlighted(Claim("5 servers", "quantity", True, 2)) == []
    assert highlighted(Claim("5 servers", "quantity", True, None)) == []


@pytest.mark.parametrize("published", ["2025-10-31", "2025-10", "2025", None])
def test_an_article_may_have_any_date(published: str | None) -> None:
    assert highlighted(Claim("15 servers", "quantity", True, 1), published=published) == ["15대"]


def test_in_the_order_of_the_sentence() -> None:
    claims = (Claim("28 billion won", "quantity", True, 1), Claim("Garam", "name", True, 1))
    assert highlighted(*claims) == ["Garam", "280억원"]
