"""The seam that all surfaces share."""

from ui.service.records import Answered, Ingest, Turn
from ui.service.service import Service

__all__ = ["Answered", "Ingest", "Service", "Turn"]
