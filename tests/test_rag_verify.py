"""Drafts against evidence. Sentences are made up; what is right is told by reading them."""

from __future__ import annotations

from datetime import date

import pytest
from made_up import NAMES, article, evidence, question

from rag.types import Evidence
from rag.verify import DraftSentence, answers, renumbered, verify

FACTORY = evidence("현대자동차는 부산에 1조2000억원을 들여 배터리 공장 3곳을 짓는다.")
JOBS = evidence("부산시는 일자리가 3만개 이상 생길 것으로 본다.")
SHIP = evidence("공장은 배터리를 최대 6만대의 배에 싣고 비용을 약 15% 줄인다.")
DAY = evidence("공장은 오는 31일 문을 연다.", article(published=date(2025, 10, 30)))
SCHOOL = evidence("연세대와 카카오는 위성의 자료를 함께 연구한다.")
ALL = (FACTORY, JOBS, SHIP, DAY, SCHOOL)

ASK_EN = question("How many jobs does Busan expect?")
ASK_KO = question("부산시가 예상하는 일자리는 몇 개인가?")
ASK_OPEN = question("What is being built?")


def checked(draft: str, shown: tuple[Evidence, ...] = ALL, korean: bool = False) -> list[DraftSentence]:
    return verify(ASK_KO if korean else ASK_EN, draft, shown, NAMES)


def one(draft: str, shown: tuple[Evidence, ...] = ALL, korean: bool = False) -> DraftSentence:
    (statement,) = checked(draft, shown, korean)
    return statement


class TestSentences:
    @pytest.mark.parametrize(
        "draft",
        [
            "The name of supercomputer No. 6 is Hangang [1].",
            "Dr. Kim of the U.S. firm leads it [1].",
            "It costs 1.5 won [1].",
        ],
    )
    def test_a_full_stop_that_ends_none(self, draft: str) -> None:
        assert one(draft).text == draft.replace(" [1]", "")

    def test_each_is_a_statement(self) -> None:
        told = [
            statement.text for statement in checked("They build a plant [1]. It opens on the 31st. 30,000 jobs [2].")
        ]
        assert told == ["They build a plant.", "It opens on the 31st.", "More than 30,000 jobs."]


def test_the_letter_of_a_quantity_is_no_name() -> None:
    model = evidence("이 모델의 매개변수는 11B와 90B이다.")
    statement = one("11B, 90B [1].", (model,), korean=True)
    assert statement.supported
    assert [claim.kind for claim in statement.claims if claim.kind == "name"] == []


class TestWording:
    """What a Korean statement says beside numbers and names must be the sentence's own words."""

    ASKED = question("위성의 자료는 무엇에 쓰나요?")

    @pytest.mark.parametrize(
        ("draft", "supported"),
        [
            ("자료를 함께 연구한다", True),
            ("위성 자료의 연구", True),
            ("자료를 팔아 돈을 번다", False),
            ("연구를 그만둔다", False),
        ],
    )
    def test_checked(self, draft: str, supported: bool) -> None:
        (statement,) = verify(self.ASKED, draft, [SCHOOL, JOBS], NAMES)
        assert statement.supported == supported
        assert [(claim.kind, claim.evidence) for claim in statement.claims] == [("statement", 0 if supported else None)]

    @pytest.mark.parametrize(
        ("draft", "supported"),
        [("배경훈", True), ("배경훈, 현대자동차그룹", True), ("김경훈", False), ("자동차그룹", False), ("배경", False)],
    )
    def test_a_word_as_it_stands(self, draft: str, supported: bool) -> None:
        told = evidence("배경훈 부총리 겸 과기정통부 장관은 현대자동차그룹과 손잡았다고 말했다.")
        (statement,) = verify(question("과기정통부 장관 이름"), draft, [told], NAMES)
        wording = [claim for claim in statement.claims if claim.kind == "statement"]
        assert [claim.evidence == 0 for claim in wording] == [supported]

    def test_not_of_a_number_asked_for(self) -> None:
        assert {claim.kind for claim in one("일자리 3만개 이상", korean=True).claims} == {"quantity"}


