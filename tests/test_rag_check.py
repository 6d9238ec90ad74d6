"""Whether a model's sentence holds what was read: value, date or name, nothing in its place, the right direction."""

from __future__ import annotations

import pytest
from made_up import NAMES, article, evidence, question

from rag.check import checked
from rag.decide import Answering
from rag.reading.reader import Reading
from rag.wording import told


def passes(asked: str, text: str, words: str, draft: str) -> bool:
    item, start = evidence(text, article()), text.index(words)
    best = Answering(item, Reading(0, 0, start, start + len(words), words, 1.0, 1.0), (), 1.0)
    wanted = question(asked)
    said = told(wanted, item, (best.start, best.end), NAMES)
    return checked(wanted, draft, best, said, NAMES) is not None


SHARES = "정부는 GPU 25만장 가운데 공공에 5만장, 민간에 20만장을 나눈다."
GROWTH = "매출은 12.3% 감소한 3조원이었다."
LINES = "노선은 14개에서 18개로 4개 늘어난다."


@pytest.mark.parametrize(
    ("asked", "text", "words", "draft", "right"),
    [
        ("How many GPUs go to private firms?", SHARES, "20만장", "Private firms get 200,000 GPUs.", True),
        ("How many GPUs go to private firms?", SHARES, "20만장", "Private firms get 50,000 GPUs.", False),
        ("How many GPUs go to private firms?", SHARES, "20만장", "Private firms get 200,000 of 250,000 GPUs.", False),
        ("By how much did sales fall?", GROWTH, "12.3%", "Sales fell by 12.3%.", True),
        ("By how much did sales grow?", GROWTH, "12.3%", "Sales grew by 12.3%.", False),
        ("How many lines will there be?", LINES, "18개", "There will be 18 lines.", True),
        ("How many lines will there be?", LINES, "18개", "There will be 4 lines.", False),
        ("When is the vote?", "오는 24일 선거가 치러진다.", "오는 24일", "The vote is on March 24, 2025.", True),
        ("When is the vote?", "오는 24일 선거가 치러진다.", "오는 24일", "The vote is on March 25, 2025.", False),
        ("Which university joined?", "연세대와 고려대가 참여한다.", "연세대", "Yonsei University joined.", True),
        ("Which university joined?", "연세대와 고려대가 참여한다.", "연세대", "Korea University joined.", False),
        ("Why did it close?", "일손이 모자라 문을 닫았다.", "일손이 모자라", "It was short of workers.", False),
        ("Why did it close?", "일손 30명이 모자라 닫았다.", "일손 30명이 모자라", "It lacked 30 workers.", True),
        ("Why did it close?", "일손 30명이 모자라 닫았다.", "일손 30명이 모자라", "Residents objected.", False),
        ("How many lines will there be?", "노선은 18개로 줄어든다.", "18개", "The lines will grow to 18.", False),
        ("Who bought it?", "SK가 샀다.", "SK", "The firm was asked to.", False),
    ],
)
def test_draft(asked: str, text: str, words: str, draft: str, right: bool) -> None:
    assert passes(asked, text, words, draft) is right
