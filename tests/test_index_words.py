"""Words out of tokens: which token belongs to which word, and what a word without tokens becomes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.words import pool

ROOT = Path(__file__).resolve().parents[1]


def _offsets(*bounds: tuple[int, int]) -> npt.NDArray[np.int64]:
    return np.array(bounds, np.int64).reshape(-1, 2)


def test_a_word_is_the_mean_of_its_tokens() -> None:
    text = "가나 다."  # tokens: 가 | 나 | ▁다 (with the space) | .
    offsets = _offsets((0, 1), (1, 2), (2, 4), (4, 5))
    states = np.array([[1, 0], [3, 2], [10, 0], [20, 6]], np.float32)
    (words,) = pool(text, [(0, 5)], offsets, states)
    np.testing.assert_array_equal(words, np.array([[2, 1], [15, 3]], np.float32))
    assert words.dtype == np.float32


def test_each_span_has_its_own_words() -> None:
    text = "a bb. c d."
    offsets = _offsets((0, 1), (1, 4), (4, 5), (5, 7), (7, 9), (9, 10))
    states = np.arange(6, dtype=np.float32)[:, None]
    first, second = pool(text, [(0, 5), (6, 10)], offsets, states)
    np.testing.assert_array_equal(first, [[0], [1.5]])
    np.testing.assert_array_equal(second, [[3], [4.5]])
    (title_left_out,) = pool(text, [(6, 7)], offsets, states)
    np.testing.assert_array_equal(title_left_out, [[3]])


def test_several_tokens_of_one_character_and_a_token_of_nothing_but_space() -> None:
    text = "㈜ 가"  # NFKC makes three tokens of the first character, all with its offsets
    offsets = _offsets((0, 1), (0, 1), (0, 1), (1, 2), (2, 3))
    states = np.array([[0], [3], [6], [99], [7]], np.float32)
    (words,) = pool(text, [(0, 3)], offsets, states)
    np.testing.assert_array_equal(words, [[3], [7]])


def test_words_without_a_token_are_left_out_and_a_span_may_be_left_with_none() -> None:
    states = np.array([[5, 5]], np.float32)
    found = pool("가 나 다", [(0, 3), (4, 5), (3, 3)], _offsets((0, 1)), states)
    assert [words.shape for words in found] == [(1, 2), (0, 2), (0, 2)]
    assert pool("가", [], _offsets((0, 1)), states) == []
    (nothing,) = pool("가", [(0, 1)], _offsets(), np.empty((0, 2), np.float32))
    assert nothing.shape == (0, 2)


def test_only_the_embedder_loads_the_model_libraries() -> None:
    modules = [f"index.{path.stem}" for path in (ROOT / "index").glob("*.py") if path.stem != "sentence_transformer"]
    assert "index.build" in modules
    libraries = {"torch", "transformers", "sentence_transformers"}
    code = f"import sys, {', '.join(modules)}; print({libraries} & set(sys.modules) or 'none')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "none"
