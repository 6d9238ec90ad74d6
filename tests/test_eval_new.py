"""Drafts of golden questions: which facts are asked for, how a question is checked, and the file that comes of it."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from eval.cli import app
from eval.datasets import DataError, load_golden
from eval.draft_facts import Candidate, candidates, facts, spread
from eval.draft_file import FOLDER, from_feedback, write_drafts
from eval.draft_words import by_model, by_template, fault, prompt
from eval.drafting import Draft, draft
from index.names import NameBook
from index.types import ArticleInfo
from rag.errors import Language, ModelServerError
from rag.testing import FakeLLM
from rag.types import Evidence, SearchResult
from seeds.article import Article
from ui.chat import drafts as feedback
from ui.chat.opinions import Opinion

NAMES = NameBook()
CRANES = "해양수산부는 2031년까지 부산항에 무인 크레인 34대를 들여놓는다고 밝혔다."
FURNACE = "한빛제철은 지난 4월 3일 새 용광로를 짓는 데 7200억원을 쓰겠다고 발표했다."
LIBRARY = "강릉 시립도서관은 오는 9월 3일 새 건물에서 문을 연다고 알렸다."
CARDS = "정부는 그래픽카드 26만장을 올해 안에 사들이겠다고 했다."
FEAST = "회사는 인부 다섯 명과 수십 명의 손님을 불러 작은 잔치를 열었다고 한다."
TWICE = "공장은 한 해에 48대를 만들고 다른 공장도 똑같이 48대를 만든다고 전했다."


def info(name: str, title: str = "새 소식") -> ArticleInfo:
    return ArticleInfo(name, title, "가람일보", None, date(2026, 5, 10), "day", "ko", None, f"/x/{name}.txt")


def article(name: str, *sentences: str, title: str = "새 소식") -> Article:
    text = " ".join(sentences)
    return Article(id=name, title=title, text=text, body=((0, len(text)),), published=date(2026, 5, 10))


def candidate(sentence: str, form: str, title: str = "새 소식") -> Candidate:
    found = candidates(info("a", title), article("a", sentence, title=title), NAMES)
    return next(one for one in found if form in one.fact.forms)


@dataclass
class Collection:
    """Two articles that can be searched: the sentence with most of the question's words comes first."""

    texts: dict[str, tuple[str, ...]]

    @property
    def names(self) -> NameBook:
        return NAMES

    @property
    def store(self) -> Any:
        return SimpleNamespace(
            articles=lambda: [info(name) for name in self.texts],
            article=lambda name: article(name, *self.texts[name]),
        )

    def search(self, question: str, *, language: str = "auto", limit: int = 5) -> SearchResult:
        hits = []
        for name, sentences in self.texts.items():
            text = " ".join(sentences)
            for sentence in sentences:
                score = sum(word[:2] in sentence for word in question.split())
                at = text.index(sentence)
                hits.append(
                    Evidence(info(name), "c", at, at + len(sentence), sentence, sentence, float(score), float(score))
                )
        return SearchResult(question, "ko", tuple(sorted(hits, key=lambda one: -one.score)[:limit]))


@pytest.mark.parametrize(
    ("sentence", "kind", "forms"),
    [
        (CRANES, "how-many", {"34대", "34"}),
        (CRANES, "when", {"2031년", "2031"}),
        (FURNACE, "how-much", {"7200억원", "720 billion won"}),
        (FURNACE, "when", {"지난 4월 3일", "2026년 4월 3일", "April 3, 2026", "2026-04-03"}),
        (CARDS, "how-many", {"26만장", "26만", "260,000"}),
        ("공사는 내년 3월에 시작해 늦어도 가을 전에 끝난다고 한다.", "when", {"내년 3월", "2027년 3월", "March 2027"}),
        ("젠슨 황은 새 연구소를 부산에 짓겠다는 뜻을 밝혔다.", "who", {"젠슨 황", "Jensen Huang"}),
    ],
)
def test_facts(sentence: str, kind: str, forms: set[str]) -> None:
    """What a sentence says, in the forms that people write it in."""
    found = [one for one in facts(sentence, info("a"), NAMES) if one.kind == kind]
    assert len(found) == 1
    assert forms <= set(found[0].forms)
    assert sentence[found[0].start : found[0].end] == found[0].text == found[0].forms[0]


