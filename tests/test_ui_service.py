"""What every surface stands on: answers in turn, in conversation, within time, and stopped when nobody waits."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

import pytest
from llama_index.llms.openai_like import OpenAILike
from serving import ASKED, DRAFT, Drafting, Open, Slow, Stuck

from eval.bench.rest_server import stand_in
from index.names import NameBook
from index.types import Filter
from rag.errors import QuestionError
from rag.generate import Writer
from rag.types import Drafted, Event, Found
from ui.service import Answered, Turn
from ui.service.errors import (
    AnswerNotFoundError,
    ConversationNotFoundError,
    OutOfTimeError,
    QueueFullError,
    ServiceClosedError,
)
from ui.service.service import SEARCHES_AT_ONCE

pytest_plugins = ["serving"]
FOLLOW_UP = "And how many of those are public?"
UNDERSTOOD = "How many of the GPUs Korea is securing are for the public sector?"


def test_an_answer_is_told_as_it_comes_about(opened: Open) -> None:
    async def run() -> tuple[Answered, list[Event]]:
        told: list[Event] = []
        async with opened() as service:
            return await service.ask(ASKED, listen=told.append), told

    answered, told = asyncio.run(run())
    assert answered.answer.answered_by == "llm"
    assert answered.answer.answer == "More than 260,000 GPUs [1]."
    assert isinstance(told[0], Found)
    assert "".join(one.text for one in told if isinstance(one, Drafted)) == DRAFT
    assert answered.rewritten is None


def test_a_follow_up_is_understood_with_what_went_before(opened: Open) -> None:
    seen: list[tuple[str, Sequence[Turn]]] = []

    def standalone(question: str, turns: Sequence[Turn], names: NameBook) -> str:
        seen.append((question, turns))
        return UNDERSTOOD

    async def run() -> tuple[Answered, Answered]:
        async with opened(Drafting(), standalone) as service:
            first = await service.ask(ASKED)
            return first, await service.ask(FOLLOW_UP, conversation=first.conversation)

    first, second = asyncio.run(run())
    assert seen == [(FOLLOW_UP, [Turn(ASKED, ASKED, first.answer.answer)])]
    assert (second.conversation, second.rewritten) == (first.conversation, UNDERSTOOD)
    assert second.answer.question == FOLLOW_UP
    assert second.id != first.id


def test_a_follow_up_of_an_earlier_answer_is_understood_with_that_one(opened: Open) -> None:
    """Asked anew in its place, a follow-up stands neither after what it replaces nor after what was asked later."""
    seen: list[Sequence[Turn]] = []

    def standalone(question: str, turns: Sequence[Turn], names: NameBook) -> str:
        seen.append(turns)
        return UNDERSTOOD

    async def run() -> Answered:
        async with opened(Drafting(), standalone) as service:
            first = await service.ask(ASKED)
            second = await service.ask(FOLLOW_UP, conversation=first.conversation)
            await service.ask("And the UK?", conversation=first.conversation)
            seen.clear()
            again = await service.ask("And the private?", conversation=first.conversation, after=first.id)
            await service.ask("And the UK?", conversation=first.conversation, after=second.id)
            await service.ask("And the US?", conversation=first.conversation)
            for conversation, after in ((first.conversation, "nobody's"), (None, first.id)):
                with pytest.raises(AnswerNotFoundError):
                    await service.ask(FOLLOW_UP, conversation=conversation, after=after)
            other = await service.ask(ASKED)
            with pytest.raises(AnswerNotFoundError):
                await service.ask(FOLLOW_UP, conversation=other.conversation, after=first.id)
            assert service.turns.taken == 0
            assert again.conversation == first.conversation
            return first

    first = asyncio.run(run())
    assert seen[0] == [Turn(ASKED, ASKED, first.answer.answer)]
    assert [turn.question for turn in seen[1]] == [FOLLOW_UP]
    assert [turn.question for turn in seen[2]][-2:] == ["And the private?", "And the UK?"]


def test_a_thread_of_a_chat_tool_keeps_its_conversation(opened: Open) -> None:
    async def run() -> list[str]:
        async with opened() as service:
            return [await service.conversation_of(place) for place in ("slack:1", "slack:2", "slack:1")]

    one, two, again = asyncio.run(run())
    assert one == again != two


def test_unknown_ids_are_errors_and_leave_no_place_taken(opened: Open) -> None:
    async def run() -> int:
        async with opened() as service:
            with pytest.raises(ConversationNotFoundError):
                await service.ask(ASKED, conversation="nobody's")
            with pytest.raises(QuestionError):
                await service.ask("   ")
            with pytest.raises(AnswerNotFoundError):
                await service.feedback("nobody's", "up")
            return service.turns.taken

    assert asyncio.run(run()) == 0


def test_the_filter_reaches_retrieval(opened: Open) -> None:
    async def run() -> set[str]:
        async with opened() as service:
            newest = (await service.articles())[0].id
            found = await service.search(ASKED, where=Filter(article_ids=(newest,)))
            return {hit.article.id for hit in found.hits} ^ {newest}

    assert asyncio.run(run()) == set()


def test_whoever_leaves_stops_the_model_within_a_second(opened: Open) -> None:
    model = Slow(words=1000)

    async def run() -> float:
        async with opened(model) as service:
            asking = asyncio.ensure_future(service.ask(ASKED))
            await asyncio.to_thread(model.began.wait, 20)
            left = time.monotonic()
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
            assert await asyncio.to_thread(model.ended.wait, 5)
            return time.monotonic() - left

    assert asyncio.run(run()) < 5  # of 20; the benchmark holds it to 1 on a quiet machine


def test_the_models_server_is_told_when_the_asker_leaves(opened: Open) -> None:
    """By a real client of a server that counts as writing while its connection stands."""

    class Served(Writer):
        def close(self) -> None: ...

    def writing() -> list[threading.Thread]:
        return [one for one in threading.enumerate() if "process_request_thread" in one.name]

    async def run(url: str) -> float:
        llm = OpenAILike(model="m", api_base=url, api_key="none", is_chat_model=True)
        async with opened(Served(llm)) as service:
            drafted = asyncio.Event()
            asking = asyncio.ensure_future(
                service.ask(ASKED, listen=lambda event: drafted.set() if isinstance(event, Drafted) else None)
            )
            await drafted.wait()
            asking.cancel()
            left = time.monotonic()
            while len(writing()) > 1:  # the client's other connection is kept alive, and idle
                assert time.monotonic() - left < 3
                await asyncio.sleep(0.02)
            return time.monotonic() - left

    with stand_in(pause_s=0.05, words=200) as url:
        assert asyncio.run(run(url)) < 3


def test_whoever_leaves_the_queue_is_never_answered(opened: Open) -> None:
    model = Slow(words=50)

    async def run() -> list[str]:
        async with opened(model) as service:
            first = asyncio.ensure_future(service.ask(ASKED, asker="a"))
            await asyncio.to_thread(model.began.wait, 20)
            there = asyncio.Event()
            second = asyncio.ensure_future(service.ask(UNDERSTOOD, asker="b", listen=lambda _: there.set()))
            await there.wait()  # its evidence comes although the model is busy
            assert not first.done()
            second.cancel()
            await first
        return model.order

    assert asyncio.run(run()) == [ASKED]


def test_evidence_does_not_wait_for_the_model(opened: Open) -> None:
    model = Slow(words=200)

    async def run() -> tuple[float, bool]:
        async with opened(model) as service:
            await service.search(ASKED)  # loads what is loaded once
            first = asyncio.ensure_future(service.ask(ASKED, asker="a"))
            await asyncio.to_thread(model.began.wait, 20)
            there, started = asyncio.Event(), time.monotonic()
            second = asyncio.ensure_future(service.ask(ASKED, asker="b", listen=lambda _: there.set()))
            await there.wait()
            waited, busy = time.monotonic() - started, not first.done()
            for one in (first, second):
                one.cancel()
            return waited, busy

    waited, busy = asyncio.run(run())
    assert busy
    assert waited < 2  # the benchmark holds it to 0.3 on a quiet machine


def test_the_queue_refuses_at_once_and_answers_the_rest(opened: Open) -> None:
    async def run() -> tuple[list[Answered | BaseException], float]:
        async with opened(Slow(words=3), queue_length=2, queue_each=2) as service:
            asking = [asyncio.ensure_future(service.ask(ASKED, asker=name)) for name in "abc"]
            await asyncio.sleep(0)
            started = time.monotonic()
            with pytest.raises(QueueFullError):
                await service.ask(ASKED, asker="d")
            refused = time.monotonic() - started
            return list(await asyncio.gather(*asking, return_exceptions=True)), refused

    answers, refused = asyncio.run(run())
    assert [type(one) for one in answers] == [Answered] * 3
    assert refused < 0.5  # before anything is looked for or loaded; the benchmark holds it to 0.05


def test_out_of_time_while_the_model_writes_quotes_the_evidence(opened: Open) -> None:
    async def run() -> Answered:
        async with opened(Slow(words=1000), answer_timeout_s=3) as service:
            await service.search(ASKED)
            return await service.ask(ASKED)

    answered = asyncio.run(run())
    assert answered.answer.answered_by == "reader"
    assert any("3 seconds" in notice for notice in answered.answer.notices)


def test_out_of_time_in_the_queue_quotes_too(opened: Open) -> None:
    model = Slow()

    async def run() -> Answered:
        async with opened(model, answer_timeout_s=3) as service:
            await service.search(ASKED)
            service.turns.join("a").wait(0)  # has its turn, and is never done
            return await service.ask(ASKED, asker="b")

    answered = asyncio.run(run())
    assert answered.answer.answered_by == "reader"
    assert model.order == []


def test_a_model_that_hangs_past_the_deadline_is_left_and_the_evidence_quoted(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.service.service.QUOTE_S", 20)
    model = Stuck()

    async def run() -> Answered:
        service = opened(model, answer_timeout_s=2)
        await service.search(ASKED)
        answered = await service.ask(ASKED)
        model.let_go.set()
        await service.close()
        return answered

    answered = asyncio.run(run())
    assert answered.answer.answered_by == "reader"
    assert "26만" in answered.answer.answer
    assert any("2 seconds" in notice for notice in answered.answer.notices)


def test_evidence_that_comes_too_late_is_quoted_all_the_same(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.service.service.QUOTE_S", 20)
    model = Slow()

    async def run() -> Answered:
        async with opened(model, answer_timeout_s=1) as service:
            for _ in range(SEARCHES_AT_ONCE):
                service._seeking.acquire()  # others look for evidence, and for long
            answered = await service.ask(ASKED)
            service._seeking.release()
            return answered

    answered = asyncio.run(run())
    assert answered.answer.answered_by == "reader"
    assert answered.answer.citations
    assert model.order == []


def test_what_needs_no_model_waits_for_none(opened: Open) -> None:
    async def run() -> Answered:
        async with opened(Slow(), queue_length=1) as service:
            service.turns.join("a").wait(0)
            return await service.ask(ASKED, where=Filter(publishers=("없는신문",)), asker="b")

    assert asyncio.run(run()).answer.refused


def test_a_job_that_hangs_is_given_up(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go = threading.Event()

    async def run() -> None:
        service = opened(answer_timeout_s=0.2)
        monkeypatch.setattr(service._gisa, "ask", lambda *_, **__: let_go.wait(30))
        with pytest.raises(OutOfTimeError):
            await service.ask(ASKED)
        let_go.set()
        await service.close()

    monkeypatch.setattr("ui.service.service.GRACE_S", 0.1)
    monkeypatch.setattr("ui.service.service.QUOTE_S", 0.1)
    asyncio.run(run())


def test_closing_finishes_what_was_begun_and_takes_nothing_new(opened: Open) -> None:
    model = Slow(words=20)

    async def run() -> tuple[Answered, bool]:
        service = opened(model)
        asking = asyncio.ensure_future(service.ask(ASKED))
        await asyncio.to_thread(model.began.wait, 20)
        closing = asyncio.ensure_future(service.close())
        await asyncio.sleep(0.05)
        with pytest.raises(ServiceClosedError):
            await service.ask(ASKED)
        answered = await asking
        await closing
        return answered, model.ended.is_set()

    answered, ended = asyncio.run(run())
    assert ended
    assert answered.answer.answered_by == "llm"
