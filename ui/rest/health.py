"""/v1/health and /metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from ui.rest.describe import problems
from ui.rest.guard import GuardedRoute, MayManage, TheService
from ui.rest.metrics import Metrics
from ui.rest.schemas import LiveOut, ReadyOut

router = APIRouter(route_class=GuardedRoute, tags=["health"])


@router.get("/v1/health/live", summary="Is the process there")
async def live() -> LiveOut:
    return LiveOut()


@router.get("/v1/health/ready", responses=problems("shutting_down"), summary="Can it answer")
async def ready(service: TheService) -> ReadyOut:
    return ReadyOut(articles=(await service.statistics()).articles, model=service.model_state)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **problems()},
    summary="Numbers for Prometheus",
)
async def metrics(request: Request, caller: MayManage) -> Response:
    found: Metrics = request.app.state.metrics
    return Response(found.text(), media_type=CONTENT_TYPE_LATEST)
