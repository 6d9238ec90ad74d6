# ruff: noqa: E501 (a row a line)
"""What was read, said in either language: values with bound and unit, dates in full, names in Latin letters."""

from __future__ import annotations

from datetime import date

import pytest
from made_up import NAMES, article, evidence, question

from rag.numerals import find_quantities
from rag.romanise import person, romanised
from rag.wording import direction_after, sentence, told

PUBLISHED = article(published=date(2024, 9, 11))


def said(asked: str, text: str, words: str) -> str:
    item, start = evidence(text, PUBLISHED), text.index(words)
    wanted = question(asked)
    return sentence(wanted, told(wanted, item, (start, start + len(words)), NAMES), lambda: "[1]")


@pytest.mark.parametrize(
    ("asked", "text", "words", "expected"),
    [
        ("찬성은 몇 표였나?", "찬성 13표, 반대 8표가 나왔다.", "13표", "13표 [1]."),
        ("How many voted for it?", "찬성 13표, 반대 8표가 나왔다.", "13표", "The article says 13 votes (13표) [1]."),
        ("차는 얼마였나?", "예산 약 4200만원으로 샀다.", "4200만원", "약 4200만원 [1]."),
        ("What did it cost?", "예산 약 4200만원으로 샀다.", "4200만원", "The article says about 42 million won (약 4200만원) [1]."),
        ("How many came?", "행사에 3만2000명 넘게 왔다.", "3만2000명", "The article says more than 32,000 people (3만2000명 넘게) [1]."),
        ("매출은 얼마나 늘었나?", "매출은 12.3% 감소한 3조원이었다.", "12.3%", "12.3% 감소 [1]."),
        ("By how much did sales grow?", "매출은 12.3% 감소한 3조원이었다.", "12.3%", "The article says it fell by 12.3% [1]."),
        ("선거는 언제 치러지나?", "오는 24일 선거가 치러진다.", "24일", "오는 24일(2024년 9월 24일) [1]."),
        ("When is the vote?", "오는 24일 선거가 치러진다.", "24일", "The article gives September 24, 2024 (오는 24일) [1]."),
        ("누가 냈나?", "불신임안은 배은주 의원이 냈다.", "배은주", "배은주 [1]."),
        ("Who tabled it?", "불신임안은 배은주 의원이 냈다.", "배은주", "The article names Bae Eun-ju (배은주) [1]."),
        ("왜 닫았나?", "공장은 일손이 모자라 문을 닫았다.", "일손이 모자라", "일손이 모자라 [1]."),
        ("Why did it close?", "수요 예측이 빗나가 닫았다.", "수요 예측이 빗나가", "The article says “수요 예측이 빗나가” (demand, predict, miss) [1]."),
        ("How many came?", "직원 5명 이상이 왔다.", "5명 이상", "The article says at least 5 people (5명 이상) [1]."),
        ("몇 명이 왔나?", "주민 30명 정도가 왔다.", "30명 정도", "30명 정도 [1]."),
        ("몇 도였나?", "기온은 35도를 기록했다.", "35도", "35도 [1]."),
        ("How many books?", "책 3권을 냈다.", "3권", "The article says 3 (3권) [1]."),
        ("Who came?", "주민들이 왔다.", "주민들", "The article says “주민들” (resident) [1]."),
        ("언제 열리나?", "회의는 30일 열린다.", "30일", "30일(2024년 9월 30일) [1]."),
        ("지역 경제는 얼마나 성장했나?", "지역 경제 성장률은 △3.2%였다.", "3.2%", "3.2% 감소 [1]."),
        ("How fast did it grow?", "지역 경제 성장률은 △3.2%였다.", "△3.2%", "The article says it fell by 3.2% [1]."),
        ("How did exports change?", "수출은 전년 대비 ▼2.1%, 수입은 ▲1.5%였다.", "2.1%", "The article says it fell by 2.1% [1]."),
        ("영업이익률은?", "영업이익률은 -4.5%를 기록했다.", "-4.5%", "-4.5% [1]."),
        ("영업이익은 얼마인가?", "영업이익은 △120억원이었다.", "120억원", "△120억원 [1]."),
        ("몇 층인가?", "아파트는 47층으로 짓는다.", "47층", "47층 [1]."),
        ("How many storeys will it have?", "아파트는 47층으로 짓는다.", "47층", "The article says 47 (47층) [1]."),
    ],
)  # fmt: skip
def test_said(asked: str, text: str, words: str, expected: str) -> None:
    assert said(asked, text, words) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.3% 감소한", "down"),
        ("12.3%가량 늘어난", "up"),
        ("12.3%로 집계됐다", None),
        ("12.3%나 떨어졌다", "down"),
        ("12.3% 오른", "up"),
        ("12.3%", None),
        ("12.3%로 늘었다", None),
        ("12.3% 늘지 않았다", None),
        ("12.3% 크게 감소한", "down"),
        ("12.3%에서 줄었다", None),
    ],
)
def test_direction(text: str, expected: str | None) -> None:
    assert direction_after(text, len("12.3%")) == expected


@pytest.mark.parametrize(
    "text",
    ["30m 높이의 탑", "시민 300명이 줄을 섰다", "눈이 10cm 내렸다", "학교에서 3km 떨어진 곳", "3년 내리 우승했다",
     "회원은 3만 명이며 늘고 있다", "마이너스 2.1% 성장"],
)  # fmt: skip
def test_no_direction_in_words_that_only_sound_like_one(text: str) -> None:
    (number,) = find_quantities(text, "ko")
    assert direction_after(text, number.outer_end, number) is None


RULES = {
    "구미": "Gumi", "옥천": "Okcheon", "합덕": "Hapdeok", "월곶": "Wolgot", "벚꽃": "Beotkkot", "한밭": "Hanbat",
    "설악": "Seorak", "칠곡": "Chilgok", "임실": "Imsil", "울릉": "Ulleung", "대관령": "Daegwallyeong",
    "백마": "Baengma", "종로": "Jongno", "왕십리": "Wangsimni", "별내": "Byeollae", "신라": "Silla",
    "압구정": "Apgujeong", "낙동강": "Nakdonggang", "죽변": "Jukbyeon", "독립문": "Dongnimmun", "광희문": "Gwanghuimun",
}  # fmt: skip


@pytest.mark.parametrize(("hangul", "latin"), RULES.items())
def test_the_rules_own_examples(hangul: str, latin: str) -> None:
    """Of the National Institute of Korean Language, Romanization of Korean (2000), chapters 2 and 3."""
    assert romanised(hangul) == latin


@pytest.mark.parametrize(
    ("name", "expected"),
    [("배은주", "Bae Eun-ju"), ("남궁민", "Namgung Min"), ("이정아", "Lee Jeong-a"), ("김구", "Kim Gu"), ("한국은행", None),
     ("꽃샘", None), ("Kim", None)],
)  # fmt: skip
def test_people(name: str, expected: str | None) -> None:
    assert person(name) == expected
