"""Plays seeds and says which laws were broken; a seed that fails is replayed, its list made shorter and printed.

    python -m tests.simulation --seeds 1000 --first 1     plays seeds 1 to 1000
    python -m tests.simulation --seed 17                  plays one, and prints all of it

Exit code 0 when no law was broken.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.simulation.playing import play, shown, shrunk
from tests.simulation.drawing import draw


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("--seeds", type=int, default=1000, help="how many to play")
    parser.add_argument("--first", type=int, default=1, help="the first of them")
    parser.add_argument("--seed", type=int, help="only this one")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds) if options.seed is None else [options.seed]
    started=time.monotonic()
    bad = 0
    for seed in seeds:
        scenario = draw(seed)
        if options.seed is not None:
            print(shown(scenario))
        found = play(scenario)
        if found:
            bad += 1
            print(seed, sorted({v.law for v in found}), found[0].detail[:600])
            if options.seed is not None:
                small = shrunk(scenario, found[0].law)
                print(shown(small)); print(play(small))
    print(len(seeds), bad, time.monotonic()-started)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
