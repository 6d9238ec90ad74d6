"""`gisa index` and `gisa models`: exact output and exit codes."""

from __future__ import annotations

import re
from pathlib import Path

from desk import Desk, Run, visible

from index.store import Damage
from index.types import Filter

pytest_plugins = ["desk"]


def test_list_is_one_article_a_line_with_tabs(desk: Desk) -> None:
    assert desk("index", "list") == Run(
        0, "garam\t2025-10-31\t한빛일보\t가람전자 서버 투자\nold\t\t\tPlain notes\n", ""
    )


def test_list_is_a_table_on_a_terminal(terminal: Desk) -> None:
    lines = visible(terminal("--lang", "ko", "index", "list").out).splitlines()
    assert [re.split(r" {2,}", line.strip()) for line in lines] == [
        ["id", "게재일", "발행사", "제목"],
        ["garam", "2025-10-31", "한빛일보", "가람전자 서버 투자"],
        ["old", "Plain notes"],
    ]


def test_list_filters(desk: Desk) -> None:
    assert desk("index", "list", "--publisher", "한빛일보").out.count("\n") == 1
    assert desk.store.asked == [Filter(("한빛일보",))]


def test_list_of_an_empty_collection(desk: Desk) -> None:
    desk.store.infos = []
    assert desk("index", "list") == Run(0, "", "The collection is empty. Fill it with `gisa index add PATH`.\n")


def test_remove(desk: Desk) -> None:
    assert desk("index", "remove", "garam", "old") == Run(0, "Removed garam.\nRemoved old.\n", "")
    assert desk.store.done == ["remove garam", "remove old", "flush", "close"]


def test_remove_what_is_not_there_returns_8(desk: Desk) -> None:
    assert desk("index", "remove", "none") == Run(8, "", "There is no article 'none'.\n")


def test_verify_of_a_whole_collection(desk: Desk) -> None:
    assert desk("index", "verify") == Run(0, "No damage: 2 articles.\n", "")


def test_verify_names_each_damage_and_returns_6(desk: Desk) -> None:
    desk.store.damage = [Damage("vector index", "its sha256 is another", True), Damage("search term 'x'", "bad", True)]
    assert desk("index", "verify") == Run(
        6,
        "Damaged: vector index: its sha256 is another\nDamaged: search term 'x': bad\n",
        "Mend it with `gisa index rebuild`.\n",
    )
    desk.store.damage.append(Damage("database", "malformed", False))
    assert "cannot be rebuilt" in desk("index", "verify").err


def test_rebuild(desk: Desk) -> None:
    assert desk("index", "rebuild") == Run(0, "Rebuilt the index of 2 articles.\n", "")
    assert desk.store.done == ["rebuild", "close"]


# Models


def test_models_list(desk: Desk) -> None:
    shown = desk("models", "list")
    assert [line.split("\t") for line in shown.out.splitlines()] == [
        ["multilingual-e5-small", "embedder", "not here", "91.2 MB to download", "MIT"],
        ["qwen2.5-coder-1.5b-instruct", "LLM", "not here", "1.1 GB to download", "Apache-2.0"],
    ]


def test_pull_of_an_unknown_model_returns_5(desk: Desk) -> None:
    shown = desk("models", "pull", "gpt-9")
    assert (shown.code, shown.out, shown.err.count("\n")) == (5, "", 1)
    assert "gpt-9" in shown.err


def test_pull_of_a_wrong_file_returns_5(desk: Desk, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.bin"
    wrong.write_bytes(b"not a model")
    shown = desk("models", "pull", "multilingual-e5-small", "--from-file", wrong)
    assert (shown.code, shown.out) == (5, "")
    assert str(wrong) in shown.err.splitlines()[-1]


def test_pull_of_a_file_needs_a_name(desk: Desk, tmp_path: Path) -> None:
    assert desk("models", "pull", "--from-file", tmp_path) == Run(
        2, "", "--from-file needs the model's name. See `gisa models list`.\n"
    )
