"""Answers put together by hand-made parts: quoted, refused, written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from made_up import NAMES, article, evidence, question

from rag import compose
from rag.errors import ModelServerError
from rag.question import has_language
from rag.settings import Settings
from rag.verify import verify

SETTINGS = Settings(home=Path("/nowhere"))
TIMES = {"retrieve": 1, "generate": 2, "verify": 3, "total": 6}
ENGLISH = question("How many jobs does Busan expect?")
KOREAN = question("부산시가 예상하는 일자리는 몇 개인가?")
JOBS = evidence("부산시는 일자리가 3만개 이상 생길 것으로 본다.", article("busan", title="부산 공장"))
DOWN = ModelServerError("The server is down. Start it.", "서버가 멈췄습니다. 켜세요.")


class TestQuotation:
    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_as_it_stands(self, asked: object) -> None:
        answer = compose.quotation(asked, [JOBS], SETTINGS, TIMES, names=NAMES)  # type: ignore[arg-type]
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
        answer = compose.quotation(ENGLISH, [JOBS], SETTINGS, TIMES, names=NAMES).answer
        assert "30,000" in answer
        assert "Busan" in answer

    def test_korean_readers_do_not(self) -> None:
        assert "30,000" not in compose.quotation(KOREAN, [JOBS], SETTINGS, TIMES, names=NAMES).answer

    def test_says_nothing_when_quoting_was_wanted(self) -> None:
        assert compose.quotation(ENGLISH, [JOBS], SETTINGS, TIMES, names=NAMES).notices == ()

    def test_says_that_the_server_is_down(self) -> None:
        (notice,) = compose.quotation(ENGLISH, [JOBS], SETTINGS, TIMES, names=NAMES, because=DOWN).notices
        assert DOWN.en in notice
        (notice,) = compose.quotation(KOREAN, [JOBS], SETTINGS, TIMES, names=NAMES, because=DOWN).notices
        assert DOWN.ko in notice

    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_says_that_the_draft_was_not_borne_out(self, asked: object) -> None:
        answer = compose.quotation(asked, [JOBS], SETTINGS, TIMES, names=NAMES, model_was_asked=True)  # type: ignore[arg-type]
        (notice,) = answer.notices
        assert has_language(notice, answer.language)

    @pytest.mark.parametrize("asked", ["How much does the plant cost?", "공장에는 얼마가 드나?"])
    def test_of_the_kind_asked_for(self, asked: str) -> None:
        """The first sentence that has an amount, or else the first."""
        place, cost = evidence("공장은 부산에 선다."), evidence("공장에는 1조2000억원이 든다.")
        answer = compose.quotation(question(asked), [place, cost], SETTINGS, TIMES, names=NAMES)
        assert answer.citations[0].quote == cost.text
        answer = compose.quotation(question(asked), [place, place], SETTINGS, TIMES, names=NAMES)
        assert answer.citations[0].quote == place.text


class TestRefusal:
    def test_offers_the_nearest_articles_once_each(self) -> None:
        more = [evidence("공장은 크다.", article(name, title=f"{name} 소식")) for name in ("b", "c", "d")]
        shown = [JOBS, JOBS, *more]
        answer = compose.refusal(ENGLISH, shown, SETTINGS, TIMES)
        assert answer.refused
        assert answer.answered_by == "none"
        assert answer.citations == answer.claims == ()
        assert [near.id for near in answer.nearest] == ["busan", "b", "c"]
        assert all(near.title in answer.answer for near in answer.nearest)

    @pytest.mark.parametrize(("precision", "shown"), [("day", "2025-07-04"), ("month", "2025-07"), ("year", "2025")])
    def test_dates_are_as_precise_as_they_are_known(self, precision: str, shown: str) -> None:
        about = article("a", date(2025, 7, 4), precision)  # type: ignore[arg-type]
        answer = compose.refusal(ENGLISH, [evidence("x", about)], SETTINGS, TIMES).answer
        assert f"{shown})" in answer

    def test_undated(self) -> None:
        answer = compose.refusal(ENGLISH, [evidence("x", article("a", None))], SETTINGS, TIMES).answer
        assert "None" not in answer

    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_none_near(self, asked: object) -> None:
        answer = compose.refusal(asked, [], SETTINGS, TIMES)  # type: ignore[arg-type]
        assert answer.refused
        assert answer.nearest == ()
        assert has_language(answer.answer, answer.language)


class TestWritten:
    def test_claims_and_citations_share_numbers(self) -> None:
        other = evidence("공장은 배터리를 만든다.", article("plant"))
        statements = verify(ENGLISH, "More than 30,000 jobs [2].", [other, JOBS], NAMES)
        answer = compose.written(ENGLISH, statements, [other, JOBS], SETTINGS, TIMES, model="m")
        assert answer.answer == "More than 30,000 jobs [1]."
        assert [(c.number, c.article_id) for c in answer.citations] == [(1, "busan")]
        (claim,) = answer.claims
        assert (claim.kind, claim.supported, claim.citation) == ("quantity", True, 1)
        assert answer.model == "m"
        assert answer.answered_by == "llm"
