"""`gisa serve` as it is run: a process with the real local model, asked, and told to stop."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import ASKED, events

from seeds.provision import ensure

pytest_plugins = ["serving"]


@pytest.fixture
def process(home: Path, shipped_home: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The server and its address."""
    ensure("qwen2.5-coder-1.5b-instruct", home)
    shutil.copytree(shipped_home, tmp_path, dirs_exist_ok=True)
    (tmp_path / "models").symlink_to(home / "models")
    environment = os.environ | {"GISA_HOME": str(tmp_path), "GISA_LANG": "en"}
    command = [sys.executable, "-m", "ui.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        url = next(
            (found[1] for line in running.stderr if (found := re.search(r"Serving on (http://\S+?),", line))), ""
        )
        try:
            yield running, url
        finally:
            running.kill()


def test_a_server_answers_with_the_local_model_and_stops_when_told(
    process: tuple[subprocess.Popen[str], str],
) -> None:
    running, url = process
    told = httpx.post(f"{url}/v1/ask/stream", json={"question": ASKED}, timeout=90)
    found = events(told.text)
    assert found[0][0] == "evidence"
    assert found[-1][0] == "answer"
    answer = json.loads(found[-1][1])
    assert answer["citations"]
    assert "26" in answer["answer"]
    running.send_signal(signal.SIGTERM)
    rest = running.communicate(timeout=60)[1]
    assert running.returncode == 0
    lines = [json.loads(line) for line in rest.splitlines() if line.startswith("{")]
    assert any(line["event"] == "request" and line["route"] == "/v1/ask/stream" for line in lines)
    assert any(line["event"] == "service closed" for line in lines)
    assert "GPUs" not in rest
