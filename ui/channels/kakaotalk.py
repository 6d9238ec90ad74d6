"""KakaoTalk: the skill server of a chatbot (docs/kakaotalk.md).

Kakao waits 5 seconds for a skill. What is answered in time is the response; else, where the block allows it, the answer
goes to the callback address of the request (valid once and for a minute), and where it does not, evidence is quoted.
https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/ai_chatbot_callback_guide
"""

from __future__ import annotations

import asyncio
import hmac
import re
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from rag.errors import GisaError, Language
from ui.channels import kakao_cards as cards
from ui.channels.background import Background, Seen
from ui.channels.errors import ForgedError
from ui.channels.told import BUSY, UNFORESEEN
from ui.rest.errors import RequestError
from ui.rest.guard import Caller, Guard
from ui.rest.language import spoken
from ui.rest.metrics import Metrics
from ui.service import Answered, Service
from ui.service.errors import OutOfTimeError, QueueFullError
from ui.service.keys import SCOPES

PATH = "/kakao/skill"
HEADER = "X-Gisa-Secret"
QUOTE_S = 2.0
"""Kept of the time there is, for reading the articles again when the model does not make it."""
AT_ONCE_S = 1.0
"""What is answered so soon needs no callback."""
CALLBACK_S = 52.0
"""Of the minute that a callback address is good for, from the request to the answer."""
POST_S = 5.0
_log = structlog.get_logger(__name__)


def router(service: Service, guard: Guard, metrics: Metrics) -> APIRouter:
    """POST /kakao/skill. `serve.kakao` of the service's settings has the secret."""
    skill = Skill(service, guard, metrics)
    routes = APIRouter(lifespan=skill.background.lifespan)
    routes.add_api_route(PATH, skill.receive, methods=["POST"], include_in_schema=False)
    return routes


class _Told(BaseModel):
    """A part of a SkillPayload, as far as it is looked at."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class _User(_Told):
    id: str = Field(min_length=1, max_length=200)


class _UserRequest(_Told):
    utterance: str
    user: _User
    callback_url: str | None = Field(default=None, max_length=2000)


class _Bot(_Told):
    id: str = Field(default="", max_length=200)


class SkillPayload(_Told):
    user_request: _UserRequest
    bot: _Bot = _Bot()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `conversation` is that of the user with the bot: a chat has no threads."""

    question: str
    conversation: str
    asker: str
    language: Language


class Skill:
    """One skill server, for any bots that have its secret."""

    def __init__(self, service: Service, guard: Guard, metrics: Metrics) -> None:
        settings = service.settings.serve.kakao
        assert settings.secret is not None
        self._service, self._guard, self._metrics = service, guard, metrics
        self._secret = settings.secret.get_secret_value().encode()
        self._answer_s = settings.answer_s
        self._origins = [_matching(origin) for origin in settings.callback_origins]
        self._called = Seen()
        self.background = Background()

    async def receive(self, request: Request) -> JSONResponse:
        """Raises ForgedError, RateLimitedError (of forged requests alone), RequestError, MalformedBodyError,
        BodyTooLargeError; tells the user all else."""
        started = asyncio.get_running_loop().time()
        if not hmac.compare_digest(request.headers.get(HEADER, "").encode(), self._secret):
            self._guard.count_forged(request)
            raise ForgedError("KakaoTalk", "GISA_SERVE__KAKAO__SECRET")
        payload = _read(await request.body())
        callback = self._callback(payload.user_request.callback_url)
        question, asker = payload.user_request.utterance.strip(), f"kakao:{payload.user_request.user.id}"
        language = spoken(question)
        try:
            self._guard.count_ask(Caller(asker, SCOPES))
            conversation = await self._service.conversation_of(f"kakao:{payload.bot.id}:{payload.user_request.user.id}")
        except GisaError as error:
            return JSONResponse(cards.problem_reply(error, language, question))
        asked = Asked(question, conversation, asker, language)
        if callback is None:
            return JSONResponse(await self._reply(asked, started + self._answer_s))
        replying = asyncio.ensure_future(self._reply(asked, started + CALLBACK_S))
        await asyncio.wait((replying,), timeout=AT_ONCE_S)
        if replying.done():
            return JSONResponse(replying.result())
        self.background.begin(self._call_back(callback, replying, language))
        return JSONResponse(cards.waiting_reply(language))

    def _callback(self, told: str | None) -> httpx.URL | None:
        """The address to call back, parsed by who calls it. Raises RequestError for one that is not Kakao's."""
        if told is None:
            return None
        try:
            url = httpx.URL(told)
        except httpx.InvalidURL:
            url = httpx.URL("")
        port = f":{url.port}" if url.port is not None else ""
        origin = f"{url.scheme}://{url.host}{port}"
        if url.userinfo or not any(allowed.fullmatch(origin) for allowed in self._origins):
            raise _refused("not an address of Kakao", "카카오의 주소가 아닙니다")
        if not self._called.first(str(url)):
            raise _refused("used before", "이미 쓴 주소입니다")
        return url

    async def _reply(self, asked: Asked, deadline: float) -> dict[str, Any]:
        """What the user is shown, made by `deadline` (time of the event loop)."""
        try:
            async with asyncio.timeout_at(deadline):
                answered = await self._answer(asked, deadline - QUOTE_S)
        except TimeoutError:
            return cards.line_reply(BUSY.to(asked.language))
        except GisaError as error:
            return cards.problem_reply(error, asked.language, asked.question)
        return cards.answer_reply(answered)

    async def _answer(self, asked: Asked, deadline: float) -> Answered:
        """By the model if it is done by `deadline`, else by quoting."""
        try:
            async with asyncio.timeout_at(deadline):
                asking = self._service.ask(asked.question, conversation=asked.conversation, asker=asked.asker)
                return await self._metrics.counted(asking)
        except (TimeoutError, QueueFullError, OutOfTimeError):
            quoting = self._service.quote(asked.question, conversation=asked.conversation)
            return await self._metrics.counted(quoting)

    async def _call_back(self, url: httpx.URL, replying: asyncio.Future[dict[str, Any]], language: Language) -> None:
        """Post the reply: once, and to no other address that the first may point to."""
        reply = cards.line_reply(UNFORESEEN.to(language))
        try:
            reply = await replying
        finally:
            await _post(url, reply)


async def _post(url: httpx.URL, reply: dict[str, Any]) -> None:
    try:
        async with httpx.AsyncClient(timeout=POST_S, follow_redirects=False) as client:
            response = await client.post(url, json=reply)
    except httpx.HTTPError as error:
        _log.warning("kakao is out of reach", error=type(error).__name__)
        return
    _log.info("kakao called back", status=response.status_code)  # never the address: it is the right to post there


def _read(body: bytes) -> SkillPayload:
    """Raises RequestValidationError."""
    try:
        return SkillPayload.model_validate_json(body)
    except ValidationError as error:
        raise RequestValidationError([{**one, "loc": ("body", *one["loc"])} for one in error.errors()]) from error


def _matching(origin: str) -> re.Pattern[str]:
    return re.compile(re.escape(origin).replace(r"\*\.", r"(?:[a-z0-9-]+\.)+"))


def _refused(en: str, ko: str) -> RequestError:
    return RequestError(
        "invalid_request",
        f"The callback address is refused: {en}. See GISA_SERVE__KAKAO__CALLBACK_ORIGINS.",
        f"콜백 주소를 받지 않습니다: {ko}. GISA_SERVE__KAKAO__CALLBACK_ORIGINS를 확인하세요.",
        [{"field": "body.userRequest.callbackUrl", "message": en}],
    )
