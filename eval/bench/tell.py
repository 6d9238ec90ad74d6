"""What every bench says of itself beside its figures: under which load, on which machine, by which command."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from rich.console import Console

from eval import provenance


def where(bench: str) -> dict[str, Any]:
    """Load average, machine, revision, time, and the command that runs (`bench`: the name of its module)."""
    return {
        "load": round(os.getloadavg()[0], 1),
        "machine": provenance.machine(),
        "revision": provenance.revision(),
        "time": provenance.now(),
        "command": " ".join(["python -m", f"eval.bench.{bench}", *sys.argv[1:]]),
    }


def tell(bench: str, figures: dict[str, Any], name: str | None = None) -> None:
    """One line of JSON: figures, and where they come from. `name` is that of one measurement of several."""
    told = {"bench": name or bench, **figures, **where(bench)}
    Console(highlight=False, markup=False, soft_wrap=True).print(json.dumps(told))


def source_line(bench: str) -> str:
    """The same of a bench that prints text."""
    told = where(bench)
    return f"{told['machine']}, load {told['load']}, revision {told['revision']}, {told['time']}; {told['command']}"
