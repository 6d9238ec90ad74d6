"""`python -m eval.reader.train`: trains the reader from the embedder, on two cores in under two hours.

Everything is drawn from the seed, so that a run that was broken off goes on where its last checkpoint stands and ends
as it would have. Loss: the negative log of the probability that start and end give to all accepted words together
(marginal likelihood, Clark & Gardner 2018, arXiv:1710.10723), `<s>` standing for no answer; and the same over
sentences.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from transformers import AutoModel, AutoTokenizer

from eval import provenance
from eval.reader.corpus import READING, Corpus, read_corpus
from eval.reader.examples import Example
from index.names import NameBook
from rag.assemble import open_embedder
from rag.reading.hints import hinted
from rag.reading.model import END, RELEVANCE, START, ReaderNetwork, batch, encode, sentence_of
from rag.reading.weights import load, save
from rag.settings import load_settings

BATCH_TOKENS = 4096
HEADS_RATE = 5.0
"""The heads, which begin from nothing, learn so many times faster."""
WARM_UP = 0.06
RELEVANCE_WEIGHT = 0.5
UNKNOWN_TOKENS = 0.05
"""Share of a question's tokens that are hidden, so that no single word is relied on."""
SAVE_EVERY = 50


@dataclass(frozen=True, slots=True)
class Row:
    """An example as the network reads it. Targets index its tokens, or sentences, `<s>` being 0."""

    tokens: list[int]
    question_end: int
    starts: list[int]
    ends: list[int]
    owner: list[int]
    relevant: list[int]


def rows_of(tokenizer: Any, examples: Sequence[Example]) -> Iterator[Row]:
    step = 512
    for first in range(0, len(examples), step):
        slab = examples[first : first + step]
        coded = encode(tokenizer, [e.question for e in slab], [e.passage.text for e in slab])
        for example, (ids, offsets, begin) in zip(slab, coded, strict=True):
            owner = sentence_of(offsets, example.passage.bounds)
            starts, ends, relevant = list[int](), list[int](), list[int]()
            for start, end in example.answers:
                inside = np.flatnonzero((offsets[:, 1] > start) & (offsets[:, 0] < end))
                if len(inside):
                    starts.append(begin + int(inside[0]))
                    ends.append(begin + int(inside[-1]))
                    if owner[inside[0]] >= 0:
                        relevant.append(int(owner[inside[0]]))
            if example.answers and not starts:
                continue  # the answer was cut off
            all_owners = [-1] * begin + owner.tolist() + [-1] * (len(ids) - begin - len(owner))
            yield Row(ids, begin, sorted({*starts}) or [0], sorted({*ends}) or [0], all_owners, sorted({*relevant}))


