"""Newsroom sets: read as checked records, and scored by what an answer asserts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from desk import ANSWER, CITATION

from eval.answers import asserted
from eval.datasets import DataError
from eval.newsroom.data import SHIPPED, NewsroomQuestion, Place, articles, questions
from eval.newsroom.score import figures, score
from eval.reader.corpus import DESK
from rag.types import Answer, Statement

QUESTION = NewsroomQuestion(
    id="q", lang="en", question="How many servers?", kind="count", answerable=True,
    answers=(Place(article="garam", sentence=CITATION.quote, span="3만2천대"),),
    must=(r"32,?000|3만2천",), must_not=(r"15,?000",),
)  # fmt: skip
NONE = NewsroomQuestion(id="n", lang="en", question="When?", kind="date", answerable=False, near="garam")


def saying(text: str, by: str = "reader") -> Answer:
    return replace(
        ANSWER, answer=text, answered_by=by, statements=(Statement(text, (), (1,)),) if by != "extract" else ()
    )  # type: ignore[arg-type]


REFUSED = replace(ANSWER, answer="The articles do not say.", refused=True, answered_by="none", citations=())


class TestScore:
    @pytest.mark.parametrize(
        ("answer", "result"),
        [
            (saying("The article says 32,000 (3만2천대) [1]."), "right"),
            (saying("The article says 33,000 [1]."), "wrong"),
            (saying("32,000 of 15,000 [1]."), "wrong"),
            (saying(f"The article says: “{CITATION.quote}” [1]", "extract"), "quoted"),
            (REFUSED, "refused"),
        ],
    )
    def test_of_what_can_be_answered(self, answer: Answer, result: str) -> None:
        assert score(QUESTION, answer).result == result

    def test_a_false_sentence_above_a_true_quotation_is_false(self) -> None:
        answer = saying(f"It buys 15 servers [1]. In the article's words: “{CITATION.quote}” [1]", "llm")
        assert asserted(answer) == "It buys 15 servers."
        assert score(QUESTION, answer).result == "wrong"

    def test_a_mark_of_citation_is_no_number(self) -> None:
        one = QUESTION.model_copy(update={"must": (r"(?<!\d)1(?!\d)",), "must_not": ()})
        assert score(one, saying("Many [1].")).result == "wrong"

    @pytest.mark.parametrize(
        ("answer", "result"),
        [(saying("In March [1]."), "wrong"), (saying("x", "extract"), "quoted"), (REFUSED, "refused")],
    )
    def test_of_what_cannot(self, answer: Answer, result: str) -> None:
        scored = score(NONE, answer)
        assert (scored.result, scored.sentence) == (result, None)

    def test_the_sentence(self) -> None:
        assert score(QUESTION, saying("x [1].")).sentence is True
        other = replace(ANSWER, citations=(replace(CITATION, quote="다른 문장이다."),))
        assert score(QUESTION, other).sentence is False


def test_figures() -> None:
    """Counted by hand: of three that can be answered one right, one wrong, one refused; of two others one refused."""
    told = [
        score(QUESTION, saying("32,000 [1].")),
        score(QUESTION, saying("33,000 [1].")),
        score(QUESTION, REFUSED),
        score(NONE, saying("x", "extract")),
        score(NONE, REFUSED),
    ]
    found = figures(told)
    assert (found.answerable, found.unanswerable) == (3, 2)
    assert found.right == pytest.approx(1 / 3)
    assert found.wrong == pytest.approx(1 / 3)  # of three answers
    assert found.refused == pytest.approx(1 / 3)
    assert found.answered == pytest.approx(1 / 2)
    assert found.sentence == pytest.approx(2 / 3)


class TestSets:
    @pytest.mark.parametrize("name", ["pol", "eco", *DESK])
    def test_every_answer_stands_in_its_article(self, name: str) -> None:
        folder = SHIPPED / ("newsroom" if name in ("pol", "eco") else "desk")
        texts = {article.id: article.text for article in articles(folder, name)}
        asked = questions(folder, name)
        assert len({question.id for question in asked}) == len(asked)
        for question in asked:
            for place in question.answers:
                assert place.span in place.sentence, question.id
                assert place.sentence in texts[place.article], question.id
            if question.near:
                assert question.near in texts, question.id

    def test_the_set_for_measuring_is_not_shipped(self) -> None:
        assert not list(SHIPPED.rglob("sci*"))

    def test_a_set_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(DataError):
            articles(tmp_path, "pol")
        with pytest.raises(DataError):
            questions(tmp_path, "pol")

    @pytest.mark.parametrize("line", ["{}", "no json", '{"id": "a"}'])
    def test_a_bad_line_is_named(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "questions").mkdir()
        (tmp_path / "questions" / "x.jsonl").write_text(QUESTION.model_dump_json() + "\n" + line + "\n")
        with pytest.raises(DataError, match="line 2"):
            questions(tmp_path, "x")
