"""Plays seeds and says which laws were broken. A seed that breaks one is printed with the shortest list of actions that still does.

    python -m tests.simulation --seeds 1000 --first 1     plays seeds 1 to 1000
    python -m tests.simulation --seed 17                  plays one, and prints its whole list

Exit code 0 when no law was broken.
"""

from __future__ import annotations

import argparse
import os
import sys

from tests.simulation.drawing import draw
from tests.simulation.playing import HASH_SEED, broken, report, shown


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1000, help="how many to play")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one; its list is printed")
    options = parser.parse_args()
    if options.seed is not None:
        sys.stdout.write(shown(draw(options.seed)) + "\n")
    seeds = range(options.first, options.first + options.seeds) if options.seed is None else range(options.seed, options.seed + 1)
    found = 0
    for seed in broken(seeds):
        found += 1
        sys.stdout.write(report(seed) + "\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(seeds)} seeds were played, {found} broke a law.\n")
    return 1 if found else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:  # the order of sets of bytes is part of a replay
        environment = {**os.environ, "PYTHONHASHSEED": HASH_SEED}
        os.execve(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]], environment)
    sys.exit(main())
