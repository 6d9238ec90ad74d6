"""The Gradio page: three tabs, built once for each language and once more for those who may only ask.

The first tab is an empty column: static/chat.js puts the conversation into it (docs/chat.md says why). The others are
built by

    build(service: Service, settings: Settings, who: Callable[[gr.Request], Who], language: Language) -> None

called inside their `gr.Tab`, with all words in `language` (the page is loaded anew when the language is switched).
Those tabs are only built, and their events only let in, for callers who may manage; `who(request)` tells who sent one.
A button or link with `data-article="ID"` (and `data-start`, `data-end`: code points) opens the reader of the page.
"""

from __future__ import annotations

import gradio as gr

from rag.errors import Language
from rag.settings import Settings
from ui.chat import articles_tab, quality_tab, words
from ui.chat.who import who
from ui.service import Service


def blocks(service: Service, settings: Settings, language: Language, *, manages: bool) -> gr.Blocks:
    """The page in a language, for those who may manage or for those who may only ask."""
    shell = gr.Blocks(title=words.TITLE.to(language), analytics_enabled=False, fill_width=True)
    with shell, gr.Tabs(elem_id="gisa-tabs"):
        with gr.Tab(words.ASK_TAB.to(language), id="ask"):
            gr.Column(elem_id="gisa-chat")
        if manages:
            with gr.Tab(words.ARTICLES_TAB.to(language), id="articles"):
                articles_tab.build(service, settings, who, language)
            with gr.Tab(words.QUALITY_TAB.to(language), id="quality"):
                quality_tab.build(service, settings, who, language)
    return shell
