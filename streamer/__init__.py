"""A lead scorer on Kafka: events of leads come in, alerts about hot leads go out."""

from __future__ import annotations

__version__ = "0.1.0"
