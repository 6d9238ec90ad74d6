"""Follow-ups made to stand alone. All pairs, and what must become of them, are written by hand."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import yaml
from shipped import Newsroom

from eval.datasets import GOLDEN
from index.names import NameBook
from rag.followup import standalone
from rag.pipeline import Parts, search
from rag.question import detect

pytest_plugins = ("shipped",)

KOREA = "How many GPUs is Korea securing?"
HANGUK = "한국이 확보하는 GPU는 몇 장인가?"
NSCALE = "How many Blackwell GPUs did Nscale promise at London Tech Week?"
ENSCALE = "엔스케일은 영국에 블랙웰 GPU를 몇 개 들여오나요?"
FORUM = "What is the goal of the UK Sovereign AI Industry Forum?"
CENTRE = "국가AI컴퓨팅센터 예산은 얼마인가?"


@dataclass(frozen=True)
class Said:
    standalone: str
    answer: str = ""


@pytest.fixture(scope="module")
def names() -> NameBook:
    return NameBook()


@pytest.mark.parametrize(
    ("before", "question", "meant"),
    [
        # something else of the same kind
        (KOREA, "What about the UK?", "How many GPUs is the UK securing?"),
        (KOREA, "And Germany?", "How many GPUs is Germany securing?"),
        (KOREA, "UK?", "How many GPUs is UK securing?"),
        (NSCALE, "and Nebius?", "How many Blackwell GPUs did Nebius promise at London Tech Week?"),
        ("How much will NVIDIA invest in the UK?", "And in Germany?", "How much will NVIDIA invest in Germany?"),
        (
            "How many of Korea's GPUs go to the public sector?",
            "What about the private sector?",
            "How many of Korea's GPUs go to the private sector?",
        ),
        (KOREA, "How many in the private sector?", "How many GPUs is Korea securing in the private sector?"),
        ("What did Keir Starmer say about AI?", "How about Jensen Huang?", "What did Jensen Huang say about AI?"),
        ("How much did Meta spend in 2023?", "And in 2024?", "How much did Meta spend in 2024?"),
        ("How many GPUs will Nscale deploy?", "And by 2026?", "How many GPUs will Nscale deploy by 2026?"),
        (HANGUK, "영국은?", "영국이 확보하는 GPU는 몇 장인가?"),
        (
            "한국 정부가 확보하는 GPU 중 공공은 몇 장인가?",
            "그럼 민간은?",
            "한국 정부가 확보하는 GPU 중 민간은 몇 장인가?",
        ),
        (HANGUK, "그럼 민간은?", "한국이 확보하는 GPU 중 민간은 몇 장인가?"),
        ("한국은 GPU를 몇 장 확보하나?", "민간은요?", "한국이 확보하는 GPU 중 민간은 몇 장인가?"),
        (ENSCALE, "네비우스는?", "네비우스는 영국에 블랙웰 GPU를 몇 개 들여오나요?"),
        (ENSCALE, "독일에는?", "엔스케일은 독일에 블랙웰 GPU를 몇 개 들여오나요?"),
        (
            "독일의 산업 클라우드는 GPU 몇 개 규모인가?",
            "그러면 프랑스는요?",
            "프랑스의 산업 클라우드는 GPU 몇 개 규모인가?",
        ),
        ("배경훈 장관은 뭐라고 말했나?", "젠슨 황은?", "젠슨 황은 뭐라고 말했나?"),
        ("메타는 2023년에 얼마를 썼나?", "2024년에는?", "메타는 2024년에 얼마를 썼나?"),
        # asked for something else
        (KOREA, "Why?", "Why is Korea securing GPUs?"),
        (KOREA, "By when?", "By when is Korea securing GPUs?"),
        ("When will Nscale deploy its GPUs in the UK?", "Why?", "Why will Nscale deploy its GPUs in the UK?"),
        ("How many countries focus on sovereign AI?", "Which ones?", "Which countries focus on sovereign AI?"),
        (HANGUK, "왜?", "한국이 GPU를 왜 확보하는가?"),
        (HANGUK, "언제까지?", "한국이 GPU를 언제까지 확보하는가?"),
        (ENSCALE, "언제까지요?", "엔스케일은 영국에 블랙웰 GPU를 언제까지 들여오나요?"),
        (ENSCALE, "이유는?", "엔스케일이 영국에 블랙웰 GPU를 들여오는 이유는?"),
        ("누가 AI 성장 구역을 발표했나?", "언제?", "언제 AI 성장 구역을 발표했나?"),
        ("미국 기업들은 영국에 얼마를 투자하나?", "몇 년 동안?", "미국 기업들은 영국에 몇 년 동안 투자하나?"),
        ("AI-RAN이란 무엇인가?", "누가 연구해?", "AI-RAN은 누가 연구해?"),
        (HANGUK, "영국은 어때요?", "영국이 확보하는 GPU는 몇 장인가?"),
        ("삼성전자는 GPU를 몇 장 받나?", "네이버랑 SK는?", "네이버랑 SK는 GPU를 몇 장 받나?"),
        # words that point back
        (KOREA, "and how many of those are public?", "How many of the GPUs Korea is securing are public?"),
        (KOREA, "How many are public?", "How many of the GPUs Korea is securing are public?"),
        (NSCALE, "How much do they cost?", "How much do the Blackwell GPUs Nscale promised at London Tech Week cost?"),
        (NSCALE, "Where is it based?", "Where is Nscale based?"),
        (KOREA, "Who said that?", "Who said how many GPUs Korea is securing?"),
        (FORUM, "Who founded it?", "Who founded the UK Sovereign AI Industry Forum?"),
        (FORUM, "Who are the members of that forum?", "Who are the members of the UK Sovereign AI Industry Forum?"),
        ("How many universities are in the JADE consortium?", "Who leads it?", "Who leads the JADE consortium?"),
        ("When did Huang speak at VivaTech?", "What did he say?", "What did Huang say?"),
        (HANGUK, "그중 공공은 몇 장이야?", "한국이 확보하는 GPU 중 공공은 몇 장이야?"),
        ("한국은 GPU를 몇 장 확보하나?", "이 중 몇 장이 공공 몫이야?", "한국이 확보하는 GPU 중 몇 장이 공공 몫이야?"),
        (CENTRE, "거기에 GPU가 몇 장 들어가?", "국가AI컴퓨팅센터에 GPU가 몇 장 들어가?"),
        (ENSCALE, "그 회사는 어디에 있어?", "엔스케일은 어디에 있어?"),
        (
            "영국 소버린 AI 산업 포럼은 왜 만들었나요?",
            "그 포럼의 창립 회원은 누구야?",
            "영국 소버린 AI 산업 포럼의 창립 회원은 누구야?",
        ),
        ("키어 스타머는 언제 연설했나?", "그는 뭐라고 했어?", "키어 스타머는 뭐라고 했어?"),
        (CENTRE, "그건 누가 발표했어?", "국가AI컴퓨팅센터 예산은 누가 발표했어?"),
        (KOREA, "And who supplies them?", "Who supplies the GPUs Korea is securing?"),
        (KOREA, "Which companies get them?", "Which companies get the GPUs Korea is securing?"),
        (KOREA, "How much will that cost?", "How much will the GPUs Korea is securing cost?"),
        ("Who is the CEO of NVIDIA?", "How old is he?", "How old is the CEO of NVIDIA?"),
        (HANGUK, "그 GPU는 어디에 써?", "한국이 확보하는 GPU는 어디에 써?"),
        # what is left out
        (CENTRE, "언제 발표했어?", "국가AI컴퓨팅센터 예산은 언제 발표했어?"),
        ("한국은 GPU를 몇 장 확보하나?", "언제 발표했어?", "한국이 GPU를 확보하는 것은 언제 발표했어?"),
        ("영국 소버린 AI 산업 포럼은 왜 만들었나요?", "누가 만들었어?", "영국 소버린 AI 산업 포럼은 누가 만들었어?"),
        (HANGUK, "더 자세히 알려줘", "한국이 확보하는 GPU에 대해 더 자세히 알려 줘."),
        (KOREA, "Tell me more.", "Tell me more about how many GPUs Korea is securing."),
        # across languages
        (KOREA, "그중 공공은 몇 장이야?", "한국 GPU 중 공공은 몇 장이야?"),
        (KOREA, "그럼 영국은?", "영국 GPU는 몇 개인가?"),
        (KOREA, "민간은?", "한국 GPU 중 민간은 몇 개인가?"),
        (HANGUK, "What about the UK?", "How many GPUs for the UK?"),
        (HANGUK, "How many of those are public?", "How many of the GPUs of South Korea are public?"),
    ],
)
def test_a_follow_up_stands_alone(names: NameBook, before: str, question: str, meant: str) -> None:
    told = standalone(question, [Said("Who won?"), Said(before)], names)
    assert told == meant
    assert detect(told) == detect(question)


@pytest.mark.parametrize(
    "question",
    [
        "How many GPUs is the UK securing?",
        "And how many GPUs will Nscale deploy in the UK by 2026?",
        "What did NVIDIA say about its plans in Europe?",
        "Why did NVIDIA say that it will invest in the UK?",
        "Which companies pledged money, and how much will they invest?",
        "Is there a data centre in Essex?",
        "How many AI startups are there in the UK?",
        "What happened this year in the UK AI sector?",
        "Who is the minister who said that AI is the foundation of industry?",
        "What is the AI growth zone that Starmer announced?",
        "When Trump visited the UK, what did he sign?",
        "Does Samsung say how many GPUs it will get?",
        "Nscale GPU count",
        "AI-RAN university partner?",
        "What about the number of GPUs that Mistral's new cloud in France will run on?",
        "So what is AI-RAN?",
        "Tell me about the JADE consortium.",
        "Thanks!",
        "Explain how those who founded the forum want to use AI in the UK.",
        "영국이 확보하는 GPU는 몇 장인가?",
        "그럼 영국은 GPU를 몇 장 확보하나?",
        "소버린 AI란?",
        "AI 팩토리가 뭐야?",
        "대만 GPU 확보 물량은?",
        "과기정통부 장관 이름",
        "엔스케일 본사 위치?",
        "젠슨 황은 그가 바꾼 전망을 왜 바꿨나?",
        "한국이 26만 장을 확보한다는데, 그중 민간은 몇 장인가?",
        "엔비디아가 영국에 투자하는 이유는?",
        "AI-RAN MOU에 서명한 통신 3사는?",
        "이재용 삼성전자 회장은 누구와 만났나?",
        "이번 협약에 참여한 통신사는 어디인가?",
        "GPU는 돈만 있으면 바로 구할 수 있는 건가요?",
        "고마워!",
        "안녕하세요?",
        "?",
    ],
)
@pytest.mark.parametrize("before", [KOREA, ENSCALE])
def test_a_full_question_stays_as_it_is(names: NameBook, before: str, question: str) -> None:
    assert standalone(question, [Said(before, "More than 260,000 GPUs [1].")], names) == question


@pytest.mark.parametrize("before", [KOREA, HANGUK, FORUM, CENTRE])
def test_no_golden_question_is_taken_for_a_follow_up(names: NameBook, before: str) -> None:
    asked = [one["question"] for one in yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))["questions"]]
    assert len(asked) > 150
    assert [one for one in asked if standalone(one, [Said(before)], names) != one] == []


@pytest.mark.parametrize("question", ["What about the UK?", "그럼 민간은?", "Why?", "  왜 ? "])
def test_without_turns_nothing_changes(names: NameBook, question: str) -> None:
    assert standalone(question, [], names) == question


def test_the_answer_tells_who_is_meant(names: NameBook) -> None:
    turn = Said("Who announced the AI growth zone?", "Keir Starmer announced it [1].")
    assert standalone("Where did he go?", [turn], names) == "Where did Keir Starmer go?"
    turn = Said("누가 AI 성장 구역을 발표했나?", "키어 스타머 영국 총리입니다 [1].")
    assert standalone("그는 어디로 갔어?", [turn], names) == "키어 스타머는 어디로 갔어?"


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (
            [KOREA, "What about the UK?", "Why?", "And Germany?"],
            [
                KOREA,
                "How many GPUs is the UK securing?",
                "Why is the UK securing GPUs?",
                "Why is Germany securing GPUs?",
            ],
        ),
        (
            ["한국은 GPU를 몇 장 확보하나?", "민간은?", "그럼 공공은?"],
            [
                "한국은 GPU를 몇 장 확보하나?",
                "한국이 확보하는 GPU 중 민간은 몇 장인가?",
                "한국이 확보하는 GPU 중 공공은 몇 장인가?",
            ],
        ),
    ],
)
def test_chains_go_on_from_what_was_understood(names: NameBook, asked: list[str], meant: list[str]) -> None:
    turns: list[Said] = []
    for question in asked:
        turns.append(Said(standalone(question, turns, names)))
    assert [turn.standalone for turn in turns] == meant


@pytest.mark.parametrize(
    ("before", "question", "holds"),
    [
        (KOREA, "and how many of those are public?", "약 5만장은 공공"),
        (HANGUK, "그럼 민간은?", "20만장 이상"),
        (KOREA, "그중 민간은 몇 장이야?", "20만장 이상"),
        (HANGUK, "How many of those are for the public sector?", "약 5만장은 공공"),
        ("How many Blackwell GPUs did Nscale promise at London Tech Week?", "And Nebius?", "4,000개"),
        ("네비우스는 영국에 블랙웰 GPU를 몇 개 들여오나?", "엔스케일은?", "1만 개를 2026년 말까지"),
        ("How many universities are in the JADE consortium?", "Who leads it?", "옥스퍼드 대학이 이끌고"),
        ("국가AI컴퓨팅센터 예산은 얼마인가?", "짓는 목적은?", "컴퓨팅 인프라를 제공"),
        ("엔비디아는 독일 산업 클라우드에 GPU를 몇 개 넣나?", "미스트랄은?", "1만8000개"),
        ("영국 소버린 AI 산업 포럼은 왜 만들었나요?", "그 포럼의 창립 회원은 누구야?", "창립 회원으로는"),
    ],
)
def test_the_right_sentence_is_found(newsroom: Newsroom, before: str, question: str, holds: str) -> None:
    names = NameBook(newsroom.retriever.store.names())
    told = search(
        standalone(question, [Said(before)], names), Parts(newsroom.settings, newsroom.retriever, newsroom.reader, None)
    )
    assert any(holds in hit.text for hit in told.hits[:3])
