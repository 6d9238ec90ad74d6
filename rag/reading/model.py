"""The reader's network: the embedder's encoder with its upper layers trained anew, and three small heads.

Start and end heads score every token as the first or last of the answer (Devlin et al. 2019); the first token, `<s>`,
stands for "no answer here" (SQuAD 2.0, arXiv:1806.03822). A relevance head scores every token, averaged over each
sentence: the sentence that holds the answer is told more surely than its exact words.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from rag.reading.reader import Scores

Spans = Sequence[tuple[int, int]]
FROZEN_LAYERS = 4
"""The lowest layers stay the embedder's own; the others are trained and shipped."""
MAX_TOKENS = 512
QUESTION_CHARACTERS = 400
"""A longer question is read by its end, where it asks: what is left of the tokens is the passage's."""
START, END, RELEVANCE = range(3)


class ReaderNetwork(nn.Module):
    """`encoder` is a BERT of transformers; its layers from FROZEN_LAYERS on are copied, the rest is shared with it."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.embeddings = encoder.embeddings
        self.lower = encoder.encoder.layer[:FROZEN_LAYERS]
        self.upper = copy.deepcopy(encoder.encoder.layer[FROZEN_LAYERS:])
        self.heads = nn.Linear(encoder.config.hidden_size, 3)
        nn.init.normal_(self.heads.weight, std=0.02)
        nn.init.zeros_(self.heads.bias)
        for part in (self.embeddings, self.lower):
            part.requires_grad_(False)

    def forward(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Logits, float32 (n, tokens, 3), of token ids int64 (n, tokens) with a mask bool (n, tokens) of real ones."""
        attend = mask[:, None, None, :].expand(-1, 1, tokens.shape[1], -1)
        with torch.no_grad():
            states = self.embeddings(input_ids=tokens)
            for layer in self.lower:
                states = _through(layer, states, attend)
        for layer in self.upper:
            states = _through(layer, states, attend)
        logits: Tensor = self.heads(states).float()
        return logits

    def without_dropout(self) -> None:
        """Drawing random numbers takes torch as long as all else: twice the tokens a second without."""
        for module in self.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0


def _through(layer: Any, states: Tensor, attend: Tensor) -> Tensor:
    told = layer(states, attention_mask=attend)
    through: Tensor = told[0] if isinstance(told, tuple) else told
    return through


def encode(
    tokenizer: Any, questions: Sequence[str], texts: Sequence[str]
) -> list[tuple[list[int], npt.NDArray[np.int64], int]]:
    """For each pair: token ids, character offsets in the text of its tokens, int64 (tokens, 2), and where those begin.

    The end of a text is cut where the two are too long together.
    """
    told = tokenizer(
        [question[-QUESTION_CHARACTERS:] for question in questions],
        list(texts),
        truncation="only_second",
        max_length=MAX_TOKENS,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )
    found: list[tuple[list[int], npt.NDArray[np.int64], int]] = []
    for k, text in enumerate(texts):
        parts = told.sequence_ids(k)
        first = parts.index(1) if 1 in parts else len(parts)
        last = len(parts) - parts[::-1].index(1) if 1 in parts else first
        offsets = np.array(told["offset_mapping"][k][first:last], np.int64).reshape(-1, 2)
        for row in offsets:  # a token that begins a word may count the space before it
            while row[0] < row[1] and text[row[0]].isspace():
                row[0] += 1
        found.append((told["input_ids"][k], offsets, first))
    return found


def batch(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """Token ids, int64 (n, longest), and the mask of real ones, bool; lengths are rounded up to a multiple of eight,
    for torch keeps code for every length that it meets."""
    longest = -(-max(map(len, rows)) // 8) * 8
    tokens = torch.full((len(rows), longest), pad, dtype=torch.int64)
    for k, row in enumerate(rows):
        tokens[k, : len(row)] = torch.tensor(row)
    mask = torch.zeros_like(tokens, dtype=torch.bool)
    for k, row in enumerate(rows):
        mask[k, : len(row)] = True
    return tokens, mask


def sentence_of(offsets: npt.NDArray[np.int64], bounds: Spans) -> npt.NDArray[np.int64]:
    """Which sentence each token stands in, int64 (tokens,); -1 for the headline's."""
    owner = np.full(len(offsets), -1, np.int64)
    for k, (start, end) in enumerate(bounds):
        owner[(offsets[:, 0] >= start) & (offsets[:, 1] <= end)] = k
    return owner


def scores(
    network: ReaderNetwork, tokenizer: Any, questions: Sequence[str], texts: Sequence[str], bounds: Sequence[Spans]
) -> list[Scores]:
    """Each question read in its text; `bounds` are the sentences of the texts. All in one batch."""
    rows = encode(tokenizer, questions, texts)
    tokens, mask = batch([ids for ids, _, _ in rows], tokenizer.pad_token_id)
    with torch.inference_mode():
        logits = np.asarray(network(tokens, mask))
    found: list[Scores] = []
    for told, (_, offsets, first), its in zip(logits, rows, bounds, strict=True):
        own = told[first : first + len(offsets)] - told[0]
        owner = sentence_of(offsets, its)
        relevance = np.array(
            [own[owner == k, RELEVANCE].mean() if (owner == k).any() else -np.inf for k in range(len(its))], np.float32
        )
        found.append(Scores(own[:, START], own[:, END], relevance, offsets))
    return found
