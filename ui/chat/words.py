"""All words of the page's shell, in English and Korean. Those of the conversation are in static/words.js, for the
script that shows it; those of the other tabs follow below, under their names."""

from __future__ import annotations

from rag.errors import Language
from ui.words import Said

TITLE = Said("gisa: ask the news", "gisa: 기사에 묻기")
ASK_TAB = Said("Ask", "질문")
ARTICLES_TAB = Said("Articles", "기사")
QUALITY_TAB = Said("Quality", "품질")

# Signing in

SIGN_IN = Said("Sign in", "로그인")
KEY = Said("API key", "API 키")
KEY_HINT = Said(
    "This server asks for a key. It stays on this device.", "이 서버에는 키가 필요합니다. 키는 이 기기에만 남습니다."
)

# The conversation: static/chat.js has these by name

CHAT: dict[str, Said] = {
    "question": Said("Your question", "질문"),
}


def for_script(language: Language) -> dict[str, str]:
    """What our scripts say, by name. Names in braces are filled in there."""
    return {name: said.ko if language == "ko" else said.en for name, said in CHAT.items()}
