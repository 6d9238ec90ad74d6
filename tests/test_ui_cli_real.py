"""The command as a user runs it: its own process, the real models and a collection of its own."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from desk import Run

from seeds.catalogue import find

QUESTION = "How many GPUs is Korea securing?"
SURE = {"GISA_ANSWER__SURE_ODDS": "-1.5"}
"""Asserts what the weights are less sure of: what is told of an answer is tried here, not how sure they are."""
Command = Callable[..., Run]


def environment(own: Path, **told: str) -> dict[str, str]:
    """What a user's shell hands over, with a GISA_HOME of its own, English, and no way to a network."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GISA_", "LC_", "PYTHON"))}
    offline = {"PIP_NO_INDEX": "1", "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    return kept | {"LANG": "C.UTF-8", "GISA_HOME": str(own)} | offline | told


def run(own: Path, *arguments: str | Path, largest: int | None = None, **told: str) -> Run:
    """`largest`: bytes a file may have, as on a disk that is full then."""
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (largest, largest)) if largest else None
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", *arguments],
        env=environment(own, **told),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=limit,
    )
    return Run(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def first(embedder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Run]:
    """A new GISA_HOME that has only the models, and what the first question in it showed."""
    own = tmp_path_factory.mktemp("home")
    (own / "models").symlink_to(embedder_folder.parent, target_is_directory=True)
    return own, run(own, "ask", "--no-llm", "--json", QUESTION, **SURE)


@pytest.fixture
def own(first: tuple[Path, Run], tmp_path: Path) -> Path:
    """A GISA_HOME with the shipped articles, free to be changed."""
    return shutil.copytree(first[0], tmp_path / "home", symlinks=True)


def test_first_run_builds_the_collection_and_says_so(first: tuple[Path, Run]) -> None:
    _, shown = first
    assert shown.code == 0
    assert shown.err.splitlines()[0] == "No collection yet: making one from the 5 articles that come with gisa."
    answer = json.loads(shown.out)
    assert (answer["question"], answer["language"], answer["refused"]) == (QUESTION, "en", False)
    assert (answer["answered_by"], answer["model"]) == ("reader", None)
    assert any("26만" in citation["quote"] for citation in answer["citations"])


def test_second_run_is_silent_but_for_the_answer(own: Path) -> None:
    shown = run(own, "ask", "--no-llm", "슈퍼컴퓨터 6호기의 이름은?", **SURE)
    assert (shown.code, shown.err) == (0, "")
    assert re.search(r"^\[1\] .+, 2025-10-31$", shown.out, re.M)
    assert re.search(r"^기사의 표시된 단어에서 읽음 · \d+\.\d초$", shown.out, re.M)


def test_collection_from_adding_to_removing(own: Path, tmp_path: Path) -> None:
    article = tmp_path / "garam.txt"
    text = "가람전자 서버 투자\n\n가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다. 투자액은 4천억원이다.\n"
    article.write_bytes(text.encode("cp949"))
    assert run(own, "index", "add", article).out == "Added 1, replaced 0, unchanged 0, failed 0.\n"
    assert len(run(own, "index", "list").out.splitlines()) == 6
    found = json.loads(run(own, "search", "가람전자는 서버를 몇 대 들여오나?", "--limit", "1", "--json").out)
    assert found["language"] == "ko"
    (hit,) = found["hits"]
    assert list(hit) == ["score", "article_id", "title", "published", "quote", "start", "end"]
    assert (hit["article_id"], hit["published"]) == ("garam", None)
    assert "3만2천대" in hit["quote"]
    assert run(own, "index", "remove", "garam") == Run(0, "Removed garam.\n", "")
    assert run(own, "index", "remove", "garam").code == 8
    assert run(own, "index", "verify") == Run(0, "No damage: 5 articles.\n", "")


def test_damaged_search_index_still_answers_and_is_rebuilt(own: Path) -> None:
    (faiss,) = (own / "index").glob("faiss-*.bin")
    data = bytearray(faiss.read_bytes())
    data[len(data) // 2] ^= 0xFF
    faiss.write_bytes(bytes(data))
    shown = run(own, "index", "verify")
    assert shown.code == 6
    assert shown.out.startswith("Damaged: ")
    assert shown.err == "Mend it with `gisa index rebuild`.\n"
    assert run(own, "index", "rebuild") == Run(0, "Rebuilt the index of 5 articles.\n", "")
    assert run(own, "index", "verify").code == 0


def test_damaged_collection_is_one_line(own: Path) -> None:
    (own / "index/gisa.db").write_bytes(b"no database" * 1000)
    for arguments in (["ask", "--no-llm", QUESTION], ["index", "list"]):
        shown = run(own, *arguments)
        assert (shown.code, shown.out, shown.err.count("\n")) == (6, "", 1), shown


def test_emptied_collection_returns_6_for_a_file_of_questions_too(own: Path) -> None:
    ids = [line.split("\t")[0] for line in run(own, "index", "list").out.splitlines()]
    assert run(own, "index", "remove", *ids).code == 0
    questions = own / "questions.txt"
    questions.write_text(f"{QUESTION}\n{QUESTION}\n", encoding="utf-8")
    shown = run(own, "ask", "--no-llm", "--json", "--file", questions)
    assert (shown.code, shown.out, shown.err.count("\n")) == (6, "", 1)


def test_a_first_add_that_failed_leaves_no_collection_behind(tmp_path: Path) -> None:
    """And so the shipped articles still go in with the first question."""
    assert run(tmp_path / "home", "index", "add", tmp_path / "typo.md").code == 4
    assert not (tmp_path / "home" / "index").exists()


def test_full_disk_returns_7(tmp_path: Path, embedder_folder: Path) -> None:
    own, models = tmp_path / "home", embedder_folder.parent
    own.mkdir()
    (own / "models").symlink_to(models, target_is_directory=True)
    article = tmp_path / "garam.txt"
    article.write_text(
        "가람전자 서버 투자\n\n가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 밝혔다.\n", encoding="utf-8"
    )
    packed = models / find("multilingual-e5-small").file
    for folder, *arguments in (
        (own, "index", "add", article),
        (own, "ask", "--no-llm", "--json", QUESTION),
        (tmp_path / "other", "models", "pull", "multilingual-e5-small", "--from-file", packed),
    ):
        shown = run(folder, *arguments, largest=30_000)
        assert (shown.code, shown.out) == (7, ""), shown
        assert " is full" in shown.err.splitlines()[-1]
        assert "Traceback" not in shown.err
    shown = run(own, "ask", "--no-llm", "--json", QUESTION)  # there is room again
    assert (shown.code, json.loads(shown.out)["refused"]) == (0, False)


def test_bad_questions_each_get_one_line_or_an_answer(own: Path, tmp_path: Path) -> None:
    questions = [
        "GPU",
        "한" * 10_000,
        "🚀🚀🔥",
        "엔비디아 GPU how many장?",
        "Quante schede grafiche compra la Corea del Sud?",
    ]
    file = tmp_path / "questions.txt"
    file.write_text("\n".join(questions), encoding="utf-8")
    shown = run(own, "ask", "--no-llm", "--json", "--file", file)
    assert shown.code == 0
    given = [json.loads(line) for line in shown.out.splitlines()]
    assert [one["question"] for one in given] == questions
    assert [one.get("error", {}).get("code") for one in given] == [None, "question", "question", None, "question"]
    assert "10,000" in given[1]["error"]["message"]


def test_bad_question_returns_2(own: Path) -> None:
    shown = run(own, "ask", "--no-llm", "--json", "")
    assert (shown.code, shown.out, shown.err.count("\n")) == (2, "", 1)


def test_unreachable_server_leaves_the_quoted_answer(own: Path) -> None:
    never_sure = {"GISA_ANSWER__SURE_ODDS": "1000"}  # so the model is to judge
    shown = run(own, "ask", "--json", QUESTION, GISA_LLM__BASE_URL="http://127.0.0.1:9/v1", **never_sure)
    assert shown.code == 0
    answer = json.loads(shown.out)
    assert answer["answered_by"] == "extract"
    assert any("26만" in citation["quote"] for citation in answer["citations"])
    doubted, unjudged = shown.err.splitlines()
    assert doubted == "Quoted only: it is not sure enough that this is the answer."
    assert unjudged.startswith("The language model that was to tell did not answer: ")


def test_without_models_and_network_is_one_line(tmp_path: Path) -> None:
    shown = run(tmp_path / "home", "ask", QUESTION)
    assert (shown.code, shown.out) == (5, "")
    assert "gisa models pull" in shown.err.splitlines()[-1]
    assert "Traceback" not in shown.err


def test_collection_that_is_not_there(tmp_path: Path) -> None:
    for command in ("list", "verify", "rebuild"):
        shown = run(tmp_path / "home", "index", command)
        assert (shown.code, shown.out, shown.err.count("\n")) == (6, "", 1)


def test_help_starts_quickly_and_loads_no_engine(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run(tmp_path, "--help").code == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5  # seconds of processor time
    code = "import sys; from ui.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "numpy", "faiss", "kiwipiepy", "llama_index", "pydantic", "transformers"}
    assert not heavy & set(done.stderr.split())


def test_interrupt_is_quiet(tmp_path: Path) -> None:
    questions = tmp_path / "questions"
    os.mkfifo(questions)
    with (
        subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "ask", "--file", questions],
            env=environment(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # A shell that starts the tests in the background has them ignore the signal, and so would the command.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        ) as asking,
        questions.open("wb"),
    ):  # waits until the command reads, and makes it wait
        time.sleep(0.5)  # it has opened the file; a signal before it reads would be seen only after the read
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=30)
    assert (asking.returncode, out, err) == (130, b"", b"")


def test_output_that_nobody_reads_is_no_error(tmp_path: Path) -> None:
    shown = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m ui.cli models list | true"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (shown.returncode, shown.stderr) == (1, "")
