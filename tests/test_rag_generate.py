"""What the model is told, how it judges, and how its draft comes back. Evidence is made up; the model is the shipped
fake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any

import httpx
import openai
import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, LogProb, MessageRole
from made_up import NAMES, article, evidence, question
from pydantic import PrivateAttr

from rag.errors import ModelServerError
from rag.generate import CERTAIN, QUESTION_TOKENS, SENTENCE_TOKENS, Writer, for_reader, prompt, tokens
from rag.pipeline import ignore
from rag.question import Question
from rag.testing import FakeLLM
from rag.types import Drafted, Event, Evidence, Restarted

MOST = QUESTION_TOKENS + SENTENCE_TOKENS + 20
"""Tokens of the last turn, by estimate: test_rag_local_llm counts the whole with the model's own tokenizer."""
JOBS = evidence("부산시는 일자리가 3만개 이상 생길 것으로 본다.")
PLANT = evidence("공장은 부산에 선다.")
MAYOR = evidence("시장이 밝혔다.")
ENGLISH = question("How many jobs does Busan expect?")
KOREAN = question("부산시가 예상하는 일자리는 몇 개인가?")


def last(messages: Sequence[ChatMessage]) -> str:
    return str(messages[-1].content)


class OddsLLM(FakeLLM):
    """Gives the log probabilities of its first token, as servers of the OpenAI API do, and keeps how it was asked."""

    _first: list[dict[str, float]] = PrivateAttr()
    _asked: list[dict[str, Any]] = PrivateAttr(default_factory=list)

    def __init__(self, first: Sequence[dict[str, float]]) -> None:
        super().__init__(["?"] * len(first))
        self._first = list(first)

    def chat(self, messages: Sequence[ChatMessage], **told: Any) -> ChatResponse:
        self._asked.append(told)
        reply: ChatResponse = super().chat(messages)
        found = self._first[len(self.prompts) - 1]
        reply.logprobs = [[LogProb(token=token, logprob=value) for token, value in found.items()]]
        return reply


