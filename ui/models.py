"""`gisa models`: the pinned model files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ui import words
from ui.session import CommandError, Session

app = typer.Typer(no_args_is_help=True)
Name = Annotated[str | None, typer.Argument(metavar="NAME", help="models.pull.name", show_default=False)]
FromFile = Annotated[Path | None, typer.Option("--from-file", metavar="FILE", help="models.pull.from_file")]


@app.command("pull", help="models.pull")
def pull(context: typer.Context, name: Name = None, from_file: FromFile = None) -> None:
    from rag.settings import load_settings
    from seeds.provision import ensure, status
    from ui.progress import Bars

    session: Session = context.obj
    if from_file is not None and name is None:
        raise CommandError(words.FROM_FILE_NEEDS_NAME)
    home = load_settings().home
    for one in [name] if name is not None else [model.name for model in status(home)]:
        with Bars(session) as bars:
            path = ensure(one, home, progress=bars, from_file=from_file)
        session.print(words.READY, name=one, path=path)


@app.command("list", help="models.list")
def listing(context: typer.Context) -> None:
    from rich.filesize import decimal

    from rag.settings import load_settings
    from seeds.provision import status
    from ui.terminal import show_table

    session: Session = context.obj
    show_table(
        session,
        ("name", "role", "state", "size", "licence"),
        [
            (
                model.name,
                session.say(words.ROLES[model.role]),
                session.say(words.STATES[model.state]),
                decimal(model.size) if model.size else session.say(words.DOWNLOAD, size=decimal(model.download)),
                model.licence,
            )
            for model in status(load_settings().home)
        ],
    )
