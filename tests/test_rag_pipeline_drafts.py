"""What becomes of a model's draft in every way to be wrong: wrong, mendable, in the wrong language, or none at all.

None of these reaches a reader as fact: what was read stands in its place.
"""

from __future__ import annotations

import re

import pytest
from llama_index.llms.openai_like import OpenAILike
from pipeline_desk import rests_on_the_trap_sentence
from shipped import TRAP, Newsroom

from rag.errors import ModelServerError
from rag.testing import FakeLLM
from rag.types import Answer, Event, Restarted

pytest_plugins = ["shipped", "pipeline_desk"]


def as_read(newsroom: Newsroom, answer: Answer) -> None:
    """The answer of the reader, and nothing of the draft."""
    assert answer.answered_by == "reader"
    assert answer.model is None
    assert answer.answer == "The article says more than 260,000 (26만장 이상) [1]."
    assert all(claim.supported for claim in answer.claims)
    assert rests_on_the_trap_sentence(newsroom, answer)


class TestWrongDraft:
    @pytest.mark.parametrize(
        "draft",
        [
            "Korea is securing 26,500 GPUs [1].",
            "Korea is securing more than 250,000 GPUs [1].",
            "Korea is securing GPUs worth 260,000 won [1].",
            "Korea is securing 15 GPUs [2].",
            "Korea is securing more than 260,000 GPUs with Seoul National University [1].",
            "More than 260,000 GPUs [1]. About 70,000 go to the public sector [2].",
            "Korea announced on October 13, 2025 that it is securing more than 260,000 GPUs [1].",
            "How many GPUs is Korea securing? [1]",
            "Korea is securing GPUs [1].",
            "The number of GPUs that Korea is securing is stated in the article [1].",
        ],
    )
    def test_is_not_shown(self, newsroom: Newsroom, draft: str) -> None:
        as_read(newsroom, newsroom.ask(TRAP, draft))

    @pytest.mark.parametrize("draft", ["", "   ", "[1]", "\n"])
    def test_empty(self, newsroom: Newsroom, draft: str) -> None:
        as_read(newsroom, newsroom.ask(TRAP, draft))

    def test_thrown_away_words_are_taken_back(self, newsroom: Newsroom) -> None:
        events: list[Event] = []
        newsroom.ask(TRAP, "Korea is securing 15 GPUs.", listen=events.append)
        assert isinstance(events[-1], Restarted)


class TestMendedDraft:
    @pytest.mark.parametrize(
        ("draft", "wrong"),
        [
            ("Korea is securing 260,000 GPUs [1].", "securing 260,000"),
            ("26,000 GPUs", "26,000 "),
            ("more than 2.6 million GPUs", "million"),
        ],
    )
    def test_bounds_and_myriads_are_put_right(self, newsroom: Newsroom, draft: str, wrong: str) -> None:
        answer = newsroom.ask(TRAP, draft)
        assert answer.answered_by == "llm"
        assert "more than 260,000 gpus" in answer.answer.casefold()
        assert wrong not in answer.answer
        assert answer.answer.casefold().count("more than") == 1

    @pytest.mark.parametrize("mark", ["[2]", "[5]", "[9]", ""])
    def test_cited_to_the_sentence_it_was_written_from(self, newsroom: Newsroom, mark: str) -> None:
        answer = newsroom.ask(TRAP, f"More than 260,000 GPUs {mark}.")
        assert answer.answer == "More than 260,000 GPUs [1]."
        assert [citation.number for citation in answer.citations] == [1]


class TestWrongLanguage:
    def test_asked_for_again(self, newsroom: Newsroom) -> None:
        llm = FakeLLM(["yes: 한국은 GPU 26만장 이상을 확보합니다.", "yes: more than 260,000 GPUs"])
        events: list[Event] = []
        answer = newsroom.ask(TRAP, llm=llm, listen=events.append)
        assert answer.answered_by == "llm"
        assert "260,000" in answer.answer
        assert "확보" not in answer.answer
        assert len(llm.prompts) == 2
        assert sum(isinstance(event, Restarted) for event in events) == 1

    def test_what_was_read_when_it_stays_wrong(self, newsroom: Newsroom) -> None:
        wrong = "yes: 한국은 GPU 26만장 이상을 확보합니다"
        as_read(newsroom, newsroom.ask(TRAP, llm=FakeLLM([wrong, wrong])))

    def test_told_language_goes_before_the_question_s(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, language="ko")
        assert answer.language == "ko"
        assert re.fullmatch(r"26만장 이상 \[1\]\.", answer.answer)


class TestServerDown:
    def test_closed_port(self, newsroom: Newsroom, dead_server: str) -> None:
        llm = OpenAILike(
            model="none", api_base=dead_server, api_key="none", is_chat_model=True, max_retries=0, timeout=5
        )
        answer = newsroom.ask(TRAP, llm=llm)
        as_read(newsroom, answer)
        (notice,) = answer.notices
        assert "server" in notice
        assert "\n" not in notice

    def test_breaking_off_in_the_middle(self, newsroom: Newsroom) -> None:
        error = ModelServerError("The model server went away. Start it again.", "서버가 멈췄습니다. 다시 켜세요.")
        answer = newsroom.ask(TRAP, llm=FakeLLM([error]))
        as_read(newsroom, answer)
        assert "The model server went away." in answer.notices[0]

    def test_a_fault_of_ours_is_not_hidden(self, newsroom: Newsroom) -> None:
        with pytest.raises(ZeroDivisionError):
            newsroom.ask(TRAP, llm=FakeLLM([ZeroDivisionError("a bug")]))


def test_a_name_is_supported_in_either_script(newsroom: Newsroom) -> None:
    answer = newsroom.ask("What is the name of supercomputer number 6?", "It is called Hangang.")
    assert answer.answered_by == "llm"
    assert "한강" in answer.citations[0].quote
    assert {claim.verdict for claim in answer.claims if "Hangang" in claim.text} == {"supported"}
