"""Slack: mentions, a slash command and follow-ups in threads, answered in one message that is edited as it comes.

`router` is mounted where `serve.slack` has its secrets (docs/slack.md). Every request is known by its signature before
anything of it is read; the answer is made after Slack has its response, well within the 3 seconds it waits.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import ClientError
from fastapi import APIRouter, Request, Response
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from rag.errors import GisaError
from rag.types import Event, Evidence, Found
from ui.channels import slack_blocks as blocks
from ui.channels.background import Background, Seen
from ui.channels.errors import ForgedError
from ui.channels.told import UNFORESEEN
from ui.rest.errors import MalformedBodyError
from ui.rest.guard import Caller, Guard
from ui.rest.language import spoken
from ui.rest.metrics import Metrics
from ui.service import Answered, Service
from ui.service.keys import SCOPES
from ui.words import Said

PATH = "/slack/events"
LOOK_S = 2.0
"""After so long something is shown, even when no evidence has come."""
NOT_HERE = Said(
    "I cannot post here. Add me with /invite, then ask again.",
    "이 대화에 글을 쓸 수 없습니다. /invite로 초대한 뒤 다시 물어보세요.",
)
_log = structlog.get_logger(__name__)
_quiet = logging.getLogger("ui.channels.slack")
_quiet.setLevel(logging.CRITICAL + 1)  # the SDK logs bodies of requests: here what goes wrong is logged without them


def router(service: Service, guard: Guard, metrics: Metrics) -> APIRouter:
    """POST /slack/events, for events and commands alike. `serve.slack` of the service's settings has the secrets."""
    slack = Slack(service, guard, metrics)
    routes = APIRouter(lifespan=slack.background.lifespan)
    routes.add_api_route(PATH, slack.receive, methods=["POST"], include_in_schema=False)
    return routes


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and where it was asked. `thread` is the one to answer in; None answers beside the question."""

    team: str
    channel: str
    user: str
    question: str
    thread: str | None

    @property
    def asker(self) -> str:
        return f"slack:{self.user}"

    def place(self, thread: str | None) -> str:
        """What the conversation is known by: the thread; the whole of a direct message outside of threads."""
        return f"slack:{self.team}:{self.channel}:{thread or 'direct'}"


class Message:
    """One message of ours: posted when it is first shown, then edited."""

    def __init__(self, client: AsyncWebClient, asked: Asked, intro: list[dict[str, Any]]) -> None:
        self._client, self._intro = client, intro
        self._channel, self._thread = asked.channel, asked.thread
        self.ts: str | None = None
        """Slack's name of the message, once it is posted."""

    async def show(self, shown: blocks.Shown) -> None:
        """Raises SlackApiError, ClientError, TimeoutError."""
        told: dict[str, Any] = {"text": shown.text, "blocks": [*self._intro, *shown.blocks]}
        if self.ts is not None:
            await self._client.chat_update(channel=self._channel, ts=self.ts, **told)
            return
        posted = await self._client.chat_postMessage(
            channel=self._channel, thread_ts=self._thread, unfurl_links=False, unfurl_media=False, **told
        )
        self.ts, self._channel = str(posted["ts"]), str(posted["channel"])


