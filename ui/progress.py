"""Progress of long work on stderr: bars on a terminal, elsewhere one line when a stage begins."""

from __future__ import annotations

from types import TracebackType

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn

from seeds.transfer import Stage
from ui.session import Session
from ui.words import STAGES, Said


class Bars:
    """One bar at a time, gone when its work is done; none when `silent`. Is a `seeds.provision.Progress` too."""

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
        self._task: TaskID | None = None
        self._bytes: tuple[int, int] = (0, 0)

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
        self._bytes = (0, total)

    def advance(self, size: int) -> None:
        """`size` more bytes of the stage are done."""
        done, total = self._bytes[0] + size, self._bytes[1]
        self._bytes = (done, total)
        self._to(done, f"{decimal(done)}/{decimal(total)}")

    def count(self, what: Said, done: int, total: int | None) -> None:
        """`done` of `total` things are done."""
        description = self._session.say(what)
        if self._task is None or self._shown.tasks[-1].description != description:
            self._begin(description, total)
        self._to(done, f"{done}/{total}" if total is not None else str(done))

    def wait(self, what: Said) -> None:
        """Work whose end cannot be told; on a terminal only."""
        if not self._in_lines:
            self._begin(self._session.say(what), None)

    def _begin(self, description: str, total: int | None) -> None:
        if self._in_lines:
            self._session.warn(description)
        if self._task is not None:
            self._shown.remove_task(self._task)
        self._task = self._shown.add_task(description, total=total, amount="")

    def _to(self, done: int, amount: str) -> None:
        if self._task is not None:
            self._shown.update(self._task, completed=done, amount=amount)