def batches(rows: Sequence[Row], rng: random.Random) -> list[list[Row]]:
    """Rows of like length together, the batches in any order."""
    order = sorted(range(len(rows)), key=lambda i: (len(rows[i].tokens) // 8, rng.random()))
    found: list[list[Row]] = []
    part: list[Row] = []
    for i in order:
        longest = max(len(rows[i].tokens), *(len(row.tokens) for row in part)) if part else len(rows[i].tokens)
        if part and longest * (len(part) + 1) > BATCH_TOKENS:
            found.append(part)
            part = []
        part.append(rows[i])
    found.append(part)
    rng.shuffle(found)
    return found


def loss_of(network: ReaderNetwork, rows: Sequence[Row], tokenizer: Any, rng: random.Random) -> torch.Tensor:
    hidden = [
        [
            tokenizer.unk_token_id if 0 < k < row.question_end - 2 and rng.random() < UNKNOWN_TOKENS else token
            for k, token in enumerate(row.tokens)
        ]
        for row in rows
    ]
    tokens, mask = batch(hidden, tokenizer.pad_token_id)
    with torch.autocast("cpu", torch.bfloat16):
        logits = network(tokens, mask)
    open_ = torch.zeros_like(mask)  # where an answer may stand: the passage, and <s>
    open_[:, 0] = True
    owner = torch.full(tokens.shape, -1)
    for k, row in enumerate(rows):
        open_[k, row.question_end : len(row.tokens) - 1] = True
        owner[k, : len(row.owner)] = torch.tensor(row.owner)
    total = torch.zeros(())
    for column, wanted in ((START, [row.starts for row in rows]), (END, [row.ends for row in rows])):
        shown = logits[..., column].masked_fill(~open_, -1e4)
        log = torch.log_softmax(shown, dim=-1)
        total = total + sum(-torch.logsumexp(log[k, its], 0) for k, its in enumerate(wanted)) / 2
    for k, row in enumerate(rows):
        count = max(row.owner) + 1
        own = torch.zeros(count + 1).index_add_(0, owner[k] + 1, logits[k, :, RELEVANCE] * (owner[k] >= 0))
        sizes = torch.bincount(owner[k] + 1, minlength=count + 1)
        scored = torch.cat([logits[k, :1, RELEVANCE], own[1:] / sizes[1:].clamp(min=1)])
        log = torch.log_softmax(scored, 0)
        its = [i + 1 for i in row.relevant] or [0]
        total = total - RELEVANCE_WEIGHT * torch.logsumexp(log[its], 0)
    return total / len(rows)


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
        self.encoder = AutoModel.from_pretrained(self.folder, dtype=torch.float32)
        torch.manual_seed(seed)
        if start is None:
            self.network = ReaderNetwork(self.encoder)
        else:
            self.network = load(self.encoder, start, embedder=self.embedder.name).train()
            for part in (self.network.upper, self.network.heads):
                part.requires_grad_(True)
        self.network.without_dropout()
        self.out, self.corpus, self.seed, self.rate, self.passes = out, corpus, seed, rate, passes
        self.checkpoint = out / "checkpoint.pt"
        self.stamp = f"{seed} {rate} {passes} {corpus.stamp} {provenance.code_hash(['eval/reader', 'rag/reading'])}"

    def run(self) -> None:
        self.out.mkdir(parents=True, exist_ok=True)
        names = NameBook()
        heads = list(self.network.heads.parameters())
        optimizer = torch.optim.AdamW(
            [{"params": list(self.network.upper.parameters()), "lr": self.rate},
             {"params": heads, "lr": self.rate * HEADS_RATE}],
            weight_decay=0.01,
        )  # fmt: skip
        done = 0
        if self.checkpoint.exists():
            kept = torch.load(self.checkpoint, weights_only=True)
            if kept["run"] == self.stamp:
                self.network.upper.load_state_dict(kept["upper"])
                self.network.heads.load_state_dict(kept["heads"])
                optimizer.load_state_dict(kept["optimizer"])
                done = kept["done"]
                _tell(f"goes on at step {done}")
        step, started, recent = 0, time.monotonic(), list[float]()
        parts_in_all: int | None = None
        for number in range(self.passes):
            rng = random.Random(f"{self.seed}-{number}")
            examples = self.corpus.examples(number, rng)
            examples = [Example(hinted(e.question, names, e.passage.text), e.passage, e.answers) for e in examples]
            rows = list(rows_of(self.tokenizer, examples))
            parts = batches(rows, rng)
            if parts_in_all is None:
                parts_in_all = len(parts) * self.passes
                tokens = sum(len(row.tokens) for row in rows)
                _tell(f"pass of {len(rows)} passages, {tokens} tokens, {len(parts)} steps")
            for part in parts:
                step += 1
                if step <= done:
                    continue
                share = min(step / parts_in_all, 1.0)
                for group, factor in zip(optimizer.param_groups, (1.0, HEADS_RATE), strict=True):
                    group["lr"] = self.rate * factor * min(share / WARM_UP, (1 - share) / (1 - WARM_UP) + 1e-3)
                loss = loss_of(self.network, part, self.tokenizer, random.Random(f"{self.seed}-{step}"))
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
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
    told.add_argument("--passes", type=int, default=2)
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
