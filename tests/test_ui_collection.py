"""`gisa index` and `gisa models`: exact output and exit codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from desk import QUOTE, Desk, Run, visible

from index.build import IngestReport
from index.store import Damage
from index.types import Filter
from seeds.article import Article
from seeds.loaders import FileProblem

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


# Adding


@pytest.fixture
def adding(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The desk, with an ingest that loads files for real and embeds nothing."""

    def ingest(
        store: object,
        embedder: object,
        articles: Iterable[Article | FileProblem],
        *,
        progress: Callable[[int, int | None], None],
        keep: Path,
    ) -> IngestReport:
        report = IngestReport()
        for done, item in enumerate(articles, 1):
            if isinstance(item, FileProblem):
                report.problems.append(item)
            else:
                report.outcomes[item.id] = "added"
            progress(done, None)
        return report

    monkeypatch.setattr("index.build.ingest", ingest)
    return desk


ARTICLE = f"# 가람전자 서버 투자\n\n{QUOTE}\n"


def test_add_reports_each_bad_file_and_takes_the_rest(adding: Desk, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(ARTICLE, encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(f"한빛 소식\n\n{QUOTE}\n".encode("cp949"))
    (tmp_path / "c.txt").write_bytes(f"보람 소식\n\n{QUOTE}\n".encode("utf-16"))
    (tmp_path / "d.txt").write_bytes(b"")
    (tmp_path / "e.txt").write_bytes(bytes(range(256)) * 8)
    with (tmp_path / "f.txt").open("wb") as large:
        large.truncate(50 * 1024 * 1024)
    shown = adding("index", "add", tmp_path, tmp_path / "none.md")
    assert shown == Run(
        0,
        "Added 3, replaced 0, unchanged 0, failed 4.\n",
        "Indexing articles\n"
        f"{tmp_path}/d.txt: d.txt is empty. Check the file and add it again.\n"
        f"{tmp_path}/e.txt: e.txt is not readable text. "
        "Add .txt, .md, .html, .pdf, .docx, .hwpx or .jsonl, text saved as UTF-8.\n"
        f"{tmp_path}/f.txt: f.txt is larger than 20 MB. Split it, or save only the article's text.\n"
        f"{tmp_path}/none.md does not exist. Check the path.\n",
    )
    assert adding.store.done == ["close"]


def test_add_speaks_korean(adding: Desk, tmp_path: Path) -> None:
    (tmp_path / "d.txt").write_bytes(b"")
    assert adding("--lang", "ko", "index", "add", tmp_path) == Run(
        4,
        "추가 0, 교체 0, 그대로 0, 실패 1.\n",
        f"{tmp_path}/d.txt: d.txt: 빈 파일입니다. 파일을 확인하고 다시 추가해 주세요.\n",
    )


@pytest.mark.parametrize("ray", [(), ("--ray", "local")])
def test_add_where_every_file_fails_makes_nothing_and_returns_4(
    adding: Desk, tmp_path: Path, ray: tuple[str, ...]
) -> None:
    (tmp_path / "empty.txt").touch()
    shown = adding("index", "add", *ray, tmp_path / "none.md", tmp_path / "empty.txt")
    assert (shown.code, shown.out) == (4, "Added 0, replaced 0, unchanged 0, failed 2.\n")
    assert adding.opened == []  # no collection, which the shipped articles would then not go into


def test_add_of_a_folder_without_articles_returns_4(adding: Desk, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").touch()
    assert adding("index", "add", tmp_path) == Run(
        4,
        "",
        f"{tmp_path}: 1 passed over (.jpg 1): photo.jpg.\n"
        "No article file found there. gisa reads .txt .md .markdown .html .htm .pdf .docx .hwpx .jsonl.\n",
    )


def test_add_says_which_article_got_another_id(adding: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = IngestReport({"a-123456": "added", "b": "unchanged", "c": "replaced"}, [("a", "a-123456")])
    monkeypatch.setattr("index.build.ingest", lambda *articles, progress, keep: report)
    (tmp_path / "a.md").write_text(ARTICLE, encoding="utf-8")
    assert adding("index", "add", tmp_path) == Run(
        0,
        "Added 1, replaced 1, unchanged 1, failed 0.\n",
        "Indexing articles\na: another article has this id, so it is kept as a-123456.\n",
    )


def test_add_shows_a_bar_on_a_terminal(adding: Desk, terminal: Desk, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.md").write_text(ARTICLE, encoding="utf-8")
    shown = terminal("index", "add", tmp_path)
    assert shown.out == "Added 2, replaced 0, unchanged 0, failed 0.\n"
    assert "Indexing articles" in visible(shown.err)
    assert "2/2" in visible(shown.err)
