"""What reading a file changed or left out: told to the user, though the file becomes an article."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seeds.errors import Language


@dataclass(frozen=True, slots=True)
class Notice:
    """One line in English and one in Korean, each with the name of the file or folder."""

    en: str
    ko: str

    def message(self, language: Language) -> str:
        return self.ko if language == "ko" else self.en


Tell = Callable[[Notice], object]
"""Called with each notice, in the thread that reads the files."""


def ignore(notice: Notice) -> None:
    """For callers that show no notices."""


def left_out(name: str, counts: dict[tuple[str, str], int]) -> tuple[Notice, ...]:
    """One notice of all parts that are not in the text: English and Korean name of each kind, and how many."""
    found = [(en, ko, count) for (en, ko), count in counts.items() if count]
    if not found:
        return ()
    return (
        Notice(
            f"{name}: left out of the text: {', '.join(f'{en} ({count})' for en, _, count in found)}.",
            f"{name}: 본문에서 뺀 부분: {', '.join(f'{ko} {count}곳' for _, ko, count in found)}.",
        ),
    )
