"""The Quality tab: how good answers are, by the latest evaluation and by those who read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import gradio as gr
from markupsafe import Markup

from rag.errors import ArticleNotFoundError, Language
from rag.settings import Settings
from ui.chat import drafts, quality_html, runs
from ui.chat import tab_words as words
from ui.chat.opinions import Opinion, Opinions
from ui.chat.runs import Runs, Wrong
from ui.chat.tab_parts import Desk, WhoIs, block, on_opening, said, shown
from ui.service import Service
from ui.words import Said

Updates = tuple[Any, ...]
"""A value or gr.update for each output of an event."""
Thumbs = Literal["", "up", "down"]
_EVENT: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "concurrency_limit": None}
_QUESTION_LENGTH = 90


@dataclass(frozen=True, slots=True)
class Quality(Desk):
    """The events of the tab. Each lets in only callers who may manage, and raises gr.Error fit to be shown."""

    settings: Settings
    opinions: Opinions

    async def measured(self, request: gr.Request) -> Updates:
        """The latest run as pictures; the kinds of failure; the failures."""
        with self.open_to(request):
            found = await self._runs()
            failed = found.latest.failures if found.latest else []
            kinds = [(words.ALL_KINDS.to(self.language, count=len(failed)), "")]
            for kind, count in runs.counts(failed).items():
                told = words.WRONG[kind].to(self.language)
                kinds.append((words.KIND_COUNT.to(self.language, kind=told, count=count), kind))
            return (
                block(quality_html.report(found, self.language)),
                gr.update(choices=kinds, value="", visible=bool(failed)),
                block(quality_html.failures(found.latest, None, self.language)),
            )

    async def failures(self, kind: Wrong | Literal[""], request: gr.Request) -> str:
        """The failures of a kind."""
        with self.open_to(request):
            found = await self._runs()
            return block(quality_html.failures(found.latest, kind or None, self.language))

    async def said(self, thumb: Thumbs, request: gr.Request) -> Updates:
        """How much feedback there is; what to choose from; no feedback chosen; no draft."""
        with self.open_to(request):
            found = await self.service.in_background(self.opinions.newest, thumb or None)
            none = said(words.NO_FEEDBACK.to(self.language)) if not found else Markup()
            choices = [(self._line(one), one.number) for one in found]
            return (
                block(none),
                gr.update(choices=choices, value=None, visible=bool(found)),
                block(said(words.PICK_FEEDBACK.to(self.language)) if found else Markup()),
                gr.update(visible=False),
                "",
            )

    async def read(self, number: int | None, request: gr.Request) -> Updates:
        """A reader's opinion; whether a draft can be made of it; no draft yet."""
        with self.open_to(request):
            one = await self._opinion(number)
            told = quality_html.opinion(one, self.language) if one else said(words.GONE.to(self.language), "bad")
            return block(told), gr.update(visible=one is not None), ""

    async def draft(self, number: int | None, request: gr.Request) -> str:
        """Where the draft was written."""
        with self.open_to(request):
            one = await self._opinion(number)
            if one is None:
                return block(said(words.GONE.to(self.language), "bad"))
            made = drafts.draft(one, await self._sources(one))
            path = await self.service.in_background(drafts.write, made, self.settings.home)
            return block(quality_html.drafted(made, path, self.language))

    async def _runs(self) -> Runs:
        return await self.service.in_background(runs.find, self.settings.home)

    async def _opinion(self, number: int | None) -> Opinion | None:
        return await self.service.in_background(self.opinions.one, number) if number is not None else None

    async def _sources(self, one: Opinion) -> dict[str, str]:
        """Source files of the articles an answer names, of those that are still there."""
        named = [cited["article_id"] for cited in one.answer["citations"]]
        found: dict[str, str] = {}
        for article_id in dict.fromkeys([*named, *(near["id"] for near in one.answer["nearest"])]):
            try:
                found[article_id] = (await self.service.article(article_id)).source
            except ArticleNotFoundError:
                continue
        return found

    def _line(self, one: Opinion) -> str:
        """Thumb and day over the question: tabs.css makes lines of them."""
        about = f"{words.THUMB[one.thumb].to(self.language)} · {one.at:%Y-%m-%d}"
        commented = f" · {words.COMMENTED.to(self.language)}" if one.comment else ""
        return f"{about}{commented}\n{_short(one.question)}"


def build(service: Service, settings: Settings, who: WhoIs, language: Language) -> None:
    """Add the tab's components and events to the page under construction."""
    its = Quality(service, who, language, settings, Opinions(service.database, days=settings.serve.answers_days))

    def to(one: Said) -> str:
        return one.to(language)

    refresh = gr.Button(to(words.REFRESH), size="sm", min_width=120, elem_classes=["gt-refresh"])
    report = shown(name="gt-report")
    shown(Markup("<h2>{}</h2>").format(to(words.FAILURES)), name="gt-head")
    kind = gr.Dropdown([("", "")], value="", label=to(words.KIND), visible=False, elem_classes=["gt-kind"])
    failures = shown(name="gt-failures")
    shown(Markup("<h2>{}</h2>").format(to(words.FEEDBACK)), name="gt-head")
    with gr.Row(elem_classes=["gt-halves"]):
        with gr.Column(scale=2, min_width=320):
            thumbs = [(to(words.ALL_THUMBS), ""), *((to(name), key) for key, name in words.THUMB.items())]
            thumb = gr.Radio(thumbs, value="", label=to(words.THUMBS))
            none = shown(name="gt-count")
            opinions = gr.Radio([], label=to(words.FEEDBACK), elem_classes=["gt-list"], visible=False)
        with gr.Column(scale=3, min_width=320):
            opinion = shown(name="gt-reader")
            draft = gr.Button(to(words.DRAFT), visible=False, size="sm", min_width=160)
            drafted = shown(name="gt-drafted")

    measured = [report, kind, failures]
    said_ = [none, opinions, opinion, draft, drafted]
    kind.input(its.failures, kind, failures, **_EVENT)
    thumb.input(its.said, thumb, said_, **_EVENT)
    opinions.input(its.read, opinions, [opinion, draft, drafted], scroll_to_output=True, **_EVENT)
    draft.click(its.draft, opinions, drafted, **_EVENT)
    refresh.click(its.measured, None, measured, **_EVENT)
    refresh.click(its.said, thumb, said_, **_EVENT)
    on_opening(its.measured, outputs=measured, **_EVENT)
    on_opening(its.said, inputs=thumb, outputs=said_, **_EVENT)


def _short(text: str) -> str:
    return text if len(text) <= _QUESTION_LENGTH else f"{text[: _QUESTION_LENGTH - 1]}…"
