"""Answers put together by hand-made parts: quoted, refused, written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from made_up import NAMES, article, evidence, followed, question

from rag.compose import Composer
from rag.errors import ModelServerError
from rag.question import Question, has_language
from rag.settings import Settings
from rag.verify import verify

SETTINGS = Settings(home=Path("/nowhere"))
TIMES = {"retrieve": 1, "generate": 2, "verify": 3, "total": 6}
ENGLISH = question("How many jobs does Busan expect?")
KOREAN = question("부산시가 예상하는 일자리는 몇 개인가?")
JOBS = evidence("부산시는 일자리가 3만개 이상 생길 것으로 본다.", article("busan", title="부산 공장"))
DOWN = ModelServerError("The server is down. Start it.", "서버가 멈췄습니다. 켜세요.")


def composer(asked: Question) -> Composer:
    return Composer(asked, NAMES, SETTINGS, lambda: TIMES)


class TestQuotation:
    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_as_it_stands(self, asked: Question) -> None:
        answer = composer(asked).quotation([JOBS])
        assert JOBS.text in answer.answer
        assert "[1]" in answer.answer
        assert answer.answered_by == "extract"
        assert not answer.refused
        assert answer.model is None
        (citation,) = answer.citations
        assert (citation.number, citation.article_id, citation.quote) == (1, "busan", JOBS.text)
        assert (citation.start, citation.end) == (JOBS.start, JOBS.end)
        assert citation.published == "2025-03-20"
        assert answer.timings_ms == TIMES
        assert answer.settings == SETTINGS.fingerprint

    def test_english_readers_get_its_numbers_and_names(self) -> None:
        answer = composer(ENGLISH).quotation([JOBS]).answer
        assert "30,000" in answer
        assert "Busan" in answer

    def test_korean_readers_do_not(self) -> None:
        assert "30,000" not in composer(KOREAN).quotation([JOBS]).answer

    def test_says_nothing_when_quoting_was_wanted(self) -> None:
        assert composer(ENGLISH).quotation([JOBS]).notices == ()

    def test_says_that_the_server_is_down(self) -> None:
        (notice,) = composer(ENGLISH).quotation([JOBS], because=DOWN).notices
        assert DOWN.en in notice
        (notice,) = composer(KOREAN).quotation([JOBS], because=DOWN).notices
        assert DOWN.ko in notice

    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_says_that_the_draft_was_not_borne_out(self, asked: Question) -> None:
        answer = composer(asked).quotation([JOBS], model_was_asked=True)
        (notice,) = answer.notices
        assert has_language(notice, answer.language)


class TestRefusal:
    def test_offers_the_nearest_articles_once_each(self) -> None:
        more = [evidence("공장은 크다.", article(name, title=f"{name} 소식")) for name in ("b", "c", "d")]
        shown = [JOBS, JOBS, *more]
        answer = composer(ENGLISH).refusal(shown)
        assert answer.refused
        assert answer.answered_by == "none"
        assert answer.citations == answer.claims == ()
        assert [near.id for near in answer.nearest] == ["busan", "b", "c"]
        assert all(near.title in answer.answer for near in answer.nearest)

    @pytest.mark.parametrize(("precision", "shown"), [("day", "2025-07-04"), ("month", "2025-07"), ("year", "2025")])
    def test_dates_are_as_precise_as_they_are_known(self, precision: str, shown: str) -> None:
        about = article("a", date(2025, 7, 4), precision)
        answer = composer(ENGLISH).refusal([evidence("x", about)]).answer
        assert f"{shown})" in answer

    def test_undated(self) -> None:
        answer = composer(ENGLISH).refusal([evidence("x", article("a", None))]).answer
        assert "None" not in answer

    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_none_near(self, asked: Question) -> None:
        answer = composer(asked).refusal([])
        assert answer.refused
        assert answer.nearest == ()
        assert has_language(answer.answer, answer.language)


class TestWritten:
    def test_claims_and_citations_share_numbers(self) -> None:
        other = evidence("공장은 배터리를 만든다.", article("plant"))
        statements = verify(ENGLISH, "More than 30,000 jobs [2].", [other, JOBS], NAMES)
        answer = composer(ENGLISH).written(statements, [other, JOBS], [other], "m")
        assert answer.answer == "More than 30,000 jobs [1]."
        assert [(c.number, c.article_id) for c in answer.citations] == [(1, "busan")]
        (claim,) = answer.claims
        assert (claim.kind, claim.supported, claim.citation) == ("quantity", True, 1)
        assert answer.model == "m"
        assert answer.answered_by == "llm"

    def test_words_come_with_the_sentences_they_are_from(self) -> None:
        """The cited sentence first, then the other that may be it, under the citations' numbers."""
        asked, other = question("공장은 무엇을 만드나?"), evidence("공장은 부산에 선다.", article("plant"))
        made = evidence("새 공장은 선박용 배터리를 만든다.", article("made"))
        told = [made, other]
        statements = verify(asked, "선박용 배터리", told, NAMES)
        answer = composer(asked).written(statements, told, [other, made], "m")
        assert answer.answer == f"선박용 배터리 [1]. 기사 원문: “{made.text}” [1] “{other.text}” [2]"
        assert [c.article_id for c in answer.citations] == ["made", "plant"]
        assert [(c.kind, c.supported, c.citation) for c in answer.claims] == [("statement", True, 1)]


class TestReasons:
    """What follows a sentence may tell why."""

    REASON = "일손이 모자라기 때문이다."
    CLOSED = followed(evidence("공장은 밤에 문을 닫는다.", article("closed")), REASON)
    OTHER = evidence("공장은 부산에 선다.", article("plant"))

    @pytest.mark.parametrize("asked", ["공장은 왜 밤에 문을 닫나?", "Why does the plant close at night?"])
    def test_quoted_with_the_sentence_after(self, asked: str) -> None:
        answer = composer(question(asked)).quotation([self.CLOSED, self.OTHER])
        assert [c.quote for c in answer.citations] == [self.CLOSED.text, self.REASON, self.OTHER.text]
        after = answer.citations[1]
        assert (after.article_id, after.start, after.end) == ("closed", self.CLOSED.end + 1, len(self.CLOSED.context))
        assert f"“{self.REASON}” [2]" in answer.answer or f'"{self.REASON}" [2]' in answer.answer

    def test_what_the_model_read_from_one_sentence_needs_no_other(self) -> None:
        asked = question("공장은 왜 밤에 문을 닫나?")
        statements = verify(asked, "밤에 문을 닫는다", [self.CLOSED, self.OTHER], NAMES)
        answer = composer(asked).written(statements, [self.CLOSED, self.OTHER], [self.CLOSED], "m")
        assert [c.quote for c in answer.citations] == [self.CLOSED.text]

    def test_no_sentence_twice(self) -> None:
        rival = replace(
            self.CLOSED, start=self.CLOSED.end + 1, end=len(self.CLOSED.context), text=self.REASON, after=None
        )
        answer = composer(question("공장은 왜 밤에 문을 닫나?")).quotation([self.CLOSED, rival])
        assert [c.quote for c in answer.citations] == [self.CLOSED.text, self.REASON]

    @pytest.mark.parametrize("asked", ["공장은 언제 문을 닫나?", "What does the plant do at night?"])
    def test_not_for_other_questions(self, asked: str) -> None:
        assert len(composer(question(asked)).quotation([self.CLOSED]).citations) == 1

    def test_the_end_of_a_chunk_has_none_after(self) -> None:
        assert len(composer(question("공장은 왜 부산에 서나?")).quotation([self.OTHER]).citations) == 1
