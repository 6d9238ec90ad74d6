"""The verifier by itself: the shipped table is right throughout, and a malformed one is told by its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval import provenance
from eval.datasets import DataError
from eval.verifier import COLUMNS, PAIRS, Pair, borne_out, load_pairs, main, score_pairs

HEADER = "\t".join(COLUMNS)
ROW = "26만장\tko\t260,000 GPUs\ten\tequal\tmyriad"


def table(folder: Path, *lines: str) -> Path:
    path = folder / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_every_pair_of_the_shipped_table_is_right() -> None:
    scores = score_pairs(PAIRS)
    assert scores.wrong == ()
    assert scores.right == scores.total >= 300
    assert sum(total for _, total in scores.by_kind.values()) == scores.total


def test_the_shipped_table_has_both_languages_and_both_verdicts() -> None:
    pairs = load_pairs(PAIRS)
    assert {(pair.claim_language, pair.source_language) for pair in pairs} >= {("ko", "en"), ("en", "ko"), ("ko", "ko")}
    unequal = sum(pair.expected == "unequal" for pair in pairs) / len(pairs)
    assert 0.35 <= unequal <= 0.45
    assert len({(pair.claim, pair.claim_language, pair.source, pair.source_language) for pair in pairs}) == len(pairs)
    assert len({pair.kind for pair in pairs}) >= 15


def pair(claim: str, source: str) -> Pair:
    return Pair(1, claim, "en", source, "ko", "equal", "bound")


def test_a_lost_bound_is_borne_out_and_a_wrong_one_is_not() -> None:
    assert borne_out(pair("260,000 GPUs", "26만장 이상"))
    assert not borne_out(pair("less than 260,000 GPUs", "26만장 이상"))


def test_a_claim_without_a_quantity_is_not_borne_out() -> None:
    assert not borne_out(pair("many GPUs", "26만장"))


def test_every_quantity_of_a_claim_counts() -> None:
    assert borne_out(pair("2 companies buy 260,000 GPUs", "2개사가 26만장을 산다"))
    assert not borne_out(pair("3 companies buy 260,000 GPUs", "2개사가 26만장을 산다"))


def test_wrong_rows_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = table(tmp_path, "# ours", HEADER, ROW, "5만장\tko\t5,000 GPUs\ten\tequal\ttrap")
    scores = score_pairs(path)
    assert (scores.right, scores.total, scores.by_kind) == (1, 2, {"myriad": (1, 1), "trap": (0, 1)})
    assert [wrong.line for wrong in scores.wrong] == [4]
    assert main([str(path)]) == 1
    assert "line 4: 5만장 / 5,000 GPUs: not equal" in capsys.readouterr().out


def test_the_command_tells_the_figure(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "revision", lambda: "abc123")
    assert main([]) == 0
    told = capsys.readouterr().out
    assert "(100.0%)" in told
    assert "revision abc123" in told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ((HEADER, ROW, "26만장\tko\t260,000 GPUs\ten\tequal"), "line 3: 6 columns are needed, 5 found"),
        ((HEADER, ROW + "\tmore"), "line 2: 6 columns are needed, 7 found"),
        ((HEADER, "", ROW.replace("ko", "kr")), "line 3: a language is ko or en, not 'kr'"),
        (("# ours", HEADER, ROW.replace("\ten", "\tEN")), "line 3: a language is ko or en, not 'EN'"),
        ((HEADER, ROW.replace("equal", "yes")), "line 2: expected is equal or unequal, not 'yes'"),
        ((HEADER, ROW.replace("26만장", " ")), "line 2: claim is empty"),
        ((HEADER, ROW.replace("myriad", "")), "line 2: class is empty"),
        ((HEADER, ROW, ROW.replace("equal", "unequal")), "line 3: repeats line 2"),
        ((ROW,), "line 1: the header must be claim"),
        ((HEADER,), "line 1: no row follows the header"),
        (("# ours",), "line 1: the header must be claim"),
    ],
)
def test_a_malformed_row_is_told_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lines: tuple[str, ...], told: str
) -> None:
    path = table(tmp_path, *lines)
    with pytest.raises(DataError) as error:
        score_pairs(path)
    assert told in error.value.en
    assert main([str(path)]) == DataError.exit_code
    assert told in " ".join(capsys.readouterr().err.split())


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        score_pairs(tmp_path / "none.tsv")
    broken = tmp_path / "broken.tsv"
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="UTF-8"):
        score_pairs(broken)
