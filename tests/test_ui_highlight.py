"""What is highlighted in a quoted sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk import CITATION

from rag.types import Claim, Place
from ui.highlight import bearing

QUOTE = "Garam은 지난 5월 서버 15대와 5대, 예산 280억원을 한빛연구소에 배정했다."
CITED = replace(CITATION, quote=QUOTE)


def highlighted(*claims: Claim, published: str | None = "2025-10-31") -> list[str]:
    spans = bearing(replace(CITED, published=published), claims)
    return [QUOTE[start:end] for start, end in spans]


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        (Claim("5 servers", "quantity", "supported", 1), ["5대"]),
        (Claim("28 billion won", "quantity", "supported", 1), ["280억원"]),
        (Claim("280 billion won", "quantity", "supported", 1), []),
        (Claim("May 2025", "date", "supported", 1), ["지난 5월"]),
        (Claim("May 2024", "date", "supported", 1), []),
        (Claim("garam", "name", "supported", 1), ["Garam"]),
        (Claim("한빛연구소", "name", "supported", 1), ["한빛연구소"]),
        (Claim("Hanbit Institute", "name", "supported", 1), []),
        (Claim("Garam assigned a budget", "statement", "supported", 1), []),
    ],
)
def test_each_kind_of_claim(claim: Claim, expected: list[str]) -> None:
    assert highlighted(claim) == expected


def test_only_what_this_citation_bears_out() -> None:
    assert highlighted(Claim("5 servers", "quantity", "unknown", 1)) == []
    assert highlighted(Claim("5 servers", "quantity", "supported", 2)) == []
    assert highlighted(Claim("5 servers", "quantity", "supported", None)) == []


def test_the_very_words_that_were_read() -> None:
    """Known to the letter, asserted or only quoted; of another article, or beyond the quote, they are none of it."""
    at = QUOTE.index("280억원")
    read = Claim("280억원", "quantity", "unknown", 1, Place("garam", at, at + 5), ("reader",))
    assert highlighted(read) == ["280억원"]
    assert highlighted(replace(read, span=Place("other", at, at + 5))) == []
    assert highlighted(replace(read, span=Place("garam", at, at + 500))) == []
    assert highlighted(read, Claim("28 billion won", "quantity", "supported", 1)) == ["280억원"], "once"


@pytest.mark.parametrize("published", ["2025-10-31", "2025-10", "2025", None])
def test_an_article_may_have_any_date(published: str | None) -> None:
    assert highlighted(Claim("15 servers", "quantity", "supported", 1), published=published) == ["15대"]


def test_in_the_order_of_the_sentence() -> None:
    claims = (Claim("28 billion won", "quantity", "supported", 1), Claim("Garam", "name", "supported", 1))
    assert highlighted(*claims) == ["Garam", "280억원"]
