"""Models that judge the answers of a run: llama-index's evaluators, with any model behind an OpenAI-compatible server.

The evaluators' own prompts and their own reading of the reply are kept: a reply with "yes" in it passes faithfulness
and relevancy, a score of 4 of 5 passes correctness. Faithfulness and relevancy see the quotes of the answer as their
contexts; correctness sees the expected facts as its reference answer.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import openai
from llama_index.core.evaluation import (
    BaseEvaluator,
    CorrectnessEvaluator,
    EvaluationResult,
    FaithfulnessEvaluator,
    RelevancyEvaluator,
)
from llama_index.core.llms import LLM
from llama_index.llms.openai_like import OpenAILike

from eval.agreement import METRICS, Evaluator
from eval.errors import JudgeError
from eval.records import Judgement, QuestionRecord
from eval.run_file import appending

_CONTEXT_TOKENS = 8192
_MOST_TOKENS = 300
_VERDICT = re.compile(r"\b(?:yes|no)\b", re.IGNORECASE)
_SCORE = re.compile(r"\s*(?:score:?\s*)?([1-5](?:\.\d+)?)(?![\d.])(.*)", re.IGNORECASE | re.DOTALL)
_REFUSAL = "The articles do not say."


def open_judge(url: str, model: str, key: str | None, timeout_s: float) -> LLM:
    """The model of that name, at the address of an OpenAI-compatible API ("http://127.0.0.1:8080/v1")."""
    llm: LLM = OpenAILike(
        model=model,
        api_base=url,
        api_key=key or "none",
        is_chat_model=True,
        context_window=_CONTEXT_TOKENS,
        max_tokens=_MOST_TOKENS,
        temperature=0.0,
        timeout=timeout_s,
        max_retries=2,
    )
    return llm


def judge_each(llm: LLM, records: Sequence[QuestionRecord], out: Path) -> Iterator[QuestionRecord]:
    """Judge each answer by every evaluator that applies, append its record to `out` with the judgements, and yield it.

    The last record of a question counts, so breaking off loses only the one being judged. Raises JudgeError;
    IndexStoreError when `out` cannot be written.
    """
    name = llm.metadata.model_name
    evaluators: dict[Evaluator, BaseEvaluator] = {
        "faithfulness": FaithfulnessEvaluator(llm=llm),
        "correctness": CorrectnessEvaluator(llm=llm, parser_function=read_score),
        "relevancy": RelevancyEvaluator(llm=llm),
    }
    with asyncio.Runner() as runner, appending(out) as append:
        for record in records:
            found = dict(record.judgements)
            for evaluator in missing(record, name):
                result = runner.run(_asked(evaluators[evaluator], record))
                found[evaluator] = _judgement(evaluator, name, result)
            judged = record.model_copy(update={"judgements": found})
            append(judged)
            yield judged


def missing(record: QuestionRecord, judge: str) -> list[Evaluator]:
    """The evaluators that apply to an answer and by which that judge has not judged it."""
    return [
        evaluator
        for evaluator, metric in METRICS.items()
        if metric(record) is not None
        and (evaluator not in record.judgements or record.judgements[evaluator].judge != judge)
    ]


def reference(record: QuestionRecord) -> str:
    """What a right answer says, as a text to compare with."""
    if not record.answerable:
        return _REFUSAL
    return "; ".join(" or ".join(forms) for forms in record.facts)


def read_score(reply: str) -> tuple[float | None, str | None]:
    """The score from 1 to 5 that a reply begins with, and its reasons; None for a reply without one."""
    found = _SCORE.match(reply)
    return (float(found[1]), found[2].strip()) if found else (None, reply)


async def _asked(evaluator: BaseEvaluator, record: QuestionRecord) -> EvaluationResult:
    answer = record.answer or {}
    told = {
        "query": record.question,
        "response": answer["answer"],
        "contexts": [citation["quote"] for citation in answer["citations"]],
        "reference": reference(record),
    }
    try:
        return await evaluator.aevaluate(**told)
    except (openai.OpenAIError, httpx.HTTPError, OSError, json.JSONDecodeError) as error:
        raise _unanswered(" ".join(str(error).split())[:160] or type(error).__name__) from error
    except (AttributeError, TypeError, IndexError) as error:  # how the client meets what is no chat completion
        raise _unanswered("what it sent is no chat completion") from error


def _judgement(evaluator: Evaluator, judge: str, result: EvaluationResult) -> Judgement:
    feedback = result.feedback or ""
    unread = evaluator != "correctness" and not _VERDICT.search(feedback)
    return Judgement(
        judge=judge, passing=None if unread else result.passing, score=None if unread else result.score,
        feedback=feedback.strip(),
    )  # fmt: skip


def _unanswered(reason: str) -> JudgeError:
    return JudgeError(
        f"The judging model did not answer ({reason}). Check --judge-url, --judge-model and GISA_EVAL_JUDGE_KEY; "
        "`gisa eval judge FILE` then goes on where it stopped.",
        f"평가 모델이 답하지 않았습니다({reason}). --judge-url, --judge-model, GISA_EVAL_JUDGE_KEY를 확인하세요. "
        "`gisa eval judge FILE`로 멈춘 곳부터 이어서 합니다.",
    )
