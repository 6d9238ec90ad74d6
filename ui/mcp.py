"""`gisa mcp`: the MCP server over stdio, which a desktop application starts as a program."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

if TYPE_CHECKING:
    from ui.service import Service
    from ui.session import Session


def mcp(
    context: typer.Context,
    *,
    no_llm: Annotated[bool, typer.Option("--no-llm", help="serve.llm")] = False,
) -> None:
    from rag.settings import load_settings
    from ui.serve import configure_logs, open_service

    session: Session = context.obj
    with _stdout() as messages:
        service = open_service(session, load_settings(), llm=not no_llm)
        configure_logs()
        asyncio.run(_serve(service, messages))


def _stdout() -> TextIO:
    """The real stdout, for the protocol's messages alone: whatever else is printed from now on goes to stderr."""
    messages = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return messages


async def _serve(service: Service, messages: TextIO) -> None:
    """Until the client closes stdin."""
    import anyio
    from mcp.server.stdio import stdio_server

    from ui.channels.mcp_server import mcp_server

    server = mcp_server(service, lambda: "local")
    async with service, stdio_server(stdout=anyio.wrap_file(messages)) as (read, write):
        await server.run(read, write, server.create_initialization_options())