class TestPrompt:
    def test_turns(self) -> None:
        roles = [message.role for message in prompt(ENGLISH, JOBS, NAMES)]
        assert roles[0] == MessageRole.SYSTEM
        assert roles[-1] == MessageRole.USER
        assert roles[1:-1] == [MessageRole.USER, MessageRole.ASSISTANT] * ((len(roles) - 2) // 2)
        assert len(roles) > 2  # few-shot examples

    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_examples_show_both_replies(self, asked: Question) -> None:
        told = [str(m.content) for m in prompt(asked, JOBS, NAMES) if m.role == MessageRole.ASSISTANT]
        assert {reply.split(":")[0] for reply in told} == {"yes", "no"}

    @pytest.mark.parametrize("asked", [ENGLISH, KOREAN])
    def test_last_turn_is_the_sentence_and_the_question(self, asked: Question) -> None:
        told = last(prompt(asked, JOBS, NAMES))
        assert told.count("\n") == 1
        assert told.splitlines()[1].endswith(asked.text)
        assert "3만개" in told.splitlines()[0]

    @pytest.mark.parametrize(("asked", "other"), [(ENGLISH, PLANT), (KOREAN, PLANT)])
    def test_sentences_share_all_but_the_last_turn(self, asked: Question, other: Evidence) -> None:
        """So a server reads the beginning once for all judgements and for the draft."""
        assert prompt(asked, JOBS, NAMES)[:-1] == prompt(asked, other, NAMES)[:-1]

    def test_is_in_the_language_of_the_question(self) -> None:
        assert not re.search("[가-힣]", str(prompt(ENGLISH, JOBS, NAMES)[0].content))
        assert re.search("[가-힣]", str(prompt(KOREAN, JOBS, NAMES)[0].content))

    def test_braces_in_articles_and_questions_stay(self) -> None:
        odd = evidence("코드는 {question} 와 {sentence} 와 {0} 이다.")
        told = last(prompt(question("What is {sentence}?"), odd, NAMES))
        assert told.count("코드는 {") == 1
        assert "코드는 {question} 와 {sentence} 와 {0} 이다." in told
        assert told.splitlines()[1].endswith("What is {sentence}?")


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
    @pytest.mark.parametrize("times", [1, 4, 400])
    def test_never_over_the_bound(self, language: str, times: int) -> None:
        asked = question("How many? 몇 개? " * 100, language)
        assert tokens(last(prompt(asked, evidence(self.LONG * times), NAMES))) <= MOST

    @pytest.mark.parametrize("odd", ["x", "7", "國", "😀", "“"])
    def test_text_without_words(self, odd: str) -> None:
        messages = prompt(question("why " + odd * 1900, "en"), evidence(odd * 20_000), NAMES)
        assert tokens(last(messages)) <= MOST

    def test_ordinary_ones_stay_whole(self) -> None:
        told = last(prompt(KOREAN, evidence(self.LONG * 2), NAMES))
        assert "…" not in told
        assert told.count("나눠 준다.") == 2

    @pytest.mark.parametrize("language", ["en", "ko"])
    def test_both_ends_of_a_long_sentence_stay(self, language: str) -> None:
        asked = question("How many? 몇 개?", language)
        sentence = last(prompt(asked, evidence(self.LONG * 400 + "끝이다."), NAMES)).splitlines()[0]
        assert "정부는 GPU 26만장" in sentence
        assert sentence.endswith("끝이다.")
        assert tokens(sentence) > SENTENCE_TOKENS / 2

    def test_both_ends_of_a_long_question_stay(self) -> None:
        asked = question("By the way, " + "and so on " * 100 + "how many jobs does Busan expect?")
        told = last(prompt(asked, JOBS, NAMES)).splitlines()[1]
        assert "By the way" in told
        assert told.endswith("how many jobs does Busan expect?")
        assert tokens(told) < QUESTION_TOKENS + 10

    def test_estimate_counts_hangul_higher(self) -> None:
        assert tokens("가" * 100) > tokens("a" * 100)


class TestJudge:
    """Log odds where the model gives them: yes over no, in natural logarithms."""

    def test_odds_of_yes_over_no(self) -> None:
        writer = Writer(OddsLLM([{"yes": -0.5, "no": -1.5}, {"no": -0.25, "yes": -2.25}]))
        assert writer.judge(ENGLISH, JOBS, NAMES) == pytest.approx(1.0)
        assert writer.judge(ENGLISH, MAYOR, NAMES) == pytest.approx(-2.0)

    def test_asks_for_one_token_of_the_sentence(self) -> None:
        llm = OddsLLM([{"yes": -0.5, "no": -1.5}])
        Writer(llm).judge(ENGLISH, JOBS, NAMES)
        (told,) = llm._asked
        assert told["max_tokens"] == 1
        assert told["logprobs"]
        assert told["top_logprobs"]
        assert "3만개" in last(llm.prompts[0])

    def test_the_likeliest_of_several_spellings_counts(self) -> None:
        llm = OddsLLM([{"Yes": -0.5, " yes": -4.0, "no": -2.5, "No": -9.0}])
        assert Writer(llm).judge(ENGLISH, JOBS, NAMES) == pytest.approx(2.0)

    def test_a_reply_that_is_not_among_the_likeliest(self) -> None:
        yes, no, neither = Writer(OddsLLM([{"yes": -0.1}])), Writer(OddsLLM([{"no": -0.1}])), OddsLLM([{"the": -0.1}])
        assert yes.judge(ENGLISH, JOBS, NAMES) >= CERTAIN
        assert no.judge(ENGLISH, JOBS, NAMES) <= -CERTAIN
        assert Writer(neither).judge(ENGLISH, JOBS, NAMES) == 0.0


class RefusingLLM(FakeLLM):
    """A server that turns away whoever asks for log probabilities; `_refused` counts how often it did."""

    _refused: int = PrivateAttr(default=0)

    def chat(self, messages: Sequence[ChatMessage], **told: Any) -> ChatResponse:
        if "logprobs" in told:
            self._refused += 1
            answer = httpx.Response(400, request=httpx.Request("POST", "http://server/v1/chat/completions"))
            raise openai.BadRequestError("logprobs is not supported", response=answer, body=None)
        reply: ChatResponse = super().chat(messages, **told)
        return reply


class TestJudgeWithoutLogProbabilities:
    """Such a model is judged by what it replies."""

    def test_a_server_that_refuses_them_is_asked_again_without(self) -> None:
        llm = RefusingLLM(["no", "yes"])
        writer = Writer(llm)
        assert [writer.judge(ENGLISH, item, NAMES) for item in (MAYOR, JOBS)] == [-CERTAIN, CERTAIN]
        assert llm._refused == 1

    def test_a_server_that_refuses_either_way_is_an_error(self) -> None:
        answer = httpx.Response(400, request=httpx.Request("POST", "http://server/v1/chat/completions"))
        llm = RefusingLLM([openai.BadRequestError("the prompt is too long", response=answer, body=None)])
        with pytest.raises(ModelServerError, match="the prompt is too long"):
            Writer(llm).judge(ENGLISH, JOBS, NAMES)

    @pytest.mark.parametrize("reply", ["yes", "Yes.", " yes: more than 30,000 jobs"])
    def test_yes_is_certain(self, reply: str) -> None:
        assert Writer(FakeLLM([reply])).judge(ENGLISH, JOBS, NAMES) == CERTAIN

    @pytest.mark.parametrize("reply", ["no", "No.", " no: it does not say"])
    def test_no_too(self, reply: str) -> None:
        assert Writer(FakeLLM([reply])).judge(ENGLISH, MAYOR, NAMES) == -CERTAIN

    @pytest.mark.parametrize("reply", ["", "Notes say yes.", "I cannot tell."])
    def test_neither_is_no(self, reply: str) -> None:
        """After the first reply it is asked again without the bound of one token, which may have been too few."""
        llm = FakeLLM([reply] * 2)
        assert Writer(llm).judge(ENGLISH, MAYOR, NAMES) == -CERTAIN
        assert len(llm.prompts) == 2

    def test_a_reply_that_needs_more_than_a_token(self) -> None:
        assert Writer(FakeLLM(["", "yes: more than 30,000"])).judge(ENGLISH, JOBS, NAMES) == CERTAIN


class TestWriter:
    def test_streams_and_returns_the_same(self) -> None:
        events: list[Event] = []
        draft = Writer(FakeLLM(["yes: more than 30,000 jobs"])).write(ENGLISH, JOBS, NAMES, events.append)
        assert draft == "more than 30,000 jobs"
        assert "".join(event.text for event in events if isinstance(event, Drafted)) == draft
        assert len(events) == 4  # words

    @pytest.mark.parametrize("reply", ["Yes: 30,000", "yes:30,000", "yes, 30,000", "YES\n30,000", "30,000"])
    def test_yes_is_not_part_of_it(self, reply: str) -> None:
        events: list[Event] = []
        assert Writer(FakeLLM([reply])).write(ENGLISH, JOBS, NAMES, events.append) == "30,000"
        assert "".join(event.text for event in events if isinstance(event, Drafted)) == "30,000"

    @pytest.mark.parametrize("reply", ["no", "No.", "no: it does not say", " no\n"])
    def test_no_is_no_draft(self, reply: str) -> None:
        events: list[Event] = []
        llm = FakeLLM([reply])
        assert Writer(llm).write(ENGLISH, JOBS, NAMES, events.append) == ""
        assert events == []
        assert len(llm.prompts) == 1

    @pytest.mark.parametrize("said", ["November 2025", "North Korea", "Yesterday", "Yonsei University", "NVIDIA"])
    def test_words_that_only_begin_like_them(self, said: str) -> None:
        for reply in (said, f"yes: {said}"):
            assert Writer(FakeLLM([reply])).write(ENGLISH, JOBS, NAMES, ignore) == said

    def test_from_the_one_sentence(self) -> None:
        llm = FakeLLM(["yes: more than 30,000 jobs"])
        Writer(llm).write(ENGLISH, JOBS, NAMES, ignore)
        assert list(llm.prompts[0]) == prompt(ENGLISH, JOBS, NAMES)

    def test_right_language_is_asked_for_once(self) -> None:
        llm = FakeLLM(["yes: 부산시는 3만개 이상을 예상한다."])
        assert Writer(llm).write(KOREAN, JOBS, NAMES, ignore).startswith("부산시")
        assert len(llm.prompts) == 1

    @pytest.mark.parametrize("mark", ["yes: ", ""])
    def test_wrong_language_is_asked_for_again(self, mark: str) -> None:
        llm = FakeLLM(["yes: 부산시는 3만개 이상을 예상한다.", f"{mark}more than 30,000"])
        events: list[Event] = []
        assert Writer(llm).write(ENGLISH, JOBS, NAMES, events.append) == "more than 30,000"
        first, second = llm.prompts
        assert second[: len(first)] == first  # what the server has read already stays the beginning
        assert [message.role for message in second[len(first) :]] == [MessageRole.ASSISTANT, MessageRole.USER]
        assert "English" in last(second)
        at = next(n for n, event in enumerate(events) if isinstance(event, Restarted))
        assert "".join(e.text for e in events[at:] if isinstance(e, Drafted)) == "more than 30,000"

    def test_asked_again_in_korean(self) -> None:
        llm = FakeLLM(["yes: more than thirty thousand jobs", "yes: 3만개 이상입니다"])
        assert Writer(llm).write(KOREAN, JOBS, NAMES, ignore) == "3만개 이상입니다"
        assert "한국어" in last(llm.prompts[1])

    def test_only_once(self) -> None:
        llm = FakeLLM(["yes: 부산시는 3만개.", "yes: 역시 3만개."])
        assert Writer(llm).write(ENGLISH, JOBS, NAMES, ignore) == "역시 3만개."
        assert len(llm.prompts) == 2

    @pytest.mark.parametrize("reply", ["  ", "yes:", "yes: "])
    def test_an_empty_draft_is_not_asked_for_again(self, reply: str) -> None:
        llm = FakeLLM([reply])
        assert Writer(llm).write(ENGLISH, JOBS, NAMES, ignore) == ""
        assert len(llm.prompts) == 1

    def test_names_its_model(self) -> None:
        assert Writer(FakeLLM([], name="exaone")).model == "exaone"


class TestServerErrors:
    @pytest.mark.parametrize("judging", [True, False])
    @pytest.mark.parametrize(
        "error",
        [
            openai.APIConnectionError(request=httpx.Request("POST", "http://localhost")),
            openai.APITimeoutError(request=httpx.Request("POST", "http://localhost")),
            httpx.RemoteProtocolError("peer closed connection\nwithout sending complete message body"),
            ConnectionResetError("reset"),
        ],
    )
    def test_become_ours(self, error: Exception, judging: bool) -> None:
        writer = Writer(FakeLLM([error]))
        write = partial(writer.write, ENGLISH, JOBS, NAMES, ignore)
        ask = partial(writer.judge, ENGLISH, JOBS, NAMES) if judging else write
        with pytest.raises(ModelServerError) as caught:
            ask()
        assert caught.value.__cause__ is error
        for line in (caught.value.en, caught.value.ko):
            assert "\n" not in line
            assert "--no-llm" in line
            assert "GISA_LLM__BASE_URL" in line

    def test_other_errors_stay_what_they_are(self) -> None:
        with pytest.raises(ZeroDivisionError):
            Writer(FakeLLM([ZeroDivisionError()])).judge(ENGLISH, JOBS, NAMES)
        with pytest.raises(ZeroDivisionError):
            Writer(FakeLLM([ZeroDivisionError()])).write(ENGLISH, JOBS, NAMES, ignore)
