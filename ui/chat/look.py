"""Gradio's theme in our colours: its variables point at those of static/chat.css, which know light and dark."""

from __future__ import annotations

import gradio as gr

FONTS = ("system-ui", "sans-serif")
_COLOURS = {
    "ground": ("body_background_fill",),
    "surface": (
        "background_fill_primary",
        "block_background_fill",
        "block_label_background_fill",
        "button_cancel_background_fill",
        "button_secondary_background_fill",
        "checkbox_background_color",
        "checkbox_label_background_fill",
        "input_background_fill",
        "input_background_fill_focus",
    ),
    "sunken": (
        "background_fill_secondary",
        "button_secondary_background_fill_hover",
        "checkbox_label_background_fill_hover",
    ),
    "tint": ("checkbox_label_background_fill_selected", "color_accent_soft"),
    "ink": (
        "accordion_text_color",
        "body_text_color",
        "button_secondary_text_color",
        "checkbox_label_text_color",
        "checkbox_label_text_color_selected",
    ),
    "soft": (
        "block_label_text_color",
        "block_title_text_color",
        "body_text_color_subdued",
        "input_placeholder_color",
    ),
    "line": ("block_border_color", "block_label_border_color", "border_color_primary", "checkbox_label_border_color"),
    "edge": ("button_secondary_border_color", "checkbox_border_color", "input_border_color"),
    "accent": (
        "border_color_accent",
        "checkbox_background_color_selected",
        "checkbox_border_color_selected",
        "checkbox_label_border_color_selected",
        "color_accent",
        "input_border_color_focus",
        "link_text_color",
        "link_text_color_active",
        "link_text_color_hover",
        "link_text_color_visited",
        "loader_color",
    ),
    "bad": ("button_cancel_border_color", "button_cancel_text_color", "button_cancel_text_color_hover"),
    "bad-tint": ("button_cancel_background_fill_hover",),
}
_SIZES = {
    "block_label_radius": "10px",
    "block_radius": "14px",
    "button_border_width": "1px",
    "button_large_radius": "10px",
    "button_medium_radius": "10px",
    "button_small_radius": "10px",
    "checkbox_label_border_width": "1px",
    "container_radius": "14px",
    "input_border_width": "1px",
    "input_radius": "10px",
}


def theme() -> gr.themes.Base:
    """System fonts alone: none is fetched."""
    base = gr.themes.Base(font=FONTS, font_mono=("ui-monospace", "monospace"))
    told = {name: f"var(--gisa-{colour})" for colour, names in _COLOURS.items() for name in names}
    dark = {f"{name}_dark": value for name, value in told.items() if hasattr(base, f"{name}_dark")}
    return base.set(**told, **dark, **_SIZES)
