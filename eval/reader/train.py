"""`python -m eval.reader.train`: trains the reader from the embedder, on two cores in under two hours.

Everything is drawn from the seed, so that a run that was broken off goes on where its last checkpoint stands and ends
as it would have. Loss: the negative log of the probability that start and end give to all accepted words together
(marginal likelihood), `<s>` standing for no answer, and the same over sentences; and both once more over all passages
of a question together, so that scores of different passages can be compared (shared normalisation, Clark & Gardner
2018, arXiv:1710.10723).

Passes forward and back are computed in bfloat16 by a copy of the network; what it learns is kept in float32 (mixed
precision, Micikevicius et al. 2018, arXiv:1710.03740).
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from rich.console import Console
from transformers import AttentionInterface, AutoModel, AutoTokenizer

from eval import provenance
from eval.reader.corpus import READING, Corpus, read_corpus
from eval.reader.examples import Example
from index.names import Name, NameBook
from index.vocabulary import Translation, translated
from rag.assemble import open_embedder
from rag.reading.hints import hinted
from rag.reading.model import END, RELEVANCE, START, ReaderNetwork, batch, encode, sentence_of
from rag.reading.weights import load, save
from rag.settings import load_settings

BATCH_TOKENS = 8192
HEADS_RATE = 5.0
"""Heads that begin from nothing learn so many times faster."""
WARM_UP = 0.06
RELEVANCE_WEIGHT = 0.5
ATTENTION = "step_by_step"
UNKNOWN_TOKENS = 0.05
"""Share of a question's tokens that are hidden, so that no single word is relied on."""
SAVE_EVERY = 25
SHARED_WEIGHT = 0.5
"""Of the loss over all passages of a question together."""


@dataclass(frozen=True, slots=True)
class Row:
    """An example as the network reads it. Targets index its tokens, or sentences; none where nothing answers."""

    tokens: list[int]
    question_end: int
    starts: list[int]
    ends: list[int]
    owner: list[int]
    relevant: list[int]


def rows_of(tokenizer: Any, examples: Sequence[Sequence[Example]]) -> Iterator[list[Row]]:
    """The rows of each question's examples. One whose answer was cut off is left out."""
    step = 256
    for first in range(0, len(examples), step):
        slab = examples[first : first + step]
        flat = [example for its in slab for example in its]
        coded = iter(encode(tokenizer, [e.question for e in flat], [e.passage.text for e in flat]))
        for its in slab:
            rows = [_row(example, *next(coded)) for example in its]
            if kept := [row for row in rows if row is not None]:
                yield kept


def _hinted(example: Example, names: NameBook) -> Example:
    found, words = _looked_up(example.question, names)
    return replace(example, question=hinted(example.question, names, example.passage, found, words))


@lru_cache(maxsize=16)
def _looked_up(question: str, names: NameBook) -> tuple[list[Name], list[Translation]]:
    """Its names and translations: the examples of a question follow each other."""
    return names.find(question), list(translated(question))


def _row(example: Example, ids: list[int], offsets: npt.NDArray[np.int64], begin: int) -> Row | None:
    owner = sentence_of(offsets, example.passage.bounds)
    starts, ends, relevant = set[int](), set[int](), set[int]()
    for start, end in example.answers:
        inside = np.flatnonzero((offsets[:, 1] > start) & (offsets[:, 0] < end))
        if len(inside):
            starts.add(begin + int(inside[0]))
            ends.add(begin + int(inside[-1]))
            if owner[inside[0]] >= 0:
                relevant.add(int(owner[inside[0]]))
    if example.answers and not starts:
        return None
    all_owners = [-1] * begin + owner.tolist() + [-1] * (len(ids) - begin - len(owner))
    return Row(ids, begin, sorted(starts), sorted(ends), all_owners, sorted(relevant))


