"""Whole bodies as /docs shows them and offers them for trying out; each stands beside its schema in openapi.json.

Requests are fit to be sent as they are, to a server with the shipped articles.
"""

from __future__ import annotations

from typing import Any

_QUESTION = "How many GPUs is Korea securing?"
_ABOUT = {
    "article_id": "korea-nvidia-gpu-2025-10",
    "title": "정부, 엔비디아 최신 GPU 26만장 이상 확보 나선다…공공 5만·민간 20만장",
    "published": "2025-10-31",
}
_QUOTE = {
    "quote": "한국 정부가 공공과 민간에서 늘어나는 AI 인프라 수요에 대응하려고 엔비디아와 함께 "
    "최신 그래픽처리장치(GPU)를 26만장 이상 확보하기로 했다.",
    "start": 0,
    "end": 81,
}
_SENT = {
    "id": "garam-servers",
    "title": "가람전자, 서버 투자 확대",
    "publisher": "한빛일보",
    "author": None,
    "published": "2025-10-31",
    "language": "ko",
    "url": None,
}
_SENT_TEXT = "가람전자는 내년 3월까지 서버 3만2천대를 들여온다고 31일 밝혔다."

ARTICLE = {
    "text": _SENT_TEXT,
    "id": _SENT["id"],
    "title": _SENT["title"],
    "publisher": _SENT["publisher"],
    "published": _SENT["published"],
}
"""One to be sent as JSON."""
EXAMPLES: dict[str, dict[str, Any]] = {
    "AskIn": {"question": _QUESTION, "language": "auto", "filter": {"since": "2025-10"}},
    "SearchIn": {"question": _QUESTION, "language": "auto", "filter": {"since": "2025"}, "limit": 5},
    "FeedbackIn": {"answer": "kX3v9cQ0aWm1Zt5R", "thumb": "up", "comment": "The right article."},
    "ChatIn": {"model": "gisa", "messages": [{"role": "user", "content": _QUESTION}]},
    "AnswerOut": {
        "id": "kX3v9cQ0aWm1Zt5R",
        "conversation": "Yb7pE2nLq8sUd4Tf",
        "rewritten": None,
        "question": _QUESTION,
        "language": "en",
        "answer": "The article says more than 260,000 (26만장 이상) [1].",
        "refused": False,
        "answered_by": "reader",
        "citations": [{"number": 1, **_ABOUT, "publisher": "뉴스핌", "url": None, **_QUOTE}],
        "claims": [
            {
                "text": "more than 260,000",
                "kind": "quantity",
                "verdict": "supported",
                "supported": True,
                "citation": 1,
                "span": {"article_id": _ABOUT["article_id"], "start": 64, "end": 71},
                "by": ["reader", "value"],
            }
        ],
        "statements": [
            {"text": "The article says more than 260,000 (26만장 이상) [1].", "claims": [0], "citations": [1]}
        ],
        "timings_ms": {"retrieve": 60, "read": 310, "generate": 0, "verify": 0, "total": 370},
        "model": None,
        "settings": "62f13bf7796c",
        "notices": [],
        "nearest": [],
    },
    "SearchOut": {"question": _QUESTION, "language": "en", "hits": [{"score": 6.1872, **_ABOUT, **_QUOTE}]},
    "FeedbackOut": {"answer": "kX3v9cQ0aWm1Zt5R", "thumb": "up"},
    "ArticleOut": {
        **_SENT,
        "text": _SENT_TEXT,
        "body": [[0, len(_SENT_TEXT)]],
        "source": "rest",
        "rights": None,
    },
    "ArticlesOut": {"articles": [_SENT], "total": 1, "offset": 0, "limit": 20},
    "IngestOut": {
        "id": "q7Zr3vXk0wLm",
        "state": "done",
        "done": 1,
        "total": 1,
        "outcomes": {"garam-servers": "added"},
        "problems": [],
    },
    "Problem": {
        "type": "urn:gisa:problem:article_not_found",
        "title": "No such article",
        "status": 404,
        "detail": "There is no article 'garam'. See what there is with `gisa index list`.",
        "code": "article_not_found",
        "action": "List what there is with GET /v1/articles.",
        "request_id": "5e1f0c27a94be318",
    },
}
"""By the name of the schema in openapi.json."""
