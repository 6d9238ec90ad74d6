"""NoMIRACL: both rates, the limit chosen, the file of outcomes, and gisa's own decision on a made-up question."""

import json
from pathlib import Path

import pytest
from shipped import KOREAN_TRAP, SURE, Newsroom

from eval.datasets import DataError
from eval.nomiracl import Outcome, Query, calibrated, decide, draw, limits, load, measure, rates, sitting, source, table
from rag.decide import model
from rag.pipeline import Parts, ask
from rag.settings import load_settings

pytest_plugins = ["shipped"]


def test_the_odds_are_those_that_gisa_decides_by(newsroom: Newsroom) -> None:
    articles = tuple(info.id for info in newsroom.retriever.store.articles())
    parts = Parts(newsroom.settings, newsroom.retriever, newsroom.reader, None)
    can = decide(Query(id="q", text=KOREAN_TRAP, answerable=True, passages=articles), parts)
    cannot = decide(Query(id="r", text="일본은 GPU를 몇 장 갖고 있나?", answerable=False, passages=articles), parts)
    assert can.odds is not None
    assert cannot.odds is not None
    assert can.odds > cannot.odds
    fitted = model("ko")
    for asked, odds in ((KOREAN_TRAP, can.odds), ("일본은 GPU를 몇 장 갖고 있나?", cannot.odds)):
        expected = "reader" if odds >= SURE else "extract" if odds >= fitted.quoting else "none"
        assert ask(asked, parts).answered_by == expected


def outcome(number: int, answerable: bool, odds: float | None) -> Outcome:
    return Outcome(id=str(number), answerable=answerable, odds=odds)


FOUR = [outcome(1, True, 2.0), outcome(2, True, None), outcome(3, False, 1.0), outcome(4, False, -1.0)]


@pytest.mark.parametrize(
    ("limit", "hallucination", "error"),
    [(-5.0, 1.0, 0.5), (0.0, 0.5, 0.5), (1.0, 0.5, 0.5), (1.5, 0.0, 0.5), (2.5, 0.0, 1.0)],
)
def test_the_two_rates(limit: float, hallucination: float, error: float) -> None:
    found = rates(FOUR, limit)
    assert (found.hallucination, found.error) == (hallucination, error)


def test_every_limit_that_divides() -> None:
    assert limits(FOUR) == [-1.0, 1.0, 2.0, 3.0]


def test_the_limit_chosen_has_the_least_of_the_worse_rates() -> None:
    told = [outcome(n, n % 2 == 0, float(n % 2 == 0) + n / 100) for n in range(20)]
    chosen = calibrated(told)
    assert rates(told, chosen).worse == 0
    assert 0.19 < chosen <= 1.0


def test_a_half_is_the_same_at_every_run_and_the_table_keeps_them_apart() -> None:
    told = [outcome(n, n % 3 == 0, n / 10) for n in range(60)]
    halves = [one.calibrates for one in told]
    assert halves == [outcome(n, True, None).calibrates for n in range(60)]
    assert 15 < sum(halves) < 45
    counts = list(table(told, 0.0).columns[1].cells)
    assert counts[0] == f"the half it was chosen on ({sum(halves)})"
    assert counts[1] == f"the other half ({60 - sum(halves)})"


def test_the_curve_is_drawn(tmp_path: Path) -> None:
    told = [outcome(n, n % 3 == 0, n / 10) for n in range(60)]
    draw(told, tmp_path / "curve.svg")
    assert "GPT-4" in (tmp_path / "curve.svg").read_text() or (tmp_path / "curve.svg").stat().st_size > 5000


def test_a_folder_that_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"corpus\.jsonl"):
        load(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A set of one question."""
    made = tmp_path / "set"
    made.mkdir()
    (made / "corpus.jsonl").write_text(json.dumps({"id": "p", "text": "아무 글이다."}) + "\n")
    asked = {"id": "q", "text": "무엇인가?", "answerable": True, "passages": ["p"]}
    (made / "queries.jsonl").write_text(json.dumps(asked) + "\n")
    return made


ASKED = Outcome(id="q", answerable=True, odds=1.0)


def test_a_run_that_was_broken_off_asks_only_what_is_left(folder: Path, tmp_path: Path) -> None:
    out, before = tmp_path / "out.jsonl", sitting(folder, load_settings()).model_copy(update={"revision": "old"})
    out.write_text(f'{before.model_dump_json()}\n{ASKED.model_dump_json()}\n{{"id": "cut o')
    assert measure(folder, out, load_settings()) == ([ASKED], [before]), "at another revision all the same"
    assert out.read_text().count("\n") == 2
    assert "revision old" in source(before)
    raised_limit = load_settings(answer={"least_odds": 3.0})
    assert measure(folder, out, raised_limit) == ([ASKED], [before]), "the odds do not depend on their limit"


def test_fewer_questions_are_spread_evenly(folder: Path, tmp_path: Path) -> None:
    line = {"text": "무엇인가?", "answerable": True, "passages": ["p"]}
    asked = [json.dumps(line | {"id": str(number)}) for number in range(6)]
    (folder / "queries.jsonl").write_text("\n".join(asked) + "\n")
    out = tmp_path / "out.jsonl"
    done = [outcome(number, True, 1.0) for number in (0, 3)]
    lines = [sitting(folder, load_settings()), *done]
    out.write_text("".join(f"{one.model_dump_json()}\n" for one in lines))
    assert measure(folder, out, load_settings(), 2)[0] == done


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reader": {"model": "other"}}, "model gisa, now other; settings"),
        ({"reader": {"passages": 2}}, r"measurement \(settings"),
        ({}, r"measurement \(questions"),
    ],
)
def test_outcomes_of_something_else_are_not_added_to(
    folder: Path, tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(f"{sitting(folder, load_settings()).model_dump_json()}\n{ASKED.model_dump_json()}\n")
    if not settings:
        (folder / "corpus.jsonl").write_text(json.dumps({"id": "p", "text": "다른 글이다."}) + "\n")
    with pytest.raises(DataError, match=said) as raised:
        measure(folder, out, load_settings(**settings))
    assert "Choose another --out, or delete" in raised.value.en


@pytest.mark.parametrize("line", ['{"other": 1}', ASKED.model_dump_json()])
def test_a_file_of_something_else_is_told(folder: Path, tmp_path: Path, line: str) -> None:
    """Also one of outcomes that do not say what they are of."""
    (tmp_path / "out.jsonl").write_text(line + "\n")
    with pytest.raises(DataError, match="Choose another --out"):
        measure(folder, tmp_path / "out.jsonl", load_settings())
