"""The language in which a caller is told what went wrong."""

from __future__ import annotations

import re

from starlette.requests import Request

from rag.errors import Language

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_RANGE = re.compile(r"\s*(ko|en)\b[^,;]*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?))?", re.IGNORECASE)


def language_of(request: Request) -> Language:
    """Accept-Language where it names Korean or English; else Korean for a question in Hangul, else English."""
    told = request.headers.get("accept-language", "")
    wanted = [(float(found[2] or 1), found[1].lower()) for one in told.split(",") if (found := _RANGE.match(one))]
    wanted = [one for one in wanted if one[0] > 0]
    if wanted:
        best = max(weight for weight, _ in wanted)
        return "ko" if next(name for weight, name in wanted if weight == best) == "ko" else "en"
    return spoken(getattr(request.state, "question", ""))


def spoken(text: str) -> Language:
    """Korean where there is Hangul."""
    return "ko" if _HANGUL.search(text) else "en"


def remember(request: Request, question: str) -> None:
    """Keep the question beside the request, for the language of its errors."""
    request.state.question = question
