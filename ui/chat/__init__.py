"""The chat page at `/`: ask, see the proof, look after the articles and the quality (docs/chat.md)."""

from ui.chat.door import Door, mount

__all__ = ["Door", "mount"]
