"""The HTML that Gradio makes, made ours: nonces, language, our style and script; and the page to sign in."""

from __future__ import annotations

import json
import re
from html import escape

from rag.errors import Language
from ui.chat import words

STATIC = "/chat/static"
_SOCIAL = re.compile(r"<meta\s+(?:property|name)=\"(?:og|twitter):[^>]*>")
_MANIFEST = '<link rel="manifest" href="/manifest.json" />'


def policy(nonce: str) -> str:
    """The Content-Security-Policy of a page whose own inline scripts carry the nonce.

    'unsafe-inline' remains for styles alone: Gradio's components set style attributes and add style elements.
    """
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def ours(html: str, *, root: str, language: Language, nonce: str, told: dict[str, object]) -> str:
    """Gradio's page, to be served at `/` while Gradio itself is at `root`; `told` is for our script."""
    html = _SOCIAL.sub("", html).replace(_MANIFEST, "")
    html = html.replace('lang="en"', f'lang="{language}"', 1).replace('<base href="./" />', f'<base href="{root}/" />')
    # A connection that stays open as long as a page would hold up the end of the server.
    html = html.replace('"connect_heartbeat":true', '"connect_heartbeat":false', 1)
    # Our script comes first, for Gradio's is to find the page in its language; our style last, to have the last word.
    html = html.replace('<meta charset="utf-8" />', f'<meta charset="utf-8" />{_script(told, "chat.js")}', 1)
    html = html.replace("</head>", f"{_look('chat.css', 'tabs.css')}</head>", 1)
    return html.replace("<script", f'<script nonce="{nonce}"')


def sign_in(language: Language, nonce: str) -> str:
    """The page that asks for a key."""
    told: dict[str, object] = {"language": language, "words": words.for_script(language)}
    head = _look("chat.css") + _script(told, "sign-in.js")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words.TITLE.to(language))}</title>{head}</head><body></body></html>"
    ).replace("<script", f'<script nonce="{nonce}"')


def _look(*styles: str) -> str:
    links = "".join(f'<link rel="stylesheet" href="{STATIC}/{name}">' for name in styles)
    icon = f'<link rel="icon" type="image/svg+xml" href="{STATIC}/icon.svg">'
    return f'<meta name="color-scheme" content="light dark">{icon}{links}'


def _script(told: dict[str, object], name: str) -> str:
    data = json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<script type="application/json" id="gisa-told">{data}</script>'
        f'<script type="module" src="{STATIC}/{name}"></script>'
    )
