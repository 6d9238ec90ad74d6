"""What can go wrong with what is measured, or with what measures it. Files and sets: eval.datasets."""

from __future__ import annotations

from rag.errors import GisaError


class TargetError(GisaError):
    """The server that is measured did not answer one question: that is recorded, and the run goes on."""

    code = "eval_target"
    exit_code = 10


class TargetLostError(GisaError):
    """The server cannot be measured, or not any more: out of reach, not gisa, or it does not let us in."""

    code = "eval_target_lost"
    exit_code = 10


class JudgeError(GisaError):
    """The model that is to judge answers cannot be asked. What was judged is kept."""

    code = "eval_judge"
    exit_code = 10


class MissingExtraError(GisaError):
    """The packages for measuring are not installed."""

    code = "eval_extra"
    exit_code = 10
