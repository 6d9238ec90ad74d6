"""Which article a file is: of two that share a name neither is lost, and what is replaced is told and comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from desk import Run
from test_ui_cli_real import run

FESTIVAL = "늘봄시 불꽃 축제 9월로 연기\n\n늘봄시는 불꽃 축제를 9월 12일로 미룬다고 밝혔다. 점검에 두 달 걸린다.\n"
BRIDGE = "두레군 출렁다리 개통\n\n두레군은 길이 210m의 출렁다리를 3일 열었다. 입장료는 2천원이다.\n"
COPY = FESTIVAL.replace("두 달", "석 달")


@pytest.fixture
def own(embedder_folder: Path, tmp_path: Path) -> Path:
    """A GISA_HOME with the models and no collection."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "models").symlink_to(embedder_folder.parent, target_is_directory=True)
    return home


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def listed(own: Path) -> dict[str, str]:
    rows = [line.split("\t") for line in run(own, "index", "list").out.splitlines()]
    return {row[0]: row[-1] for row in rows}


def counts(shown: Run) -> str:
    return shown.out.splitlines()[-1]


def test_one_name_in_two_subfolders(own: Path, tmp_path: Path) -> None:
    put(tmp_path / "crawl/0601", "001.txt", FESTIVAL)
    put(tmp_path / "crawl/0602", "001.txt", BRIDGE)
    assert counts(run(own, "index", "add", tmp_path / "crawl")) == "Added 2, replaced 0, unchanged 0, failed 0."
    first = listed(own)
    assert sorted(first.values()) == ["늘봄시 불꽃 축제 9월로 연기", "두레군 출렁다리 개통"]
    assert first["001"] == "늘봄시 불꽃 축제 9월로 연기"
    for paths in (["crawl"], ["crawl/0602"], ["crawl/0602/001.txt", "crawl/0601/001.txt"]):
        shown = run(own, "index", "add", *(tmp_path / path for path in paths))
        assert "Added 0, replaced 0" in counts(shown)
        assert listed(own) == first


def test_the_second_keeps_its_id_when_the_first_is_gone(own: Path, tmp_path: Path) -> None:
    put(tmp_path / "a", "001.txt", FESTIVAL)
    second = put(tmp_path / "b", "001.txt", BRIDGE)
    run(own, "index", "add", tmp_path / "a", tmp_path / "b")
    (its,) = (name for name, title in listed(own).items() if title.startswith("두레군"))
    run(own, "index", "remove", "001")
    assert counts(run(own, "index", "add", second)) == "Added 0, replaced 0, unchanged 1, failed 0."
    assert set(listed(own)) == {its}


def test_a_relative_path_names_another_file_elsewhere(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day, text in (("0601", FESTIVAL), ("0602", BRIDGE)):
        put(tmp_path / day, "001.txt", text)
        monkeypatch.chdir(tmp_path / day)
        assert counts(run(own, "index", "add", ".")) == "Added 1, replaced 0, unchanged 0, failed 0."
    assert len(listed(own)) == 2


def test_what_is_replaced_is_told_and_comes_back(own: Path, tmp_path: Path) -> None:
    path = put(tmp_path, "001.txt", FESTIVAL)
    run(own, "index", "add", path)
    path.write_text(BRIDGE, encoding="utf-8")
    shown = run(own, "index", "add", path)
    assert counts(shown) == "Added 0, replaced 1, unchanged 0, failed 0."
    told = next(line for line in shown.err.splitlines() if "is replaced by" in line)
    assert "늘봄시 불꽃 축제 9월로 연기" in told
    assert "두레군 출렁다리 개통" in told
    kept = Path(told.partition("gisa index add ")[2])
    assert json.loads(kept.read_text(encoding="utf-8"))["id"] == "001"
    assert counts(run(own, "index", "add", kept)) == "Added 0, replaced 1, unchanged 0, failed 0."
    assert listed(own) == {"001": "늘봄시 불꽃 축제 9월로 연기"}


def test_one_id_given_by_two_files_is_two_articles(own: Path, tmp_path: Path) -> None:
    for name, text in (("one", FESTIVAL), ("two", COPY)):
        put(tmp_path / "in", f"{name}.md", f"---\nid: festival\n---\n{text}")
    shown = run(own, "index", "add", tmp_path / "in")
    assert counts(shown) == "Added 2, replaced 0, unchanged 0, failed 0."
    (other,) = listed(own).keys() - {"festival"}
    assert f"festival: another article has this id, so it is kept as {other}." in shown.err.splitlines()
