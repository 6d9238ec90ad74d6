"""Gradio's side of the page: both languages, for those who may manage and for those who may only ask."""

from __future__ import annotations

import os
from typing import get_args

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported

import gradio as gr
from fastapi import FastAPI

from rag.errors import Language
from rag.settings import Settings
from ui.chat.look import theme
from ui.chat.page import blocks
from ui.service import Service


def build(service: Service, settings: Settings) -> FastAPI:
    """`/manage/ko`, `/manage/en`, `/ask/ko`, `/ask/en`: to be mounted under `/chat`, behind its Door."""
    app = FastAPI(openapi_url=None)
    for language in get_args(Language):
        for scope in ("manage", "ask"):
            gr.mount_gradio_app(
                app,
                blocks(service, settings, language, manages=scope == "manage"),
                path=f"/{scope}/{language}",
                footer_links=[],
                run_history=False,
                show_error=False,
                max_file_size=f"{settings.serve.upload_mib}mb",
                ssr_mode=False,
                pwa=False,
                mcp_server=False,
                enable_monitoring=False,
                theme=theme(),
            )
    return app
