"""From question to answer over the shipped articles: read, phrased, in doubt, refused; filters, events, search.

Embedder, store and reader are real, drafts come from a fake model.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import pytest
from pipeline_desk import own_words, rests_on_the_trap_sentence
from shipped import KOREAN_TRAP, SECURED, SURE, TRAP, Newsroom

from index.names import NameBook
from index.types import Filter
from rag.errors import ModelServerError
from rag.pipeline import Parts, ask, search
from rag.question import Question, has_language
from rag.settings import Settings
from rag.testing import FakeLLM
from rag.types import Answer, Drafted, Event, Evidence, Found, Listener

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.reading.passage import Passage
    from rag.reading.reader import Reading

pytest_plugins = ["shipped", "pipeline_desk"]


class TestRead:
    """Without a model: what the reader points at is the answer."""

    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP])
    def test_the_words_are_the_answer(self, newsroom: Newsroom, question: str) -> None:
        """An older article says "15 times what Korea has now"; the question asks how many."""
        answer = newsroom.ask(question)
        assert answer.answered_by == "reader"
        assert answer.model is None
        assert rests_on_the_trap_sentence(newsroom, answer)
        assert ("more than 260,000" if answer.language == "en" else "26만장 이상") in own_words(answer)

    @pytest.mark.parametrize("question", [TRAP, KOREAN_TRAP])
    def test_the_claim_names_the_words(self, newsroom: Newsroom, question: str) -> None:
        answer = newsroom.ask(question)
        (claim,) = answer.claims
        assert (claim.verdict, claim.citation, claim.by) == ("supported", 1, ("reader", "value"))
        assert claim.span is not None
        text = newsroom.retriever.store.article(claim.span.article_id).text
        assert text[claim.span.start : claim.span.end] == "26만장 이상"
        (statement,) = answer.statements
        assert (statement.text, statement.claims, statement.citations) == (answer.answer, (0,), (1,))

    def test_english_is_a_sentence(self, newsroom: Newsroom) -> None:
        assert newsroom.ask(TRAP).answer == "The article says more than 260,000 (26만장 이상) [1]."

    def test_json_has_the_contract_s_keys(self, newsroom: Newsroom) -> None:
        told = newsroom.ask(TRAP).to_json()
        assert list(told) == ["question", "language", "answer", "refused", "answered_by", "citations", "claims",
                              "timings_ms", "model", "settings", "statements"]  # fmt: skip
        assert list(told["citations"][0]) == ["number", "article_id", "title", "publisher", "published", "url",
                                              "quote", "start", "end"]  # fmt: skip
        assert set(told["claims"][0]) == {"text", "kind", "verdict", "supported", "citation", "span", "by"}
        assert set(told["statements"][0]) == {"text", "claims", "citations"}
        assert set(told["timings_ms"]) == {"retrieve", "read", "generate", "verify", "total"}


class TestDraft:
    def test_a_right_one_is_the_answer(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, "Korea is securing more than 260,000 GPUs [1].")
        assert answer.answered_by == "llm"
        assert answer.model == "fake"
        assert answer.answer == "Korea is securing more than 260,000 GPUs [1]."
        assert rests_on_the_trap_sentence(newsroom, answer)
        assert [claim.verdict for claim in answer.claims if claim.kind == "quantity"] == ["supported"]

    def test_a_korean_answer_needs_none(self, newsroom: Newsroom) -> None:
        llm = FakeLLM([])  # asking it would be an IndexError
        assert newsroom.ask(KOREAN_TRAP, llm=llm).answered_by == "reader"

    def test_neither_does_a_value_unless_told(self, newsroom: Newsroom) -> None:
        settings = Settings(home=newsroom.settings.home, answer={"sure_odds": SURE})
        answer = replace(newsroom, settings=settings).ask(TRAP, llm=FakeLLM([]))
        assert answer.answered_by == "reader"

    def test_carries_the_settings_fingerprint(self, newsroom: Newsroom) -> None:
        assert newsroom.ask(TRAP).settings == newsroom.settings.fingerprint


@dataclass
class Pointing:
    """Reads the first sentence of each passage with the same log odds, and keeps what it was given."""

    odds: float
    name: str = "pointing"
    asked: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)

    def read(self, questions: Sequence[str], passages: Sequence[Passage]) -> list[Reading]:
        from rag.reading.reader import Reading

        self.asked += questions
        self.passages += passages
        return [
            Reading(k, 0, p.sentences[0].start, p.sentences[0].end, p.sentences[0].text, self.odds, self.odds)
            for k, p in enumerate(passages)
        ]


@dataclass
class Judge:
    """Gives these odds, others for some sentences, or raises; writes nothing."""

    odds: float | Exception
    model: str = "judge"
    by_sentence: dict[str, float] = field(default_factory=dict)
    judged: list[Evidence] = field(default_factory=list)

    def judge(self, question: Question, item: Evidence, names: NameBook) -> float:
        self.judged.append(item)
        if isinstance(self.odds, Exception):
            raise self.odds
        return self.by_sentence.get(item.text, self.odds)

    def write(self, question: Question, item: Evidence, names: NameBook, listen: Listener) -> str:
        return ""


class TestReaderSeam:
    def test_hopeless_readings_are_a_refusal(self, newsroom: Newsroom) -> None:
        answer = ask(TRAP, Parts(newsroom.settings, newsroom.retriever, Pointing(-12.0), None))
        assert answer.refused
        assert answer.statements == answer.claims == answer.citations == ()
        assert answer.nearest

    def test_passages_are_whole_sentences_around_the_best(self, newsroom: Newsroom) -> None:
        reader = Pointing(-12.0)
        ask(TRAP, Parts(newsroom.settings, newsroom.retriever, reader, None))
        assert 1 < len(reader.passages) <= newsroom.settings.reader.passages
        assert any(SECURED in passage.text for passage in reader.passages)
        assert all(passage.text.startswith(passage.title) for passage in reader.passages)
        assert len(reader.asked) == len(reader.passages)

    def test_names_are_glossed_as_the_passage_writes_them(self, newsroom: Newsroom) -> None:
        reader = Pointing(-12.0)
        ask("How many GPUs will NVIDIA supply?", Parts(newsroom.settings, newsroom.retriever, reader, None))
        assert any("NVIDIA (엔비디아)" in asked for asked in reader.asked)


class TestRefusal:
    @pytest.mark.parametrize("question", ["How many GPUs does Japan have?", "일본은 GPU를 몇 장 갖고 있나?"])
    def test_offers_the_nearest_articles(self, newsroom: Newsroom, question: str) -> None:
        answer = newsroom.ask(question)
        assert answer.refused
        assert answer.answered_by == "none"
        assert answer.citations == answer.claims == answer.statements == ()
        assert 1 <= len(answer.nearest) <= 3
        assert all(article.title in answer.answer for article in answer.nearest)
        assert has_language(own_words(answer).split(":")[0], answer.language)


class TestDoubt:
    """Limits far apart put every reading in doubt: then the model is asked."""

    def doubtful(self, newsroom: Newsroom, judge: Judge | None) -> Answer:
        settings = Settings(home=newsroom.settings.home, answer={"least_odds": -1000.0, "sure_odds": 1000.0})
        return ask(TRAP, Parts(settings, newsroom.retriever, Pointing(-12.0), judge))

    def test_quoted_without_a_model(self, newsroom: Newsroom) -> None:
        answer = self.doubtful(newsroom, None)
        assert answer.answered_by == "extract"
        assert answer.statements == ()
        assert [claim.verdict for claim in answer.claims] == ["unknown"]
        assert len(answer.notices) == 1
        assert newsroom.stands(answer.citations[0])
        assert answer.citations[0].quote in answer.answer

    def test_the_model_judges_the_best_sentences(self, newsroom: Newsroom) -> None:
        judge = Judge(-9.0)
        answer = self.doubtful(newsroom, judge)
        assert answer.answered_by == "extract"
        assert len({item.text for item in judge.judged}) == 3
        assert answer.citations[0].quote == judge.judged[0].text  # alike for all: the order stays

    def test_the_one_that_the_model_prefers_is_quoted(self, newsroom: Newsroom) -> None:
        second = {self.judged(newsroom)[1]: 9.0}
        answer = self.doubtful(newsroom, Judge(-9.0, by_sentence=second))
        assert answer.citations[0].quote in second

    def judged(self, newsroom: Newsroom) -> list[str]:
        judge = Judge(-9.0)
        self.doubtful(newsroom, judge)
        return [item.text for item in judge.judged]

    def test_quoted_when_the_model_is_out_of_reach(self, newsroom: Newsroom) -> None:
        error = ModelServerError("The model server went away. Start it again.", "서버가 멈췄습니다. 다시 켜세요.")
        answer = self.doubtful(newsroom, Judge(error))
        assert answer.answered_by == "extract"
        assert any(error.en in notice for notice in answer.notices)

    def test_not_asked_where_the_reader_is_sure(self, newsroom: Newsroom) -> None:
        judge = Judge(AssertionError("asked"))
        settings = Settings(home=newsroom.settings.home, answer={"sure_odds": SURE})
        assert ask(TRAP, Parts(settings, newsroom.retriever, newsroom.reader, judge)).answered_by == "reader"


class TestFilter:
    def test_only_what_it_lets_through_is_cited(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, where=Filter(until=date(2024, 12, 31)))
        assert all((citation.published or "") < "2025" for citation in answer.citations)
        assert "26만" not in own_words(answer).split("(")[0]

    def test_nothing_left(self, newsroom: Newsroom) -> None:
        answer = newsroom.ask(TRAP, where=Filter(publishers=("No Such Paper",)))
        assert answer.refused
        assert answer.nearest == answer.citations == ()
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
        assert {type(event) for event in events[1:]} == {Drafted}
        assert "".join(pieces) == draft

    def test_without_a_model_only_evidence(self, newsroom: Newsroom) -> None:
        events: list[Event] = []
        newsroom.ask(TRAP, listen=events.append)
        assert [type(event) for event in events] == [Found]


class TestSearch:
    def parts(self, newsroom: Newsroom) -> Parts:
        return Parts(newsroom.settings, newsroom.retriever, newsroom.reader, None)

    def test_best_first_and_as_many_as_asked(self, newsroom: Newsroom) -> None:
        found = search(TRAP, self.parts(newsroom), limit=3)
        assert found.language == "en"
        assert len(found.hits) == 3
        assert [hit.score for hit in found.hits] == sorted((hit.score for hit in found.hits), reverse=True)
        assert SECURED in found.hits[0].text

    def test_json_is_the_contract(self, newsroom: Newsroom) -> None:
        told = search(TRAP, self.parts(newsroom), limit=1).to_json()
        assert list(told) == ["question", "language", "hits"]
        assert list(told["hits"][0]) == ["score", "article_id", "title", "published", "quote", "start", "end"]
        assert told["hits"][0]["published"] == "2025-10-31"

    def test_evidence_sentences_of_the_settings(self, newsroom: Newsroom) -> None:
        settings = Settings(home=newsroom.settings.home, answer={"evidence_sentences": 2})
        events: list[Event] = []
        ask(TRAP, Parts(settings, newsroom.retriever, newsroom.reader, None), listen=events.append)
        assert isinstance(events[0], Found)
        assert len(events[0].evidence) == 2
