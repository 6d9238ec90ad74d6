"""Errors of requests that chat tools send.

GisaError
└── ForgedError    the request does not prove where it comes from
"""

from __future__ import annotations

from rag.errors import GisaError


class ForgedError(GisaError):
    """`tool` is the service that the request should be from; `setting` holds what both sides share."""

    code = "forged"

    def __init__(self, tool: str, setting: str) -> None:
        super().__init__(
            f"This request does not prove that it comes from {tool}. Compare {setting} on both sides.",
            f"{tool}에서 온 요청인지 확인되지 않습니다. 양쪽의 {setting} 값을 맞추세요.",
        )
