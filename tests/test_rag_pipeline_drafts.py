"""What becomes of a model's draft in every way to be wrong: wrong, mendable, in the wrong language, or none at all."""

from __future__ import annotations

import re

import pytest
from llama_index.llms.openai_like import OpenAILike
from pipeline_desk import own_words, rests_on_the_trap_sentence
from shipped import KOREAN_TRAP, NO_OTHER, TRAP, Newsroom

from rag.errors import ModelServerError
from rag.generate import Writer
from rag.pipeline import Parts, ask
from rag.question import has_language
from rag.testing import FakeLLM
from rag.types import Answer, Event, Restarted

pytest_plugins = ["shipped", "pipeline_desk"]


UK_INVESTMENT = "How much private AI investment has the UK drawn since 2013?"
AI_RAN = "Which university joined Samsung and SK Telecom in AI-RAN research?"


class TestWrongDraft:
    """None of these may reach a reader as fact: the sentence that answers is quoted, and a notice says so."""

    def quoted(self, newsroom: Newsroom, answer: Answer) -> None:
        assert answer.answered_by == "extract"
        assert answer.model is None
        assert len(answer.notices) == 1
        assert "\n" not in answer.notices[0]
        assert has_language(answer.notices[0], answer.language)
        assert answer.citations
        assert all(newsroom.stands(citation) for citation in answer.citations)
        assert answer.citations[0].quote in answer.answer

    @pytest.mark.parametrize(
        ("draft", "wrong"),
        [
            ("Korea is securing 26,000 GPUs [1].", "26,000"),
            ("Korea is securing 2.6 million GPUs [1].", "2.6 million"),
            ("Korea is securing more than 250,000 GPUs [1].", "250,000"),
        ],
    )
    def test_wrong_number(self, newsroom: Newsroom, draft: str, wrong: str) -> None:
        answer = newsroom.ask(TRAP, draft)
        assert not re.search(rf"(?<![\d,]){re.escape(wrong)}(?![\d,])", answer.answer)
        assert all(claim.supported for claim in answer.claims)
        assert "260,000" in answer.answer
        assert rests_on_the_trap_sentence(newsroom, answer)

    def test_wrong_number_in_korean(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(KOREAN_TRAP, "한국은 GPU 2만6000장을 확보합니다 [1].")
        assert "2만6000" not in answer.answer
        assert "26만장" in answer.answer
        assert rests_on_the_trap_sentence(newsroom, answer)

    def test_wrong_unit(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, "Korea is securing GPUs worth 260,000 won [1].")
        assert "260,000 won" not in answer.answer

    def test_wrong_date(self, newsroom: Newsroom) -> None:
        draft = "The ministry announced it on October 13, 2025 [1]."
        answer = newsroom.ask(
            "When did the ministry announce its cooperation with NVIDIA?", llm=FakeLLM(["yes", draft, draft, *NO_OTHER])
        )
        assert "October 13" not in answer.answer
        self.quoted(newsroom, answer)

    def test_invented_name(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(AI_RAN, "Seoul National University [1].")
        assert "Seoul National" not in answer.answer
        assert any("연세대" in citation.quote for citation in answer.citations)
        self.quoted(newsroom, answer)

    def test_number_of_another_sentence(self, newsroom: Newsroom) -> None:
        """The first sentence has no such number, so the next one that the model is sure of is asked."""
        question = "How many of the GPUs Korea is securing will Samsung and Hyundai use?"
        draft = "yes: Samsung, Hyundai and other companies will use more than 200,000 GPUs."
        llm = FakeLLM(["yes", "yes: 7,000 GPUs.", "yes", draft])
        answer = newsroom.ask(question, llm=llm)
        assert answer.answered_by == "llm"
        assert "200,000" in own_words(answer)
        assert "20만장" in answer.citations[0].quote
        assert newsroom.stands(answer.citations[0])

    def test_right_name_in_the_other_script(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(AI_RAN, "Yonsei University [1].")
        assert answer.answered_by == "llm"
        assert "연세대" in answer.citations[0].quote

    @pytest.mark.parametrize(
        "draft",
        [
            "How many GPUs is Korea securing? [1]",
            "Korea is securing GPUs [1].",
            "The number of GPUs that Korea is securing is stated in the article [1].",
        ],
    )
    def test_uninformative(self, newsroom: Newsroom, draft: str) -> None:
        answer = newsroom.ask(TRAP, draft)
        self.quoted(newsroom, answer)
        assert rests_on_the_trap_sentence(newsroom, answer)

    @pytest.mark.parametrize("draft", ["", "   ", "[1]", "\n"])
    def test_empty(self, newsroom: Newsroom, draft: str) -> None:
        answer = newsroom.ask(TRAP, draft)
        assert answer.answered_by == "extract"
        assert rests_on_the_trap_sentence(newsroom, answer)

    def test_one_wrong_sentence_of_two(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, "More than 260,000 GPUs [1]. About 70,000 go to the public sector [2].")
        assert "70,000" not in answer.answer
        assert "260,000" in answer.answer


class TestMendedDraft:
    @pytest.mark.parametrize(
        ("question", "draft", "whole"),
        [
            (TRAP, "Korea is securing 260,000 GPUs [1].", "more than 260,000 GPUs"),
            (KOREAN_TRAP, "한국은 GPU 26만장을 확보합니다 [1].", "26만장 이상"),
        ],
    )
    def test_lost_bound_is_put_back(self, newsroom: Newsroom, question: str, draft: str, whole: str) -> None:
        answer = newsroom.ask(question, draft)
        assert answer.answered_by == "llm"
        assert whole in answer.answer
        assert rests_on_the_trap_sentence(newsroom, answer)

    @pytest.mark.parametrize(
        ("question", "draft", "right", "wrong"),
        [
            (TRAP, "26,000 GPUs", "more than 260,000 GPUs", "26,000 "),
            (TRAP, "more than 2.6 million GPUs", "more than 260,000 GPUs", "million"),
            (KOREAN_TRAP, "2만6000장 이상", "26만장 이상", "2만6000"),
            (UK_INVESTMENT, "280 billion dollars", "$28 billion", "280"),
            (UK_INVESTMENT, "$2.8 billion", "$28 billion", "2.8"),
        ],
    )
    def test_misread_myriads_are_read_again(
        self, newsroom: Newsroom, question: str, draft: str, right: str, wrong: str
    ) -> None:
        answer = newsroom.ask(question, draft)
        assert answer.answered_by == "llm"
        assert right.casefold() in answer.answer.casefold()
        assert wrong not in answer.answer.replace("260,000", "")
        assert answer.answer.casefold().count("more than") <= 1
        assert all(claim.supported for claim in answer.claims)

    @pytest.mark.parametrize("mark", ["[2]", "[5]", "[9]", ""])
    def test_cited_to_the_sentence_that_says_it(self, newsroom: Newsroom, mark: str) -> None:
        answer = newsroom.ask(TRAP, f"More than 260,000 GPUs {mark}.")
        assert answer.answered_by == "llm"
        assert answer.answer == "More than 260,000 GPUs [1]."
        assert [citation.number for citation in answer.citations] == [1]
        assert "26만장" in answer.citations[0].quote

    def test_numbers_follow_the_text(self, newsroom: Newsroom) -> None:
        llm = FakeLLM(["yes", "yes: About 50,000 go to the public sector. Korea is securing more than 260,000 GPUs."])
        answer = newsroom.ask(TRAP, llm=llm)
        assert answer.answered_by == "llm"
        assert [citation.number for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        told = [int(n) for n in re.findall(r"\[(\d)\]", answer.answer)]
        assert list(dict.fromkeys(told)) == [citation.number for citation in answer.citations]
        assert "5만장" in answer.citations[0].quote


class TestWrongLanguage:
    def test_asked_for_again(self, newsroom: Newsroom) -> None:
        llm = FakeLLM(["yes", "yes: 한국은 GPU 26만장 이상을 확보합니다.", "yes: more than 260,000 GPUs"])
        events: list[Event] = []
        answer = newsroom.ask(TRAP, llm=llm, listen=events.append)
        assert answer.answered_by == "llm"
        assert "260,000" in answer.answer
        assert "확보" not in answer.answer
        assert len(llm.prompts) == 3
        assert sum(isinstance(event, Restarted) for event in events) == 1

    def test_quoted_when_it_stays_wrong(self, newsroom: Newsroom) -> None:
        wrong = "한국은 GPU 26만장 이상을 확보합니다"
        llm = FakeLLM(["yes", f"yes: {wrong}.", f"yes: {wrong}.", *NO_OTHER])
        answer = newsroom.ask(TRAP, llm=llm)
        assert len(llm.prompts) == 3 + len(NO_OTHER)
        assert answer.answered_by == "extract"
        assert wrong not in own_words(answer)
        assert rests_on_the_trap_sentence(newsroom, answer)

    def test_korean_question_english_draft(self, newsroom: Newsroom) -> None:
        wrong = "Korea is securing more than 260,000 GPUs [1]."
        answer = newsroom.ask(KOREAN_TRAP, wrong, wrong)
        assert answer.answered_by == "extract"
        assert has_language(answer.answer, "ko")

    @pytest.mark.parametrize(
        ("question", "language", "draft"),
        [
            (TRAP, "ko", "한국은 GPU 26만장 이상을 확보합니다 [1]."),
            (KOREAN_TRAP, "en", "Korea is securing more than 260,000 GPUs [1]."),
        ],
    )
    def test_told_language_goes_before_the_question_s(
        self, newsroom: Newsroom, question: str, language: str, draft: str
    ) -> None:
        answer = newsroom.ask(question, draft, language=language)
        assert answer.language == language
        assert answer.answered_by == "llm"


class TestServerDown:
    @pytest.mark.parametrize(("question", "word"), [(TRAP, "server"), (KOREAN_TRAP, "서버")])
    def test_closed_port(self, newsroom: Newsroom, dead_server: str, question: str, word: str) -> None:
        llm = OpenAILike(
            model="none", api_base=dead_server, api_key="none", is_chat_model=True, max_retries=0, timeout=5
        )
        answer = ask(question, Parts(newsroom.settings, newsroom.retriever, Writer(llm)))
        assert answer.answered_by == "extract"
        assert answer.model is None
        assert rests_on_the_trap_sentence(newsroom, answer)
        assert len(answer.notices) == 1
        assert word in answer.notices[0]
        assert "\n" not in answer.notices[0]

    def test_breaking_off_in_the_middle(self, newsroom: Newsroom) -> None:
        error = ModelServerError("The model server went away. Start it again.", "서버가 멈췄습니다. 다시 켜세요.")
        for told in ([error], ["yes", error]):  # while judging, while writing
            answer = newsroom.ask(TRAP, llm=FakeLLM(told))
            assert answer.answered_by == "extract"
            assert answer.model is None
            assert "The model server went away." in answer.notices[0]
            assert rests_on_the_trap_sentence(newsroom, answer)

    def test_a_fault_of_ours_is_not_hidden(self, newsroom: Newsroom) -> None:
        for told in ([ZeroDivisionError("a bug")], ["yes", ZeroDivisionError("a bug")]):
            with pytest.raises(ZeroDivisionError):
                newsroom.ask(TRAP, llm=FakeLLM(told))
