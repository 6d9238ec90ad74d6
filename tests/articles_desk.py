"""The Articles tab as one who may manage uses it, without a browser."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
from serving import Open

from rag.errors import Language
from ui.chat.articles_tab import Articles
from ui.chat.removed import Removed
from ui.chat.who import Who
from ui.service import Service

REQUEST = gr.Request()


GARAM = """---
id: garam
title: 가람전자 서버 투자
publisher: 한빛일보
published: 2025-10-31
---

가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다. 서버는 모두 울산에 둔다.
"""


def manager(request: gr.Request) -> Who:
    return Who("address:desk", may_ask=True, may_manage=True)


def run(of: Coroutine[Any, Any, Any]) -> Any:
    """In a thread: where other tests drive a browser, the main one has a loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, of).result()


def files_of(folder: Path, **contents: str | bytes) -> list[Path]:
    folder.mkdir(exist_ok=True)
    made = []
    for name, content in contents.items():
        stem, suffix = name.rsplit("_", 1)
        path = folder / f"{stem}.{suffix}"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        made.append(path)
    return made


Use = Callable[[Articles, Service], Coroutine[Any, Any, Any]]


def at_desk(opened: Open, use: Use, language: Language = "en") -> Any:
    """What `use` does with the events of a tab, of a service of its own."""

    async def go() -> Any:
        async with opened() as service:
            return await use(Articles(service, manager, language, Removed(service.settings.home)), service)

    return run(go())
