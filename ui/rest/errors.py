"""Errors of the API itself.

GisaError
├── KeyNeededError         no key, or one that opens nothing
├── ScopeError             a key that may not do this
├── RateLimitedError       too many requests in a minute
├── OriginError            a web page of another origin
├── HostError              a name that is not this server's
├── BodyTooLargeError
├── MediaTypeError         neither JSON nor an upload
├── MalformedBodyError     not JSON, or not an upload
├── PeriodError            a period that ends before it begins
└── RequestError           not what the operation takes; also an unknown path or method, and what nobody foresaw
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.errors import GisaError


class KeyNeededError(GisaError):
    code = "key_needed"

    def __init__(self) -> None:
        super().__init__(
            "This needs a valid API key. Send it as `Authorization: Bearer gisa_...`.",
            "유효한 API 키가 필요합니다. `Authorization: Bearer gisa_...`로 보내세요.",
        )


class ScopeError(GisaError):
    code = "scope"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"This key lacks the scope {scope!r}. Use a key that has it.",
            f"이 키에는 {scope!r} 권한이 없습니다. 권한이 있는 키를 쓰세요.",
        )


class RateLimitedError(GisaError):
    code = "rate_limited"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Too many requests. Try again in {retry_after_s} seconds.",
            f"요청이 너무 많습니다. {retry_after_s}초 뒤에 다시 시도하세요.",
        )
        self.retry_after_s = retry_after_s


class OriginError(GisaError):
    code = "origin"

    def __init__(self) -> None:
        super().__init__(
            "Pages of this origin may not call. Add it to GISA_SERVE__ALLOWED_ORIGINS.",
            "이 출처의 페이지는 호출할 수 없습니다. GISA_SERVE__ALLOWED_ORIGINS에 추가하세요.",
        )


class HostError(GisaError):
    code = "host"

    def __init__(self) -> None:
        super().__init__(
            "This server does not go by that name. Add the name to GISA_SERVE__ALLOWED_HOSTS.",
            "이 서버의 이름이 아닙니다. GISA_SERVE__ALLOWED_HOSTS에 이름을 추가하세요.",
        )


class BodyTooLargeError(GisaError):
    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        size = f"{limit // 1024} KiB" if limit < 1024 * 1024 else f"{limit // 1024 // 1024} MiB"
        super().__init__(
            f"The body is larger than {size}. Send less at a time.",
            f"본문이 {size}보다 큽니다. 나누어 보내세요.",
        )


class MediaTypeError(GisaError):
    code = "media_type"

    def __init__(self, *wanted: str) -> None:
        types = " or ".join(wanted)
        super().__init__(
            f"The body's type is not understood. Send {types}.",
            f"본문 형식을 알 수 없습니다. {types} 형식으로 보내세요.",
        )


class MalformedBodyError(GisaError):
    code = "malformed_body"

    def __init__(self) -> None:
        super().__init__(
            "The body is not well-formed. Send one JSON object in UTF-8, or a multipart upload.",
            "본문 형식이 깨졌습니다. UTF-8 JSON 객체나 multipart 업로드를 보내세요.",
        )


class PeriodError(GisaError):
    code = "period"

    def __init__(self) -> None:
        super().__init__(
            "The first day is later than the last. Swap `since` and `until`.",
            "시작일이 종료일보다 늦습니다. `since`와 `until`을 서로 바꾸세요.",
        )


class RequestError(GisaError):
    """What the framework found, said in ours. `told_as` is the code it is told by; `errors` name each wrong field."""

    code = "invalid_request"

    def __init__(self, told_as: str, en: str, ko: str, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(en, ko)
        self.told_as = told_as
        self.errors = list(errors)
