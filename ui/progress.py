"""Progress of long work on stderr: bars on a terminal, elsewhere one line when a stage begins."""

from __future__ import annotations

import threading
from types import TracebackType

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from seeds.transfer import Stage
from ui.session import Session
from ui.words import STAGES, Said


class _Work(threading.local):
    """What this thread is doing: its bar, and of a file the bytes done and in all."""

    task: TaskID | None = None
    description = ""
    done = 0
    total = 0


class Bars:
    """One bar for each thread at work, gone when its work is done; none when `silent`.

    Is a `seeds.provision.Progress` too: models may be fetched by several threads.
    """

    def __init__(self, session: Session, *, silent: bool = False) -> None:
        self._session = session
        self._in_lines = not silent and not session.err.is_terminal
        self._shown = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None, complete_style="cyan", pulse_style="dim cyan"),
            TextColumn("{task.fields[amount]}", markup=False),
            console=session.err,
            transient=True,
            redirect_stdout=False,
            expand=True,
            disable=silent or self._in_lines,
        )
        self._work = _Work()

    def __enter__(self) -> Bars:
        self._shown.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._shown.stop()

    def start(self, stage: Stage, name: str, total: int) -> None:
        """Begin a stage of a model file; `total` in bytes, 0 when it cannot be told."""
        description = self._session.say(STAGES[stage], name=name)
        size = f" ({decimal(total)})" if self._in_lines and total else ""
        self._begin(description + size, total or None)
        self._work.done, self._work.total = 0, total

    def advance(self, size: int) -> None:
        """`size` more bytes of the stage are done."""
        self._work.done += size
        self._to(self._work.done, f"{decimal(self._work.done)}/{decimal(self._work.total)}")

    def count(self, what: Said, done: int, total: int | None) -> None:
        """`done` of `total` things are done."""
        description = self._session.say(what)
        if self._work.description != description:
            self._begin(description, total)
        self._to(done, f"{done}/{total}" if total is not None else str(done))

    def wait(self, what: Said) -> None:
        """Work whose end cannot be told; on a terminal only."""
        if not self._in_lines:
            self._begin(self._session.say(what), None)

    def _begin(self, description: str, total: int | None) -> None:
        if self._in_lines:
            self._session.warn(description)
        if self._work.task is not None:
            self._shown.remove_task(self._work.task)
        self._work.task = self._shown.add_task(description, total=total, amount="")
        self._work.description = description

    def _to(self, done: int, amount: str) -> None:
        if self._work.task is not None:
            self._shown.update(self._work.task, completed=done, amount=amount)