class Slack:
    """One app in one workspace."""

    def __init__(self, service: Service, guard: Guard, metrics: Metrics) -> None:
        settings = service.settings.serve.slack
        assert settings.bot_token is not None
        assert settings.signing_secret is not None
        self._service, self._guard, self._metrics = service, guard, metrics
        self._verifier = SignatureVerifier(settings.signing_secret.get_secret_value())
        self._seen = Seen()
        self.background = Background()
        self._client = AsyncWebClient(
            settings.bot_token.get_secret_value(),
            base_url=f"{settings.api_url.rstrip('/')}/",
            timeout=10,
            retry_handlers=[AsyncConnectionErrorRetryHandler(), AsyncRateLimitErrorRetryHandler()],
            logger=_quiet,
        )
        bolt = AsyncApp(
            client=self._client,
            logger=_quiet,
            process_before_response=True,  # what takes long is begun in the background
            request_verification_enabled=False,  # done by `receive`: Bolt would read the body first
        )
        bolt.event(re.compile(""))(self._event)
        bolt.command(re.compile(""))(self._command)
        bolt.error(self._failed)
        self._bolt = bolt

    async def receive(self, request: Request) -> Response:
        """Raises ForgedError, MalformedBodyError, BodyTooLargeError, RateLimitedError (of forged requests alone)."""
        body = await request.body()
        try:
            self._check(request.headers, body)
        except GisaError:
            self._guard.count_forged(request)
            raise
        try:
            if request.headers.get("content-type", "").startswith("application/json"):
                _object(body)
            asked = to_async_bolt_request(request, body)
        except ValueError as error:
            raise MalformedBodyError from error
        return to_starlette_response(await self._bolt.async_dispatch(asked))

    def _check(self, headers: Mapping[str, str], body: bytes) -> None:
        at, signature = headers.get("x-slack-request-timestamp", ""), headers.get("x-slack-signature", "")
        try:
            told = body.decode()
        except UnicodeDecodeError as error:
            raise MalformedBodyError from error
        plain = at.isascii() and at.isdecimal() and len(at) < 16 and signature.isascii()
        if not plain or not self._verifier.is_valid(told, at, signature):
            raise ForgedError("Slack", "GISA_SERVE__SLACK__SIGNING_SECRET")

    async def _event(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """Slack sends an event again when it thinks that it got lost (X-Slack-Retry-Num): it is known by its id."""
        if self._seen.first(f"event {body.get('event_id')}"):
            event = body["event"]
            if event["type"] == "app_mention":
                self.background.begin(self._mentioned(body["team_id"], event))
            elif event["type"] == "message":
                self.background.begin(self._written(body["team_id"], event, context.bot_user_id or ""))

    async def _command(self, ack: AsyncAck, command: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        if self._seen.first(f"command {command.get('trigger_id')}"):
            question = blocks.plain(command.get("text", ""))
            asked = Asked(command["team_id"], command["channel_id"], command["user_id"], question, None)
            self.background.begin(self._commanded(asked, respond))

    async def _failed(self, error: Exception) -> None:
        _log.error("slack request failed", error=type(error).__name__)

    async def _mentioned(self, team: str, event: dict[str, Any]) -> None:
        if "bot_id" in event:
            return
        thread = event.get("thread_ts") or event["ts"]
        asked = Asked(team, event["channel"], event["user"], blocks.plain(event["text"]), thread)
        await self._tell(asked, Message(self._client, asked, []))

    async def _written(self, team: str, event: dict[str, Any], bot: str) -> None:
        """A direct message, or a follow-up in a thread that a question began; all else is not for us."""
        text, thread = event.get("text") or "", event.get("thread_ts")
        if "bot_id" in event or event.get("subtype") not in (None, "thread_broadcast") or not text.strip():
            return
        asked = Asked(team, event["channel"], event["user"], blocks.plain(text), thread)
        if event.get("channel_type") != "im" and (
            thread is None
            or "<@" in text  # to somebody else; or to us, which comes as a mention too
            or not await self._service.knows(asked.place(thread))
        ):
            return
        await self._tell(asked, Message(self._client, asked, []))

    async def _commanded(self, asked: Asked, respond: AsyncRespond) -> None:
        """A command's own message begins the thread of its conversation."""
        language = spoken(asked.question)
        message = Message(self._client, asked, [blocks.intro_block(asked.user, asked.question)])
        try:
            await message.show(blocks.looking_shown((), language))
        except SlackApiError as error:
            _log.warning("slack refused a message", error=str(error.response.get("error")))
            await respond(NOT_HERE.to(language))
            return
        await self._tell(asked, message)

    async def _tell(self, asked: Asked, message: Message) -> None:
        """Answer in `message`, whatever comes of it."""
        try:
            await self._answer(asked, message)
        except SlackApiError as error:
            _log.warning("slack refused a message", error=str(error.response.get("error")))
        except (ClientError, TimeoutError) as error:
            _log.warning("slack is out of reach", error=type(error).__name__)

    async def _answer(self, asked: Asked, message: Message) -> None:
        language = spoken(asked.question)
        shown = blocks.line_shown(UNFORESEEN.to(language))
        try:
            self._guard.count_ask(Caller(asked.asker, SCOPES))
            shown = blocks.answer_shown(await self._ask(asked, message))
        except GisaError as error:
            shown = blocks.problem_shown(error, language)
        finally:  # nobody is left with a message that only says that something is being looked for
            await message.show(shown)

    async def _ask(self, asked: Asked, message: Message) -> Answered:
        evidence: tuple[Evidence, ...] = ()
        there = asyncio.Event()

        def listen(event: Event) -> None:
            nonlocal evidence
            if isinstance(event, Found):
                evidence = event.evidence
                there.set()

        conversation = await self._service.conversation_of(asked.place(asked.thread or message.ts))
        asking = asyncio.ensure_future(
            self._service.ask(asked.question, conversation=conversation, asker=asked.asker, listen=listen)
        )
        found = asyncio.ensure_future(there.wait())
        try:
            await asyncio.wait((asking, found), timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                await message.show(blocks.looking_shown(evidence, spoken(asked.question)))
            return await self._metrics.counted(asking)
        finally:
            found.cancel()
            asking.cancel()


def _object(body: bytes) -> None:
    """Raises ValueError for what is no JSON object: Bolt takes it for one."""
    if not isinstance(json.loads(body), dict):
        raise ValueError
