"""Evaluation runs as the Quality tab reads them: files that eval wrote, and files that nobody should have."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import small_run

from ui.chat.runs import FIGURES, FOLDER, Mean, Share, counts, find, percentile

NIGHT = "2026-11-20T02:11:49+00:00"


def write(home: Path, name: str, time: str = NIGHT, sets: str = "small") -> Path:
    """A run of the small golden set, as `gisa eval run` writes it."""
    out = home / FOLDER / f"{name}.jsonl"
    small_run.asked(out)
    text = out.read_text(encoding="utf-8")
    out.write_text(text.replace('"time":"t"', f'"time":"{time}"').replace('"small":', f'"{sets}":'), encoding="utf-8")
    return out


def test_figures_count_what_they_apply_to(tmp_path: Path) -> None:
    write(tmp_path, "one")
    run = find(tmp_path).latest
    assert run is not None
    # Five questions: right, a wrong number, a wrong refusal, an answer nobody said, an error. Three have an answer.
    assert {figure: run.share(figure) for figure in FIGURES} == {
        "facts": Share(1, 3),
        "quotes": Share(2, 3),
        "article": Share(2, 3),
        "answered": Share(2, 3),
        "refused": Share(0, 2),
        "quantity": Share(3, 5),
        "language": Share(4, 5),
    }
    assert run.refusals == Share(2, 5)
    assert run.share("facts").percent == pytest.approx(33.333, abs=0.001)
    assert Share(0, 0).percent is None


def test_citations_are_means_over_answers(tmp_path: Path) -> None:
    """Three answers as ALCE counts them: recall 1/2, 2/2 and 1/1; precision 1/4, 1/2 and, of what cites nothing, none.
    A refusal and an error count in neither."""
    path = write(tmp_path, "one")
    counted = {
        "en-right": (2, 1, 4, 1, 0, 0),
        "en-wrong": (1, 1, 1, 0, 1, 1),
        "en-unsaid": (1, 1, 0, 0, 0, 0),
    }
    names = ("statements", "supported", "citations", "relevant", "quotations", "quoted_right")
    head, *told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for one in told:
        one["citations"] = dict(zip(names, counted[one["id"]], strict=True)) if one["id"] in counted else None
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (head, *told)), encoding="utf-8")
    run = find(tmp_path).latest
    assert run is not None
    recall, precision = run.cited("recall"), run.cited("precision")
    assert recall.percent == pytest.approx(100 * (0.5 + 1 + 1) / 3)
    assert precision.percent == pytest.approx(100 * (0.25 + 0.5) / 2)
    assert (recall.of, precision.of) == (3, 2)


def test_runs_from_before_citations_were_counted_are_read(tmp_path: Path) -> None:
    path = write(tmp_path, "one")
    head, *told = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for one in told:
        del one["citations"]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (head, *told)), encoding="utf-8")
    run = find(tmp_path).latest
    assert run is not None
    assert run.cited("recall") == Mean(None, 0)


def test_what_is_wrong_is_told_by_kind(tmp_path: Path) -> None:
    write(tmp_path, "one")
    run = find(tmp_path).latest
    assert run is not None
    assert {one.id: one.wrong for one in run.questions} == {
        "en-right": (),
        "en-wrong": ("facts", "quantity"),
        "ko-refused": ("refused",),
        "en-unsaid": ("answered",),
        "ko-down": ("error",),
    }
    assert [one.id for one in run.failures] == ["en-wrong", "ko-refused", "en-unsaid", "ko-down"]
    assert counts(run.failures) == {"error": 1, "refused": 1, "answered": 1, "facts": 1, "quantity": 1}


def test_a_question_that_failed_took_no_time_that_counts(tmp_path: Path) -> None:
    write(tmp_path, "one")
    run = find(tmp_path).latest
    assert run is not None
    assert len(run.seconds) == 4
    assert run.median_s is not None
    assert run.median_s >= 0.02  # the stand-in sleeps as long


def test_the_newest_run_counts_and_those_alike_before_it(tmp_path: Path) -> None:
    write(tmp_path, "b", "2026-11-19T02:00:00+00:00")
    write(tmp_path, "a", "2026-11-20T01:00:00+09:00")  # the 19th, 16:00 UTC: later than b
    write(tmp_path, "c", "2026-11-18T02:00:00+00:00")
    write(tmp_path, "other", "2026-11-19T12:00:00+00:00", sets="another")
    assert [run.name for run in find(tmp_path).alike] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"llm":true', '"llm":false'),
        ('"model":null', '"model":"another"'),
        ("0" * 64, "1" * 64),  # the set's file was changed
        ('"articles":"shipped"', '"articles":"/elsewhere"'),
        ('"target":"local"', '"target":"http://gisa.example"'),
    ],
)
def test_runs_of_another_kind_are_in_another_line(tmp_path: Path, was: str, now: str) -> None:
    write(tmp_path, "newest", "2026-11-19T02:00:00+00:00")
    other = write(tmp_path, "other", "2026-11-18T02:00:00+00:00")
    write(tmp_path, "alike", "2026-11-17T02:00:00+00:00")
    text = other.read_text(encoding="utf-8")
    head, rest = text.split("\n", 1)
    assert was in head
    other.write_text(f"{head.replace(was, now)}\n{rest}", encoding="utf-8")
    assert [run.name for run in find(tmp_path).alike] == ["newest", "alike"]


def test_nothing_measured_is_no_run(tmp_path: Path) -> None:
    assert find(tmp_path).latest is None
    whole = write(tmp_path, "begun").read_bytes()
    begun = tmp_path / FOLDER / "begun.jsonl"
    begun.write_bytes(whole.split(b"\n")[0] + b"\n")  # as `gisa eval run` leaves it before the first answer
    assert find(tmp_path) == find(tmp_path / "elsewhere")


def test_a_line_cut_off_is_left_aside_and_a_later_answer_counts(tmp_path: Path) -> None:
    path = write(tmp_path, "one")
    lines = path.read_text(encoding="utf-8").splitlines()
    again = (
        lines[2].replace("26,000 chips", "260,000 chips").replace('"facts_in_answer":false', '"facts_in_answer":true')
    )
    path.write_text("\n".join([*lines, again, lines[1][:40]]), encoding="utf-8")
    run = find(tmp_path).latest
    assert run is not None
    assert len(run.questions) == 5
    assert run.share("facts") == Share(2, 3)


def test_a_run_that_goes_on_is_read_anew(tmp_path: Path) -> None:
    path = write(tmp_path, "one")
    whole = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(whole[:2]), encoding="utf-8")
    first = find(tmp_path).latest
    path.write_text("".join(whole), encoding="utf-8")
    second = find(tmp_path).latest
    assert first is not None
    assert second is not None
    assert (len(first.questions), len(second.questions)) == (1, 5)


@pytest.mark.parametrize(
    "content",
    [b"not json\n", b'{"type":"nothing"}\n', b"[1]\n", b"\xff\xfe\x00\n", b'{"type":"run","time":"t"}\n'],
)
def test_files_that_are_no_runs_are_named_and_the_others_read(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "one")
    (tmp_path / FOLDER / "bad.jsonl").write_bytes(content)
    found = find(tmp_path)
    assert [run.name for run in found.alike] == ["one"]
    assert found.unread == ("bad.jsonl",)


def test_a_damaged_line_spoils_its_own_file_alone(tmp_path: Path) -> None:
    write(tmp_path, "one")
    path = write(tmp_path, "two", "2026-11-21T00:00:00+00:00")
    path.write_text(path.read_text(encoding="utf-8") + '{"type":"question"}\n', encoding="utf-8")
    found = find(tmp_path)
    assert [run.name for run in found.alike] == ["one"]
    assert found.unread == ("two.jsonl",)


def test_results_of_retrieval_and_files_cut_off_at_once_are_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "retrieval.jsonl").write_text('{"type": "retrieval", "data": "x"}\n', encoding="utf-8")
    (folder / "begun.jsonl").write_text('{"type": "ru', encoding="utf-8")
    (folder / "empty.jsonl").touch()
    found = find(tmp_path)
    assert (found.alike, found.unread) == ((), ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path, "one").chmod(0)
    assert find(tmp_path).unread == ("one.jsonl",)


@pytest.mark.parametrize(("percent", "value"), [(0, 1.0), (50, 2.5), (95, 3.85), (100, 4.0)])
def test_percentiles_interpolate_between_ranks(percent: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == pytest.approx(value)


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 50)
