"""Intervals against what is known of them, NoMIRACL's rates by hand, and the figures of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, norm  # type: ignore[import-untyped]
from small_run import asked

from eval.citations import CitationScores
from eval.metrics import Estimate, error_rate, hallucination_rate, mean, median, percentile, resampled
from eval.records import QuestionRecord
from eval.summary import summary


def test_interval_of_a_share_is_that_of_a_binomial() -> None:
    """The bootstrap of 30 of 50 draws from Binomial(50, 0.6): its quantiles are known."""
    found = mean([1.0] * 30 + [0.0] * 20)
    assert found is not None
    assert (found.value, found.count, found.sum) == (0.6, 50, 30)
    expected = binom.ppf([0.025, 0.975], 50, 0.6) / 50
    assert [found.low, found.high] == pytest.approx(expected, abs=0.02)


def test_interval_of_a_mean_is_about_that_of_a_normal() -> None:
    values = np.random.default_rng(7).normal(10, 3, 400)
    found = mean(values)
    assert found is not None
    reach = norm.ppf(0.975) * values.std() / np.sqrt(400)
    assert [found.low, found.high] == pytest.approx([values.mean() - reach, values.mean() + reach], abs=0.03)


def test_median_and_percentile() -> None:
    found = median([4.0, 1.0, 3.0, 2.0])
    assert found is not None
    assert (found.value, found.low, found.high) == (2.5, 1.0, 4.0)
    top = percentile([4.0, 1.0, 3.0, 2.0], 95)
    assert top is not None
    assert top.value == pytest.approx(3.85)
    assert median([7.0]) == Estimate(7.0, 7.0, 7.0, 1)


def test_nothing_has_no_estimate() -> None:
    assert [mean([]), median([]), percentile([], 95), hallucination_rate([]), error_rate([])] == [None] * 5


def test_draws_are_the_same_each_time_and_of_the_values() -> None:
    values = np.arange(5, dtype=np.float64)
    one, other = (resampled(values, np.max, samples=200, seed=3) for _ in range(2))
    assert one.shape == (200,)
    assert np.array_equal(one, other)
    assert not np.array_equal(one, resampled(values, np.max, samples=200, seed=4))
    assert set(one) <= set(values)


def test_many_questions_are_drawn_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eval.metrics._CELLS", 70)
    drawn = resampled(np.arange(10, dtype=np.float64), np.mean, samples=100)
    assert drawn.shape == (100,)
    assert 3.5 < drawn.mean() < 5.5


def refusing(record: QuestionRecord, refused: bool) -> QuestionRecord:
    assert record.answer is not None
    return record.model_copy(update={"answer": record.answer | {"refused": refused}})


def rates(records: Sequence[QuestionRecord]) -> list[float | None]:
    return [found and found.value for found in (hallucination_rate(records), error_rate(records))]


def test_rates_of_nomiracl(tmp_path: Path) -> None:
    """Answered of the unanswerable, refused of the answerable; failed questions are neither."""
    right, wrong, refused, unsaid, down = asked(tmp_path / "run.jsonl")
    assert rates([right, wrong, refused, unsaid, down]) == [1.0, pytest.approx(1 / 3)]
    assert rates([right, refusing(unsaid, True), unsaid, unsaid, down]) == [pytest.approx(2 / 3), 0.0]
    assert rates([down]) == [None, None]


def test_citations_are_averaged_over_answers_as_alce_does(tmp_path: Path) -> None:
    """Two answers, 1 of 1 and 1 of 4: 62.5%, not 2 of 5. A refusal and a failure have none."""
    records = asked(tmp_path / "run.jsonl")[:3]
    scored = [CitationScores(1, 1, 1, 1), CitationScores(4, 1, 2, 1, quotations=1, quoted_right=1), None]
    told = [record.model_copy(update={"citations": its}) for record, its in zip(records, scored, strict=True)]
    figures = [(one.what, one.told) for one in summary(told) if "citation r" in one.what or "own" in one.what]
    assert figures == [
        ("citation recall", "70.0% of 2"),
        ("  of own words", "62.5% of 2"),
        ("  of own words", "75.0% of 2"),
    ]


def test_figures_carry_intervals(tmp_path: Path) -> None:
    figures = {one.what: one for one in summary(asked(tmp_path / "run.jsonl"))}
    assert figures["  hallucination rate"].told == "100.0% (1/1)"
    assert figures["  error rate"].told == "33.3% (1/3)"
    assert (figures["facts in the answer"].brief, figures["facts in the answer"].interval) == ("33.3%", "0.0–100.0")
    assert figures["right refusals"].interval == "0.0–80.0"
    assert figures["errors"].interval == ""
