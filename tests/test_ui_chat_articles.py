"""The Articles tab without a browser: which articles are listed, what may be done with them, and by whom."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from made_up import article
from serving import ASKED, Open

from index.types import Filter
from rag.errors import IndexBusyError, Language
from rag.settings import Settings
from seeds.article import Article
from ui.chat import articles_tab, quality_tab
from ui.chat.article_list import NotADayError, matching, ordered, page_of, within
from ui.chat.articles_html import reader, results
from ui.chat.articles_tab import Articles
from ui.chat.intake import Progress, Result, take_in
from ui.chat.removed import DAYS, Removed
from ui.chat.who import Who
from ui.rest.articles import shown
from ui.service import Service

pytest_plugins = ["serving"]
REQUEST = gr.Request()
GARAM = """---
id: garam
title: 가람전자 서버 투자
publisher: 한빛일보
published: 2025-10-31
---

가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다. 투자액은 모두 9천억원이다.
"""


def manager(request: gr.Request) -> Who:
    return Who("address:desk", may_ask=True, may_manage=True)


def reader_only(request: gr.Request) -> Who:
    return Who("address:reader", may_ask=True, may_manage=False)


def run(of: Coroutine[Any, Any, Any]) -> Any:
    """In a thread: where other tests drive a browser, the main one has a loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, of).result()


# Which articles, in which order


INFOS = [
    article("b", date(2025, 3, 1), title="나라의 GPU"),
    article("a", None, title="가람전자"),
    article("c", date(2025, 10, 31), title="Plain ＡＩ news"),
]
TEXTS = {"a": "서버 3만2천대", "b": "울산에 짓는다", "c": "Nscale brings servers"}


def found(wanted: str) -> list[str]:
    asked: list[str] = []

    async def text_of(article_id: str) -> str:
        asked.append(article_id)
        return TEXTS[article_id]

    return [one.id for one in run(matching(INFOS, wanted, text_of))]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("", ["b", "a", "c"]),
        ("가람", ["a"]),
        ("서버", ["a"]),
        ("NSCALE plain ai", ["c"]),  # text and title together; NFKC: full-width letters are letters
        ("한빛일보", ["b", "a", "c"]),
        ("울산 가람", []),
    ],
)
def test_every_word_must_stand_somewhere_in_an_article(wanted: str, ids: list[str]) -> None:
    assert found(wanted) == ids


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        ("newest", ["c", "b", "a"]),
        ("oldest", ["b", "c", "a"]),
        ("title", ["c", "a", "b"]),
        ("publisher", ["c", "b", "a"]),
    ],
)
def test_orders(sort: Any, ids: list[str]) -> None:
    assert [one.id for one in ordered(INFOS, sort)] == ids


def test_pages_are_the_nearest_there_are() -> None:
    many = [article(f"{number:02}") for number in range(21)]
    last = page_of(many, 99)
    assert ([one.id for one in last.articles], last.number, last.pages, last.total) == (["20"], 3, 3, 21)
    assert page_of(many, 0).number == 1
    assert (page_of([], 1).number, page_of([], 1).pages) == (1, 1)


def test_filters_are_those_typed() -> None:
    assert within("", "", " ") is None
    assert within("한빛일보", "2025", "2025-10") == Filter(("한빛일보",), (), date(2025, 1, 1), date(2025, 10, 31))
    for wrong in ("yesterday", "2025-13", "2025-02-30", "25"):
        with pytest.raises(NotADayError, match=wrong):
            within(None, wrong, "")


# What is shown


