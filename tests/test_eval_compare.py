"""Two runs compared: differences, their significance by the paired bootstrap, the gate, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO
from math import comb
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from small_run import RUN, asked
from typer.testing import CliRunner

from eval.answers import Scores
from eval.cli import app
from eval.cli_report import WORSE
from eval.compare import Comparison, Difference, compare, p_value
from eval.datasets import DataError
from eval.metrics import resampled
from eval.records import QuestionRecord, RunRecord
from eval.report import show_comparison

RIGHT = Scores(
    right_refusal=True,
    right_language=True,
    facts_in_answer=True,
    facts_in_quotes=True,
    right_article=True,
    missing_in_answer=(),
    missing_in_quotes=(),
    unsupported=(),
)
FACTS_WRONG = Scores(
    right_refusal=True,
    right_language=True,
    facts_in_answer=False,
    facts_in_quotes=True,
    right_article=True,
    missing_in_answer=(("x",),),
    missing_in_quotes=(),
    unsupported=(),
)


def records(right: Sequence[bool], elapsed_ms: float = 1000) -> list[QuestionRecord]:
    """A question for each: right in all, or only its facts wrong."""
    return [
        QuestionRecord(
            set="small", id=f"q{number}", question="How many?", language="en", answerable=True, kind="how-many",
            facts=(("x",),), articles=("003",), answer={"answer": "x", "citations": []},
            scores=RIGHT if one else FACTS_WRONG, elapsed_ms=elapsed_ms + number,
        )
        for number, one in enumerate(right)
    ]  # fmt: skip


def of(found: Comparison, measure: str) -> Difference:
    return next(one for one in found.differences if one.measure == measure)


def write(path: Path, run: RunRecord, lines: Sequence[QuestionRecord]) -> Path:
    path.write_text("".join(f"{line.model_dump_json()}\n" for line in [run, *lines]), encoding="utf-8")
    return path


def test_equal_runs_are_the_same() -> None:
    run = RUN, records([True, False] * 10)
    found = compare(run, run)
    assert found.questions == 20
    assert (found.better, found.worse) == ((), ())
    for one in found.differences:
        assert (one.difference, one.low, one.high, one.p, one.verdict) == (0, 0, 0, 1, "same"), one.measure


def test_many_lost_facts_are_worse_and_as_many_won_are_better() -> None:
    all_right, half = records([True] * 40), records([True, False] * 20)
    lost, won = compare((RUN, all_right), (RUN, half)), compare((RUN, half), (RUN, all_right))
    facts = of(lost, "facts")
    assert (facts.questions, facts.before, facts.after, facts.difference) == (40, 1.0, 0.5, -0.5)
    # A share of 20 in 40 has a standard error of 0.079; 1.96 of them reach 0.155.
    assert facts.low == pytest.approx(-0.655, abs=0.03)
    assert facts.high == pytest.approx(-0.345, abs=0.03)
    assert facts.p < 0.001
    assert (facts.verdict, of(won, "facts").verdict) == ("worse", "better")
    assert of(lost, "quotes").verdict == "same", "quotes were right in both"
    assert [change.measures for change in lost.worse] == [("facts",)] * 20 == [change.measures for change in won.better]
    assert (lost.better, won.worse) == ((), ())


def test_one_lost_question_of_forty_may_be_chance() -> None:
    found = of(compare((RUN, records([True] * 40)), (RUN, records([False] + [True] * 39))), "facts")
    assert found.difference == pytest.approx(-1 / 40)
    assert found.p > 0.05
    assert found.verdict == "same"


def test_p_by_hand() -> None:
    """One question in four lost. A draw of four takes it k times with the odds of a binomial; its difference, moved by
    the one observed (1/4), is as far from zero as that for k = 0, 2, 3, 4: all but k = 1."""
    both = np.array([[1.0, 0.0], [1, 1], [1, 1], [1, 1]])
    means = resampled(both, np.mean, samples=100_000)
    drawn = means[:, 1] - means[:, 0]
    once = comb(4, 1) * 0.25 * 0.75**3
    assert p_value(drawn, -0.25) == pytest.approx(1 - once, abs=0.01)
    assert p_value(drawn, 0.0) == 1


def test_time_is_the_median_of_those_answered_in_both() -> None:
    slow = records([True] * 30, 5000)
    broken = slow[0].model_copy(update={"scores": None, "answer": None, "elapsed_ms": 90_000.0})
    failed = QuestionRecord.model_validate(broken.model_dump() | {"error": {"code": "c", "message": "away"}})
    found = compare((RUN, records([True] * 30, 2000)), (RUN, [failed, *slow[1:]]))
    time = of(found, "seconds")
    assert (time.questions, time.unit) == (29, "seconds")
    assert (time.before, time.after) == pytest.approx((2.015, 5.015)), "of 2.001 to 2.029 the middle"
    assert (time.difference, time.verdict) == (pytest.approx(3), "worse")
    facts = of(found, "facts")
    assert (facts.questions, facts.after) == (30, pytest.approx(29 / 30)), "a question that failed is wrong"
    assert found.failing(0.0, None) == [], "time closes no gate that was not told of it"
    assert [one.measure for one in found.failing(0.0, 2.5)] == ["seconds"]
    assert found.failing(0.0, 3.1) == []


def test_draws_are_seeded() -> None:
    before, after = (RUN, records([True] * 40)), (RUN, records([False] * 3 + [True] * 37))
    first = of(compare(before, after, seed=1), "facts")
    assert first == of(compare(before, after, seed=1), "facts")
    assert first.p != of(compare(before, after, seed=2), "facts").p


def test_only_questions_of_both_count() -> None:
    found = compare((RUN, records([True] * 9)), (RUN, records([True] * 5)))
    assert (found.questions, of(found, "facts").questions) == (5, 5)
    assert found.missing == ("q5", "q6", "q7", "q8")
    assert compare((RUN, records([True] * 5)), (RUN, records([True] * 9))).missing == (), "more may be asked"


def test_a_gate_is_closed_to_a_run_that_lacks_questions(tmp_path: Path) -> None:
    """The first half of a run that fails in its second half."""
    whole = write(tmp_path / "whole.jsonl", RUN, records([True] * 40))
    half = write(tmp_path / "half.jsonl", RUN, records([True] * 20))
    shown = CliRunner().invoke(app, ["compare", str(whole), str(half)])
    assert shown.exit_code == 0
    assert "Missing: 20 questions of the first run were not asked in the second (q20, q21, q22, q23, q24, ...)" in (
        shown.stdout
    )
    closed = CliRunner().invoke(app, ["compare", str(whole), str(half), "--json", "--gate", "--allow", "1"])
    assert closed.exit_code == WORSE
    assert closed.stderr.startswith("Missing: 20 questions of ")
    assert len(json.loads(closed.stdout)["missing"]) == 20
    assert CliRunner().invoke(app, ["compare", str(half), str(whole), "--gate"]).exit_code == 0


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"sets": {"small": "1" * 64}}, "different questions: the set small"),
        ({"sets": {"small": "0" * 64, "more": "0" * 64}}, "different questions: the set more"),
        ({"articles": "/elsewhere"}, r"different articles \(shipped, c and /elsewhere, c\)"),
        ({"target": "http://a", "collection": "5 articles"}, "different articles"),
    ],
)
def test_other_questions_or_articles_are_refused(update: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said) as raised:
        compare((RUN, records([True])), (RUN.model_copy(update=update), records([True])))
    assert "평가" in raised.value.ko


def test_articles_are_compared_by_what_they_say() -> None:
    """By path only where a run of an older release does not tell its articles' hash."""
    asked = records([True])
    told = RUN.model_copy(update={"articles": "/here", "articles_sha256": "1" * 64})
    moved = told.model_copy(update={"articles": "/there", "collection": "indexed anew"})
    assert compare((told, asked), (moved, asked)).questions == 1
    changed = told.model_copy(update={"articles_sha256": "2" * 64})
    with pytest.raises(DataError, match=r"different articles \(/here, 111111111111 and /here, 222222222222\)"):
        compare((told, asked), (changed, asked))
    old = told.model_copy(update={"articles_sha256": None})
    assert compare((old, asked), (told, asked)).questions == 1
    with pytest.raises(DataError, match="different articles"):
        compare((old, asked), (moved, asked))


