"""Premises and claims: what the verifier finds missing, and how it is scored."""

import json

import pytest

from eval.claims import Row, load, support, table
from eval.datasets import DataError
from index.names import NameBook

PREMISE = "서울시는 9일 시내버스 120대를 전기차로 바꾸고 예산 36억원을 쓴다고 밝혔다."


@pytest.mark.parametrize(
    ("claim", "checked", "missing"),
    [
        ("서울시가 쓰는 예산은 36억원이다.", 2, 0),  # a name and an amount, both there
        ("서울시가 쓰는 예산은 3.6억원이다.", 2, 1),
        ("부산시가 버스 120대를 바꾼다.", 2, 1),
        ("버스를 전기차로 바꾼다.", 0, 0),
    ],
)
def test_what_is_missing_from_the_premise(claim: str, checked: int, missing: int) -> None:
    found = support(PREMISE, claim, NameBook(()))
    assert (found.checked, found.missing) == (checked, missing)


def test_one_missing_thing_weighs_more_than_all_words() -> None:
    names = NameBook(())
    wrong = support(PREMISE, "서울시는 9일 시내버스 121대를 전기차로 바꾸고 예산 36억원을 쓴다고 밝혔다.", names)
    loose = support(PREMISE, "버스를 새로 산다.", names)
    assert wrong.words > loose.words
    assert wrong.score < loose.score


def test_the_table_tells_how_many_can_be_checked() -> None:
    rows = [
        Row(premise=PREMISE, claim="서울시가 쓰는 예산은 36억원이다.", label="entailment"),
        Row(premise=PREMISE, claim="서울시가 쓰는 예산은 40억원이다.", label="contradiction"),
        Row(premise=PREMISE, claim="버스를 전기차로 바꾼다.", label="entailment"),
        Row(premise=PREMISE, claim="물고기가 헤엄친다.", label="neutral"),
    ]
    shown = table(rows, [support(row.premise, row.claim, NameBook(())) for row in rows])
    cells = [list(column.cells) for column in shown.columns]
    assert cells[1] == ["2 (50%)", "4 (100%)"]
    assert cells[2] == ["1", "2"]
    assert cells[3] == ["1.000", "1.000"]  # each entailed claim stands above each other one


def test_a_file_that_holds_no_claims(tmp_path) -> None:
    with pytest.raises(DataError, match=r"claims\.jsonl"):
        load(tmp_path)
    (tmp_path / "claims.jsonl").write_text(json.dumps({"premise": "a", "claim": "b", "label": "maybe"}) + "\n")
    with pytest.raises(DataError, match="label"):
        load(tmp_path)