class TestBareNumbers:
    def test_get_the_counter_of_the_sentence(self) -> None:
        third = evidence("이번 협력은 정부의 세 번째 협력이다.")
        asked = question("이번 협력은 몇 번째인가?")
        (statement,) = verify(asked, "3", [third], NAMES)
        assert statement.supported
        assert statement.text == "세 번째"


class TestQuantities:
    @pytest.mark.parametrize(
        "draft",
        [
            "More than 30,000 jobs [2].",
            "The plant costs 1.2 trillion won [1].",
            "There will be three factories [1].",
            "It cuts costs by about 15% [3].",
            "It cuts costs by about 15 percent [3].",
            "Up to 60,000 ships carry it [3].",
        ],
    )
    def test_borne_out_across_notations(self, draft: str) -> None:
        statement = one(draft)
        assert statement.supported
        assert [claim.kind for claim in statement.claims if claim.kind == "quantity"] == ["quantity"]

    @pytest.mark.parametrize(
        "draft", ["일자리 3만개 이상이 생깁니다 [2].", "1조2천억 원을 들입니다 [1].", "일자리 30,000개 이상 [2]."]
    )
    def test_borne_out_in_korean(self, draft: str) -> None:
        assert one(draft, korean=True).supported

    @pytest.mark.parametrize(
        "draft",
        [
            "More than 25,000 jobs [2].",  # other digits
            "More than 3,000 jobs [1].",  # digits of a sentence that it is not answered from
            "The plant costs 1.3 billion won [1].",
            "The plant costs 30,000 won [2].",  # a kind
            "Less than 3,000 jobs [2].",
            "It cuts costs 15 times [3].",  # a unit
            "Less than 30,000 jobs [2].",  # the other bound
            "More than 30,000 jobs and 7 schools [2].",  # one right, one invented
        ],
    )
    def test_not_borne_out(self, draft: str) -> None:
        statement = one(draft)
        assert not statement.supported
        assert any(claim.kind == "quantity" and claim.evidence is None for claim in statement.claims)

    @pytest.mark.parametrize("draft", ["일자리 2만5천개 이상 [2].", "일자리 3만개 미만 [2].", "13억원을 들입니다 [1]."])
    def test_not_borne_out_in_korean(self, draft: str) -> None:
        assert not one(draft, korean=True).supported


class TestMisreadMyriads:
    """The sentence's digits with another power of ten: a small model copies digits right and loses the myriads."""

    @pytest.mark.parametrize(
        ("draft", "whole"),
        [
            ("Busan expects more than 3,000 jobs [2].", "Busan expects more than 30,000 jobs."),
            ("More than 300,000 jobs [2].", "more than 30,000 jobs."),
            ("Busan expects 3,000 jobs [2].", "Busan expects more than 30,000 jobs."),
            ("The plant costs 1.2 billion won [1].", "The plant costs 1.2 trillion won."),
            ("The plant costs 12 trillion won [1].", "The plant costs 1.2 trillion won."),
            ("The plant costs $1.2 trillion [1].", "The plant costs 1.2 trillion won."),
        ],
    )
    def test_read_again(self, draft: str, whole: str) -> None:
        statement = one(draft)
        assert statement.supported
        assert statement.text.casefold() == whole.casefold()

    def test_of_dollars(self) -> None:
        fund = evidence("영국은 280억 달러를 끌어모았다.")
        statement = one("It drew 280 billion dollars.", (fund, JOBS))
        assert statement.supported
        assert statement.text == "It drew $28 billion."

    @pytest.mark.parametrize(
        ("draft", "whole"),
        [
            ("일자리 3천개 이상이 생깁니다 [2].", "일자리 3만개 이상이 생깁니다."),
            ("12억원을 들입니다 [1].", "1조2000억원을 들입니다."),
        ],
    )
    def test_in_korean(self, draft: str, whole: str) -> None:
        statement = one(draft, korean=True)
        assert statement.supported
        assert statement.text == whole

    def test_not_when_two_could_be_meant(self) -> None:
        both = evidence("부산시는 일자리 3만개, 울산시는 일자리 30만개를 내다본다.")
        assert not one("Busan expects 3,000 jobs.", (both,)).supported

    def test_not_what_another_sentence_bears_out(self) -> None:
        exact = evidence("울산시는 일자리 3천개를 내다본다.")
        statement = one("There are 3,000 jobs.", (JOBS, exact))
        assert statement.text == "There are 3,000 jobs."
        assert statement.evidence == (1,)


