"""The Quality tab without a browser: pictures and their tables, failures by kind, feedback as it is kept."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
import small_run
from markupsafe import Markup

from ui.chat import pictures, quality_html
from ui.chat.opinions import Opinions
from ui.chat.runs import FOLDER, Run, Runs, find
from ui.chat.tab_parts import block
from ui.service.database import Database
from ui.service.ledger import Ledger

HOSTILE = "<img src=x onerror=alert(1)>"
ANSWER = '{"language": "en", "answer": "Five.", "refused": false, "citations": [], "claims": [], "nearest": []}'


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The small golden set: one right answer of five, each other wrong in its own way."""
    out = tmp_path / FOLDER / "one.jsonl"
    small_run.asked(out)
    out.write_text(out.read_text(encoding="utf-8").replace('"time":"t"', '"time":"2026-11-20T02:11:49+00:00"'), "utf-8")
    found = find(tmp_path).latest
    assert found is not None
    return found


def test_a_share_is_a_bar_and_says_its_figures(run: Run) -> None:
    html = str(pictures.shares(run, "en"))
    row = re.search(r"<tr><th scope=\"row\">Facts in the answer</th>(.*?)</tr>", html)
    assert row
    assert 'width="33.3"' in row[1]
    assert "33.3%" in row[1]
    assert "1 / 3" in row[1]


def test_citations_are_told_as_means(run: Run) -> None:
    """Of three answers with a citation each, one is not borne out by it; the refusal and the error count in neither."""
    html = str(pictures.shares(run, "en"))
    for name in ("Citation recall", "Citation precision"):
        row = re.search(rf'<tr><th scope="row">{name}</th>(.*?)</tr>', html)
        assert row
        assert "66.7%" in row[1]
        assert "mean of 3 answers" in row[1]


def test_the_model_that_was_measured_is_told(run: Run) -> None:
    told = replace(run, header=run.header.model_copy(update={"model": "some-model-7b"}))
    assert "some-model-7b" in str(quality_html.report(Runs((told,)), "ko"))


def test_every_picture_has_its_words_and_its_table(run: Run) -> None:
    html = str(quality_html.report(Runs((run, replace(run, name="before"))), "en"))
    labels = re.findall(r'<svg class="gt-picture"[^>]*role="img" aria-label="([^"]+)"', html)
    assert len(labels) == 1 + 6  # latency, and six figures over the runs
    assert labels[3:5] == ["Citation recall: from 66.7% to 66.7%", "Citation precision: from 66.7% to 66.7%"]
    assert "from 33.3% to 33.3%" in labels[1]
    assert html.count("<summary>As a table</summary>") == 2
    for question in ("How many GPUs?", "How many chips?", "몇 장인가?", "Who won the match?"):
        assert f'<th scope="row">{question}</th>' in html
    assert '<th scope="row">누가 이겼나?</th>' not in html  # it failed, and took no time that counts


def test_one_run_is_no_line(run: Run) -> None:
    assert "아직 하나" in str(pictures.over_runs((run,), "ko"))


def test_failures_are_told_by_kind_with_what_was_expected(run: Run) -> None:
    every = str(quality_html.failures(run, None, "en"))
    assert "4 of 5 questions went wrong." in every
    assert every.count('<details class="gt-failure">') == 4
    [one] = re.findall(r"<details.*?</details>", str(quality_html.failures(run, "facts", "en")))
    assert "How many chips?" in one
    assert "26만 or 260,000" in one
    assert "It is 26,000 chips [1]." in one
    assert 'data-article="korea" data-start="0" data-end="15"' in one
    refused = str(quality_html.failures(run, "answered", "en"))
    assert "A refusal: the articles do not say it." in refused


def test_nothing_of_a_run_is_markup(run: Run) -> None:
    hostile = tuple(
        one.model_copy(
            update={
                "question": HOSTILE,
                "facts": ((HOSTILE,),),
                "answer": one.answer
                and one.answer.model_copy(
                    update={
                        "answer": HOSTILE,
                        "citations": tuple(
                            cited.model_copy(update={"quote": HOSTILE, "title": HOSTILE, "article_id": '"><img>'})
                            for cited in one.answer.citations
                        ),
                    }
                ),
            }
        )
        for one in run.questions
    )
    told = replace(run, questions=hostile)
    html = str(quality_html.report(Runs((told, told), (HOSTILE,)), "ko")) + str(quality_html.failures(told, None, "ko"))
    assert "&lt;img" in html
    assert "<img" not in html


def test_without_a_run_the_command_is_told() -> None:
    assert "<code>gisa eval run</code>" in str(quality_html.report(Runs(), "en"))
    assert str(quality_html.failures(None, None, "en")) == ""


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_no_value_ends_a_line_of_markdown(end: str) -> None:
    assert block(Markup("<p>{}</p>").format(f"a{end}{end}b")) == "<div><p>a&#10;&#10;b</p></div>"


# Feedback


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Opinions, Ledger, Database]:
    database = Database(tmp_path / "home")
    for number, at in (("a", time.time()), ("old", time.time() - 40 * 86400)):
        row = (number, "c", at, "how many?", "How many servers?", ANSWER)
        statement = "INSERT INTO answers (id, conversation, at, question, standalone, answer) VALUES (?, ?, ?, ?, ?, ?)"
        database.write((statement, row))
    return Opinions(database, days=30), Ledger(database, conversation_hours=24, answers_days=1000), database


def test_opinions_are_the_newest_first_and_none_of_deleted_answers(kept: tuple[Opinions, Ledger, Database]) -> None:
    opinions, ledger, database = kept
    ledger.feedback("a", "one", "up", None)
    ledger.feedback("a", "two", "down", "no")
    ledger.feedback("old", "one", "down", "too old to be shown")
    assert [(one.thumb, one.comment) for one in opinions.newest()] == [("down", "no"), ("up", None)]
    assert [one.comment for one in opinions.newest("down")] == ["no"]
    told = opinions.newest("up")[0]
    assert (told.question, told.standalone, told.answer["answer"]) == ("how many?", "How many servers?", "Five.")
    assert opinions.one(told.number) == told
    database.close()


def test_an_opinion_said_anew_takes_the_place_of_the_old(kept: tuple[Opinions, Ledger, Database]) -> None:
    opinions, ledger, database = kept
    ledger.feedback("a", "one", "up", None)
    before = opinions.newest()[0]
    ledger.feedback("a", "one", "down", HOSTILE)
    [after] = opinions.newest()
    assert (after.thumb, after.comment) == ("down", HOSTILE)
    assert opinions.one(before.number) in (None, after)
    assert "<img" not in str(quality_html.opinion(after, "en"))
    database.close()
