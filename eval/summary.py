"""The figures of a run, as its table on the terminal tells them: each with its 95% interval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from eval.citations import CitationScores
from eval.measures import BY_KEY, Measure, values
from eval.metrics import Estimate, error_rate, hallucination_rate, mean, median, percentile
from eval.records import QuestionRecord

Records = Sequence[QuestionRecord]
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Figure:
    """`told` is the figure with what it was counted over, `brief` the figure alone, `interval` its 95% interval in the
    same unit ("" where it has none)."""

    what: str
    told: str
    brief: str
    interval: str = ""


def summary(records: Records) -> list[Figure]:
    """Shares are over the questions they apply to; a question that failed is wrong, but for NoMIRACL's rates and for
    citations: it was neither answered nor refused, and cites nothing."""
    elapsed = [record.elapsed_ms / 1000 for record in records if record.error is None]
    evidence = [record.evidence_ms / 1000 for record in records if record.evidence_ms is not None]
    tokens = [float(record.prompt_tokens) for record in records if record.prompt_tokens is not None]
    cited = [record.citations for record in records if record.citations is not None]
    return [
        _measured("facts", records),
        _measured("quotes", records),
        _measured("refusals", records),
        _measured("refused", records, "  "),
        _measured("answered", records, "  "),
        _counted("  hallucination rate", hallucination_rate(records)),
        _counted("  error rate", error_rate(records)),
        _measured("article", records),
        _cited("citation recall", cited, lambda one: one.recall),
        _cited("  of own words", cited, lambda one: one.written_recall),
        _cited("citation precision", cited, lambda one: one.precision),
        _cited("  of own words", cited, lambda one: one.written_precision),
        _measured("language", records),
        _plain("unsupported quantities", str(sum(len(one.scores.unsupported) for one in records if one.scores))),
        _plain("errors", str(sum(record.error is not None for record in records))),
        _in_unit("prompt tokens, median", median(tokens), "{:.0f}"),
        _plain("prompt tokens, most", f"{max(tokens):.0f}" if tokens else NOTHING),
        _in_unit("whole answer, median", median(elapsed), "{:.2f}", " s"),
        _in_unit("whole answer, p95", percentile(elapsed, 95), "{:.2f}", " s"),
        _in_unit("evidence, median", median(evidence), "{:.3f}", " s"),
    ]


def _plain(what: str, told: str) -> Figure:
    return Figure(what, told, told)


def _measured(key: str, records: Records, indent: str = "") -> Figure:
    measure: Measure = BY_KEY[key]
    return _counted(indent + measure.en, mean(values(measure, records)))


def _counted(what: str, share: Estimate | None) -> Figure:
    """A share of questions, each of which counts whole or not at all."""
    return _share(what, share, "({sum:.0f}/{count})")


def _cited(what: str, cited: Sequence[CitationScores], pick: Callable[[CitationScores], float | None]) -> Figure:
    """A mean over answers, as ALCE takes it."""
    return _share(what, mean(found for one in cited if (found := pick(one)) is not None), "of {count}")


def _share(what: str, share: Estimate | None, over: str) -> Figure:
    if share is None:
        return _plain(what, NOTHING)
    percent = f"{100 * share.value:.1f}%"
    counted = over.format(sum=share.sum, count=share.count)
    return Figure(what, f"{percent} {counted}", percent, f"{100 * share.low:.1f}–{100 * share.high:.1f}")


def _in_unit(what: str, estimate: Estimate | None, form: str, unit: str = "") -> Figure:
    if estimate is None:
        return _plain(what, NOTHING)
    told = form.format(estimate.value) + unit
    return Figure(what, told, told, f"{form.format(estimate.low)}–{form.format(estimate.high)}")
