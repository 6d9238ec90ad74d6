"""Who is asking, as the tabs of the page see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

    from ui.rest.guard import Caller


@dataclass(frozen=True, slots=True)
class Who:
    """`asker` is a key's id or an address, as feedback and turns are counted by."""

    asker: str
    may_ask: bool
    may_manage: bool


def who_is(caller: Caller) -> Who:
    manages = "manage" in caller.scopes
    return Who(caller.asker, may_ask=manages or "ask" in caller.scopes, may_manage=manages)


def who(request: gr.Request) -> Who:
    """Who sent an event of Gradio. `ui.chat.door` let the request in and left the caller in its state."""
    assert request.request is not None  # always there in an event of a served page
    return who_is(request.request.state.caller)
