"""A child process that never outlives its parent: a command comes in, a running process leaves, and its end is certain.

The command runs under a few lines of shell that hold the reading end of a pipe. When the parent closes the pipe, or is
killed without a chance to, the shell sees its end and stops the command. So it works for SIGKILL too, on Linux and macOS.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

STOP_SECONDS_MAX: Final = 10

# The command gets SIGTERM first; SIGKILL is for one that does not listen. `cat` waits for the pipe's end. When the command
# has ended, the last `kill` ends what is left of its process group: the guard, and what the command started.
_GUARD: Final = """
exec 3<&0
"$@" </dev/null 3<&- & child=$!
{ cat <&3; kill -TERM $child; sleep "$0"; kill -KILL $child; } >/dev/null 2>&1 &
wait $child; status=$?
trap '' TERM
kill -TERM 0
exit $status
"""


class Child:
    """A running command, stopped at the end of the `with` block or with its parent, whichever comes first."""

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        environ: Mapping[str, str] | None = None,
        output: IO[bytes] | int = subprocess.DEVNULL,
        stop_seconds_max: int = STOP_SECONDS_MAX,
    ) -> None:
        self._stop_seconds_max = stop_seconds_max
        # Its own session: Ctrl-C in a terminal reaches the parent alone, which stops its children in the right order.
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, str(stop_seconds_max), *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environ is None else dict(environ),
            start_new_session=True,
        )

    @property
    def exit_code(self) -> int | None:
        """The command's exit code, 128 + N when signal N ended it, None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Waits until the command ends, and returns its exit code."""
        return self._process.wait()

    def stop(self) -> int:
        """Stops the command with SIGTERM, after a while with SIGKILL, and returns its exit code."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            return self._process.wait(self._stop_seconds_max + 2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
