"""The FastAPI app: routes, guards and errors around one service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.middleware.errors import ServerErrorMiddleware

from rag.settings import Settings
from ui import chat
from ui.channels import kakaotalk, mcp_server, openai_api, widget
from ui.rest import articles, ask, describe, health, problems
from ui.rest.guard import Guard
from ui.rest.metrics import Metrics
from ui.rest.middleware import Gate, Observed
from ui.service import Service


def create_app(service: Service, settings: Settings) -> FastAPI:
    """Serves `service`, and closes it when the server shuts down. Other surfaces are mounted on what it returns."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with service:
            yield

    app = FastAPI(
        title="gisa", version=describe.release(), description=describe.ABOUT, lifespan=lifespan, redoc_url=None
    )
    app.state.service = service
    app.state.guard = Guard(service, settings.serve)
    app.state.metrics = Metrics(service.turns)
    for room in (ask, articles, health, widget):
        app.include_router(room.router)
    if settings.serve.slack.signing_secret is not None:
        from ui.channels import slack  # a second to import, for those alone who use it

        app.include_router(slack.router(service, app.state.guard, app.state.metrics))
    if settings.serve.kakao.secret is not None:
        app.include_router(kakaotalk.router(service, app.state.guard, app.state.metrics))
    problems.install(app)
    openai_api.install(app)
    mcp_server.install(app, service)
    chat.mount(app, service, settings)
    describe.install(app, needs_keys=app.state.guard.needs_keys)
    # The last added is the first to see a request: what goes wrong is answered within, with an id and a log line.
    app.add_middleware(ServerErrorMiddleware, handler=problems.unforeseen)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.serve.allowed_origins,
        allow_methods=["GET", "POST", "PUT", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        expose_headers=["X-Request-ID", "Retry-After", "Location"],
    )
    app.add_middleware(Gate, settings=settings.serve, needs_keys=app.state.guard.needs_keys)
    app.add_middleware(Observed, metrics=app.state.metrics)
    return app
