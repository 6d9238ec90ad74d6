"""What Prometheus reads at /metrics. Labels hold no user data: routes are templates."""

from __future__ import annotations

from collections.abc import Awaitable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from rag.types import Answer
from ui.service.errors import QueueFullError
from ui.service.records import Answered
from ui.service.turns import Turns

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.5, 1, 2.5, 5, 10, 20, 40, 60)


class Metrics:
    """One app's numbers, in a registry of its own."""

    def __init__(self, turns: Turns) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.requests = Counter(
            "gisa_requests", "Requests by route and status.", ("method", "route", "status"), registry=self._registry
        )
        self.seconds = Histogram(
            "gisa_request_seconds", "Seconds to the last byte.", ("route",), buckets=_SECONDS, registry=self._registry
        )
        self.evidence_seconds = Histogram(
            "gisa_first_evidence_seconds", "Seconds to a stream's evidence.", buckets=_SECONDS, registry=self._registry
        )
        self._answers = Counter("gisa_answers", "Answers by who gave them.", ("answered_by",), registry=self._registry)
        self.refusals = Counter("gisa_queue_refusals", "Questions that found the queue full.", registry=self._registry)
        places = Gauge("gisa_queue_places", "Places in the queue in use.", registry=self._registry)
        places.set_function(lambda: turns.taken)
        busy = Gauge("gisa_model_busy", "Answers being written.", registry=self._registry)
        busy.set_function(lambda: turns.busy)

    async def counted(self, asking: Awaitable[Answered]) -> Answered:
        """What `asking` comes to, counted: its answer, or that it found the queue full. Raises what it raises."""
        try:
            answered = await asking
        except QueueFullError:
            self.refusals.inc()
            raise
        self.answered(answered.answer)
        return answered

    def answered(self, answer: Answer) -> None:
        self._answers.labels(answer.answered_by).inc()

    def text(self) -> bytes:
        """In the exposition format."""
        return generate_latest(self._registry)