def batches(questions: Sequence[list[Row]], rng: random.Random) -> list[list[list[Row]]]:
    """Questions whose rows are of like length together, the batches in any order."""
    longest = [max(len(row.tokens) for row in rows) for rows in questions]
    order = sorted(range(len(questions)), key=lambda i: (longest[i] // 8, rng.random()))
    found: list[list[list[Row]]] = []
    part, count = list[list[Row]](), 0
    for i in order:
        count += len(questions[i])
        if part and longest[i] * count > BATCH_TOKENS:
            found.append(part)
            part, count = [], len(questions[i])
        part.append(questions[i])
    found.append(part)
    rng.shuffle(found)
    return found


def loss_of(
    network: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    questions: Sequence[Sequence[Row]],
    tokenizer: Any,
    rng: random.Random,
) -> torch.Tensor:
    rows = [row for its in questions for row in its]
    hidden = [
        [
            tokenizer.unk_token_id if 0 < k < row.question_end - 2 and rng.random() < UNKNOWN_TOKENS else token
            for k, token in enumerate(row.tokens)
        ]
        for row in rows
    ]
    tokens, mask = batch(hidden, tokenizer.pad_token_id)
    logits = network(tokens, mask)
    logits = logits - logits[:, :1]  # `<s>` is zero: the odds against "nothing here answers"
    apart, together = torch.zeros(()), torch.zeros(())
    at = 0
    for its in questions:
        told = [
            [
                (logits[at + k, row.question_end : len(row.tokens) - 1, START], _from(row.starts, row.question_end)),
                (logits[at + k, row.question_end : len(row.tokens) - 1, END], _from(row.ends, row.question_end)),
                (_by_sentence(logits[at + k, : len(row.tokens), RELEVANCE], row.owner), row.relevant),
            ]
            for k, row in enumerate(its)
        ]
        at += len(its)
        for weight, column in ((0.5, 0), (0.5, 1), (RELEVANCE_WEIGHT, 2)):
            shown = [one[column] for one in told]
            for scores, right in shown:
                apart = apart + weight * _loss(scores, right)
            if len(shown) > 1 and any(right for _, right in shown):
                offsets = np.cumsum([0, *(len(scores) for scores, _ in shown)])
                right = [int(base) + i for base, (_, its_) in zip(offsets, shown, strict=False) for i in its_]
                scores = torch.cat([scores for scores, _ in shown])
                together = together + weight * (scores.logsumexp(0) - scores[right].logsumexp(0))
    return apart / len(rows) + SHARED_WEIGHT * together / len(questions)


def _from(places: Sequence[int], begin: int) -> list[int]:
    return [place - begin for place in places]


def _loss(scores: torch.Tensor, right: Sequence[int]) -> torch.Tensor:
    """Of scores relative to that of no answer, float32 (n,), of which those at `right` are right; none: no answer."""
    everything = torch.cat([scores, scores.new_zeros(1)]).logsumexp(0)
    return everything - scores[list(right)].logsumexp(0) if right else everything


def _by_sentence(scores: torch.Tensor, owner: Sequence[int]) -> torch.Tensor:
    """The mean of each sentence's tokens, float32 (sentences,)."""
    its = torch.tensor(owner)
    count = int(its.max()) + 1
    sums = torch.zeros(count + 1).index_add_(0, its + 1, scores)
    return sums[1:] / torch.bincount(its + 1, minlength=count + 1)[1:].clamp(min=1)


def attention(  # noqa: PLR0917 (transformers calls it so)
    module: torch.nn.Module, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, mask: torch.Tensor | None,
    scaling: float | None = None, **_: Any,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Attention step by step: on a processor torch's own takes half as long again to go back through."""
    weights = torch.matmul(query * (scaling or query.shape[-1] ** -0.5), key.transpose(2, 3))
    if mask is not None and not bool(mask.all()):
        weights = weights + torch.where(mask[:, :, :1], 0.0, -1e4).to(weights.dtype)
    weights = torch.softmax(weights, -1)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), weights


class Training:
    """One run: passes over the corpus, a checkpoint every SAVE_EVERY steps, a line of progress beside it."""

    def __init__(
        self, out: Path, corpus: Corpus, *, seed: int, rate: float, passes: int, start: Path | None = None
    ) -> None:
        """`start` are weights to go on from instead of the embedder's own."""
        settings = load_settings()
        self.embedder = open_embedder(settings)
        self.folder = self.embedder.folder
        self.tokenizer = AutoTokenizer.from_pretrained(self.folder)
        AttentionInterface.register(ATTENTION, attention)
        self.encoder = AutoModel.from_pretrained(self.folder, dtype=torch.float32, attn_implementation=ATTENTION)
        torch.manual_seed(seed)
        if start is None:
            self.network = ReaderNetwork(self.encoder)
        else:
            self.network = load(self.encoder, start, embedder=self.embedder.name).train()
            for part in (self.network.upper, self.network.heads):
                part.requires_grad_(True)
        self.network.without_dropout()
        self.fast = copy.deepcopy(self.network).to(torch.bfloat16)
        self.learning = [
            (kept, fast)
            for kept, fast in zip(self.network.parameters(), self.fast.parameters(), strict=True)
            if kept.requires_grad
        ]
        self.out, self.corpus, self.seed, self.rate, self.passes = out, corpus, seed, rate, passes
        self.factors = (1.0, HEADS_RATE if start is None else 1.0)
        self.checkpoint = out / "checkpoint.pt"
        self.stamp = f"{seed} {rate} {passes} {corpus.stamp} {provenance.code_hash(['eval/reader', 'rag/reading'])}"

    def run(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        names = NameBook()
        heads = list(self.network.heads.parameters())
        optimizer = torch.optim.AdamW(
            [{"params": list(self.network.upper.parameters()), "lr": self.rate},
             {"params": heads, "lr": self.rate}],
            weight_decay=0.01,
            fused=True,
        )  # fmt: skip
        done = 0
        if self.checkpoint.exists():
            state = torch.load(self.checkpoint, weights_only=True)
            if state["run"] == self.stamp:
                self.network.upper.load_state_dict(state["upper"])
                self.network.heads.load_state_dict(state["heads"])
                optimizer.load_state_dict(state["optimizer"])
                done = state["done"]
                self._copy()
                _tell(f"goes on at step {done}")
        step, started, recent = 0, time.monotonic(), list[float]()
        parts_in_all: int | None = None
        for number in range(self.passes):
            rng = random.Random(f"{self.seed}-{number}")
            examples = [[_hinted(e, names) for e in its] for its in self.corpus.examples(rng)]
            questions = list(rows_of(self.tokenizer, examples))
            parts = batches(questions, rng)
            if parts_in_all is None:
                parts_in_all = len(parts) * self.passes
                tokens = sum(len(row.tokens) for rows in questions for row in rows)
                _tell(f"pass of {sum(map(len, questions))} passages, {tokens} tokens, {len(parts)} steps")
            for part in parts:
                step += 1
                if step <= done:
                    continue
                share = min(step / parts_in_all, 1.0)
                for group, factor in zip(optimizer.param_groups, self.factors, strict=True):
                    group["lr"] = self.rate * factor * min(share / WARM_UP, (1 - share) / (1 - WARM_UP) + 1e-3)
                loss = loss_of(self.fast, part, self.tokenizer, random.Random(f"{self.seed}-{step}"))
                loss.backward()  # type: ignore[no-untyped-call]
                for kept, fast in self.learning:
                    kept.grad = None if fast.grad is None else fast.grad.float()
                    fast.grad = None
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                self._copy()
                recent.append(loss.item())
                if step % SAVE_EVERY == 0:
                    self._keep(optimizer, step)
                    pace = (time.monotonic() - started) / (step - done)
                    left = pace * (parts_in_all - step) / 60
                    _tell(f"step {step}/{parts_in_all}, loss {np.mean(recent):.3f}, {left:.0f} min left")
                    recent.clear()
        self._keep(optimizer, step)
        save(
            self.network, self.encoder, self.out / "reader.safetensors", embedder=self.embedder.name,
            trained=json.dumps({"seed": self.seed, "rate": self.rate, "passes": self.passes, **self.corpus.told}),
        )  # fmt: skip

    def _copy(self) -> None:
        """What was learned, into the network that computes."""
        with torch.no_grad():
            for kept, fast in self.learning:
                fast.copy_(kept)

    def _keep(self, optimizer: torch.optim.Optimizer, done: int) -> None:
        part = self.checkpoint.with_suffix(".part")
        torch.save(
            {"upper": self.network.upper.state_dict(), "heads": self.network.heads.state_dict(),
             "optimizer": optimizer.state_dict(), "done": done, "run": self.stamp},
            part,
        )  # fmt: skip
        part.replace(self.checkpoint)


def _tell(line: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(line)


def main() -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--out", type=Path, required=True)
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--rate", type=float, default=2e-4)
    told.add_argument("--passes", type=int, default=1)
    told.add_argument("--share", type=float, default=1.0, help="of the examples of each pass, for a trial")
    told.add_argument("--start", type=Path, help="weights to go on from; without it the embedder's own")
    asked = told.parse_args()
    corpus = read_corpus(share=asked.share)
    _tell(
        f"items by set: {corpus.told}" + ("" if READING.exists() else f"; {READING} is not there, so without its sets")
    )
    Training(asked.out, corpus, seed=asked.seed, rate=asked.rate, passes=asked.passes, start=asked.start).run()


if __name__ == "__main__":
    main()
