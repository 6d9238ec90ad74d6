"""Gradio's theme in our colours: its variables point at those of static/chat.css, which know light and dark."""

from __future__ import annotations

import gradio as gr

FONTS = ("system-ui", "sans-serif")


def theme() -> gr.themes.Base:
    """System fonts alone: none is fetched."""
    return gr.themes.Base(font=FONTS, font_mono=("ui-monospace", "monospace"))
