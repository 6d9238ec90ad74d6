"""From question to answer over the shipped articles: the real embedder and store, drafts from a fake model.

What a model writes is a draft. These tests hold what becomes of right ones and of every way to be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest
from llama_index.llms.openai_like import OpenAILike
from shipped import KOREAN_TRAP, SECURED, TRAP, Newsroom

from index.names import NameBook
from index.types import Filter
from rag.errors import ModelServerError
from rag.generate import Writer
from rag.pipeline import Parts, ask, search
from rag.question import Question, has_language
from rag.settings import Settings
from rag.testing import FakeLLM
from rag.types import Answer, Drafted, Event, Evidence, Found, Judging, Listener, Restarted

pytest_plugins = ["shipped"]

KOREA = "korea-nvidia-gpu-260k"
UK_INVESTMENT = "How much private AI investment has the UK drawn since 2013?"
AI_RAN = "Which university joined Samsung and SK Telecom in AI-RAN research?"


def own_words(answer: Answer) -> str:
    """What the answer says outside its quotations."""
    return re.sub(r"[\"“][^\"”]*[\"”]", "", answer.answer)


def rests_on_the_trap_sentence(newsroom: Newsroom, answer: Answer) -> bool:
    first = answer.citations[0]
    return SECURED in first.quote and first.published == "2025-10-31" and newsroom.stands(first)


@pytest.fixture(scope="module")
def answer(newsroom: Newsroom) -> Answer:
    """To a right draft."""
    return newsroom.ask(TRAP, "Korea is securing more than 260,000 GPUs [1].")


class TestRightDraft:
    def test_is_the_answer(self, answer: Answer) -> None:
        assert answer.answered_by == "llm"
        assert answer.model == "fake"
        assert not answer.refused
        assert answer.language == "en"
        assert "more than 260,000 GPUs" in answer.answer
        assert answer.answer.endswith("[1].")
        assert answer.notices == ()

    def test_quote_stands_in_the_article(self, newsroom: Newsroom, answer: Answer) -> None:
        assert rests_on_the_trap_sentence(newsroom, answer)

    def test_claims_point_to_citations(self, answer: Answer) -> None:
        numbers = {citation.number for citation in answer.citations}
        quantities = [claim for claim in answer.claims if claim.kind == "quantity"]
        assert [claim.text for claim in quantities] == ["260,000 GPUs"] or "260,000" in quantities[0].text
        assert all(claim.supported and claim.citation in numbers for claim in answer.claims)

    def test_times_are_told(self, answer: Answer) -> None:
        assert set(answer.timings_ms) == {"retrieve", "generate", "verify", "total"}
        assert answer.timings_ms["total"] >= answer.timings_ms["retrieve"] > 0

    def test_carries_the_settings_fingerprint(self, newsroom: Newsroom, answer: Answer) -> None:
        assert answer.settings == newsroom.settings.fingerprint

    def test_json_has_the_contract_s_keys(self, answer: Answer) -> None:
        told = answer.to_json()
        assert list(told) == ["question", "language", "answer", "refused", "answered_by", "citations", "claims",
                              "timings_ms", "model", "settings"]  # fmt: skip
        assert list(told["citations"][0]) == ["number", "article_id", "title", "publisher", "published", "url",
                                              "quote", "start", "end"]  # fmt: skip
        assert set(told["claims"][0]) == {"text", "kind", "supported", "citation"}

    def test_in_korean(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(KOREAN_TRAP, "한국은 GPU 26만장 이상을 확보합니다 [1].")
        assert answer.language == "ko"
        assert answer.answered_by == "llm"
        assert "26만장 이상" in answer.answer
        assert rests_on_the_trap_sentence(newsroom, answer)


class TestTrap:
    """An older article says "15 times what Korea has now"; the question asks how many."""

    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP, "How many GPUs will South Korea get?"])
    def test_quoted_without_a_model(self, newsroom: Newsroom, question: str) -> None:
        answer = newsroom.ask(question)
        assert answer.answered_by == "extract"
        assert answer.model is None
        assert rests_on_the_trap_sentence(newsroom, answer)
        assert SECURED in answer.answer

    def test_english_readers_are_told_the_number(self, newsroom: Newsroom) -> None:
        assert "260,000" in newsroom.ask(TRAP).answer

    def test_the_model_sees_the_sentence_first_and_annotated(self, newsroom: Newsroom) -> None:
        llm = FakeLLM(["yes", "yes: more than 260,000 GPUs"])
        newsroom.ask(TRAP, llm=llm)
        judged, written = (str(messages[-1].content) for messages in llm.prompts)
        assert "26만장 (= " in judged
        assert "260,000)" in judged
        assert written == judged

    def test_a_draft_from_the_older_article_is_not_taken(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, "Korea is securing 15 GPUs [2].")
        assert "15 GPUs" not in answer.answer
        assert rests_on_the_trap_sentence(newsroom, answer)


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
            "When did the ministry announce its cooperation with NVIDIA?", llm=FakeLLM(["yes", draft, draft])
        )
        assert "October 13" not in answer.answer
        self.quoted(newsroom, answer)

    def test_invented_name(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(AI_RAN, "Seoul National University [1].")
        assert "Seoul National" not in answer.answer
        assert any("연세대" in citation.quote for citation in answer.citations)
        self.quoted(newsroom, answer)

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
        llm = FakeLLM(["yes", f"yes: {wrong}.", f"yes: {wrong}."])
        answer = newsroom.ask(TRAP, llm=llm)
        assert len(llm.prompts) == 3
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


class TestRefusal:
    @pytest.mark.parametrize(
        "question",
        [
            "How many GPUs does Japan have?",
            "일본은 GPU를 몇 장 갖고 있나?",
            "How many GPUs is Brazil securing?",
            "캐나다 정부가 확보하는 GPU는 몇 장인가?",
        ],
    )
    def test_a_name_that_is_nowhere(self, newsroom: Newsroom, question: str) -> None:
        llm = FakeLLM([])  # asking it would be an IndexError
        answer = newsroom.ask(question, llm=llm)
        assert answer.refused
        assert answer.answered_by == "none"
        assert answer.citations == ()
        assert answer.claims == ()
        assert llm.prompts == ()
        assert 1 <= len(answer.nearest) <= 3
        assert all(article.title in answer.answer for article in answer.nearest)
        assert not any(number in own_words(answer) for number in ("260,000", "26만"))

    def test_in_the_question_s_language(self, newsroom: Newsroom) -> None:
        assert has_language(own_words(newsroom.ask("How many GPUs does Japan have?")).split(":")[0], "en")
        assert has_language(own_words(newsroom.ask("일본은 GPU를 몇 장 갖고 있나?")).split(":")[0], "ko")


@dataclass
class Judge:
    """Gives these odds, writes this draft, and keeps what it was given."""

    odds: list[float]
    draft: str = "more than 260,000 GPUs"
    model: str = "judge"
    judged: list[Evidence] = field(default_factory=list)
    written: list[Evidence] = field(default_factory=list)

    def judge(self, question: Question, evidence: Sequence[Evidence], names: NameBook, listen: Listener) -> list[float]:
        self.judged += evidence
        return self.odds

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        self.written.append(item)
        return self.draft

    def ask(self, newsroom: Newsroom, question: str) -> Answer:
        return ask(question, Parts(newsroom.settings, newsroom.retriever, self))


class TestJudgement:
    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP])
    def test_no_to_all_is_a_refusal(self, newsroom: Newsroom, question: str) -> None:
        llm = FakeLLM(["no"] * newsroom.settings.answer.judged_sentences)
        answer = newsroom.ask(question, llm=llm)
        assert answer.refused
        assert answer.answered_by == "none"
        assert answer.citations == answer.claims == ()
        assert answer.model is None
        assert "260,000" not in own_words(answer)
        assert "26만" not in own_words(answer)
        assert len(llm.prompts) == newsroom.settings.answer.judged_sentences

    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP])
    def test_low_odds_are_a_refusal(self, newsroom: Newsroom, question: str) -> None:
        judge = Judge([-0.5, -1.0, -2.0])
        assert judge.ask(newsroom, question).refused
        assert judge.written == []

    def test_only_the_best_are_judged(self, newsroom: Newsroom) -> None:
        judge = Judge([9.0])
        judge.ask(newsroom, TRAP)
        assert len(judge.judged) == newsroom.settings.answer.judged_sentences
        assert SECURED in judge.judged[0].text

    def test_written_from_the_sentence_the_model_prefers(self, newsroom: Newsroom) -> None:
        judge = Judge([-9.0, -9.0, 9.0])
        judge.ask(newsroom, TRAP)
        assert [item.text for item in judge.written] == [judge.judged[2].text]

    def test_no_when_it_writes_is_quoted(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, llm=FakeLLM(["yes", "no"]))
        assert answer.answered_by == "extract"
        assert len(answer.notices) == 1
        assert rests_on_the_trap_sentence(newsroom, answer)


class TestFilter:
    def test_only_what_it_lets_through_is_cited(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, where=Filter(until=date(2024, 12, 31)))
        assert all((citation.published or "") < "2025" for citation in answer.citations)
        assert "26만" not in answer.answer

    def test_nothing_left(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, where=Filter(publishers=("No Such Paper",)))
        assert answer.refused
        assert answer.nearest == ()
        assert answer.citations == ()
        assert has_language(answer.answer, "en")


class TestEvents:
    def test_evidence_first_then_words_then_nothing_else(self, newsroom: Newsroom) -> None:
        events: list[Event] = []
        draft = "Korea is securing more than 260,000 GPUs [1]."
        newsroom.ask(TRAP, draft, listen=events.append)
        assert isinstance(events[0], Found)
        assert SECURED in events[0].evidence[0].text
        pieces = [event.text for event in events[1:] if isinstance(event, Drafted)]
        assert len(pieces) > 1
        assert {type(event) for event in events[1:]} == {Judging, Drafted}
        assert "".join(pieces) == draft

    def test_without_a_model_only_evidence(self, newsroom: Newsroom) -> None:
        events: list[Event] = []
        newsroom.ask(TRAP, listen=events.append)
        assert [type(event) for event in events] == [Found]


class TestSearch:
    def test_best_first_and_as_many_as_asked(self, newsroom: Newsroom) -> None:
        parts = Parts(newsroom.settings, newsroom.retriever, None)
        found = search(TRAP, parts, limit=3)
        assert found.language == "en"
        assert len(found.hits) == 3
        assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
        assert SECURED in found.hits[0].text

    def test_json_is_the_contract(self, newsroom: Newsroom) -> None:
        told = search(TRAP, Parts(newsroom.settings, newsroom.retriever, None), limit=1).to_json()
        assert list(told) == ["question", "language", "hits"]
        assert list(told["hits"][0]) == ["score", "article_id", "title", "published", "quote", "start", "end"]
        assert told["hits"][0]["published"] == "2025-10-31"

    def test_evidence_sentences_of_the_settings(self, newsroom: Newsroom) -> None:
        settings = Settings(home=newsroom.settings.home, answer={"evidence_sentences": 2})
        events: list[Event] = []
        ask(TRAP, Parts(settings, newsroom.retriever, None), listen=events.append)
        assert isinstance(events[0], Found)
        assert len(events[0].evidence) == 2
