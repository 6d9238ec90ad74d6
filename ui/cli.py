"""The `gisa` command. Commands are in `ui.ask`, `ui.collection` and `ui.models`; here is what all of them share."""

from __future__ import annotations

import os
import re
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from types import TracebackType
from typing import Annotated, Literal

import typer

from rag.errors import GisaError
from ui import ask, collection, keys, mcp, models, serve, words
from ui.help import speaking
from ui.session import CommandError, Session, configure_logs, open_session

INTERRUPTED = 130
COMMANDS = "gisa.commands"
"""Entry points of commands that other rooms bring: each a typer app, in a module that has its help in HELP."""

app = typer.Typer(name="gisa", no_args_is_help=True, pretty_exceptions_enable=False)
app.command("ask", help="ask")(ask.ask)
app.command("search", help="search")(ask.search)
app.add_typer(collection.app, name="index", help="index")
app.add_typer(models.app, name="models", help="models")
app.command("serve", help="serve")(serve.serve)
app.command("mcp", help="mcp")(mcp.mcp)
app.add_typer(keys.app, name="keys", help="keys")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"gisa {version('gisa-news')}")
        except PackageNotFoundError as error:
            raise CommandError(words.NOT_INSTALLED) from error
        raise typer.Exit


@app.callback(help="gisa")
def gisa(
    lang: Annotated[
        Literal["ko", "en"] | None, typer.Option(envvar="GISA_LANG", case_sensitive=False, help="gisa.lang")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="gisa.verbose")] = False,
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="gisa.version")] = False,
) -> None:
    """What comes before every command. `lang` was already looked at by `open_session`; typer checks its value."""
    configure_logs(verbose)


@app.command(
    "eval",
    help="eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def evaluate(context: typer.Context) -> None:
    """Hand over to the `eval` room, which this one does not know: the package's entry points name its command."""
    from importlib.metadata import entry_points

    session: Session = context.obj
    for entry in entry_points(group=COMMANDS, name="eval"):
        command = speaking(entry.load(), session.language, import_module(entry.module).HELP)
        raise typer.Exit(_code(command.main(args=context.args, prog_name="gisa eval", standalone_mode=False)))
    raise CommandError(words.NOT_INSTALLED)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; errors become one line on stderr in the reader's language."""
    arguments = sys.argv[1:] if arguments is None else arguments
    session = open_session(arguments)
    sys.excepthook = partial(_unexpected, session)
    try:
        done = speaking(app, session.language).main(
            args=list(arguments), prog_name="gisa", obj=session, standalone_mode=False
        )
        sys.stdout.flush()
    except GisaError as error:
        session.warn(error.message(session.language))
        return error.exit_code
    except typer.TyperException as error:
        return _wrong_usage(session, error)
    except BrokenPipeError:  # whoever was reading has gone; Python would complain when it flushes at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    return _code(done)


def _code(done: object) -> int:
    """Outside of its standalone mode typer returns an exit code, or whatever the command returned."""
    return done if isinstance(done, int) else 0


def _wrong_usage(session: Session, error: typer.TyperException) -> int:
    message = " ".join(error.format_message().split()).replace("Value error, ", "")  # pydantic's, behind typer
    if not message:  # a group of commands without a command: typer has shown its help
        return error.exit_code
    if session.language == "ko":
        for pattern, korean in words.USAGE_KO.items():
            if found := re.fullmatch(pattern, message):
                message = found.expand(korean)
                break
    context = getattr(error, "ctx", None)
    command = context.command_path if context else "gisa"
    session.note(words.USAGE, message=message if message.endswith((".", "?")) else f"{message}.", command=command)
    return error.exit_code


def _unexpected(session: Session, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What nobody foresaw: one line, and where the whole trace was written (GISA_DEBUG: the trace itself)."""
    from rag.settings import load_settings

    if os.environ.get("GISA_DEBUG"):
        sys.__excepthook__(kind, error, trace)
        return
    try:
        path = load_settings().home / "errors.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8", errors="backslashreplace") as log:
            log.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\n")
            log.writelines(traceback.format_exception(kind, error, trace))
    except (GisaError, OSError):
        sys.__excepthook__(kind, error, trace)
        return
    session.note(words.UNEXPECTED, kind=kind.__name__, path=path)


if __name__ == "__main__":
    sys.exit(main())
