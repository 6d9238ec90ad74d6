"""What can go wrong between a surface and an answer.

GisaError
├── QueueFullError               too many are waiting for the model
├── AskerLeftError               nobody waits for this answer any more
├── ConversationNotFoundError    never was, or was deleted
├── AnswerNotFoundError          never was, or was deleted
├── IngestNotFoundError          no such run of taking articles in
├── ArticleExistsError           another article has this id
├── ServiceClosedError           the server is shutting down
├── LedgerError                  serve.db cannot be used
└── rag.errors.ModelServerError
    └── OutOfTimeError           no answer within the time there is
"""

from __future__ import annotations

from rag.errors import GisaError, ModelServerError


class QueueFullError(GisaError):
    """`retry_after_s`: whole seconds until a place is likely to be free."""

    code = "queue_full"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"Too many questions are waiting. Ask again in {retry_after_s} seconds.",
            f"기다리는 질문이 너무 많습니다. {retry_after_s}초 뒤에 다시 물어보세요.",
        )
        self.retry_after_s = retry_after_s


class AskerLeftError(GisaError):
    """Raised inside the thread that answers, so that the model stops."""

    code = "asker_left"

    def __init__(self) -> None:
        super().__init__("The asker left. Ask again.", "질문한 쪽이 연결을 끊었습니다. 다시 물어보세요.")


class OutOfTimeError(ModelServerError):
    """A ModelServerError, so that the pipeline quotes evidence where it already has some."""

    code = "out_of_time"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"There was no answer within {seconds:g} seconds. Ask again, or search for evidence alone.",
            f"{seconds:g}초 안에 답하지 못했습니다. 다시 물어보거나 근거만 검색하세요.",
        )


class ConversationNotFoundError(GisaError):
    code = "conversation_not_found"

    def __init__(self) -> None:
        super().__init__(
            "There is no such conversation, or it was idle too long. Leave `conversation` out to begin a new one.",
            "그런 대화가 없거나 오래되어 지워졌습니다. `conversation` 없이 새 대화를 시작하세요.",
        )


class AnswerNotFoundError(GisaError):
    code = "answer_not_found"

    def __init__(self) -> None:
        super().__init__(
            "There is no answer with this id, or it is too old. Use the `id` of a recent answer.",
            "그런 id의 답이 없거나 오래되어 지워졌습니다. 최근 답의 `id`를 쓰세요.",
        )


class IngestNotFoundError(GisaError):
    code = "ingest_not_found"

    def __init__(self) -> None:
        super().__init__(
            "There is no such ingest, or it ended long ago. See the articles themselves.",
            "그런 수집 작업이 없거나 오래전에 끝났습니다. 기사 목록을 확인하세요.",
        )


class ArticleExistsError(GisaError):
    code = "article_exists"

    def __init__(self, article_id: str) -> None:
        super().__init__(
            f"Another article has the id {article_id!r}. Replace it by name, or give this one an id of its own.",
            f"{article_id!r} id의 다른 기사가 이미 있습니다. 그 기사를 교체하거나 다른 id를 쓰세요.",
        )


class ServiceClosedError(GisaError):
    code = "shutting_down"

    def __init__(self) -> None:
        super().__init__(
            "The server is shutting down. Try again in a minute.", "서버를 끄는 중입니다. 잠시 뒤에 다시 시도하세요."
        )


class LedgerError(GisaError):
    code = "ledger"
    exit_code = 6
