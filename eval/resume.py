"""Whether a measurement may go on in a file that holds results already: only what was asked in the same way is added.

Another revision of the code is no hindrance, for a long run outlives commits; whoever shows the results names them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from eval.datasets import DataError


def refuse_other(path: Path, before: Mapping[str, object], now: Mapping[str, object]) -> None:
    """Raises DataError where anything of `now` was otherwise before, naming it: questions, settings, a model."""
    differ = [name for name, value in now.items() if name in before and before[name] != value]
    if differ:
        listed = ", ".join(f"{name} {before[name]}, now {now[name]}" for name in differ)
        raise DataError(
            f"{path} holds results of another measurement ({listed}). Choose another --out, or delete that file.",
            f"{path} 은(는) 다른 조건의 평가 결과입니다({listed}). 다른 --out을 지정하거나 그 파일을 지우세요.",
        )
