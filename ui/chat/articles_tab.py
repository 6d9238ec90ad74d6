"""The Articles tab: what answers are drawn from. Articles are found, read, added, replaced, removed and put back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from rag.errors import ArticleFileError, ArticleNotFoundError, Language
from rag.settings import Settings
from rag.types import published
from seeds.article import Article
from seeds.loaders import FileProblem, load_each
from ui.chat import article_list, articles_html
from ui.chat import tab_words as words
from ui.chat.article_list import NotADayError, Page, Sort
from ui.chat.intake import ended, take_in
from ui.chat.removed import DAYS, Removed
from ui.chat.tab_parts import Desk, WhoIs, block, byline, on_opening, said, shown, told
from ui.rest.articles import MAX_FILES
from ui.rest.articles import shown as article_out
from ui.service import Service
from ui.words import Said

Updates = tuple[Any, ...]
"""A value or gr.update for each output of an event."""
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
_BUSY: dict[str, Any] = _QUIET | {"show_progress": "minimal"}


@dataclass(frozen=True, slots=True)
class Articles(Desk):
    """The events of the tab. Each lets in only callers who may manage, and raises gr.Error fit to be shown."""

    removed: Removed

    async def list_(  # noqa: PLR0917  Gradio hands inputs over by position
        self, wanted: str, publisher: str, since: str, until: str, sort: Sort, page: int, step: int, request: gr.Request
    ) -> Updates:
        """The page of the list that is `step` further.

        How many there are; the page's choices; the publishers; its number, told and kept; which buttons work."""
        with self.open_to(request):
            everything = await self.service.articles()
            try:
                within = article_list.within(publisher, since, until)
            except NotADayError as error:
                raise told(words.BAD_DATE.to(self.language, text=error)) from error
            articles = await self.service.articles(within) if within else everything
            found = await article_list.matching(articles, wanted, self._text)
            now = article_list.page_of(article_list.ordered(found, sort), page + step)
            publishers = sorted({one.publisher for one in everything if one.publisher})
            return (
                block(self._count(now.total, len(everything))),
                gr.update(choices=self._choices(now), value=None, visible=bool(now.total)),
                gr.update(choices=[(words.ANY_PUBLISHER.to(self.language), ""), *((one, one) for one in publishers)]),
                now.number,
                block(
                    said(words.PAGE.to(self.language, page=now.number, pages=now.pages)) if now.pages > 1 else Markup()
                ),
                gr.update(visible=now.pages > 1, interactive=now.number > 1),
                gr.update(visible=now.pages > 1, interactive=now.number < now.pages),
            )

    async def read(self, article_id: str | None, request: gr.Request) -> Updates:
        """The article; its id; what can be done with it."""
        with self.open_to(request):
            if not article_id:
                return self._no_article()
            return await self._reader(article_id)

    async def add(self, paths: list[str] | None, request: gr.Request) -> AsyncIterator[Updates]:
        """How far it is, then the result of each file; the empty place to drop files."""
        with self.open_to(request):
            files = [Path(path) for path in paths or ()]
            if len(files) > MAX_FILES:
                raise told(words.TOO_MANY.to(self.language, count=len(files), most=MAX_FILES))
            try:
                async for progress in take_in(self.service, files):
                    done = progress.stage == "done"
                    yield block(articles_html.progress(progress, self.language)), None if done else gr.skip()
            finally:
                _forget(files)

    async def replace(self, path: str, article_id: str, request: gr.Request) -> Updates:
        """What became of it; the article as it is now; its id; what can be done with it."""
        with self.open_to(request):
            try:
                loaded = await self.service.in_background(_only, Path(path), self.service.settings)
            finally:
                _forget([Path(path)])
            outcome = await ended(await self.service.put(article_id, loaded))
            kept = words.UNCHANGED if outcome == "unchanged" else words.REPLACED
            return block(said(kept.to(self.language), "good")), *await self._reader(article_id)

    async def remove(self, article_id: str, request: gr.Request) -> Updates:
        """What became of it; no article; what can be put back."""
        with self.open_to(request):
            article = await self.service.article(article_id)
            await self.service.in_background(self.removed.put, article)  # first: what was removed is never lost
            await self.service.remove(article_id)
            notice = said(words.REMOVED.to(self.language, title=article.title, days=DAYS), "good")
            return block(notice), *self._no_article(), *await self._to_undo()

    async def undo(self, article_id: str | None, request: gr.Request) -> Updates:
        """What became of it; the article; its id; what can be done with it; what else can be put back."""
        with self.open_to(request):
            article = await self.service.in_background(self.removed.get, article_id or "")
            if article is None:
                return gr.skip(), *[gr.skip()] * 3, *await self._to_undo()
            await ended(await self.service.add([article]))
            await self.service.in_background(self.removed.drop, article.id)
            notice = said(words.UNDONE.to(self.language, title=article.title), "good")
            return block(notice), *await self._reader(article.id), *await self._to_undo()

    async def lately(self, request: gr.Request) -> Updates:
        """What can be put back, also after the page was loaded anew or the server started again."""
        with self.open_to(request):
            return await self._to_undo()

    async def _text(self, article_id: str) -> str:
        try:
            return (await self.service.article(article_id)).text
        except ArticleNotFoundError:  # removed while it was looked for
            return ""

    async def _reader(self, article_id: str) -> Updates:
        article = article_out(await self.service.article(article_id))
        return block(articles_html.reader(article, self.language)), article_id, gr.update(visible=True)

    def _no_article(self) -> Updates:
        return block(said(words.PICK.to(self.language))), "", gr.update(visible=False)

    async def _to_undo(self) -> Updates:
        stored = {one.id for one in await self.service.articles()}  # a removal may have failed half-way
        removed = await self.service.in_background(self.removed.all)
        choices = [(one.title, one.id) for one in removed if one.id not in stored]
        return (
            gr.update(visible=bool(choices)),
            gr.update(choices=choices, value=choices[0][1] if choices else None),
        )

    def _choices(self, page: Page) -> list[tuple[str, str]]:
        """Publisher and date over the title: tabs.css makes lines of them."""
        return [
            (f"{byline(one.publisher, published(one), self.language)}\n{one.title}", one.id) for one in page.articles
        ]

    def _count(self, found: int, total: int) -> Markup:
        if not total:
            return said(words.NONE_YET.to(self.language))
        if not found:
            return said(words.NO_MATCH.to(self.language))
        if found < total:
            return said(words.COUNT.to(self.language, count=found, total=total))
        return said((words.ONE if total == 1 else words.ALL).to(self.language, total=total))


