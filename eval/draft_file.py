"""Drafts as a file of YAML in the form of a golden set, with what is to be reviewed as comments beside each question.

Drafts come from the collection (eval.drafting) or from feedback: the chat page's Quality tab makes a file of each
opinion that somebody chose there, in GISA_HOME/eval/drafts, and these files are gathered here.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from eval.datasets import DataError
from eval.drafting import Draft

FOLDER = Path("eval", "drafts")
HEAD = """\
# Drafts of golden questions: to be reviewed by a person before anything is measured on them. Look at each against its
# article, do what the lines "# review:" say, delete these lines; delete a question that cannot be saved. Add questions
# that the articles do not answer, for none are drafted: whether gisa knows when it does not know shows on them alone.
# Then: gisa eval run --set THIS_FILE --articles YOUR_ARTICLES, or --target URL for the server that has them.
version: 1
questions:
"""
_LINE_BREAKS = ("\x85", "\u2028", "\u2029")


class _About(BaseModel):
    """What the Quality tab tells of the opinion that a draft was made from."""

    model_config = ConfigDict(frozen=True)

    to_do: tuple[str, ...] = ()
    thumb: str = ""
    comment: str | None = None
    asked: str = ""
    answer: str = ""


class _FeedbackFile(BaseModel):
    model_config = ConfigDict(frozen=True)

    draft: _About
    questions: tuple[dict[str, Any], ...] = Field(min_length=1)


class _Dumper(yaml.SafeDumper):
    """Writes texts so that they are read as they were."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    """PyYAML writes some line breaks as they are outside double quotation marks, and reads them as ends of lines."""
    broken = any(letter in text for letter in _LINE_BREAKS)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if broken else None)


class _Forms(list[str]):
    """Written on one line."""


def _forms(dumper: yaml.SafeDumper, forms: _Forms) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", forms, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(_Forms, _forms)


def write_drafts(drafts: Iterable[Draft], out: Path) -> int:
    """Write the file, a draft at a time as they come; how many. Of none there is no file.

    Raises DataError: the file is there already, or cannot be written.
    """
    count = 0
    refuse_existing(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(HEAD)
            try:
                for one in drafts:
                    file.write(_entry(one))
                    file.flush()
                    count += 1
            finally:
                if not count:
                    out.unlink()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(
            f"{out} cannot be written ({reason}). Choose another --out.",
            f"{out} 을(를) 쓸 수 없습니다({reason}). 다른 --out을 고르세요.",
        ) from error
    return count


def refuse_existing(out: Path) -> None:
    """Raises DataError where the file is there already: before minutes of work, not after."""
    if out.exists():
        raise DataError(
            f"{out} is there already and is left as it is. Choose another --out.",
            f"{out} 이(가) 이미 있어 그대로 두었습니다. 다른 --out을 고르세요.",
        )


def _entry(one: Draft) -> str:
    """Comments and the question, indented under `questions:`."""
    told = one.told | ({"facts": [_Forms(forms) for forms in one.told["facts"]]} if "facts" in one.told else {})
    text = yaml.dump([told], Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    comments = [f"# review: {_plain(line)}" for line in one.review]
    return "".join(f"\n  {line}" for line in [*comments, *text.rstrip().split("\n")]) + "\n"


def _plain(line: str) -> str:
    """One line of a comment: no line breaks, no control characters, which YAML does not take even there."""
    return "".join(letter for letter in " ".join(line.split()) if letter.isprintable())


def from_feedback(home: Path) -> list[Draft]:
    """The drafts that the Quality tab made, by file name. Raises DataError: there are none, or one is damaged."""
    found: list[Draft] = []
    for file in sorted((home / FOLDER).glob("*.yaml")):
        made = _feedback(file)
        if made is not None:
            found += [Draft(told, _review(made.draft)) for told in made.questions]
    if not found:
        raise DataError(
            f"There are no drafts from feedback in {home / FOLDER}. Make some on the chat page: Quality tab, then "
            "“Draft a golden question” under an opinion.",
            f"{home / FOLDER} 에 피드백 초안이 없습니다. 채팅 화면의 품질 탭에서 의견 아래의 ‘골든 질문 초안 만들기’를 "
            "누르세요.",
        )
    return found


def _feedback(file: Path) -> _FeedbackFile | None:
    """None for a file of drafts that came from elsewhere."""
    try:
        told = yaml.safe_load(file.read_bytes())
        if isinstance(told, dict) and "draft" not in told:
            return None
        return _FeedbackFile.model_validate(told)
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise DataError(
            f"{file} is no draft of the chat page ({' '.join(str(error).split())[:120]}). Mend it or take it away.",
            f"{file} 은(는) 채팅 화면이 만든 초안이 아닙니다. 고치거나 다른 곳으로 옮기세요.",
        ) from error


def _review(about: _About) -> tuple[str, ...]:
    told = [*about.to_do, f"asked as: {about.asked}", f"answered: {about.answer}"]
    thumb = {"up": "the asker liked the answer", "down": "the asker did not like the answer"}.get(about.thumb)
    if thumb:
        told.append(f"{thumb}; comment: {about.comment}" if about.comment else thumb)
    return tuple(told)
