"""A measurement in a process of its own: what it uses is its own, and ends with it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from eval import provenance


def result_of(module: str, *arguments: str) -> dict[str, Any]:
    """The last line of `python -m module arguments`, a JSON object. Raises CalledProcessError."""
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=provenance.ROOT)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told
