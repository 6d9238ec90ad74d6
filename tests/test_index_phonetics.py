"""Sound across scripts, on tests/data/name_pairs.tsv and on tables written by hand."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from index.phonetics import THRESHOLD, similarity

PAIRS = [
    tuple(row.split("\t"))
    for row in (Path(__file__).parent / "data" / "name_pairs.tsv").read_text(encoding="utf-8").splitlines()
    if not row.startswith("#")
]


def _share_accepted(verdicts: set[str], sets: set[str]) -> float:
    chosen = [(hangul, latin) for verdict, part, hangul, latin in PAIRS if verdict in verdicts and part in sets]
    return sum(similarity(hangul, latin) >= THRESHOLD for hangul, latin in chosen) / len(chosen)


def test_pairs_are_enough_to_judge_by() -> None:
    assert sum(row[0] == "same" for row in PAIRS) >= 250
    assert sum(row[0] == "other" for row in PAIRS) >= 1000
    assert sum(row[0] == "near" for row in PAIRS) >= 100


def test_recall_on_pairs_the_costs_were_set_on() -> None:
    assert _share_accepted({"same"}, {"dev"}) >= 0.95


def test_recall_on_pairs_written_afterwards() -> None:
    assert _share_accepted({"same"}, {"held"}) >= 0.93


@pytest.mark.parametrize("part", ["dev", "held"])
def test_shuffled_pairs_are_refused(part: str) -> None:
    assert _share_accepted({"other"}, {part}) <= 0.005


def test_near_misses_are_mostly_refused() -> None:
    """Poland and 포틀랜드, Park Ji-won and 박지성: no spelling rule can tell them all apart."""
    assert _share_accepted({"near"}, {"dev"}) <= 0.05


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("노섬벌랜드", "Northumberland"),
        ("러프턴", "Loughton"),
        ("에식스", "Essex"),
        ("스타머", "Starmer"),
        ("윈저", "Windsor"),
        ("비바테크", "VivaTech"),
        ("코어위브", "CoreWeave"),
        ("코어웨이브", "CoreWeave"),
        ("엔스케일", "Nscale"),
        ("젠슨 황", "Jensen Huang"),
        ("황젠슨", "Jensen Huang"),
        ("배경훈", "Bae Kyung-hoon"),
        ("배경훈", "Bae Gyeong-hun"),
        ("배경훈", "Kyung-hoon Bae"),
        ("정의선", "Euisun Chung"),
        ("최태원", "Chey Tae-won"),
        ("텔레포니카", "Telefónica"),
        ("챗GPT", "ChatGPT"),
        ("엔업", "N-UP"),
    ],
)
def test_same_name(hangul: str, latin: str) -> None:
    assert similarity(hangul, latin) >= THRESHOLD


@pytest.mark.parametrize("surname", ["Lee", "Yi", "Rhee"])
def test_surname_has_many_spellings(surname: str) -> None:
    assert similarity("이창용", f"{surname} Chang-yong") >= THRESHOLD


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [
        ("오스트리아", "Australia"),
        ("오스트레일리아", "Austria"),
        ("인도", "Indonesia"),
        ("인도네시아", "India"),
        ("이란", "Iraq"),
        ("이재명", "Lee Jae-yong"),
        ("감비아", "Zambia"),
        ("네이버", "Nebius"),
        ("모스크바", "Musk"),
    ],
)
def test_other_name(hangul: str, latin: str) -> None:
    assert similarity(hangul, latin) < THRESHOLD


@pytest.mark.parametrize(("hangul", "latin"), [("", ""), ("", "Paris"), ("파리", ""), ("파리", "…"), ("!", "!")])
def test_nothing_sounds_like_nothing(hangul: str, latin: str) -> None:
    assert similarity(hangul, latin) == 0.0


def test_is_between_zero_and_one() -> None:
    assert all(0.0 <= similarity(hangul, latin) <= 1.0 for _, _, hangul, latin in PAIRS)


def test_long_input_is_quick() -> None:
    started = time.perf_counter()
    similarity("노섬벌랜드" * 40, "Northumberland" * 40)
    assert time.perf_counter() - started < 5
