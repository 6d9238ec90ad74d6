"""The queue in front of the model: bounded, fair, left by whoever is done."""

from __future__ import annotations

import threading
import time

import pytest

from ui.service.errors import QueueFullError
from ui.service.turns import Place, Turns


def waiting(turns: Turns, asker: str, order: list[str], name: str) -> threading.Thread:
    """A question that waits, writes its name when it is called, and leaves."""
    place = turns.join(asker)

    def run() -> None:
        place.wait(5)
        order.append(name)
        place.leave()

    thread = threading.Thread(target=run)
    thread.start()
    while name not in {"", *order} and not in_line(turns, place):
        time.sleep(0.001)
    return thread


def in_line(turns: Turns, place: Place) -> bool:
    return any(place in line for line in turns._lines.values())


def test_askers_take_turns_and_ones_own_questions_keep_their_order() -> None:
    turns = Turns(at_once=1, length=9, each=9)
    order: list[str] = []
    first = turns.join("a")
    first.wait(1)
    threads = [waiting(turns, name[0], order, name) for name in ("a1", "a2", "a3", "b1", "b2", "c1")]
    first.leave()
    for thread in threads:
        thread.join()
    assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert (turns.taken, turns.busy) == (0, 0)


def test_a_full_queue_says_so_at_once_and_when_to_come_back() -> None:
    turns = Turns(at_once=1, length=2, each=2)
    places = [turns.join(name) for name in "abc"]
    with pytest.raises(QueueFullError) as caught:
        turns.join("d")
    assert caught.value.retry_after_s >= 1
    places[0].leave()
    turns.join("d").leave()


def test_one_asker_cannot_take_the_whole_queue() -> None:
    turns = Turns(at_once=1, length=4, each=1)
    for _ in range(2):
        turns.join("a")
    with pytest.raises(QueueFullError):
        turns.join("a")
    turns.join("b")


def test_as_many_have_their_turn_as_told() -> None:
    turns = Turns(at_once=2, length=2, each=2)
    places = [turns.join("a") for _ in range(3)]
    for place in places:
        place.wait(0)
    assert [place.since is not None for place in places] == [True, True, False]
    places[0].leave()
    assert places[2].since is not None


def test_who_leaves_while_waiting_is_passed_over() -> None:
    turns = Turns(at_once=1, length=3, each=3)
    writing, gone, after = (turns.join("a") for _ in range(3))
    for place in (writing, gone, after):
        place.wait(0)
    gone.leave()
    writing.leave()
    assert (gone.since, after.called.is_set(), turns.busy) == (None, True, 1)


def test_a_wait_ends_when_it_is_woken() -> None:
    turns = Turns(at_once=1, length=1, each=1)
    turns.join("a").wait(0)
    place = turns.join("b")
    threading.Timer(0.05, place.wake).start()
    started = time.monotonic()
    place.wait(5)
    assert time.monotonic() - started < 2
    assert place.since is None
