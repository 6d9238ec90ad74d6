"""`gisa keys`: who may call the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from ui import words
from ui.session import CommandError, Session

if TYPE_CHECKING:
    from ui.service.keys import Keys

app = typer.Typer(no_args_is_help=True)


class _Scope(StrEnum):
    ASK = "ask"
    MANAGE = "manage"


Name = Annotated[str, typer.Argument(metavar="NAME", help="keys.create.name", show_default=False)]
Scopes = Annotated[list[_Scope], typer.Option("--scope", help="keys.create.scope")]
Id = Annotated[str, typer.Argument(metavar="ID", help="keys.revoke.id", show_default=False)]


@app.command("create", help="keys.create")
def create(context: typer.Context, name: Name, scope: Scopes = [_Scope.ASK]) -> None:  # noqa: B006  # typer copies it
    session: Session = context.obj
    with _keys() as keys:
        key = keys.create(name, tuple(dict.fromkeys(one.value for one in scope)))
    session.out.print(key, soft_wrap=True)
    session.note(words.KEY_MADE)


@app.command("list", help="keys.list")
def listing(context: typer.Context) -> None:
    from ui.terminal import show_table

    session: Session = context.obj
    with _keys() as keys:
        found = keys.all()
    if not found:
        session.note(words.NO_KEYS)
        return
    show_table(
        session,
        ("id", "name", "scopes", "state", "created", "used"),
        [
            (
                key.id,
                key.name,
                " ".join(key.scopes),
                session.say(words.KEY_STATES["revoked" if key.revoked else "valid"]),
                _day(key.created),
                _day(key.used),
            )
            for key in found
        ],
    )


@app.command("revoke", help="keys.revoke")
def revoke(context: typer.Context, identity: Id) -> None:
    session: Session = context.obj
    with _keys() as keys:
        if not keys.revoke(identity):
            raise CommandError(words.NO_SUCH_KEY, id=identity)
    session.print(words.KEY_REVOKED, id=identity)


@contextmanager
def _keys() -> Iterator[Keys]:
    from rag.settings import load_settings
    from ui.service.database import Database
    from ui.service.keys import Keys

    database = Database(load_settings().home)
    try:
        yield Keys(database)
    finally:
        database.close()


def _day(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).date().isoformat()
