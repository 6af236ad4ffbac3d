"""A worker with counting partitions, as a process: settings from the environment, as `streamer worker` takes them."""

from __future__ import annotations

import os
import sys
from typing import cast

from streamer.score.partition import Partition
from streamer.settings import from_environment
from streamer.stream.worker import run
from tests.stream.fake import CountingPartition

if __name__ == "__main__":
    sys.exit(run(from_environment(os.environ), lambda number: cast(Partition, CountingPartition(number)), "counting"))
