"""What is removed goes at once, is kept for some days, and comes back as it was."""

from __future__ import annotations

import os
import time
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from articles_desk import REQUEST, at_desk
from serving import ASKED, Open

from rag.errors import IndexBusyError
from seeds.article import Article
from ui.chat.articles_tab import Articles
from ui.chat.removed import DAYS, Removed
from ui.service import Service

pytest_plugins = ["serving"]


def test_an_article_is_removed_from_answers_at_once_and_put_back_as_it_was(opened: Open) -> None:
    wanted = "korea-nvidia-gpu-2025-10"

    async def use(tab: Articles, service: Service) -> Any:
        before = await service.article(wanted)
        notice, _, chosen, *_, undoing, lately = await tab.remove(wanted, REQUEST)
        assert "Removed" in notice
        assert (chosen, undoing["visible"], lately["value"]) == ("", True, wanted)
        removed = await service.search(ASKED)
        await tab.undo(wanted, REQUEST)
        after = await service.article(wanted)
        assert tab.removed.all() == []
        return before, after, removed, await service.search(ASKED)

    before, after, removed, back = at_desk(opened, use)
    assert before == after
    assert wanted not in {hit.article.id for hit in removed.hits}
    assert back.hits[0].article.id == wanted


def removed_article(article_id: str) -> Article:
    text = "가람전자\n\n서버를 들여온다. <b>&</b> \u2028"
    return Article(
        article_id, "제목", text, ((6, 15),), "한빛일보", None, date(2025, 10, 1), "month", url="https://a/b"
    )


def test_what_was_removed_is_kept_for_other_processes_and_for_some_days(tmp_path: Path) -> None:
    one, other, slash = (removed_article(name) for name in ("one", "other", "a/../../b"))
    for place, given in enumerate((one, other, slash)):
        Removed(tmp_path).put(given)
        [new] = [path for path in (tmp_path / "removed").iterdir() if path.stat().st_mtime > time.time() - 3600 * 24]
        os.utime(new, times=(time.time() - (4 - place) * 24 * 3600,) * 2)
    again = Removed(tmp_path)
    assert again.all() == [slash, other, one]
    assert again.get("a/../../b") == slash
    again.drop("other")
    assert (again.get("other"), Removed(tmp_path).all()) == (None, [slash, one])
    [path] = (path for path in (tmp_path / "removed").iterdir() if path.stat().st_mtime < time.time() - 3.5 * 24 * 3600)
    os.utime(path, times=(time.time() - (DAYS + 0.1) * 24 * 3600,) * 2)
    assert again.all() == [slash]
    assert not path.exists()


def test_what_cannot_be_read_is_not_offered(tmp_path: Path) -> None:
    removed = Removed(tmp_path)
    assert removed.all() == []
    removed.put(removed_article("one"))
    [path] = (tmp_path / "removed").iterdir()
    path.write_bytes(path.read_bytes()[:-5])
    assert (removed.get("one"), removed.all()) == (None, [])


def test_a_removal_is_undone_by_the_next_server(opened: Open) -> None:
    wanted = "korea-nvidia-gpu-2025-10"

    async def remove(tab: Articles, service: Service) -> Article:
        before = await service.article(wanted)
        await tab.remove(wanted, REQUEST)
        return before

    async def undo(tab: Articles, service: Service) -> tuple[Any, Article, Any]:
        offered = await tab.lately(REQUEST)
        assert wanted not in {one.id for one in await service.articles()}
        await tab.undo(wanted, REQUEST)
        return offered, await service.article(wanted), await tab.lately(REQUEST)

    before = at_desk(opened, remove)
    (row, lately), after, left = at_desk(opened, undo)
    assert (row["visible"], lately["choices"]) == (True, [(before.title, wanted)])
    assert after == before
    assert left[0]["visible"] is False


def test_a_removal_that_fails_loses_nothing_and_offers_no_undo(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = "korea-nvidia-gpu-2025-10"

    async def use(tab: Articles, service: Service) -> Any:
        async def busy(article_id: str) -> None:
            raise IndexBusyError("busy", "사용 중")

        monkeypatch.setattr(service, "remove", busy)
        with pytest.raises(gr.Error, match="busy"):
            await tab.remove(wanted, REQUEST)
        await service.article(wanted)
        return await tab.lately(REQUEST)

    row, _ = at_desk(opened, use)
    assert row["visible"] is False
