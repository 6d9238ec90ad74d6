"""One run of the command line: its two streams, the language it speaks and what it logs."""

from __future__ import annotations

import io
import logging
import os
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from rich.console import Console

from rag.errors import GisaError, Language
from ui.words import Said

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order POSIX gives them
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class CommandError(GisaError):
    """A command line that cannot be carried out."""

    code = "usage"
    exit_code = 2

    def __init__(self, said: Said, **values: object) -> None:
        super().__init__(said.to("en", **values), said.to("ko", **values))


def _console(stream: TextIO) -> Console:
    return Console(file=stream, highlight=False, markup=False, emoji=False)


@dataclass
class Session:
    """`language` is that of messages; unless it was `told`, it follows the question."""

    language: Language
    told: bool = False
    out: Console = field(default_factory=lambda: _console(sys.stdout))
    err: Console = field(default_factory=lambda: _console(sys.stderr))
    _warned: set[str] = field(default_factory=set)

    @property
    def live(self) -> bool:
        """Whether there is someone to watch an answer being made: both streams are one terminal."""
        return self.out.is_terminal and self.err.is_terminal

    def language_for(self, question: str) -> Language:
        """Korean when the question has Hangul and no language was told."""
        return "ko" if not self.told and _HANGUL.search(question) else self.language

    def follow(self, question: str) -> None:
        """Speak the question's language from now on, unless one was told."""
        self.language = self.language_for(question)

    def say(self, said: Said, **values: object) -> str:
        return said.to(self.language, **values)

    def print(self, said: Said, **values: object) -> None:
        """One line on stdout."""
        self.out.print(clean(self.say(said, **values)), soft_wrap=True)

    def note(self, said: Said, **values: object) -> None:
        """One line on stderr."""
        self.warn(self.say(said, **values))

    def warn(self, line: str) -> None:
        """One line on stderr, whatever it holds."""
        self.err.print(" ".join(one_line(line).split()), soft_wrap=True)

    def warn_once(self, line: str) -> None:
        """`warn`, but not again with the same line: of many questions each may have it."""
        if line not in self._warned:
            self._warned.add(line)
            self.warn(line)


def clean(text: str) -> str:
    """Text with spaces for control characters, which a terminal would obey, so that offsets stay. Newlines stay too."""
    return _CONTROL.sub(" ", text)


def one_line(text: str) -> str:
    """`clean`, and spaces for newlines."""
    return clean(text).replace("\n", " ")


def open_session(arguments: Sequence[str], environment: Mapping[str, str] = os.environ) -> Session:
    """The session as --lang or GISA_LANG tell, else as the locale does, else English."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks Hangul still gets the rest
    told = _told(arguments) or environment.get("GISA_LANG")
    locale = next((value for name in _LOCALE_VARIABLES if (value := environment.get(name))), "")
    return Session("ko" if (told or locale).lower().startswith("ko") else "en", told=bool(told))


def _told(arguments: Sequence[str]) -> str | None:
    """The value of --lang. The help is put in a language before typer reads the arguments, so this looks ahead."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        if argument == "--lang":
            return following
        if argument.startswith("--lang="):
            return argument.removeprefix("--lang=")
        if not argument.startswith("-"):
            return None
    return None


class _Stderr:
    """Whatever sys.stderr is when something is logged: a progress display takes its place for a while."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logs(verbose: bool) -> None:
    """Logs to stderr: warnings, or with `verbose` everything from info up."""
    import structlog

    level = logging.INFO if verbose else logging.WARNING
    colors = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer(colors=colors)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]  # print needs no more
    )
    logging.getLogger().setLevel(level)
    if not verbose:
        warnings.simplefilter("ignore")  # what libraries tell each other's authors