@pytest.mark.parametrize("sentence", [FEAST, TWICE])
def test_no_facts_in_small_vague_or_repeated_numbers(sentence: str) -> None:
    assert [one for one in facts(sentence, info("a"), NAMES) if one.kind in {"how-many", "how-much"}] == []


def test_two_of_a_kind_are_not_asked_for() -> None:
    sentence = "젠슨 황은 샘 올트먼을 만나 새 연구소 이야기를 나눴다고 한다."
    assert [one for one in facts(sentence, info("a"), NAMES) if one.kind == "who"] == []


def test_sentences_are_whole_and_of_some_length() -> None:
    long = "정부는 " + "아주 " * 80 + "많은 340대를 들여놓는다고 밝혔다."
    assert candidates(info("a"), article("a", "크레인 34대를 산다."), NAMES) == []
    assert candidates(info("a"), article("a", long), NAMES) == []
    assert candidates(info("a"), article("a", CRANES.removesuffix(".")), NAMES) == []
    assert {one.sentence.text for one in candidates(info("a"), article("a", CRANES, FEAST), NAMES)} == {CRANES}


def test_spread_takes_articles_in_turn_and_a_sentence_once() -> None:
    found = candidates(info("a"), article("a", CRANES, FURNACE), NAMES)
    found += candidates(info("b"), article("b", CRANES.replace("34", "57"), FURNACE.replace("72", "81")), NAMES)
    order = list(spread(found, random.Random(1)))
    assert [one.info.id for one in order[:2]] in (["a", "b"], ["b", "a"])
    assert len({(one.info.id, one.sentence.start) for one in order}) == len(order) == 4
    assert order == list(spread(found, random.Random(1)))
    assert any(order != list(spread(found, random.Random(seed))) for seed in range(2, 9))


@pytest.mark.parametrize(
    ("question", "language", "said"),
    [
        ("해양수산부가 부산항에 들여놓는 무인 크레인은 몇 대인가요?", "ko", None),
        ("How many unmanned cranes will come to the port?", "en", None),
        ("무인 크레인 34대를 들여놓는 곳은 몇 곳인가요?", "ko", "it gives the answer away"),
        ("무인 크레인은 몇 대", "ko", "it is no single question"),
        ("?", "ko", "it is no single question"),
        ("무인 크레인은 몇 대인가요?", "en", "it is in the other language"),
        ("무인 크레인은 언제 들여놓나요?", "ko", "it asks for another kind of thing"),
        ("삼성전자가 들여놓는 무인 크레인은 몇 대인가요?", "ko", "it names what the article does not"),
        ("2044년까지 들여놓는 무인 크레인은 몇 대인가요?", "ko", "it has a number that the sentence does not"),
    ],
)
def test_faults(question: str, language: Language, said: str | None) -> None:
    assert fault(question, candidate(CRANES, "34대"), language, NAMES) == said


def test_prompt_tells_sentence_value_and_what_to_ask() -> None:
    messages = prompt(candidate(FURNACE, "7200억원"), "en", NAMES)
    last = str(messages[-1].content)
    assert "7200억원 (= 720 billion won)" in last, "a small model misreads Korean numbers"
    assert "Answer: 7200억원 (720 billion won)\nAsk: how much" in last
    assert [message.role.value for message in messages[:3]] == ["system", "user", "assistant"]
    korean = str(prompt(candidate(FURNACE, "7200억원"), "ko", NAMES)[-1].content)
    assert korean == f"문장: {FURNACE}\n정답: 7200억원\n물을 것: 얼마"


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("How many cranes?", "How many cranes?"),
        ('Question: "How many cranes?"\nAnswer: 34', "How many cranes?"),
        ("\n질문: 몇 대인가요?", "몇 대인가요?"),
        ("", ""),
    ],
)
def test_reply_of_a_model(reply: str, question: str) -> None:
    assert by_model(FakeLLM([reply]), candidate(CRANES, "34대"), "en", NAMES) == question


