"""Going on with a measurement in a file that holds results already: only what was asked in the same way is added.

Another revision of the code is no hindrance, for a long run outlives commits; whoever shows the results names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eval.datasets import DataError
from eval.records import complete_lines


def taken_up(path: Path) -> list[bytes]:
    """A file's lines, none where it is not there; a last one that was cut off while it was written is taken away."""
    if not path.exists():
        return []
    lines = complete_lines(path)
    whole = b"".join(line + b"\n" for line in lines)
    if whole != path.read_bytes():
        path.write_bytes(whole)
    return lines


def refuse_other(path: Path, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Raises DataError where anything of `now` was otherwise before, naming it: questions, settings, a model."""
    differ = [name for name, value in now.items() if before.get(name) != value]
    if differ:
        listed = "; ".join(f"{name} {before.get(name, 'not told')}, now {now[name]}" for name in differ)
        raise DataError(
            f"{path} holds results of another measurement ({listed}). Choose another --out, or delete that file.",
            f"{path} 은(는) 다른 조건의 평가 결과입니다({listed}). 다른 --out을 지정하거나 그 파일을 지우세요.",
        )
