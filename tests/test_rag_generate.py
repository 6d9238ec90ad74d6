"""What the model is told, and how its draft comes back. Evidence is made up; the model is the shipped fake."""

from __future__ import annotations

import asyncio
import re
from datetime import date

import httpx
import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.llm import LLM
from made_up import NAMES, article, evidence, question

from rag.errors import ModelServerError
from rag.generate import QUESTION_TOKENS, Writer, fitting, for_reader, prompt, tokens
from rag.pipeline import ignore
from rag.testing import FakeLLM
from rag.types import Drafted, Event, Restarted

MOST = 700 - 270 - 10
"""Tokens left of the 700 that a prompt of the local model may have (issue 2) when instructions, examples and the
template of the last turn are there: test_rag_local_llm counts those with the model's own tokenizer."""
JOBS = evidence("부산시는 일자리가 3만개 이상 생길 것으로 본다.")
ENGLISH = question("How many jobs does Busan expect?")
KOREAN = question("부산시가 예상하는 일자리는 몇 개인가?")


def last(messages: list[ChatMessage]) -> str:
    return str(messages[-1].content)


class TestPrompt:
    def test_turns(self) -> None:
        roles = [message.role for message in prompt(ENGLISH, [JOBS], NAMES)]
        assert roles[0] == MessageRole.SYSTEM
        assert roles[-1] == MessageRole.USER
        assert roles[1:-1] == [MessageRole.USER, MessageRole.ASSISTANT] * ((len(roles) - 2) // 2)
        assert len(roles) > 2  # few-shot examples

    def test_evidence_is_numbered_from_one_in_its_order(self) -> None:
        shown = [JOBS, evidence("시장이 밝혔다."), evidence("공장은 크다.")]
        assert re.findall(r"^\[(\d)\] (\S+)", last(prompt(KOREAN, shown, NAMES)), re.MULTILINE) == [
            ("1", "부산시는"),
            ("2", "시장이"),
            ("3", "공장은"),
        ]

    def test_ends_with_the_question(self) -> None:
        assert last(prompt(ENGLISH, [JOBS], NAMES)).endswith(ENGLISH.text)
        assert last(prompt(KOREAN, [JOBS], NAMES)).endswith(KOREAN.text)

    def test_is_in_the_language_of_the_question(self) -> None:
        assert not re.search("[가-힣]", str(prompt(ENGLISH, [JOBS], NAMES)[0].content))
        assert re.search("[가-힣]", str(prompt(KOREAN, [JOBS], NAMES)[0].content))

    def test_braces_in_articles_and_questions_stay(self) -> None:
        odd = evidence("코드는 {question} 와 {evidence} 와 {0} 이다.")
        told = last(prompt(question("What is {evidence}?"), [odd], NAMES))
        assert told.count("코드는 {") == 1
        assert "{0}" in told
        assert told.endswith("What is {evidence}?")


class TestAnnotation:
    @pytest.mark.parametrize(
        ("text", "gloss"),
        [
            ("정부는 GPU 26만장을 들여온다.", "26만장 (= 260,000)"),
            ("회사는 2조원을 들인다.", "2조원 (= 2 trillion won)"),
            ("기업은 280억 달러를 투자한다.", "280억 달러 (= $28 billion)"),
        ],
    )
    def test_english_readers_get_numbers(self, text: str, gloss: str) -> None:
        assert gloss in for_reader(evidence(text), "en", NAMES)

    def test_and_dates_by_the_day_of_publication(self) -> None:
        shown = evidence("공장은 31일 문을 연다.", article(published=date(2025, 10, 30)))
        assert "31일 (= October 31, 2025)" in for_reader(shown, "en", NAMES)

    def test_and_names(self) -> None:
        assert "(Yonsei University)" in for_reader(evidence("연세대가 연구한다."), "en", NAMES)

    def test_korean_readers_get_the_sentence_as_it_is(self) -> None:
        text = "연세대는 내년 GPU 26만장을 2조원에 들여온다."
        assert re.sub(r" \(= [^)]*\)", "", for_reader(evidence(text), "ko", NAMES)) == text
        assert "260,000" not in for_reader(evidence(text), "ko", NAMES)


class TestLength:
    LONG = "정부는 GPU 26만장을 엔비디아와 함께 2조원에 들여와 연세대와 삼성전자에 내년까지 나눠 준다. "

    @pytest.mark.parametrize("language", ["en", "ko"])
    @pytest.mark.parametrize("count", [1, 5, 20])
    @pytest.mark.parametrize("times", [1, 4, 400])
    def test_never_over_the_bound(self, language: str, count: int, times: int) -> None:
        asked = question("How many? 몇 개? " * 100, language)
        messages = prompt(asked, [evidence(self.LONG * times)] * count, NAMES)
        assert tokens(last(messages)) <= MOST

    @pytest.mark.parametrize("odd", ["x", "7", "國", "😀", "“"])
    def test_text_without_words(self, odd: str) -> None:
        messages = prompt(question("why " + odd * 1900, "en"), [evidence(odd * 20_000)] * 3, NAMES)
        assert tokens(last(messages)) <= MOST

    @pytest.mark.parametrize("language", ["en", "ko"])
    def test_the_best_sentence_is_always_there(self, language: str) -> None:
        (line,) = fitting(language, [evidence(self.LONG * 400), JOBS], NAMES)  # type: ignore[arg-type]
        assert line.startswith("정부는 GPU 26만장")

    def test_whole_sentences_are_left_out_from_the_end(self) -> None:
        shown = [JOBS, evidence(self.LONG), evidence(self.LONG * 20), evidence("공장은 크다.")]
        lines = fitting("ko", shown, NAMES)
        assert [line[:3] for line in lines] == ["부산시", "정부는"]

    def test_both_ends_of_a_long_question_stay(self) -> None:
        asked = question("By the way, " + "and so on " * 100 + "how many jobs does Busan expect?")
        told = last(prompt(asked, [JOBS], NAMES))
        assert "By the way" in told
        assert told.endswith("how many jobs does Busan expect?")
        assert tokens(told.rsplit("\n", 1)[-1]) < QUESTION_TOKENS + 10

    def test_estimate_counts_hangul_higher(self) -> None:
        assert tokens("가" * 100) > tokens("a" * 100)


class TestWriter:
    def test_streams_and_returns_the_same(self) -> None:
        events: list[Event] = []
        draft = Writer(FakeLLM(["More than 30,000 jobs [1]."])).write(ENGLISH, [JOBS], NAMES, events.append)
        assert draft == "More than 30,000 jobs [1]."
        assert "".join(event.text for event in events if isinstance(event, Drafted)) == draft
        assert len(events) == 5

    def test_right_language_is_asked_for_once(self) -> None:
        llm = FakeLLM(["부산시는 3만개 이상을 예상한다 [1]."])
        assert Writer(llm).write(KOREAN, [JOBS], NAMES, ignore).startswith("부산시")
        assert len(llm.prompts) == 1

    def test_wrong_language_is_asked_for_again(self) -> None:
        llm = FakeLLM(["부산시는 3만개 이상을 예상한다 [1].", "More than 30,000 [1]."])
        events: list[Event] = []
        assert Writer(llm).write(ENGLISH, [JOBS], NAMES, events.append) == "More than 30,000 [1]."
        first, second = llm.prompts
        assert second[: len(first)] == first  # what the server has read already stays the beginning
        assert [message.role for message in second[len(first) :]] == [MessageRole.ASSISTANT, MessageRole.USER]
        assert "English" in str(second[-1].content)
        at = next(n for n, event in enumerate(events) if isinstance(event, Restarted))
        assert "".join(e.text for e in events[at:] if isinstance(e, Drafted)) == "More than 30,000 [1]."

    def test_asked_again_in_korean(self) -> None:
        llm = FakeLLM(["More than 30,000 [1].", "3만개 이상입니다 [1]."])
        assert Writer(llm).write(KOREAN, [JOBS], NAMES, ignore) == "3만개 이상입니다 [1]."
        assert "한국어" in str(llm.prompts[1][-1].content)

    def test_only_once(self) -> None:
        llm = FakeLLM(["부산시는 3만개.", "역시 3만개."])
        assert Writer(llm).write(ENGLISH, [JOBS], NAMES, ignore) == "역시 3만개."
        assert len(llm.prompts) == 2

    def test_an_empty_draft_is_not_asked_for_again(self) -> None:
        llm = FakeLLM(["  "])
        assert Writer(llm).write(ENGLISH, [JOBS], NAMES, ignore) == ""
        assert len(llm.prompts) == 1

    def test_names_its_model(self) -> None:
        assert Writer(FakeLLM([], name="exaone")).model == "exaone"

    @pytest.mark.parametrize(
        "error",
        [
            openai.APIConnectionError(request=httpx.Request("POST", "http://localhost")),
            openai.APITimeoutError(request=httpx.Request("POST", "http://localhost")),
            httpx.RemoteProtocolError("peer closed connection\nwithout sending complete message body"),
            ConnectionResetError("reset"),
        ],
    )
    def test_servers_errors_become_ours(self, error: Exception) -> None:
        with pytest.raises(ModelServerError) as caught:
            Writer(FakeLLM([error])).write(ENGLISH, [JOBS], NAMES, ignore)
        assert caught.value.__cause__ is error
        for line in (caught.value.en, caught.value.ko):
            assert "\n" not in line
            assert "--no-llm" in line
            assert "GISA_LLM__BASE_URL" in line

    def test_other_errors_stay_what_they_are(self) -> None:
        with pytest.raises(ZeroDivisionError):
            Writer(FakeLLM([ZeroDivisionError()])).write(ENGLISH, [JOBS], NAMES, ignore)


class TestFakeLLM:
    """The shipped fake is a llama-index LLM like any other."""

    def test_is_one(self) -> None:
        llm = FakeLLM(["a"], name="toy")
        assert isinstance(llm, LLM)
        assert llm.metadata.model_name == "toy"
        assert llm.metadata.is_chat_model

    def test_all_ways_to_ask(self) -> None:
        llm = FakeLLM(["one two", "three four", "five", "six", "seven"])
        message = ChatMessage(content="hello")
        assert llm.chat([message]).message.content == "one two"
        assert [piece.delta for piece in llm.stream_chat([message])] == ["three ", "four"]
        assert llm.complete("hello").text == "five"
        assert [piece.text for piece in llm.stream_complete("hello")] == ["six"]
        assert asyncio.run(llm.achat([message])).message.content == "seven"
        assert [[str(m.content) for m in told] for told in llm.prompts] == [["hello"]] * 5

    def test_white_space_is_kept(self) -> None:
        text = "  a\n\nb  c "
        pieces = list(FakeLLM([text]).stream_chat([ChatMessage(content="")]))
        assert "".join(piece.delta or "" for piece in pieces) == text
        assert pieces[-1].message.content == text

    def test_raises_what_it_is_given_and_goes_on(self) -> None:
        llm = FakeLLM([OSError("gone"), "back"])
        with pytest.raises(OSError, match="gone"):
            llm.stream_chat([ChatMessage(content="hello")])
        assert llm.complete("hello").text == "back"

    def test_more_questions_than_drafts(self) -> None:
        llm = FakeLLM(["one"])
        llm.complete("hello")
        with pytest.raises(IndexError, match="2 times"):
            llm.complete("hello")