class TestBounds:
    @pytest.mark.parametrize(
        ("draft", "whole"),
        [
            ("Busan expects 30,000 jobs [2].", "more than 30,000 jobs"),
            ("It is carried by 60,000 ships [3].", "up to 60,000 ships"),
            ("It cuts costs by 15% [3].", "about 15%"),
        ],
    )
    def test_put_back(self, draft: str, whole: str) -> None:
        statement = one(draft)
        assert statement.supported
        assert whole in statement.text

    @pytest.mark.parametrize(
        ("draft", "whole"), [("일자리 3만개가 생깁니다 [2].", "3만개 이상"), ("배 6만대에 싣습니다 [3].", "최대 6만대")]
    )
    def test_put_back_in_korean(self, draft: str, whole: str) -> None:
        statement = one(draft, korean=True)
        assert statement.supported
        assert whole in statement.text

    def test_equal_evidence_goes_before_one_with_a_bound(self) -> None:
        exact = evidence("울산시는 일자리가 3만개 생길 것으로 본다.")
        statement = one("There are 30,000 jobs [1].", (JOBS, exact))
        assert statement.text == "There are 30,000 jobs."
        assert statement.evidence == (1,)

    def test_numbers_of_two_articles_bear_out_nothing_together(self) -> None:
        """Each is true, and what they say of one another is in neither."""
        cost = evidence("선박 회사는 배 한 척에 20억달러를 냈다.", article("ships"))
        (statement,) = checked("The 30,000 jobs cost $2 billion [1][2].", (JOBS, cost))
        assert not statement.supported
        assert one("The 30,000 jobs are there [1].", (JOBS, cost)).supported
        both = evidence("일자리 3만개를 만드는 데 20억달러가 들었다.", article("both"))
        (statement,) = checked("The 30,000 jobs cost $2 billion.", (JOBS, cost, both))
        assert statement.evidence == (2,)

    def test_several_in_one_sentence(self) -> None:
        statement = one("Busan expects 30,000 jobs, and 60,000 ships carry it.")
        assert "more than 30,000 jobs" in statement.text
        assert "up to 60,000 ships" in statement.text
        assert set(statement.evidence) >= {1, 2}


class TestDates:
    @pytest.mark.parametrize("draft", ["It opens on October 31, 2025 [4].", "It opens in October 2025 [4]."])
    def test_resolved_by_the_day_of_publication(self, draft: str) -> None:
        assert one(draft).supported

    @pytest.mark.parametrize("draft", ["It opens on October 30, 2025 [4].", "It opens on October 31, 2026 [4]."])
    def test_wrong(self, draft: str) -> None:
        statement = one(draft)
        assert [claim.evidence for claim in statement.claims if claim.kind == "date"] == [None]
        assert not statement.supported

    def test_more_than_the_evidence_says(self) -> None:
        vague = evidence("공장은 내년 문을 연다.", article(published=date(2025, 10, 30)))
        assert one("It opens in 2026 [1].", (vague,)).supported
        assert not one("It opens in March 2026 [1].", (vague,)).supported


class TestNames:
    @pytest.mark.parametrize("draft", ["Yonsei University and Kakao [5].", "Kakao works with Yonsei [5]."])
    def test_in_the_other_script(self, draft: str) -> None:
        statement = one(draft)
        assert statement.supported
        assert statement.evidence == (4,)

    @pytest.mark.parametrize(
        "draft",
        ["Seoul National University and Kakao [5].", "Korea University [5].", "Yonsei University and Naver [5]."],
    )
    def test_invented(self, draft: str) -> None:
        assert not one(draft).supported

    def test_invented_in_korean(self) -> None:
        assert one("연세대와 카카오입니다 [5].", korean=True).supported
        assert not one("서울대와 카카오입니다 [5].", korean=True).supported

    def test_name_of_the_question_may_stand_in_chunk_or_headline(self) -> None:
        """An article names its subject once and then says 정부, 회사, 시."""
        told = evidence("시는 일자리가 3만개 이상 생길 것으로 본다.", article(title="부산에 배터리 공장"))
        assert one("Busan expects more than 30,000 jobs [1].", (told,)).supported

    def test_other_names_may_not(self) -> None:
        told = evidence("두 기관은 자료를 함께 연구한다.", context="연세대가 밝혔다. 두 기관은 자료를 함께 연구한다.")
        assert not one("Yonsei University [1].", (told,)).supported


