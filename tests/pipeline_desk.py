"""What the tests of the pipeline share: questions about the shipped articles and what an answer says by itself.

Test files name this module as a plugin and import from it too; it asserts nothing, so PYTEST_DONT_REWRITE.
"""

from __future__ import annotations

import re

import pytest
from shipped import SECURED, TRAP, Newsroom

from rag.types import Answer

KOREA = "korea-nvidia-gpu-260k"


def own_words(answer: Answer) -> str:
    """What the answer says outside its quotations."""
    return re.sub(r"[\"“][^\"”]*[\"”]", "", answer.answer)


def rests_on_the_trap_sentence(newsroom: Newsroom, answer: Answer) -> bool:
    first = answer.citations[0]
    return SECURED in first.quote and first.published == "2025-10-31" and newsroom.stands(first)


@pytest.fixture(scope="module")
def answer(newsroom: Newsroom) -> Answer:
    """To a right draft."""
    return newsroom.ask(TRAP, "Korea is securing more than 260,000 GPUs [1].")
