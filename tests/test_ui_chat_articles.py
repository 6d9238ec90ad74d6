"""The Articles tab without a browser: what it shows, its events, and who may have them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from articles_desk import GARAM, REQUEST, at_desk, files_of, run
from serving import Open

from rag.settings import Settings
from seeds.article import Article
from ui.chat import articles_tab, quality_tab
from ui.chat.articles_html import reader, results
from ui.chat.articles_tab import Articles
from ui.chat.intake import Result
from ui.chat.who import Who
from ui.rest.articles import shown
from ui.service import Service

pytest_plugins = ["serving"]


def reader_only(request: gr.Request) -> Who:
    return Who("address:reader", may_ask=True, may_manage=False)


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


# The events


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
