"""`python -m streamer`: the same as the command `streamer`."""

from __future__ import annotations

from streamer.operate.commands import main

if __name__ == "__main__":
    main()
