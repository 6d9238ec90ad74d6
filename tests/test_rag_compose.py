"""Answers put together by hand-made parts: asserted, written, quoted, refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from made_up import NAMES, article, evidence, question

from rag.check import checked
from rag.compose import Composer
from rag.decide import Answering
from rag.errors import ModelServerError
from rag.question import Question, has_language
from rag.reading.reader import Reading
from rag.settings import Settings
from rag.types import Evidence, Place
from rag.wording import Told, told

SETTINGS = Settings(home=Path("/nowhere"))
TIMES = {"retrieve": 1, "read": 1, "generate": 2, "verify": 3, "total": 7}
ENGLISH = question("How many jobs does Busan expect?")
KOREAN = question("부산시가 예상하는 일자리는 몇 개인가?")
JOBS = evidence("부산시는 일자리가 3만개 이상 생길 것으로 본다.", article("busan", title="부산 공장"))
DOWN = ModelServerError("The server is down. Start it.", "서버가 멈췄습니다. 켜세요.")


def composer(asked: Question) -> Composer:
    return Composer(asked, NAMES, SETTINGS, lambda: TIMES)


def read(words: str, item: Evidence = JOBS) -> Answering:
    """The reader pointing at these words of the sentence."""
    start = item.text.index(words)
    reading = Reading(0, 0, item.start + start, item.start + start + len(words), words, 5.0, 5.0)
    return Answering(item, reading, (), 3.0)


def said(asked: Question, words: str, item: Evidence = JOBS) -> Told:
    best = read(words, item)
    return told(asked, item, (best.start, best.end), NAMES)


class TestAsserted:
    def test_korean_is_the_words_with_their_bound(self) -> None:
        answer = composer(KOREAN).asserted(read("3만개"), said(KOREAN, "3만개"))
        assert answer.answer == "3만개 이상 [1]."
        assert answer.answered_by == "reader"
        assert answer.model is None
        (claim,) = answer.claims
        assert (claim.text, claim.kind, claim.verdict, claim.by) == (
            "3만개 이상",
            "quantity",
            "supported",
            ("reader", "value"),
        )
        assert claim.span == Place("busan", 10, 16)
        assert JOBS.text[10:16] == "3만개 이상"
        (citation,) = answer.citations
        assert (citation.number, citation.article_id, citation.quote) == (1, "busan", JOBS.text)
        assert (citation.start, citation.end, citation.published) == (JOBS.start, JOBS.end, "2025-03-20")
        assert (answer.timings_ms, answer.settings) == (TIMES, SETTINGS.fingerprint)

    def test_english_is_a_sentence_with_the_value(self) -> None:
        answer = composer(ENGLISH).asserted(read("3만개"), said(ENGLISH, "3만개"))
        assert answer.answer == "The article says more than 30,000 (3만개 이상) [1]."
        assert has_language(answer.answer, "en")

    def test_a_model_that_did_not_answer_is_told_of(self) -> None:
        answer = composer(ENGLISH).asserted(read("3만개"), said(ENGLISH, "3만개"), because=DOWN)
        (notice,) = answer.notices
        assert DOWN.en in notice


class TestWritten:
    def written(self, draft: str, asked: Question = ENGLISH, words: str = "3만개", item: Evidence = JOBS) -> object:
        best, tells = read(words, item), said(asked, words, item)
        found = checked(asked, draft, best, tells, NAMES)
        assert found is not None
        return composer(asked).written(found, best, tells, "m")

    def test_its_claim_is_supported_by_reader_and_value(self) -> None:
        answer = self.written("more than 30,000 jobs")
        assert answer.answer == "More than 30,000 jobs [1]."  # type: ignore[attr-defined]
        assert [(c.kind, c.verdict, c.by) for c in answer.claims] == [("quantity", "supported", ("reader", "value"))]  # type: ignore[attr-defined]

    def test_what_was_not_read_is_unknown(self) -> None:
        """Another name of the sentence is true of it, and not what was asked."""
        answer = self.written("The city of Busan expects more than 30,000 jobs.")
        verdicts = {claim.text: claim.verdict for claim in answer.claims}  # type: ignore[attr-defined]
        assert (
            verdicts["30,000 jobs"] == "supported" if "30,000 jobs" in verdicts else verdicts["30,000"] == "supported"
        )
        assert verdicts["Busan"] == "unknown"

    def test_words_stand_beside_their_translation(self) -> None:
        item = evidence("공장은 일손 30명이 모자라 밤에 문을 닫는다.", article("plant"))
        asked = question("Why does the plant close at night?")
        answer = self.written("The plant lacks 30 workers.", asked, "일손 30명이 모자라", item)
        assert "“일손 30명이 모자라”" in answer.answer  # type: ignore[attr-defined]


class TestQuotation:
    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_as_it_stands_asserting_nothing(self, asked: Question) -> None:
        answer = composer(asked).quotation([read("3만개")])
        assert JOBS.text in answer.answer
        assert "[1]" in answer.answer
        assert answer.answered_by == "extract"
        assert not answer.refused
        assert answer.statements == ()
        assert [(claim.verdict, claim.by) for claim in answer.claims] == [("unknown", ("reader",))]
        (notice,) = answer.notices
        assert has_language(notice, answer.language)

    def test_english_readers_get_its_numbers_and_names(self) -> None:
        answer = composer(ENGLISH).quotation([read("3만개")]).answer
        assert "30,000" in answer
        assert "Busan" in answer

    def test_korean_readers_do_not(self) -> None:
        assert "30,000" not in composer(KOREAN).quotation([read("3만개")]).answer

    def test_says_that_the_server_is_down(self) -> None:
        assert any(DOWN.en in told for told in composer(ENGLISH).quotation([read("3만개")], because=DOWN).notices)
        assert any(DOWN.ko in told for told in composer(KOREAN).quotation([read("3만개")], because=DOWN).notices)


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