def test_model_out_of_reach() -> None:
    with pytest.raises(ModelServerError, match="--no-llm"):
        by_model(FakeLLM([httpx.ConnectError("nobody there")]), candidate(CRANES, "34대"), "en", NAMES)


def test_templates_never_give_the_answer_away() -> None:
    for form in ("34대", "2031년"):
        one = candidate(CRANES, form)
        languages: tuple[Language, ...] = ("ko", "en")
        for language in languages:
            assert fault(by_template(one, language, NAMES), one, language, NAMES) is None
    named = candidate(CRANES, "34대", title="부산항에 무인 크레인 34대 온다")
    unnamed = replace(named, sentence=replace(named.sentence, text="모두 34대를 들여놓는다고 어제 늦게 밝혔다고 한다."))
    assert by_template(unnamed, "ko", NAMES) == "", "the title has it, and there is no name to ask by"


def test_drafts_with_a_model() -> None:
    """What fails its check is left out and the next sentence has its turn; where search finds it is noted."""
    gisa = Collection({"a": (CRANES,), "b": (FURNACE,)})
    chosen = [one.fact.kind for one in spread(
        [one for name in gisa.texts for one in candidates(info(name), article(name, *gisa.texts[name]), NAMES)],
        random.Random(3),
    )]  # fmt: skip
    good = {
        "how-many": "무인 크레인은 모두 몇 대인가요?",
        "how-much": "새 용광로에 얼마를 쓰나요?",
        "when": "이 일은 언제인가요?",
        "who": "발표한 사람은 누구인가요?",
        "which": "어느 회사가 발표했나요?",
    }
    left_out: Counter[str] = Counter()
    llm = FakeLLM(["무인 크레인", good[chosen[1]]])
    made = list(draft(gisa, llm, count=1, languages=["ko"], seed=3, left_out=left_out))
    assert left_out == {"it is no single question": 1}
    (one,) = made
    assert one.told["question"] == good[chosen[1]]
    assert one.told["kind"] == chosen[1]
    assert one.told["sentences"][0] in (CRANES, FURNACE)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)?-[0-9a-f]{8}", one.told["id"])
    assert any(line.startswith("gisa search finds the sentence, as number") for line in one.review)


def test_drafts_end_where_the_collection_does(tmp_path: Path) -> None:
    gisa = Collection({"a": (CRANES, FEAST)})
    made = list(draft(gisa, None, count=5, languages=["ko", "en"], seed=0, left_out=Counter()))
    assert len(made) == 1, "one fact of a sentence"
    assert made[0].review[0] == "question: a template: put it in a reader's words"
    assert list(draft(Collection({"a": (FEAST,)}), None, count=5, languages=["ko"], seed=0, left_out=Counter())) == []


def test_file_is_a_golden_set_and_is_never_written_over(tmp_path: Path) -> None:
    out = tmp_path / "new" / "drafts.yaml"
    evil = "a comment\n  - id: x\x85\u2028\x00# out"
    told = {
        "id": "how-many-1", "question": "크레인은 \u2028몇 대: #인가요?", "language": "ko", "answerable": True,
        "kind": "how-many", "facts": [["34대", "34", "yes", "1,000"]], "articles": ["a"], "sentences": [CRANES],
    }  # fmt: skip
    assert write_drafts([Draft(told, ("look at it", evil))], out) == 1
    text = out.read_text(encoding="utf-8")
    assert "\n  # review: look at it\n  # review: a comment - id: x # out\n  - id: how-many-1\n" in text
    (question,) = load_golden(out).questions
    assert question.question == told["question"]
    assert question.facts == (("34대", "34", "yes", "1,000"),)
    with pytest.raises(DataError, match="is there already"):
        write_drafts([], out)
    assert out.read_text(encoding="utf-8") == text

    def broken() -> Any:
        yield Draft(told, ())
        raise ModelServerError("It is away.", "없습니다.")

    for drafts, lines in ((broken(), 1), (iter(()), 0)):
        other = tmp_path / f"{lines}.yaml"
        try:
            assert write_drafts(drafts, other) == 0
        except ModelServerError:
            assert len(load_golden(other).questions) == 1, "what was drafted stays"
        assert other.exists() == bool(lines), "an empty file would only be in the way"
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="cannot be written"):
        write_drafts([], tmp_path / "file" / "drafts.yaml")


