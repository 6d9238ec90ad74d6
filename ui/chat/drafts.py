"""Feedback made into drafts of golden questions: YAML in GISA_HOME/eval/drafts, for a person to review.

A draft cannot be taken for a golden set: its key `draft`, which says what is left to do, is none of
eval/data/golden.schema.json, and what only a person can say is empty there, which the schema does not allow.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from index.disk import file_error
from rag.errors import Language
from rag.question import Expects, expects
from ui.chat.opinions import Opinion

FOLDER = Path("eval", "drafts")
HEAD = (
    "# A draft of a golden question, made from feedback on an answer. It must be reviewed by a person: check every\n"
    "# line against the articles, do what draft.to_do says, then delete `draft` and move the question to a set.\n"
    "# The form: eval/data/golden.schema.json.\n"
)
_KINDS: dict[Expects, str] = {
    "count": "how-many",
    "amount": "how-much",
    "date": "when",
    "person": "who",
    "place": "where",
    "reason": "why",
    "other": "what",
}
_NUMBERED = re.compile(r"(\d{3})(?!\d)")
_SLUG_WORDS = 6

REVIEW = "check question, kind and language"
FACTS = "write the facts a right answer holds, each as a list of the forms accepted"
CHECK_FACTS = "check that facts are what was asked for, and add the forms accepted of each"
ARTICLES = "name the articles that say it"
NUMBERS = "use the three-digit numbers of articles where they have one"
SENTENCES = "copy the sentences that prove it, as they stand in the articles"
WHY = "say in `why`, in one line, what the articles lack"


_BREAKS = re.compile("[\x85\u2028\u2029]")
"""PyYAML writes these as they are outside double quotation marks, and reads them as ends of lines."""


class _Dumper(yaml.SafeDumper):
    """Writes texts so that they are read as they were."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if _BREAKS.search(text) else None)


_Dumper.add_representer(str, _text)


@dataclass(frozen=True, slots=True)
class Draft:
    """`id` is the question's, `told` the whole file as data."""

    id: str
    told: dict[str, Any]

    def text(self) -> str:
        """The file: YAML, safe to load whatever readers typed."""
        return HEAD + yaml.dump(self.told, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def draft(opinion: Opinion, sources: Mapping[str, str]) -> Draft:
    """A draft of the question that an opinion is about. `sources` maps ids of articles to their source files.

    A refusal that was liked becomes a question the articles do not answer, anything else one they do. Facts come from
    the verified claims of an answer that was liked; of another it is for a person to say what would be right.
    """
    answer = opinion.answer
    language: Language = answer["language"]
    question = " ".join(opinion.standalone.split())
    answerable = not (answer["refused"] and opinion.thumb == "up")
    identity = _identity(question, opinion.answer_id)
    told: dict[str, Any] = {
        "id": identity,
        "question": question,
        "language": language,
        "answerable": answerable,
        "kind": _KINDS[expects(question, language)],
    }
    to_do = [REVIEW]
    if answerable:
        told |= {
            "facts": _facts(answer) if opinion.thumb == "up" else [],
            "articles": _numbers([one["article_id"] for one in answer["citations"]], sources),
            "sentences": list(dict.fromkeys(one["quote"] for one in answer["citations"])),
        }
        to_do.append(CHECK_FACTS if told["facts"] else FACTS)
        to_do += [ARTICLES] * (not told["articles"]) + [SENTENCES] * (not told["sentences"])
        named = told["articles"]
    else:
        named = _numbers([one["id"] for one in answer["nearest"]], sources)
        told |= {"why": "", "nearest": named}
        to_do.append(WHY)
    to_do += [NUMBERS] * any(not _NUMBERED.fullmatch(one) for one in named)
    about = {
        "to_do": to_do,
        "thumb": opinion.thumb,
        "comment": opinion.comment,
        "asked": opinion.question,
        "answer": answer["answer"],
        "nearest": [one["title"] for one in answer["nearest"]],
        "at": opinion.at.isoformat(timespec="seconds"),
    }
    return Draft(identity, {"draft": about, "version": 1, "questions": [told]})


def write(made: Draft, home: Path) -> Path:
    """Write a draft under GISA_HOME, whole or not at all, beside those there already; where it is.

    Raises IndexStoreError, DiskFullError.
    """
    folder = home / FOLDER
    unfinished: Path | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".draft-")
        unfinished = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(made.text())
            file.flush()
            os.fsync(file.fileno())
        return _link(unfinished, folder / f"{made.id}.yaml")
    except OSError as error:
        raise file_error(error, folder / f"{made.id}.yaml") from error
    finally:
        if unfinished is not None:
            unfinished.unlink()


def _link(written: Path, wanted: Path) -> Path:
    """Give a file its name, or the next that is free: linking, unlike renaming, never takes another file's place."""
    path, number = wanted, 1
    while True:
        try:
            path.hardlink_to(written)
        except FileExistsError:
            number += 1
            path = wanted.with_stem(f"{wanted.stem}-{number}")
        else:
            return path


def _identity(question: str, answer_id: str) -> str:
    words = re.findall(r"[a-z0-9]+", question.lower())[:_SLUG_WORDS]
    return "-".join(["draft", *words, hashlib.sha256(answer_id.encode()).hexdigest()[:8]])


def _facts(answer: Mapping[str, Any]) -> list[list[str]]:
    return [[text] for text in dict.fromkeys(one["text"].strip() for one in answer["claims"] if one["supported"])]


def _numbers(ids: list[str], sources: Mapping[str, str]) -> list[str]:
    """The numbers that articles are known by in golden sets, the head of their source files; else their ids."""
    heads = {one: _NUMBERED.match(Path(sources.get(one, "")).name) for one in ids}
    return list(dict.fromkeys(head[1] if head else one for one, head in heads.items()))
