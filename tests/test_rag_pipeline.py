"""From question to answer over the shipped articles: right drafts, judging, refusals, filters, events, search.

The embedder and the store are real, drafts come from a fake model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest
from pipeline_desk import own_words, rests_on_the_trap_sentence
from shipped import KOREAN_TRAP, NO_OTHER, SECURED, TRAP, Newsroom

from index.names import NameBook
from index.types import Filter
from rag.pipeline import Parts, ask, search
from rag.question import Question, has_language
from rag.settings import Settings
from rag.testing import FakeLLM
from rag.types import Answer, Drafted, Event, Evidence, Found, Judging, Listener

pytest_plugins = ["shipped", "pipeline_desk"]


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
        answer = newsroom.ask(TRAP, llm=FakeLLM(["yes", "no", *NO_OTHER]))
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