def build(service: Service, settings: Settings, who: WhoIs, language: Language) -> None:
    """Add the tab's components and events to the page under construction."""
    its = Articles(service, who, language, Removed(settings.home))
    its.removed.tidy()

    def to(one: Said) -> str:
        return one.to(language)

    notice = shown(name="gt-notice")
    with gr.Row(visible=False, elem_classes=["gt-undo"]) as undoing:
        lately = gr.Dropdown(label=words.UNDO_LABEL.to(language, days=DAYS), choices=[], scale=4, min_width=200)
        undo = gr.Button(to(words.UNDO), scale=1, min_width=120)
    with gr.Accordion(to(words.ADD), open=False, elem_classes=["gt-add"]):
        files = gr.File(label=to(words.DROP), file_count="multiple", height=150)
        results = shown(name="gt-results")
    with gr.Row(elem_classes=["gt-halves"]):
        with gr.Column(scale=2, min_width=320):
            wanted = gr.Textbox("", label=to(words.SEARCH), placeholder=to(words.SEARCH_HINT), max_lines=1)
            with gr.Accordion(to(words.FILTERS), open=False), gr.Row(elem_classes=["gt-filters"]):
                any_one = (to(words.ANY_PUBLISHER), "")
                publisher = gr.Dropdown([any_one], value="", label=to(words.PUBLISHER), min_width=150)
                sorts = [(to(name), key) for key, name in words.SORTS.items()]
                sort = gr.Dropdown(sorts, value="newest", label=to(words.SORT), min_width=150)
                hint = to(words.DATE_HINT)
                since = gr.Textbox("", label=to(words.SINCE), placeholder=hint, max_lines=1, min_width=150)
                until = gr.Textbox("", label=to(words.UNTIL), placeholder=hint, max_lines=1, min_width=150)
            count = shown(name="gt-count")
            found = gr.Radio([], label=to(words.ARTICLES), elem_classes=["gt-list"], visible=False)
            with gr.Row(elem_classes=["gt-pages"]):
                earlier = gr.Button(to(words.EARLIER), visible=False, size="sm", min_width=80)
                told_page = shown(name="gt-page")
                later = gr.Button(to(words.LATER), visible=False, size="sm", min_width=80)
        with gr.Column(scale=3, min_width=320):
            with gr.Row(visible=False, elem_classes=["gt-actions"]) as actions:
                put = gr.UploadButton(to(words.REPLACE), file_count="single", size="sm", min_width=120)
                remove = gr.Button(to(words.REMOVE), variant="stop", size="sm", min_width=120)
            article = shown(said(to(words.PICK)), name="gt-reader")
    page, chosen = gr.State(1), gr.State("")

    query = [wanted, publisher, since, until, sort]
    listed = [count, found, publisher, page, told_page, earlier, later]
    reading, undoable = [article, chosen, actions], [undoing, lately]

    first, stay, back, on = gr.State(1), gr.State(0), gr.State(-1), gr.State(1)
    again = {"fn": its.list_, "inputs": [*query, page, stay], "outputs": listed, **_QUIET}
    changes = [one.change for one in (wanted, publisher, since, until, sort)]
    gr.on(changes, its.list_, [*query, first, stay], listed, trigger_mode="always_last", **_QUIET)
    earlier.click(its.list_, [*query, page, back], listed, **_QUIET)
    later.click(its.list_, [*query, page, on], listed, **_QUIET)
    found.input(its.read, found, reading, scroll_to_output=True, **_QUIET)
    files.upload(its.add, files, [results, files], **_QUIET).then(**again)
    put.upload(its.replace, [put, chosen], [notice, *reading], **_BUSY).then(**again)
    remove.click(its.remove, chosen, [notice, *reading, *undoable], **_BUSY).then(**again)
    undo.click(its.undo, lately, [notice, *reading, *undoable], **_BUSY).then(**again)
    on_opening(its.list_, inputs=[*query, page, stay], outputs=listed, **_QUIET)
    on_opening(its.lately, outputs=undoable, **_QUIET)


def _only(path: Path, settings: Settings) -> Article:
    """The one article of an uploaded file. Raises ArticleFileError."""
    found: list[Article] = []
    limit = settings.serve.upload_mib * 1024 * 1024
    for loaded in load_each([path], limit_bytes=limit, walk=False, zone=settings.articles.time_zone):
        if isinstance(loaded, FileProblem):
            raise loaded.error
        found.append(loaded)
    if len(found) != 1:
        raise ArticleFileError(*(words.ONE_ARTICLE.to(language, count=len(found)) for language in ("en", "ko")))
    return found[0]


def _forget(uploads: Iterable[Path]) -> None:
    """Delete uploaded files once they are read: Gradio would keep them."""
    for path in uploads:
        path.unlink(missing_ok=True)
