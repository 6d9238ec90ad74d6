"""`gisa serve`: one process that answers over HTTP."""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from ui import words
from ui.loading import nothing_collected
from ui.session import CommandError, Session

if TYPE_CHECKING:
    import uvicorn

    from rag.settings import ServeSettings, Settings
    from ui.service import Service

Host = Annotated[str | None, typer.Option("--host", help="serve.host")]
Port = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="serve.port")]


def serve(
    context: typer.Context,
    *,
    host: Host = None,
    port: Port = None,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="serve.llm")] = False,
) -> None:
    from rag.settings import load_settings
    from ui.rest.app import create_app

    session: Session = context.obj
    told = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = load_settings(serve=told)
    _check_keys(settings)
    with _listen(settings.serve) as listening:
        service = open_service(session, settings, llm=not no_llm)
        try:
            configure_logs()
            app = create_app(service, settings)
            app.state.chat.early = True
            server = _server(app, settings.serve)
            session.note(words.SERVING, url=_url(listening))
            with _ended_by_signal():
                server.run(sockets=[listening])
        finally:
            asyncio.run(service.close())  # where the server ended before it could


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """uvicorn ends in good order when it is told to, and then raises the signal once more: it is not to kill us too."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _check_keys(settings: Settings) -> None:
    """Raises CommandError where callers need a key and nobody can have one."""
    from ui.rest.guard import needs_keys
    from ui.service.database import Database
    from ui.service.keys import Keys

    if needs_keys(settings.serve):
        database = Database(settings.home)
        try:
            if not Keys(database).any():
                raise CommandError(words.NEEDS_KEY, host=settings.serve.host)
        finally:
            database.close()


def _listen(settings: ServeSettings) -> socket.socket:
    """Raises CommandError when the address cannot be had: better now than after the models are loaded."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        why = error.strerror or type(error).__name__
        raise CommandError(words.NOT_LISTENING, host=settings.host, port=settings.port, why=why) from error
    return listening


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def open_service(session: Session, settings: Settings, *, llm: bool) -> Service:
    from rag.assemble import open_gisa
    from rag.followup import standalone
    from ui.progress import Bars
    from ui.service import Service

    with Bars(session) as bars, nothing_collected():

        def announce(count: int) -> None:
            session.note(words.FIRST_BUILD, count=count)
            bars.wait(words.INDEXING)

        bars.wait(words.OPENING)
        gisa = open_gisa(settings, llm=llm, progress=bars, on_first_build=announce)
        gisa.warm()
    return Service(gisa, settings, standalone=standalone)


def _server(app: object, settings: ServeSettings) -> uvicorn.Server:
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,  # type: ignore[arg-type]  # uvicorn's own protocol of an app says less than starlette's
            http="h11",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,  # ui.rest.middleware logs requests, without what they ask
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=math.ceil(settings.answer_timeout_s) + 5,
        )
    )


def configure_logs() -> None:
    """A line for each request on stderr: readable on a terminal, JSON elsewhere."""
    import structlog

    on_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(handlers=[logging.NullHandler()])  # libraries may log what was asked
    # What went wrong is logged by ui.rest.problems; uvicorn would add the error's message, which may hold a question.
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