def test_what_an_article_says_is_shown_as_plain_text() -> None:
    text = "<script>alert(1)</script>\n\n![x](https://evil.example/p.png)\n<b>bold</b> & more"
    told = shown(Article("a", "<i>T</i>", text, ((0, len(text)),), publisher="<u>P</u>", url="javascript:alert(1)"))
    html = str(reader(told, "en"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "&lt;i&gt;T&lt;/i&gt;" in html
    assert "&lt;u&gt;P&lt;/u&gt;" in html
    assert not re.search(r"<(script|i|u|b|img|a)\b", html)


def test_what_is_not_searched_is_told_apart() -> None:
    text = "가람전자 기자\n\n서버를 들여온다.\n\n무단 전재 금지"
    start = text.index("서버")
    html = str(reader(shown(Article("a", "t", text, ((start, start + 9),))), "ko"))
    assert html.count('<p class="gt-aside">') == 2
    assert "<p>서버를 들여온다.</p>" in html
    assert "회색 글" in html
    whole = str(reader(shown(Article("a", "t", "한 문장.", ((0, 5),))), "ko"))
    assert "회색 글" not in whole


def test_file_names_and_reasons_are_escaped() -> None:
    html = str(results((Result("<img src=x>.txt", "<b>", "added"),), "en"))
    assert "&lt;img src=x&gt;.txt" in html
    assert "<b>" not in html


# Taking files in


async def last(service: Service, files: Sequence[Path]) -> Progress:
    told = [progress async for progress in take_in(service, files)]
    assert [one.stage for one in told] == sorted(
        (one.stage for one in told), key=["reading", "taking in", "done"].index
    )
    assert told[0] == Progress("reading", 0, len(files))
    return told[-1]


def outcomes(progress: Progress) -> list[tuple[str, str]]:
    return [(one.file, one.outcome or (one.error.code if one.error else "?")) for one in progress.results]


def files_of(folder: Path, **contents: str | bytes) -> list[Path]:
    folder.mkdir(exist_ok=True)
    made = []
    for name, content in contents.items():
        stem, suffix = name.rsplit("_", 1)
        path = folder / f"{stem}.{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        made.append(path)
    return made


def test_one_bad_file_does_not_stop_the_others(opened: Open, tmp_path: Path) -> None:
    lines = '{"id": "line-1", "text": "누리호가 날았다고 한다. 모두 세 번째다."}\nno json\n'
    files = files_of(tmp_path / "up", empty_txt="", garam_md=GARAM, many_jsonl=lines, broken_pdf=b"%PDF-1.4 nothing")

    async def uploaded() -> tuple[Progress, set[str]]:
        async with opened() as service:
            return await last(service, files), {one.id for one in await service.articles()}

    progress, ids = run(uploaded())
    assert outcomes(progress) == [
        ("empty.txt", "article_file"),
        ("garam.md", "added"),
        ("many.jsonl", "added"),
        ("many.jsonl", "article_file"),
        ("broken.pdf", "article_file"),
    ]
    assert {"garam", "line-1"} <= ids


def test_a_file_added_again_is_unchanged_changed_replaced_and_of_another_name_refused(
    opened: Open, tmp_path: Path
) -> None:
    changed = GARAM.replace("3만2천대", "4만대")

    async def uploaded() -> list[tuple[str, str]]:
        async with opened() as service:
            found: list[tuple[str, str]] = []
            for folder, files in (
                ("a", {"garam_md": GARAM}),
                ("b", {"garam_md": GARAM}),
                ("c", {"garam_md": changed}),
                ("d", {"other_md": GARAM}),
            ):
                found += outcomes(await last(service, files_of(tmp_path / folder, **files)))
            assert "4만대" in (await service.article("garam")).text
            return found

    assert run(uploaded()) == [
        ("garam.md", "added"),
        ("garam.md", "unchanged"),
        ("garam.md", "replaced"),
        ("other.md", "article_exists"),
    ]


# The events


Use = Callable[[Articles, Service], Coroutine[Any, Any, Any]]


def at_desk(opened: Open, use: Use, language: Language = "en") -> Any:
    """What `use` does with the events of a tab, of a service of its own."""

    async def go() -> Any:
        async with opened() as service:
            return await use(Articles(service, manager, language, Removed(service.settings.home)), service)

    return run(go())


def test_the_list_tells_publisher_and_day_over_the_title(opened: Open) -> None:
    async def use(tab: Articles, service: Service) -> Any:
        return await tab.list_("", "", "2025-10", "", "newest", 1, 0, REQUEST)

    count, choices, publishers, page, told_page, *_ = at_desk(opened, use)
    assert "1 of 5 articles" in count
    [(label, value)] = choices["choices"]
    assert value == "korea-nvidia-gpu-2025-10"
    assert label.startswith("뉴스핌 · 2025-10-31\n")
    assert len(publishers["choices"]) == 1 + 4
    assert (page, told_page) == (1, "")


def test_a_date_that_is_none_is_told_and_escaped(opened: Open) -> None:
    async def use(tab: Articles, service: Service) -> Any:
        await tab.list_("", "", "<b>1", "", "newest", 1, 0, REQUEST)

    with pytest.raises(gr.Error, match=re.escape("&lt;b&gt;1 is no date")):
        at_desk(opened, use)


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


def test_an_article_is_replaced_by_a_file_and_keeps_its_id(opened: Open, tmp_path: Path) -> None:
    wanted = "korea-nvidia-gpu-2025-10"
    [path] = files_of(tmp_path / "up", new_md=GARAM)

    async def use(tab: Articles, service: Service) -> Any:
        notice, article, chosen, _ = await tab.replace(str(path), wanted, REQUEST)
        assert not path.exists()
        return notice, article, chosen, (await service.article(wanted)).title

    notice, article, chosen, title = at_desk(opened, use, "ko")
    assert "교체했습니다" in notice
    assert (chosen, title) == (wanted, "가람전자 서버 투자")
    assert "가람전자 서버 투자" in article


def test_a_file_of_many_articles_replaces_none(opened: Open, tmp_path: Path) -> None:
    line = '{"text": "누리호가 날았다고 한다. 모두 세 번째다."}\n'
    [path] = files_of(tmp_path / "up", two_jsonl=line + line.replace("세", "네"))

    async def use(tab: Articles, service: Service) -> Any:
        await tab.replace(str(path), "korea-nvidia-gpu-2025-10", REQUEST)

    with pytest.raises(gr.Error, match="holds 2 articles"):
        at_desk(opened, use)


def test_an_upload_is_told_as_it_goes_and_leaves_no_file(opened: Open, tmp_path: Path) -> None:
    files = files_of(tmp_path / "up", garam_md=GARAM)

    async def use(tab: Articles, service: Service) -> Any:
        return [told async for told in tab.add([str(path) for path in files], REQUEST)]

    told = at_desk(opened, use)
    assert "<progress" in told[0][0]
    assert '<p class="gt-said gt-note" role="status">1 added</p>' in told[-1][0]
    assert told[-1][1] is None
    assert not files[0].exists()


def test_what_is_gone_is_told(opened: Open) -> None:
    async def use(tab: Articles, service: Service) -> Any:
        await tab.read("nothing", REQUEST)

    with pytest.raises(gr.Error, match="nothing"):
        at_desk(opened, use)


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


# Who is let in


def events(tab: Any) -> list[Any]:
    """The functions behind all events of a tab that is built for those who may only ask."""
    service = type("Nothing", (), {"database": None})()  # any use of it would fail
    with gr.Blocks() as page, gr.Tab("tab"):
        tab.build(service, Settings(home=Path("nowhere")), reader_only, "en")
    return [one.fn for one in page.fns.values()]


async def call(function: Any) -> None:
    told = [REQUEST if name == "request" else "x" for name in inspect.signature(function).parameters]
    begun = function(*told)
    if inspect.isasyncgen(begun):
        await anext(begun)
    elif inspect.isawaitable(begun):
        await begun


@pytest.mark.parametrize("tab", [articles_tab, quality_tab], ids=["articles", "quality"])
def test_no_event_lets_in_those_who_may_not_manage(tab: Any) -> None:
    async def built() -> list[Any]:
        return events(tab)

    functions = run(built())  # where no loop runs, gradio makes some and leaves them open
    assert len(functions) >= 7
    for function in functions:
        with pytest.raises(gr.Error, match="may manage"):
            run(call(function))