def opinion(number: int, thumb: Any, comment: str | None) -> Opinion:
    """As the chat page keeps one: on an answer with one citation and one claim."""
    answer = {
        "language": "en",
        "answer": "34 cranes [1].",
        "refused": False,
        "citations": [{"number": 1, "article_id": "a", "title": "t", "quote": CRANES}],
        "claims": [{"text": "34 cranes", "supported": True}],
        "nearest": [],
    }
    asked = "How many cranes will the port get?"
    at = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    return Opinion(number, thumb, comment, at, asked, asked, answer, f"answer-{number}")


def test_feedback_is_gathered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that the Quality tab itself wrote; what a person must still say keeps the set from being measured on."""
    for number, (thumb, comment) in enumerate([("up", None), ("down", "It is\n57!")]):
        feedback.write(feedback.draft(opinion(number, thumb, comment), {"a": "/x/a.txt"}), tmp_path)
    assert feedback.FOLDER == FOLDER
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    out = tmp_path / FOLDER / "gathered.yaml"
    told = CliRunner().invoke(app, ["new", "--from-feedback", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "2 drafts" in told.stderr
    text = out.read_text(encoding="utf-8")
    liked, disliked = sorted(yaml.safe_load(text)["questions"], key=lambda one: -len(one["facts"]))
    assert (liked["facts"], disliked["facts"]) == ([["34 cranes"]], [])
    assert liked["sentences"] == [CRANES]
    for line in (
        "answered: 34 cranes [1].",
        f"{feedback.FACTS}",
        "the asker did not like the answer; comment: It is 57!",
    ):
        assert f"# review: {line}\n" in text
    with pytest.raises(DataError, match=f"question {disliked['id']}"):
        load_golden(out)
    assert len(from_feedback(tmp_path)) == 2, "drafts from elsewhere in that folder are none of feedback"


def test_feedback_that_is_not_there_or_damaged(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no drafts from feedback"):
        from_feedback(tmp_path)
    (tmp_path / FOLDER).mkdir(parents=True)
    for text in ("- 1\n", "draft: {}\n", "a: [", "draft: 3\nquestions: []\n"):
        (tmp_path / FOLDER / "bad.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=r"bad\.yaml is no draft"):
            from_feedback(tmp_path)


def test_command_does_no_work_for_a_file_that_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    (tmp_path / "out.yaml").write_text("mine", encoding="utf-8")
    told = CliRunner().invoke(app, ["new", "--out", str(tmp_path / "out.yaml")])
    assert isinstance(told.exception, DataError)
    assert not (tmp_path / "index").exists()


def test_real_model_drafts_two_questions(
    tmp_path: Path, home: Path, embedder_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default model on a collection of four made-up sentences: what passes its checks is a set that can be read."""
    from index.build import ingest
    from rag.assemble import open_collection
    from rag.settings import load_settings
    from seeds.provision import ensure

    monkeypatch.setenv("GISA_HOME", str(tmp_path))
    monkeypatch.setenv("GISA_EMBEDDER__MODEL", str(embedder_folder))
    monkeypatch.setenv("GISA_LLM__MODEL", str(ensure("qwen2.5-coder-1.5b-instruct", home)))
    monkeypatch.setenv("GISA_LLM__TIMEOUT_S", "300")
    with open_collection(load_settings()) as collection:
        made = [article("port", CRANES, CARDS, title="항구 소식"), article("city", FURNACE, LIBRARY, title="도시 소식")]
        ingest(collection.store, collection.embedder, made)
    out = tmp_path / "drafts.yaml"
    told = CliRunner().invoke(app, ["new", "--count", "2", "--language", "ko", "--out", str(out)])
    assert told.exit_code == 0, told.output
    assert "Written to" in told.stderr
    text = out.read_text(encoding="utf-8")
    questions = load_golden(out).questions
    assert 1 <= len(questions) <= 2
    for one in questions:
        assert one.question.endswith("?")
        assert one.sentences[0] in (CRANES, CARDS, FURNACE, LIBRARY)
    assert text.count("# review: gisa search finds the sentence, as number") == len(questions)
