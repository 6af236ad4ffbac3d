"""A counting worker that loses patience within seconds: what takes a minute in earnest can be waited for in a test."""

from __future__ import annotations

import os
import sys
from typing import Any

from streamer.settings import from_environment
from streamer.stream import output, watch
from streamer.stream.worker import run
from tests.stream.fake import CountingPartition

if __name__ == "__main__":
    hurried: list[tuple[Any, str, float]] = [
        (output, "ACK_MS_MAX", 3_000),
        (watch, "PROBE_S", 0.5),
        (watch, "ANSWER_MS_MAX", 3_000),
        (watch, "STALLED_S", 5.0),
    ]
    for module, name, value in hurried:
        setattr(module, name, value)
    make_partition: Any = CountingPartition
    sys.exit(run(from_environment(os.environ), make_partition, "counting"))