class TestCitations:
    @pytest.mark.parametrize("mark", ["[2]", "[1]", "[4]", "[9]", "[0]", ""])
    def test_mended(self, mark: str) -> None:
        statement = one(f"More than 30,000 jobs {mark}.")
        assert statement.evidence[0] == 1
        assert statement.text == "More than 30,000 jobs."

    def test_sentence_that_nothing_can_be_checked_in_keeps_its_mark(self) -> None:
        assert one("It is something with batteries [3].").evidence == (2,)

    def test_every_sentence_is_cited(self) -> None:
        statements = checked("More than 30,000 jobs. It cuts costs by about 15%. That is good.")
        assert [bool(statement.evidence) for statement in statements] == [True, True, True]

    def test_full_stops_inside_numbers_and_names(self) -> None:
        draft = "The plant costs 1.2 trillion won [1]. More than 30,000 jobs [2]."
        assert [statement.text for statement in checked(draft)] == [
            "The plant costs 1.2 trillion won.",
            "More than 30,000 jobs.",
        ]

    def test_mark_behind_the_full_stop(self) -> None:
        statement = one("It is something with batteries. [3]")
        assert statement.text == "It is something with batteries."
        assert statement.evidence == (2,)

    def test_claims_are_numbered_like_the_citations(self) -> None:
        text, cited, mended = renumbered(checked("It cuts costs by about 15%. More than 30,000 jobs [1]."))
        assert text == "It cuts costs by about 15% [1]. More than 30,000 jobs [2]."
        assert cited == [2, 1]
        assert [[claim.evidence for claim in statement.claims] for statement in mended] == [[1], [2]]

    def test_the_same_sentence_has_one_number(self) -> None:
        text, cited, _ = renumbered(checked("More than 30,000 jobs [2]. There are more than 30,000 jobs [2]."))
        assert text.count("[1]") == 2
        assert cited == [1]


@pytest.mark.parametrize("draft", ["", " ", "[1]", "[1].", "\n\n"])
def test_nothing_said_makes_no_statement(draft: str) -> None:
    assert checked(draft) == []


class TestAnswers:
    """Whether a draft says what was asked for."""

    def informative(self, asked: str, draft: str) -> bool:
        of = question(asked)
        return answers(of, verify(of, draft, ALL, NAMES), NAMES)

    @pytest.mark.parametrize(
        ("asked", "draft"),
        [
            ("How many jobs does Busan expect?", "More than 30,000 jobs [2]."),
            ("부산시가 예상하는 일자리는 몇 개인가?", "3만개 이상입니다 [2]."),
            ("When does the factory open?", "On October 31, 2025 [4]."),
            ("Who studies the satellite's data?", "Yonsei University and Kakao [5]."),
            ("위성의 자료를 누가 연구하나?", "연세대와 카카오입니다 [5]."),
        ],
    )
    def test_said(self, asked: str, draft: str) -> None:
        assert self.informative(asked, draft)

    @pytest.mark.parametrize(
        ("asked", "draft"),
        [
            ("How many jobs does Busan expect?", "Busan expects many jobs [2]."),
            ("How many jobs does Busan expect?", "How many jobs does Busan expect? [2]"),
            ("부산시가 예상하는 일자리는 몇 개인가?", "부산시가 예상하는 일자리입니다 [2]."),
            ("When does the factory open?", "The factory opens [4]."),
            ("Who studies the satellite's data?", "Who studies the satellite's data [5]."),
            ("How many of the 3 factories are in Busan?", "The 3 factories are in Busan [1]."),
            ("What position does the city want to reach?", "The city wants to reach positions [1]."),
            ("How many jobs does Busan expect?", ""),
        ],
    )
    def test_not_said(self, asked: str, draft: str) -> None:
        assert not self.informative(asked, draft)
