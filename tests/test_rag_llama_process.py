"""llama.cpp's own process: how it begins and how it ends. What it answers is tested in test_rag_local_llm."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import httpx
import pytest

from rag.llama_process import LlamaProcess
from seeds.provision import ensure


@pytest.fixture(scope="module")
def model_file(home: Path) -> Path:
    return ensure("qwen2.5-coder-1.5b-instruct", home)


def start(path: Path) -> LlamaProcess:
    return LlamaProcess(path=str(path), context_tokens=1024, threads=2, key="k", slots=None)


def test_a_file_that_is_no_model(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"no model")
    with pytest.raises(RuntimeError, match=r"\S"):
        start(path)


def test_parameters_it_does_not_know(tmp_path: Path) -> None:
    """The child fails before it can say why: its exit code is told."""
    with pytest.raises(RuntimeError, match="code 1"):
        LlamaProcess(paths=str(tmp_path))


def test_closed(model_file: Path) -> None:
    process = start(model_file)
    assert httpx.get(f"{process.address}/health", timeout=30).status_code == 200
    process.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{process.address}/health", timeout=5)
    process.close()  # twice is once


def test_a_folder_of_the_same_name_is_not_taken_for_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rag").mkdir()
    (tmp_path / "rag" / "__init__.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RuntimeError) as caught:
        start(tmp_path / "missing.gguf")
    assert "code 7" not in str(caught.value)


def test_ends_when_its_parent_is_killed(model_file: Path) -> None:
    code = f"""
        import time
        from rag.llama_process import LlamaProcess
        process = LlamaProcess(path={str(model_file)!r}, context_tokens=1024, threads=2, key="k", slots=None)
        print(process.pid, flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked after does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"
