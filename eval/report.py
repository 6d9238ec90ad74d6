"""Tables of what was measured, on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from eval.answers import Scores
from eval.compare import Comparison
from eval.measures import BY_KEY
from eval.records import LOCAL, QuestionRecord, RunRecord
from eval.summary import summary

Records = Sequence[QuestionRecord]
MEASURES = ("nDCG@10", "MRR@10", "R@1", "R@5")
_MOST_MISSING = 5
_ASPECTS: dict[str, Callable[[Scores], bool | None]] = {
    "right refusal": lambda scores: scores.right_refusal,
    "facts in the answer": lambda scores: scores.facts_in_answer,
    "facts in the quotes": lambda scores: scores.facts_in_quotes,
    "right citation article": lambda scores: scores.right_article,
    "right language": lambda scores: scores.right_language,
    "no unsupported quantity": lambda scores: not scores.unsupported,
}


def run_table(run: RunRecord, records: Records) -> Table:
    """The figures of a run: over all questions, and by language."""
    model = run.model or ("local model" if run.llm else "no model")
    of = f"{run.target}" if run.target != LOCAL else f"articles: {run.articles}; {model}"
    title = f"{', '.join(run.sets)}; {of}"
    columns = {"all": list(records), "ko": _of_language(records, "ko"), "en": _of_language(records, "en")}
    heads = [f"{name} ({len(its)})" for name, its in columns.items()]
    table = _table(title, "", heads[0], "95%", *heads[1:])
    table.box, table.padding = SIMPLE_HEAD, (0, 1, 0, 0)  # fits 80 columns
    for whole, ko, en in zip(*(summary(its) for its in columns.values()), strict=True):
        table.add_row(whole.what, whole.told, whole.interval, ko.brief, en.brief)
    table.caption = caption(run)
    return table


def caption(run: RunRecord) -> str:
    """Where a run's figures come from, and how its intervals were made."""
    told = [f"revision {run.revision}", f"settings {run.settings}" if run.settings else "", run.machine, run.time]
    return f"{', '.join(filter(None, told))}. 95%: bootstrap over the questions (docs/evaluation.md)."


def retrieval_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """One data set's results: a row a method. `rows` are the records of `eval.retrieval.record`."""
    first = rows[0]
    table = _table(
        f"{first['data']}: {first['queries']} questions, {first['passages']} passages", "", *MEASURES, "ms a question"
    )
    for row in rows:
        unread = f" ({row['unread']} not read)" if row["unread"] else ""
        table.add_row(row["method"] + unread, *(f"{row[name]:.3f}" for name in MEASURES), f"{row['ms_per_query']:.1f}")
    table.caption = f"{first['embedder']}, revision {first['revision']}, {first['machine']}"
    return table


def wrongs(record: QuestionRecord) -> list[str]:
    """What is wrong with an answer, in words; empty when nothing is."""
    if record.scores is None:
        return [f"error: {record.error.message}" if record.error else "not scored"]
    found = [f"not: {name}" for name, its in _ASPECTS.items() if its(record.scores) is False]
    return found + [f"unsupported: {', '.join(record.scores.unsupported)}"] * bool(record.scores.unsupported)


def show_failures(console: Console, records: Records) -> None:
    """Each question that went wrong, with what was expected, the answer and its quotes."""
    failures = [record for record in records if not record.right]
    console.print(f"\n{len(failures)} of {len(records)} questions went wrong.", highlight=False)
    for record in failures:
        answer = record.answer or {"answer": "", "citations": []}
        expected = " + ".join(" | ".join(forms) for forms in record.facts) if record.answerable else "a refusal"
        lines = [
            f"[bold]{escape(record.id)}[/bold] ({record.language}, {record.kind}): {escape(record.question)}",
            *(f"  [red]{escape(wrong)}[/red]" for wrong in wrongs(record)),
            f"  expected: {escape(expected)}" + (f" from {', '.join(record.articles)}" if record.articles else ""),
            f"  answer:   {escape(answer['answer'])}",
            *(f"  quote {c['number']}:  {escape(c['quote'])} ({escape(c['article_id'])})" for c in answer["citations"]),
        ]
        console.print("\n".join(lines), soft_wrap=True, highlight=False)


def show_comparison(console: Console, found: Comparison) -> None:
    """Each measure of two runs side by side, then each question that changed, with both answers."""
    table = _table(f"{found.questions} questions in both", "", "before", "after", "difference", "p", "")
    table.box, table.padding = SIMPLE_HEAD, (0, 1, 0, 0)  # fits 80 columns
    for one in found.differences:
        name, tell = (
            ("whole answer, median, s", _seconds) if one.unit == "seconds" else (BY_KEY[one.measure].en, _points)
        )
        difference = f"{tell(one.difference, '+')} ± {tell(one.high - one.difference)}"
        shown = Text(one.verdict, {"better": "green", "worse": "red", "same": "dim"}[one.verdict])
        table.add_row(name, tell(one.before), tell(one.after), difference, p_told(one.p), shown)
    table.caption = (
        f"before: revision {found.before.revision}, {found.before.time}; after: {found.after.revision}, "
        f"{found.after.time}. Shares in percent, ± the 95% interval of a paired bootstrap; same: p is 0.05 or more."
    )
    console.print(table)
    if found.missing:
        console.print(missing_told(found), style="red", highlight=False, markup=False, soft_wrap=True)
    for title, changes in (("Better", found.better), ("Worse", found.worse)):
        console.print(f"\n{title}: {len(changes)}", style="bold", highlight=False)
        for change in changes:
            record = change.after
            lines = [
                f"  {record.id} ({record.language}): {', '.join(BY_KEY[key].en for key in change.measures)}",
                f"    question: {record.question}",
                f"    before:   {_told(change.before)}",
                f"    after:    {_told(change.after)}",
            ]
            console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)


def missing_told(found: Comparison) -> str:
    """What the second run lacks, and what to do about it."""
    some = ", ".join(found.missing[:_MOST_MISSING]) + (", ..." if len(found.missing) > _MOST_MISSING else "")
    return (
        f"Missing: {len(found.missing)} questions of the first run were not asked in the second ({some}). Ask them: "
        "`gisa eval run --resume --out AFTER.jsonl`, with the options it had but --limit."
    )


def p_told(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "<0.001"


def _points(value: float, sign: str = "") -> str:
    return f"{100 * value:{sign}.1f}"


def _seconds(value: float, sign: str = "") -> str:
    return f"{value:{sign}.2f}"


def _told(record: QuestionRecord) -> str:
    """The answer in one line, or the error in its place."""
    if record.answer is None:
        return f"error: {record.error.message}" if record.error else "none"
    return " ".join(str(record.answer["answer"]).split())


def _of_language(records: Records, language: str) -> list[QuestionRecord]:
    return [record for record in records if record.language == language]


def _table(title: str, first: str, *columns: str) -> Table:
    table = Table(title=escape(title), title_justify="left", caption_justify="left")
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table
