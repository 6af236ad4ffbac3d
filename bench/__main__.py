"""`python -m bench [scoring | latency | memory | serve] [options]`: the name of a benchmark comes in, its figures are printed.

Without a name it is `scoring`; `--help` after a name says what that one measures.
"""

from __future__ import annotations

import sys

from bench import latency, memory, scoring, serve

BENCHMARKS = {"scoring": scoring.main, "latency": latency.main, "memory": memory.main, "serve": serve.main}


def main(arguments: list[str]) -> None:
    """Runs the benchmark that is named first."""
    name = arguments[0] if arguments and arguments[0] in BENCHMARKS else None
    if name is None and arguments and not arguments[0].startswith("-"):
        sys.exit(f"python -m bench: {arguments[0]} is no benchmark; expected one of {', '.join(BENCHMARKS)}")
    BENCHMARKS[name or "scoring"](arguments[1:] if name else arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