def test_runs_without_a_common_question_are_refused() -> None:
    with pytest.raises(DataError, match="no question in common"):
        compare((RUN, records([True])), (RUN, []))


def test_gate(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", RUN, records([True] * 40))
    bad = write(tmp_path / "bad.jsonl", RUN, records([True, False] * 20))

    def status(*told: str) -> int:
        return CliRunner().invoke(app, ["compare", *told]).exit_code

    assert WORSE == 11
    assert status(str(good), str(bad)) == 0, "without --gate it only tells"
    assert status(str(good), str(bad), "--gate") == WORSE
    assert status(str(bad), str(good), "--gate") == 0
    assert status(str(good), str(good), "--gate") == 0
    assert status(str(good), str(bad), "--gate", "--allow", "0.7") == 0, "0.5 to 0.66 down are allowed"
    assert status(str(good), str(bad), "--gate", "--allow", "2") == 2, "no share"


def test_json(tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", RUN, records([True] * 40))
    bad = write(tmp_path / "bad.jsonl", RUN, records([False] * 40))
    told = CliRunner().invoke(app, ["compare", str(good), str(bad), "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert found["questions"] == 40
    assert found["failing"] == ["facts"]
    facts = next(one for one in found["differences"] if one["measure"] == "facts")
    assert (facts["before"], facts["after"], facts["verdict"]) == (1.0, 0.0, "worse")
    assert found["worse"][0] | {"before": "", "after": ""} == {
        "set": "small", "id": "q0", "language": "en", "question": "How many?", "measures": ["facts"],
        "before": "", "after": "",
    }  # fmt: skip


def test_on_the_terminal(tmp_path: Path) -> None:
    before = asked(tmp_path / "before.jsonl")
    after = list(before)
    after[0] = before[0].model_copy(update={"scores": before[1].scores})
    after[1] = before[1].model_copy(update={"scores": before[0].scores})
    console = Console(file=StringIO(), width=80)
    show_comparison(console, compare((RUN, before), (RUN, after[:4])))
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert "4 questions in both" in text
    assert "…" not in text, "it fits 80 columns"
    assert "Better: 1\n  en-wrong (en): facts in the answer, no unsupported quantity\n" in text
    assert "Worse: 1\n  en-right (en): facts in the answer, no unsupported quantity\n" in text
    assert "after:    It is 260,000 GPUs [1]." in text
