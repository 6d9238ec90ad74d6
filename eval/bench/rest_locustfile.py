"""One of locust's users: searches once a second. Run by eval.bench.rest."""

from __future__ import annotations

import random

from locust import HttpUser, constant_throughput, task

from eval.bench.rest_server import QUESTIONS


class Reader(HttpUser):
    """Asks for evidence, a question a second."""

    wait_time = constant_throughput(1)

    @task
    def search(self) -> None:
        # The number keeps the server from answering out of its cache of embedded questions.
        question = f"{random.choice(QUESTIONS)} ({random.randrange(10**6)})"
        self.client.post("/v1/search", json={"question": question}, name="search")
