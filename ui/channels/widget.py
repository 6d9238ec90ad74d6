"""The web widget: one script that puts a question box on any page (docs/widget.md).

It calls /v1/ask/stream like any other client: keys, limits and origins are checked there. The script is for everyone.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import resources

from fastapi import APIRouter, Request, Response

router = APIRouter(include_in_schema=False)
_HEADERS = {
    "Cache-Control": "public, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",  # pages that isolate themselves may load it too
}


@lru_cache(maxsize=1)
def script() -> tuple[bytes, str]:
    """The script and its entity tag."""
    content = resources.files("ui.channels").joinpath("static/widget.js").read_bytes()
    return content, f'"{hashlib.sha256(content).hexdigest()[:32]}"'


@router.api_route("/widget.js", methods=["GET", "HEAD"])
async def widget(request: Request) -> Response:
    """Browsers keep it for an hour, then ask whether it changed."""
    content, tag = script()
    headers = {**_HEADERS, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="text/javascript")
