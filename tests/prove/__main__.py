"""`python -m tests.prove --short|--long [--guarantee …] [--seed N]`: does the proof and prints what happened.

Exit code 0: every fault happened, work went on, and nothing differs; 1: not so; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time

from tests.kafka import NoKafkaError
from tests.prove.forms import KINDS, LONG, SHORT
from tests.prove.proof import prove, tell
from tests.prove.report import table
from tests.prove.verify import ISOLATION


def main() -> int:
    """Does the proof; returns the exit code."""
    kinds = "\n".join(f"  {kind:17} {what}" for kind, what in KINDS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.prove",
        description="Kills, stops and replaces workers and brokers while events come in, and compares what is left with its own answer.",
        epilog=f"faults:\n{kinds}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    size = parser.add_mutually_exclusive_group()
    for form in (SHORT, LONG):
        faults = sum(form.faults.values())
        about = f"{form.events:,} events, {faults} faults, brokers: {form.brokers}" + (" (the default)" if form is SHORT else "")
        size.add_argument(f"--{form.name}", dest="form", action="store_const", const=form, default=SHORT, help=about)
    parser.add_argument("--guarantee", choices=ISOLATION, default="at_least_once", help="STREAMER_GUARANTEE of the workers")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="makes the same load and the same faults again")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # it leaves no process behind, as with Ctrl-C
    tell(f"seed {chosen.seed}")
    holds = False
    try:
        outcome = prove(chosen.form, chosen.seed, chosen.guarantee)
        tell(table(outcome))
        holds = outcome.holds
    except* NoKafkaError as missing:
        tell(f"the proof needs a real Kafka: {missing.exceptions[0]}")
    except* (AssertionError, TimeoutError) as failed:
        tell(f"the proof failed: {failed.exceptions[0]}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
