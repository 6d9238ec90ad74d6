"""Citation recall and precision by ALCE's definitions, worked out by hand for small answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.citations import CitationScores, Statement, citation_scores, statements
from index.names import NameBook
from rag.types import Answer, Citation

GPUS = "정부는 GPU 26만장을 들여온다고 밝혔다."
MONEY = "가람전자는 서버에 4천억원을 투자한다."
NAMES = NameBook()


def cite(number: int, quote: str) -> Citation:
    return Citation(number, "a", "t", None, "2025-10-31", None, quote, 0, len(quote))


def answered(text: str, *quotes: str, question: str = "How many GPUs, and at what cost?") -> Answer:
    return Answer(
        question=question,
        language="en",
        answer=text,
        refused=False,
        answered_by="llm",
        citations=tuple(cite(number, quote) for number, quote in enumerate(quotes, 1)),
        claims=(),
        timings_ms={"total": 1},
        model="m",
        settings="s",
    )


def scores(text: str, *quotes: str) -> CitationScores:
    found = citation_scores(answered(text, *quotes), NAMES)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "recall", "precision"),
    [
        ("It buys 260,000 GPUs [1].", 1.0, 1.0),
        ("It buys 26,000 GPUs [1].", 0.0, 0.0),
        ("It buys 260,000 GPUs [2].", 0.0, 0.0),
        ("It buys 260,000 GPUs.", 0.0, None),
        ("It buys 260,000 GPUs [7].", 0.0, None),
        # Each of two citations bears out a part: neither can go.
        ("It buys 260,000 GPUs for ₩400 billion [1][2].", 1.0, 1.0),
        # The second is irrelevant: it supports nothing alone, and the first does without it.
        ("It buys 260,000 GPUs [1][2].", 1.0, 0.5),
        # One sentence of two is cited; both its citations are of use.
        ("It buys 260,000 GPUs for ₩400 billion [1][2]. It buys 9,000 more.", 0.5, 1.0),
        ("It buys 260,000 GPUs. [1] It costs ₩400 billion. [2]", 1.0, 1.0),
        # Unsupported statements have no relevant citations.
        ("It buys 260,000 GPUs [1]. It costs ₩999 billion [1][2].", 0.5, pytest.approx(1 / 3)),
        ("Dr. Kim of the U.S. firm No. 1 said nothing.", 0.0, None),
    ],
)
def test_written_answers(text: str, recall: float, precision: float | None) -> None:
    found = scores(text, GPUS, MONEY)
    assert (found.recall, found.written_recall) == (recall, recall)
    assert (found.precision, found.written_precision) == (precision, precision)
    assert found.quotations == 0


def test_numbers_of_two_articles_support_nothing_together() -> None:
    answer = answered("It buys 260,000 GPUs for ₩400 billion [1][2].", GPUS, MONEY)
    first, second = answer.citations
    found = citation_scores(replace(answer, citations=(first, replace(second, article_id="b"))), NAMES)
    assert found is not None
    assert found.recall == 0


def test_what_the_verifier_would_mend_is_not_supported() -> None:
    """Shown 280억 it reads "280 billion" as a slip of the model and mends it: an answer that says it is still wrong."""
    assert scores("It costs $280 billion [1].", "투자액은 280억 달러로 정했다.").recall == 0
    assert scores("It costs $28 billion [1].", "투자액은 280억 달러로 정했다.").recall == 1
    assert scores("It buys 260,000 GPUs [1].", "GPU 26만장 이상을 들여온다.").recall == 0, "more than that"


def test_statements_with_nothing_to_check_are_left_out_and_counted() -> None:
    found = scores("It is about water [1]. It buys 260,000 GPUs [1].", GPUS)
    assert (found.undecided, found.statements, found.recall) == (1, 1, 1.0)
    nothing = scores("It is about water [1].", GPUS)
    assert (nothing.undecided, nothing.recall, nothing.precision) == (1, None, None)


def test_quotations_support_themselves_and_are_counted_apart() -> None:
    quoted = scores(
        f'The article says: "{GPUS}" (26만장 = 260,000) [1] "{MONEY}" (4천억원 = ₩400 billion) [2]', GPUS, MONEY
    )
    assert (quoted.quotations, quoted.quoted_right, quoted.statements, quoted.undecided) == (2, 2, 0, 0)
    assert (quoted.recall, quoted.precision, quoted.written_recall) == (1.0, 1.0, None)
    beside = scores(f'It buys 26,000 GPUs [1]. In the article\'s words: "{GPUS}" [1]', GPUS)
    assert (beside.statements, beside.quotations, beside.recall, beside.written_recall) == (1, 1, 0.5, 0.0)
    misplaced = scores(f'The article says: "{GPUS}" [2]', GPUS, MONEY)
    assert (misplaced.quotations, misplaced.quoted_right, misplaced.recall) == (1, 0, 0.0)


def test_a_korean_quotation_with_quotation_marks_inside() -> None:
    quote = '장관은 "GPU 26만장을 들여온다"고 말했다. 이어 "곧"이라고 했다.'
    shown = "기사에 이렇게 나옵니다: “장관은 ‘GPU 26만장을 들여온다’고 말했다. 이어 ‘곧’이라고 했다.” [1]"
    answer = replace(answered(shown, quote, question="GPU는 몇 장인가?"), language="ko")
    found = citation_scores(answer, NAMES)
    assert found is not None
    assert (found.quotations, found.quoted_right, found.statements, found.undecided) == (1, 1, 0, 0)


def test_words_of_a_korean_answer_must_be_the_sentences() -> None:
    def korean(text: str) -> float | None:
        answer = replace(answered(text, MONEY, question="가람전자는 무엇을 하나?"), language="ko")
        found = citation_scores(answer, NAMES)
        assert found is not None
        return found.recall

    assert korean("서버에 4천억원을 투자한다 [1].") == 1
    assert korean("공장에 4천억원을 투자한다 [1].") == 0


def test_a_refusal_has_none() -> None:
    assert citation_scores(replace(answered("The articles do not say."), refused=True), NAMES) is None


def test_sentences_and_their_marks() -> None:
    text = "Dr. Kim of Acme said 3.5% [1][3]. The U.S. agreed! [2]\nNo. 6 left"
    assert list(statements(text, {1, 2})) == [
        Statement("Dr. Kim of Acme said 3.5%.", (1,)),
        Statement("The U.S. agreed!", (2,)),
        Statement("No. 6 left", ()),
    ]
