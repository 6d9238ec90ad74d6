"""The comparison with peers: what is asked when, what is written down, how it is scored and tabulated."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner

from eval.bench import peers
from eval.bench.memory import children, peak_mib, tree
from eval.bench.peer_records import AnswerRecord, Comparison, ComparisonRecord, Part, SystemRecord
from eval.bench.peer_scores import Scorer
from eval.bench.peer_table import asserted_as, markdown, newsroom_markdown, sources, tabulated
from eval.bench.peers import Server, Systems, WorkerEndedError, begun, chosen, compare, named, rotated
from eval.datasets import DataError, GoldenQuestion, GoldenSet
from eval.newsroom.data import NewsroomQuestion, Place
from seeds.article import Article

TEXT = "부산시는 새 다리를 열었다. 공사비는 350억 원이 들었다."
OTHER = "참외 농가는 3,800곳이다."
ARTICLES = [Article("bridge", "부산에 새 다리", TEXT, ((0, len(TEXT)),)), Article("melon", "참외", OTHER, ((0, 15),))]


def question(name: str, *, answerable: bool = True) -> GoldenQuestion:
    facts, articles = ((("350억", "35 billion"),), ("bridge",)) if answerable else ((), ())
    return GoldenQuestion(
        id=name, question="How much did it cost?", language="en", answerable=answerable, kind="how-much",
        facts=facts, articles=articles,
    )  # fmt: skip


def answered(system: str, name: str, text: str, **fields: object) -> AnswerRecord:
    given = (Part(article="bridge", text=TEXT), Part(article="melon", text=OTHER))
    return AnswerRecord(system=system, id=name, answer=text, **{"given": given, "seconds": 2.0, **fields})


NOW = ComparisonRecord(
    questions="mine", sha256="0" * 64, model="qwen", context_tokens=8192, max_tokens=256, settings="s1",
    versions={"txtai": "9"}, revision="abc", machine="m", time="t",
)  # fmt: skip


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(ARTICLES)


def test_questions_of_any_beginning_are_spread_evenly() -> None:
    questions = [question(str(n)) for n in range(32)]
    assert [q.id for q in chosen(questions, 1, None)][:8] == ["0", "8", "16", "24", "1", "9", "17", "25"]
    assert sorted(int(q.id) for q in chosen(questions, 4, None)) == [0, 4, 8, 12, 16, 20, 24, 28]
    assert sorted(int(q.id) for q in chosen(questions, 1, 4)) == [0, 8, 16, 24]
    assert len(chosen(questions, 1, 99)) == 32


class TestNewsroom:
    """What is asserted is scored alike for all: a peer asserts all that it writes, gisa what is no quotation."""

    ASKED = NewsroomQuestion(
        id="n", lang="en", question="How much?", kind="amount", answerable=True,
        answers=(Place(article="bridge", sentence=TEXT, span="350억 원"),), must=("350억|35 bil",), must_not=("40",),
    )  # fmt: skip
    NEVER = NewsroomQuestion(id="n", lang="en", question="When?", kind="date", answerable=False)

    @pytest.mark.parametrize(
        ("text", "fields", "result"),
        [
            ("It cost 35 billion won [1].", {}, "right"),
            ("It cost 40 billion won, up from 35 billion.", {}, "wrong"),
            ("The context does not mention it.", {}, "refused"),
            ('The article says: "공사비는 350억 원이 들었다." [1]', {"refused": False, "asserted": ""}, "quoted"),
            ("The articles do not say.", {"refused": True, "asserted": ""}, "refused"),
            ("", {"error": "ended"}, "refused"),
        ],
    )
    def test_of_what_can_be_answered(self, text: str, fields: dict[str, object], result: str) -> None:
        assert asserted_as(self.ASKED, answered("txtai", "n", text, **fields)) == result

    def test_nothing_that_cannot_be_answered_is_asserted_right(self) -> None:
        assert asserted_as(self.NEVER, answered("txtai", "n", "In May.")) == "wrong"

    def test_the_table(self) -> None:
        done = Comparison()
        done.sittings.append(NOW)
        for system, text in (("haystack", "35 billion"), ("txtai", "40")):
            done.answers[system, "n"] = answered(system, "n", text)
        golden = GoldenSet("newsroom", "0" * 64, (question("n"),))
        rows = newsroom_markdown(done, golden, [self.ASKED]).splitlines()
        assert rows[0].split(" | ")[1:] == ["haystack", "txtai |"]
        assert "100.0% (1/1) | 0.0% (0/1)" in rows[2]
        assert "0.0% (0/1) | 100.0% (1/1)" in rows[3]


def test_another_system_is_first_each_turn() -> None:
    assert [rotated("abc", turn) for turn in range(4)] == [list("abc"), list("bca"), list("cab"), list("abc")]


def test_unknown_system() -> None:
    assert named("gisa, txtai") == ["gisa", "txtai"]
    with pytest.raises(DataError, match="no system langchain"):
        named("gisa,langchain")


class FakeWorker:
    """Stands in for a process; dies when asked about "bad", and does not start at all as "haystack"."""

    started: ClassVar[list[str]] = []
    asked: ClassVar[list[tuple[str, str]]] = []

    def __init__(self, system: str, model: dict[str, object], newsroom: str | None, log: Path) -> None:
        self.started.append(system)
        if system == "haystack":
            raise WorkerEndedError("No module named 'haystack'")
        self.system = system
        self.record = SystemRecord(system=system, ingest_s=2.0, vectors=10)

    def ask(self, text: str) -> dict[str, object]:
        self.asked.append((self.system, text))
        if text == "bad":
            raise WorkerEndedError("ValueError: bad")
        return {"answer": "yes", "memory_mib": 100.0}

    def close(self) -> None:
        """Nothing to end."""


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[FakeWorker]:
    monkeypatch.setattr(peers, "Worker", FakeWorker)
    FakeWorker.started, FakeWorker.asked = [], []
    return FakeWorker


def test_failures_are_written_down_and_the_rest_goes_on(workers: type[FakeWorker], tmp_path: Path) -> None:
    systems = Systems(["gisa", "txtai", "haystack"], {}, Server("", ""), tmp_path / "out.jsonl")
    texts = ["good", "bad", "fine"]
    asked = [question(text).model_copy(update={"question": text}) for text in texts]
    records = list(compare(systems, asked, Comparison()))
    answers = {(r.system, r.id): r for r in records if isinstance(r, AnswerRecord)}
    assert len(answers) == 9
    assert {key: r.error for key, r in answers.items() if r.error} == {
        ("gisa", "bad"): "ValueError: bad",
        ("txtai", "bad"): "ValueError: bad",
        **{("haystack", text): "No module named 'haystack'" for text in texts},
    }
    assert workers.started.count("gisa") == 2, "opened again after it had died"
    assert [text for system, text in workers.asked if system == "txtai"] == texts


def test_what_is_answered_is_not_asked_again_but_failures_are(workers: type[FakeWorker], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    lines = [answered("gisa", "a", "yes"), answered("gisa", "b", "", error="timed out")]
    out.write_text("".join(line.model_dump_json() + "\n" for line in lines) + '{"type": "ans', encoding="utf-8")
    done = begun(out, NOW)
    assert out.read_text(encoding="utf-8").endswith("}\n"), "the line that was cut off is gone"
    systems = Systems(["gisa"], {}, Server("", ""), out)
    asked = [question(name).model_copy(update={"question": name}) for name in "abc"]
    again = [r.id for r in compare(systems, asked, done) if isinstance(r, AnswerRecord)]
    assert again == ["b", "c"]


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({"sha256": "1" * 64}, "question file 111111111111, now 000000000000"),
        ({"settings": "s0"}, "settings s0, now s1"),
        ({"model": "other"}, "model other, now qwen"),
        ({"max_tokens": 160}, "max_tokens 160, now 256"),
    ],
)
def test_answers_to_something_else_are_not_added_to(tmp_path: Path, before: dict[str, object], said: str) -> None:
    out = tmp_path / "out.jsonl"
    text = f"{NOW.model_copy(update=before).model_dump_json()}\n{answered('gisa', 'a', 'yes').model_dump_json()}\n"
    out.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said) as raised:
        begun(out, NOW)
    assert "Choose another --out, or delete that file" in raised.value.en
    assert out.read_text(encoding="utf-8") == text, "it is as it was"


def test_another_revision_goes_on_and_is_told(compared: tuple[Comparison, GoldenSet], tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text(
        NOW.model_copy(update={"revision": "old", "time": "then"}).model_dump_json() + "\n", encoding="utf-8"
    )
    assert len(begun(out, NOW).sittings) == 1
    done, golden = compared
    done.sittings = [NOW]
    assert "more than one revision" not in "".join(sources(done, golden))
    first = next(iter(done.answers))
    done.answers[first] = done.answers[first].model_copy(update={"revision": "abc+"})
    assert "- **answers of more than one revision**: abc+ (1 answers), unknown (9 answers)" in [*sources(done, golden)]
    assert "another version" not in "".join(sources(done, golden))
    assert "000000000000, scored by 222222222222" in "".join(sources(done, replace(golden, sha256="2" * 64)))


def test_servers_memory_counts_for_who_uses_it(workers: type[FakeWorker], tmp_path: Path) -> None:
    server = Server("", "", frozenset({os.getpid()}))
    systems = Systems(["gisa", "txtai"], {}, server, tmp_path / "out.jsonl")
    told = {r.system: r.memory_mib for r in compare(systems, [question("a")], Comparison()) if r.type == "answer"}
    assert told["gisa"] == 100
    assert told["txtai"] == pytest.approx(100 + peak_mib(os.getpid()), rel=0.2)


def test_memory_is_of_processes_that_run() -> None:
    assert os.getpid() in tree(os.getpid())
    assert os.getpid() in children(os.getppid())
    assert 20 < peak_mib(os.getpid()) < 50_000
    assert peak_mib(2**22 + 1) == 0, "no such process"


def test_last_answer_counts_unless_it_failed(tmp_path: Path) -> None:
    lines = [answered("gisa", "a", "old"), answered("gisa", "a", "new"), answered("gisa", "a", "", error="gone")]
    path = tmp_path / "one.jsonl"
    path.write_text("".join(line.model_dump_json() + "\n" for line in lines), encoding="utf-8")
    done = Comparison()
    done.add(path)
    assert done.answers["gisa", "a"].answer == "new"


def test_a_file_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text('{"type": "run"}\n', encoding="utf-8")
    with pytest.raises(DataError, match="line 1"):
        Comparison().add(path)


def test_right_answer(scorer: Scorer) -> None:
    scores = scorer.score(question("a"), answered("txtai", "a", "It cost 35 billion won."))
    assert scores is not None
    assert (scores.facts, scores.facts_given, scores.facts_cited) == (True, True, None)
    assert (scores.refused, scores.right_language, scores.wrong) == (False, True, ())
    assert (scores.recall, scores.precision) == (None, None), "it does not cite"


def test_wrong_number_is_seen_by_value(scorer: Scorer) -> None:
    right = scorer.score(question("a"), answered("haystack", "a", "There are 3,800 farms."))
    wrong = scorer.score(question("a"), answered("haystack", "a", "It cost 350 million won."))
    assert right is not None
    assert right.wrong == (), "anything it was shown bears a number out"
    assert wrong is not None
    assert wrong.wrong == ("350 million",)
    assert not wrong.facts


def test_ours_is_held_to_what_it_cites(scorer: Scorer) -> None:
    cited = (Part(article="bridge", text=TEXT),)
    record = answered("gisa", "a", "There are 3,800 farms [1].", cited=cited, refused=False)
    scores = scorer.score(question("a"), record)
    assert scores is not None
    assert scores.wrong == ("3,800",)


def test_refusals(scorer: Scorer) -> None:
    said = answered("txtai", "a", "The context does not mention it.")
    hedged = answered("txtai", "a", "It does not mention when, but it cost 35 billion won.")
    ours = answered("gisa", "a", "The articles do not say: 35 billion.", refused=True, cited=())
    for answerable in (True, False):
        scores = scorer.score(question("a", answerable=answerable), said)
        assert scores is not None
        assert scores.refused
    hedging = scorer.score(question("a"), hedged)
    assert hedging is not None
    assert (hedging.refused, hedging.facts) == (False, True), "all facts are there: no refusal"
    flagged = scorer.score(question("a"), ours)
    assert flagged is not None
    assert (flagged.refused, flagged.facts) == (True, False), "a refusal of ours has no facts, whatever it says"


@pytest.mark.parametrize(
    ("text", "cited", "expected"),
    [
        ("It cost 35 billion won [1].", [0], (1.0, 1.0)),
        ("It cost 35 billion won [2].", [1], (0.0, 0.0)),
        ("It cost 35 billion won [1, 2].", [0, 1], (1.0, 0.5)),
        ("It cost 35 billion won.", [], (0.0, None)),
    ],
)
def test_citations_by_number_of_the_source(
    scorer: Scorer, text: str, cited: list[int], expected: tuple[float | None, float | None]
) -> None:
    record = answered("llama-index citations", "a", text)
    scores = scorer.score(question("a"), record.model_copy(update={"cited": tuple(record.given[n] for n in cited)}))
    assert scores is not None
    assert (scores.recall, scores.precision) == expected


def test_citation_of_a_whole_answer_is_one_of_each_sentence(scorer: Scorer) -> None:
    record = answered("txtai", "a", "It cost 35 billion won. There are 3,800 farms.")
    scores = scorer.score(question("a"), record.model_copy(update={"cited": record.given[:1]}))
    assert scores is not None
    assert (scores.recall, scores.precision) == (0.5, 0.5)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> tuple[Comparison, GoldenSet]:
    monkeypatch.setattr("eval.bench.peer_table.shipped_articles", lambda: ARTICLES)
    questions = (question("a"), question("b"), question("c", answerable=False), question("not asked of all"))
    cited = (Part(article="bridge", text=TEXT),)
    right, wrong = "It cost 35 billion won [1].", "It cost 350 million won."
    records = [
        *(answered("gisa", n, right, cited=cited, refused=False, seconds=1.0, memory_mib=1024.0) for n in "ab"),
        answered("gisa", "c", "The articles do not say.", cited=(), refused=True, seconds=1.0),
        answered("gisa", "not asked of all", right, cited=cited, refused=False),
        answered("txtai", "a", right, seconds=4.0, prompt_tokens=400),
        answered("txtai", "b", wrong, seconds=6.0, prompt_tokens=500),
        answered("txtai", "c", wrong, seconds=5.0, prompt_tokens=600),
        answered("haystack", "a", wrong, seconds=8.0),
        answered("haystack", "b", "", error="timed out", seconds=0.0),
        answered("haystack", "c", "I don't know.", seconds=9.0),
    ]
    done = Comparison()
    done.answers = {(record.system, record.id): record for record in records}
    done.systems = {"gisa": [SystemRecord(system="gisa", ingest_s=2.0, vectors=10)]}
    return done, GoldenSet("mine", "0" * 64, questions)


def test_table(compared: tuple[Comparison, GoldenSet]) -> None:
    lines = markdown(*compared).split("\n")
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    rows = {row[0]: row[1:] for row in cells}
    assert rows[""] == ["gisa", "haystack", "txtai"]
    assert rows["questions asked / failed"] == ["3 / 0", "3 / 1", "3 / 0"], "only what all were asked"
    assert rows["facts in the answer"] == ["100.0% (2/2)", "0.0% (0/2)", "50.0% (1/2)"], "a failure is wrong"
    assert rows["unanswerable, yet answered"] == ["0.0% (0/1)", "0.0% (0/1)", "100.0% (1/1)"]
    assert rows["answers with a quantity that no text has"] == ["0", "1", "2"]
    assert rows["whole answer, median"] == ["1.0 s", "8.5 s", "5.0 s"], "of those that answered"
    assert rows["longest prompt, tokens: median / most"] == ["–", "–", "500 / 600"]
    assert rows["facts in what is cited"][1:] == ["–", "–"]
    assert rows["memory, peak"][0] == "1.0 GiB"
    assert rows["ingest, vectors a second"] == ["5.0", "–", "–"]
    asked = [line for line in lines if line.startswith("- ")]
    assert "minus the best peer (txtai): +50.0 points" in asked[0]
    assert "gisa 0, txtai 2" in asked[1]
    assert "txtai's over gisa's: 5.0" in asked[2]
    assert "haystack 8.5" in asked[2]


def test_nothing_in_common(compared: tuple[Comparison, GoldenSet]) -> None:
    done, golden = compared
    with pytest.raises(DataError, match="no question that every system was asked"):
        tabulated(done, replace(golden, questions=golden.questions[3:]))


def test_commands(tmp_path: Path) -> None:
    runner = CliRunner()
    missing = runner.invoke(peers.app, ["table", str(tmp_path / "none.jsonl")])
    assert isinstance(missing.exception, DataError)


def test_a_real_worker_takes_the_articles_in_and_answers(tmp_path: Path, home: Path) -> None:
    """BM25 needs no model: a process of its own, one question, one file."""
    out = tmp_path / "out.jsonl"
    told = CliRunner().invoke(peers.app, ["--out", str(out), "--peers", "BM25 chunk", "--questions", "1"])
    assert told.exit_code == 0, told.output
    done = Comparison()
    done.add(out)
    (record,) = done.answers.values()
    assert record.error is None
    assert record.cited
    assert record.answer == record.cited[0].text
    assert record.memory_mib > 50
    assert done.systems["BM25 chunk"][0].vectors > 5
    assert done.sittings[0].questions == "golden"
    again = CliRunner().invoke(peers.app, ["--out", str(out), "--peers", "BM25 chunk", "--questions", "1"])
    assert again.exit_code == 0
    twice = Comparison()
    twice.add(out)
    assert twice.systems["BM25 chunk"] == done.systems["BM25 chunk"], "nothing was opened again"
