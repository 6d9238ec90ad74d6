"""What the evidence cannot answer is refused. Evidence is made up; refusing over the real collection is tested in
test_rag_pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from math import inf

import pytest
from made_up import NAMES, article, evidence, question

from rag.answerable import SURE, in_order, likely, odds_needed, of_numbers, on_subject, quotable, rivals
from rag.types import Evidence

GPUS = evidence("정부는 엔비디아와 함께 GPU 26만장을 들여온다.", article(title="한국, GPU 확보"))
VISIT = evidence("젠슨 황 최고경영자가 서울을 찾았다.", article(title="젠슨 황 방한"))


@pytest.mark.parametrize(
    "text",
    [
        "How many GPUs is Korea securing?",
        "How many NVIDIA GPUs is the government buying?",
        "정부가 들여오는 GPU는 몇 장인가?",
        "엔비디아 GPU는 몇 장 들어오나?",
    ],
)
def test_nothing_speaks_against_it(text: str) -> None:
    assert odds_needed(question(text), [GPUS, VISIT], NAMES) == -inf


def test_no_evidence() -> None:
    assert odds_needed(question("How many GPUs is Korea securing?"), [], NAMES) == inf


@pytest.mark.parametrize(
    "text",
    [
        "How many GPUs is Japan securing?",
        "일본이 들여오는 GPU는 몇 장인가?",
        "How many GPUs does Samsung buy?",
        "카카오가 들여오는 GPU는 몇 장인가?",
    ],
)
def test_a_name_that_is_nowhere(text: str) -> None:
    assert odds_needed(question(text), [GPUS, VISIT], NAMES) == inf


def test_evidence_without_the_kind_of_thing_asked_for() -> None:
    """No number in it cannot tell how many."""
    assert odds_needed(question("How many people met Jensen Huang?"), [VISIT], NAMES) == inf
    assert odds_needed(question("서울을 찾은 사람은 몇 명인가?"), [VISIT], NAMES) == inf


def test_evidence_about_something_else() -> None:
    far = evidence("정부는 GPU 26만장을 들여온다.", words=0.0)
    assert odds_needed(question("How many chickens are eaten every day?"), [far], NAMES) == inf


@pytest.mark.parametrize("words", [0.16, 0.24])
def test_few_words_may_be_other_words(words: float) -> None:
    near = evidence("정부는 GPU 26만장을 들여온다.", words=words)
    assert odds_needed(question("How many graphics cards come in?"), [near], NAMES) == SURE


def test_a_name_nobody_knows_may_be_written_otherwise() -> None:
    assert odds_needed(question("What did Zorblatt buy?"), [GPUS, VISIT], NAMES) == SURE


@pytest.mark.parametrize("text", ["How many GPUs does Naver get?", "네이버가 받는 GPU는 몇 장인가?"])
def test_a_name_elsewhere_in_the_article_is_not_missing(text: str) -> None:
    assert odds_needed(question(text), [GPUS, VISIT], NAMES) == inf
    assert odds_needed(question(text), [GPUS, VISIT], NAMES, {"a": "네이버도 GPU를 받는다."}.__getitem__) == -inf


@pytest.mark.parametrize("text", ["Who is the CEO of Naver?", "네이버 대표는 누구인가?"])
def test_a_sentence_of_an_article_without_any_name_asked_about(text: str) -> None:
    assert not on_subject(question(text), VISIT, NAMES)
    assert on_subject(question(text), VISIT, NAMES, {"a": "네이버도 그를 만났다."}.__getitem__)
    assert on_subject(question("Who is the CEO of Naver and of Samsung?"), evidence("삼성전자 회장이 왔다."), NAMES)
    assert on_subject(question("Who came to Korea?"), VISIT, NAMES)


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("H100 한 장 가격은 얼마인가?", False),
        ("What did one H100 cost?", False),
        ("칩을 몇 개 샀나?", True),
        ("데이터의 규모는?", True),
        ("메타는 무엇을 샀나?", True),
    ],
)
def test_a_sum_the_model_could_not_read_is_not_quoted(text: str, may: bool) -> None:
    bought = evidence("메타는 H100 10만개를 20억달러에 샀다.")
    assert quotable(question(text), [bought], NAMES) == may


class TestNumbersAskedAbout:
    BOUGHT = evidence("정부가 들여온다.", article("bought"))
    OTHERS = evidence("다른 회사는 칩을 20억달러에 샀다.", article("others"))
    TEXTS = {"bought": "정부가 GPU 26만장을 들여온다. 올해 산다.", "others": "다른 회사는 칩을 20억달러에 샀다."}  # noqa: RUF012

    @pytest.mark.parametrize(
        "text", ["What do the 260,000 GPUs cost?", "GPU 26만 장은 얼마인가?", "What did the 260k chips cost?"]
    )
    def test_sentences_of_other_articles_go(self, text: str) -> None:
        told = of_numbers(question(text), [self.OTHERS, self.BOUGHT], self.TEXTS.__getitem__)
        assert list(told) == [self.BOUGHT]

    @pytest.mark.parametrize(
        "text",
        [
            "What do the 270,000 GPUs cost?",  # no article has it: it may be wrong, or said otherwise
            "What did the two firms pay?",
            "Who paid more than $2 billion?",
            "Why did the shares fall 3%?",
            "Where did hundreds of workers go?",
            "칩을 몇 달러에 샀나?",
            "Who came to Korea?",
        ],
    )
    def test_all_stay(self, text: str) -> None:
        both = [self.OTHERS, self.BOUGHT]
        assert of_numbers(question(text), both, self.TEXTS.__getitem__) == both


def test_what_is_judged_keeps_its_odds() -> None:
    judged = in_order([replace(GPUS, score=1.0), replace(VISIT, score=2.0)], [3.0])
    again = in_order(judged, [3.0, 0.5])
    assert [item.score for item in again] == [7.0, 3.0]
    assert [item.odds for item in again] == [3.0, 0.5]


def test_korea_goes_without_saying_in_a_korean_paper() -> None:
    silent = evidence("정부는 GPU 26만장을 들여온다.")
    assert odds_needed(question("How many GPUs is Korea securing?"), [silent], NAMES) == -inf


@pytest.mark.parametrize("text", ["How many GPUs did Korea secure by 2019?", "정부가 2019년에 들여온 GPU는 몇 장인가?"])
def test_a_year_that_no_evidence_names(text: str) -> None:
    assert odds_needed(question(text), [GPUS, VISIT], NAMES) == inf
    assert odds_needed(question(text), [GPUS, evidence("정부는 2019년 GPU 1000장을 샀다.")], NAMES) == -inf
    of_that_year = evidence("정부는 GPU 1000장을 샀다.", article(published=date(2019, 3, 1)))
    assert odds_needed(question(text), [GPUS, of_that_year], NAMES) == -inf


def test_likely_by_the_odds_of_the_chosen_sentence() -> None:
    chosen, other = in_order([replace(GPUS, score=9.0), replace(VISIT, score=1.0)], [0.5, 3.0])
    assert likely(chosen, [0.5, 3.0], 0.0)
    chosen, other = in_order([replace(GPUS, score=9.0), replace(VISIT, score=1.0)], [-0.5, 3.0])
    assert not likely(chosen, [-0.5, 3.0], 0.0)
    assert likely(other, [-0.5, 3.0], 0.0)
    assert likely(VISIT, [-5.0, 2.0], 0.0)
    assert not likely(VISIT, [-5.0, -1.0], 0.0)
    assert not likely(VISIT, [], 0.0)


def texts(ranked: Sequence[Evidence]) -> list[str]:
    return [item.text for item in ranked]


def test_in_order_of_odds_and_ranking() -> None:
    """Made-up evidence has equal scores, so odds alone decide; what was not judged stays behind, in its order."""
    given = [evidence(text) for text in "가나다라"]
    assert texts(in_order(given, [-1.0, 3.0])) == ["나", "가", "다", "라"]
    assert texts(in_order(given[:3], [1.0, 1.0])) == ["가", "나", "다"]
    assert texts(in_order(given[:2], [])) == ["가", "나"]


def test_ranking_counts_beside_odds() -> None:
    """Twice the odds are added to the score."""
    pair = [replace(GPUS, score=5.0), replace(VISIT, score=1.0)]
    assert [(item.text, item.score) for item in in_order(pair, [0.0, 1.0])] == [(GPUS.text, 5.0), (VISIT.text, 3.0)]
    assert [(item.text, item.score) for item in in_order(pair, [0.0, 4.0])] == [(VISIT.text, 9.0), (GPUS.text, 5.0)]


class TestRivals:
    def test_two_where_little_sets_them_apart(self) -> None:
        asked = question("누가 서울을 찾았나?")
        ranked = [replace(VISIT, score=5.0), replace(GPUS, score=4.5), replace(VISIT, score=4.4)]
        assert list(rivals(asked, ranked)) == ranked[:2]
        assert list(rivals(asked, ranked, within=0.5)) == ranked[:1]
        assert list(rivals(asked, ranked[:1])) == ranked[:1]

    @pytest.mark.parametrize("text", ["정부가 들여오는 GPU는 몇 장인가?", "How many GPUs is Korea securing?"])
    def test_of_the_kind_asked_for(self, text: str) -> None:
        """A number asked for is taken from a sentence that has one, however close another is."""
        ranked = [replace(VISIT, score=5.0), replace(GPUS, score=1.0)]
        assert list(rivals(question(text), ranked)) == [ranked[1]]
