"""A golden set's YAML as data, and all that is wrong with it by line: read with places kept, held to
eval/data/golden.schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from eval.errors import MissingExtraError

SCHEMA = Path(__file__).with_name("data") / "golden.schema.json"
MOST = 20
"""Problems that are told at once."""
_SHOWN = 40

At = tuple[str | int, ...]
"""Where in the data something is: keys and places in lists."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in the line it is in (from 1; None where there is none)."""

    line: int | None
    en: str
    ko: str


def parse(data: bytes) -> tuple[Any, list[Problem]]:
    """The data of a golden set, and what is wrong with it, in order of lines; None where it is no YAML.

    Raises MissingExtraError.
    """
    try:
        node = yaml.compose(data, yaml.SafeLoader)
        lines, problems = ({(): 1}, []) if node is None else _places(node)
        told = None if problems else yaml.safe_load(data)
    except (yaml.YAMLError, RecursionError) as error:
        return None, [_no_yaml(error)]
    if not problems:
        problems = [*_violations(told, lines), *_repeated_ids(told, lines)]
    return told, sorted(problems, key=lambda one: one.line or 0)


def _places(root: yaml.Node) -> tuple[dict[At, int], list[Problem]]:
    """The line of every key and item, and what YAML lets through in silence: keys told twice, loops."""
    lines: dict[At, int] = {(): root.start_mark.line + 1}
    problems: list[Problem] = []

    def walk(node: yaml.Node, at: At, above: tuple[yaml.Node, ...]) -> None:
        if node in above:
            line = node.start_mark.line + 1
            problems.append(Problem(line, "a part that holds itself", "자기 자신을 담은 부분"))
            return
        if isinstance(node, yaml.SequenceNode):
            for place, item in enumerate(node.value):
                lines[*at, place] = item.start_mark.line + 1
                walk(item, (*at, place), (*above, node))
        elif isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                line, here = key.start_mark.line + 1, (*at, str(key.value))
                if here in lines:
                    problems.append(Problem(line, f"{key.value} stands twice", f"{key.value} 이(가) 두 번 있음"))
                lines[here] = line
                walk(value, here, (*above, node))

    walk(root, (), ())
    return lines, problems


def _no_yaml(error: yaml.YAMLError | RecursionError) -> Problem:
    if isinstance(error, RecursionError):
        return Problem(None, "it is nested too deeply", "너무 깊이 중첩됨")
    mark = getattr(error, "problem_mark", None)
    what = " ".join(str(getattr(error, "problem", None) or error).split())
    return Problem(mark.line + 1 if mark else None, f"no YAML: {what}", f"YAML이 아님: {what}")


def _violations(told: Any, lines: Mapping[At, int]) -> Iterator[Problem]:
    for error in _validator().iter_errors(told):
        at: At = tuple(error.absolute_path)
        for further, en, ko in _said(error):
            en_where, ko_where = _where(told, at + further)
            yield Problem(_line(lines, at + further), f"{en_where}{en}", f"{ko_where}{ko}")


def _said(error: Any) -> Iterator[tuple[At, str, str]]:
    """(where, further in than the error's place, what is wrong in English, in Korean)."""
    wanted, value = error.validator_value, _short(error.instance)
    match error.validator:
        case "additionalProperties":
            known = error.schema["properties"]
            for key in error.instance:
                if key not in known:
                    forms = [form for form in ("answerable", "unanswerable") if key in _properties(form)]
                    yield (str(key),), *_unknown(forms, known)
        case "required":
            for key in wanted:
                if key not in error.instance and f"'{key}'" in error.message:
                    yield (), f"{key} is missing", f"{key} 이(가) 없음"
        case "type":
            en, ko = _KINDS[wanted]
            yield (), f"{value} is no {en}", f"{value}: {ko}"
        case "enum":
            allowed = ", ".join(map(str, wanted))
            yield (), f"{value} is none of {allowed}", f"{value}: {allowed} 가운데 하나여야 함"
        case "const":
            en, ko = (
                ("true or false", "true나 false여야 함") if isinstance(wanted, bool) else (wanted, f"{wanted}이어야 함")
            )
            yield (), f"{value} is not {en}", f"{value}: {ko}"
        case "pattern" | "minItems":
            yield (), "it is empty", "비어 있음"
        case "maxItems":
            yield (), "a question without an answer has none", "답이 없는 질문에는 없어야 함"
        case _:
            raise NotImplementedError(f"golden.schema.json uses {error.validator}, which has no words here")


_KINDS = {
    "object": ("set of keys and values", "키와 값의 묶음이 아님"),
    "array": ("list", "목록이 아님"),
    "string": ("text (put it in quotation marks)", "글이 아님(따옴표로 감싸세요)"),
}


def _unknown(forms: Sequence[str], known: Mapping[str, Any]) -> tuple[str, str]:
    if forms:
        wanted = "true" if forms == ["answerable"] else "false"
        return f"goes with answerable: {wanted}", f"answerable: {wanted}일 때만"
    listed = ", ".join(known)
    return f"no key here (there are {listed})", f"없는 키(쓸 수 있는 키: {listed})"


def _repeated_ids(told: Any, lines: Mapping[At, int]) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    questions = told.get("questions") if isinstance(told, dict) else None
    for place, question in enumerate(questions if isinstance(questions, list) else ()):
        id_ = question.get("id") if isinstance(question, dict) else None
        if not isinstance(id_, str):
            continue
        line = _line(lines, ("questions", place, "id"))
        if id_ in seen:
            en, ko = f"the id {id_} stands twice", f"id {id_} 이(가) 두 번 있음"
            yield Problem(line, f"{en} (line {seen[id_]})", f"{ko}({seen[id_]}번째 줄)")
        seen.setdefault(id_, line)


def _where(told: Any, at: At) -> tuple[str, str]:
    """The question by its id, or by its place where it has none, then what in it."""
    if len(at) < 2 or at[0] != "questions":
        return (f"{at[0]}: ", f"{at[0]}: ") if at else ("", "")
    question = told["questions"][at[1]]
    id_ = question.get("id") if isinstance(question, dict) else None
    name = id_ if isinstance(id_, str) and id_ else int(at[1]) + 1
    inside = f"{'.'.join(map(str, at[2:]))}: " if at[2:] else ""
    return f"question {name}: {inside}", f"질문 {name}: {inside}"


def _line(lines: Mapping[At, int], at: At) -> int:
    """Of the place itself, or of what it is in where YAML has no such place."""
    while at not in lines:
        at = at[:-1]
    return lines[at]


def _short(value: Any) -> str:
    told = json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= _SHOWN else f"{told[: _SHOWN - 1]}…"


def _properties(form: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _schema()["$defs"][form]["properties"]
    return found


@cache
def _schema() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


@cache
def _validator() -> Any:
    try:
        import jsonschema  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(
            "Checking a golden set needs the package jsonschema. Install it with: pip install 'gisa-news[eval]'",
            "질문 파일을 검사하려면 jsonschema 패키지가 필요합니다. 설치하세요: pip install 'gisa-news[eval]'",
        ) from error
    return jsonschema.Draft202012Validator(_schema())
